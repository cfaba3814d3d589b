// One W3C task is one callback entry: promise reactions run between two tasks.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RTCPeerConnection } from 'rill-rtc';
import { FakePeerConnection, installFake, turn, turns } from './fake_native.mjs';
import { block } from './peers.mjs';

installFake();

function connect() {
  const pc = new RTCPeerConnection();
  return { pc, native: FakePeerConnection.last };
}

// Trickle B1: bindings/node/ts/task_loop.ts: `queue.take()?.run();`
test('promise reactions run between two tasks of one wake-up', async () => {
  const { pc, native } = connect();
  const order = [];
  pc.onsignalingstatechange = () => {
    order.push('task 1');
    Promise.resolve()
      .then(() => order.push('reaction'))
      .then(() => order.push('reaction of the reaction'));
  };
  pc.onconnectionstatechange = () => order.push('task 2');
  native.queue({ events: [{ type: 'signalingstatechange' }] });
  native.queue({ events: [{ type: 'connectionstatechange' }] });
  assert.deepEqual(order, [], 'nothing is dispatched inside the wake-up');
  await turns();
  assert.deepEqual(order, ['task 1', 'reaction', 'reaction of the reaction', 'task 2']);
});

// Trickle B1: bindings/node/ts/task_loop.ts: `queue.take()?.run();`
test('a long backlog keeps the checkpoint between all tasks, and their order', async () => {
  const { pc, native } = connect();
  const seen = [];
  let index = 0;
  pc.onicegatheringstatechange = () => {
    const mine = index++;
    seen.push(`${mine}`);
    void Promise.resolve().then(() => seen.push(`${mine}+`));
  };
  for (let task = 0; task < 500; task += 1) {
    native.queue({ events: [{ type: 'icegatheringstatechange' }] });
  }
  await turns(100);
  const expected = Array.from({ length: 500 }, (_, task) => [`${task}`, `${task}+`]).flat();
  assert.deepEqual(seen, expected);
});

// Trickle B1: bindings/node/ts/task_loop.ts: `queue.take()?.run();`
test('connections take turns in the order in which they woke, each with its own checkpoint', async () => {
  const seen = [];
  const [first, second] = ['first', 'second'].map((name) => {
    const { pc, native } = connect();
    let index = 0;
    pc.onsignalingstatechange = () => {
      const task = `${name} ${(index += 1)}`;
      seen.push(task);
      void Promise.resolve().then(() => seen.push(`${task}+`));
    };
    return native;
  });
  const task = { events: [{ type: 'signalingstatechange' }] };
  for (const native of [second, first, second, second, first]) native.queue(task);
  await turns(10);
  const order = ['second 1', 'first 1', 'second 2', 'second 3', 'first 2'];
  assert.deepEqual(seen, order.flatMap((name) => [name, `${name}+`]));
});

test('what became ready first runs first, whatever follows it', async () => {
  const busy = connect();
  const other = connect();
  let index = 0;
  busy.pc.onsignalingstatechange = () => (index += 1);
  const task = { events: [{ type: 'signalingstatechange' }] };
  for (let count = 0; count < 100; count += 1) busy.native.queue(task);
  let after;
  other.pc.onsignalingstatechange = () => (after = index);
  other.native.queue(task);
  for (let count = 0; count < 100; count += 1) busy.native.queue(task);
  await turns(100);
  assert.equal(after, 100);
  assert.equal(index, 200);
});

test('timers run during a backlog without end', async () => {
  const { pc, native } = connect();
  let tasks = 0;
  pc.onicegatheringstatechange = () => (tasks += 1);
  const endless = () => native.queue({ events: [{ type: 'icegatheringstatechange' }] }, endless);
  endless();
  await new Promise((resolve) => setTimeout(resolve, 100));
  pc.close();
  assert.ok(tasks > 32, `${tasks} tasks ran`);
});

test('a task that the page causes runs before timers that are due, behind its promise reactions', async () => {
  const { pc, native } = connect();
  const order = [];
  pc.onsignalingstatechange = () => {
    order.push('task');
    void Promise.resolve().then(() => order.push('its reaction'));
  };
  const timer = new Promise((resolve) => {
    setImmediate(() => {
      setTimeout(() => resolve(order.push('timer')), 0);
      block(5);
      native.cause({ events: [{ type: 'signalingstatechange' }] });
      native.cause({ events: [{ type: 'signalingstatechange' }] });
      order.push('call');
      void Promise.resolve().then(() => order.push('reaction'));
    });
  });
  await timer;
  const task = ['task', 'its reaction'];
  assert.deepEqual(order, ['call', 'reaction', ...task, ...task, 'timer']);
});

test('promises that no event belongs to settle before timers that are due', async () => {
  const { pc, native } = connect();
  const { sender } = pc.addTransceiver('audio');
  const order = [];
  pc.onsignalingstatechange = () => order.push('event');
  const timer = new Promise((resolve) => {
    setImmediate(() => {
      setTimeout(() => resolve(order.push('timer')), 0);
      block(5);
      native.cause({ events: [{ type: 'signalingstatechange' }] });
      void pc.createOffer().then(() => order.push('createOffer'));
      void pc.getStats().then(() => order.push('getStats'));
      const parameters = sender.getParameters();
      void sender.setParameters(parameters).then(() => order.push('setParameters'));
    });
  });
  await timer;
  assert.deepEqual(order, ['event', 'createOffer', 'getStats', 'setParameters', 'timer']);
});

test('reactions of a tick run before a task that the tick causes', async () => {
  const { pc, native } = connect();
  const order = [];
  pc.onsignalingstatechange = () => order.push('task');
  process.nextTick(() => {
    native.cause({ events: [{ type: 'signalingstatechange' }] });
    void Promise.resolve().then(() => order.push('reaction'));
  });
  await turns();
  assert.deepEqual(order, ['reaction', 'task']);
});

test('what became ready on the network before runs before a task that the page causes', async () => {
  const seen = [];
  const [first, second] = ['network', 'page'].map((name) => {
    const { pc, native } = connect();
    pc.onsignalingstatechange = () => seen.push(name);
    return native;
  });
  first.queue({ events: [{ type: 'signalingstatechange' }] });
  second.cause({ events: [{ type: 'signalingstatechange' }] });
  await turns();
  assert.deepEqual(seen, ['network', 'page']);
});

test('timers and immediates run while each task causes the next', async () => {
  const { pc, native } = connect();
  let tasks = 0;
  pc.onicegatheringstatechange = () => (tasks += 1);
  const endless = () => native.cause({ events: [{ type: 'icegatheringstatechange' }] }, endless);
  endless();
  await turn();
  await new Promise((resolve) => setTimeout(resolve, 100));
  pc.close();
  assert.ok(tasks > 200, `${tasks} tasks ran`);
});

test('attributes have the new value in the event and before the promise reactions', async () => {
  const { pc, native } = connect();
  const order = [];
  const applied = pc.setRemoteDescription({ type: 'offer', sdp: 'x' });
  applied.then(() => order.push(`promise ${pc.canTrickleIceCandidates}`));
  pc.onsignalingstatechange = () => order.push(`event ${pc.canTrickleIceCandidates}`);
  native.complete(1, [{ type: 'signalingstatechange' }], () => {
    native.canTrickleIceCandidates = true;
  });
  assert.equal(pc.canTrickleIceCandidates, null);
  await applied;
  assert.deepEqual(order, ['event true', 'promise true']);
});

// Trickle B1: bindings/node/ts/task_loop.ts: `queue.take()?.run();`
// Trickle B2: bindings/node/ts/task_loop.ts: `queue.take()?.run();`
test('reactions of an operation run before the next task is dispatched', async () => {
  const { pc, native } = connect();
  const order = [];
  const applied = pc.setLocalDescription().then(() => {
    order.push('continuation');
    pc.addEventListener('icegatheringstatechange', () => order.push('gathering'));
  });
  native.complete(1);
  native.queue({ events: [{ type: 'icegatheringstatechange' }] });
  await applied;
  await turns();
  assert.deepEqual(order, ['continuation', 'gathering']);
});

// Trickle B16: bindings/node/ts/RTCPeerConnection.ts: `if (this.#closed) break;` => `if (false) break;`
test('nothing is dispatched after close, not even the rest of a task', async () => {
  const { pc, native } = connect();
  let later = 0;
  pc.onsignalingstatechange = () => pc.close();
  pc.onconnectionstatechange = () => (later += 1);
  native.queue({ events: [{ type: 'signalingstatechange' }, { type: 'connectionstatechange' }] });
  native.queue({ events: [{ type: 'connectionstatechange' }] });
  await turns();
  assert.equal(later, 0);
  native.wake();
  await turns();
  assert.equal(later, 0);
});

test('work that arrives while a task runs is not forgotten', async () => {
  const { pc, native } = connect();
  let count = 0;
  pc.onsignalingstatechange = () => {
    count += 1;
    if (count < 4) native.queue({ events: [{ type: 'signalingstatechange' }] });
  };
  native.queue({ events: [{ type: 'signalingstatechange' }] });
  await turns(12);
  assert.equal(count, 4);
});
