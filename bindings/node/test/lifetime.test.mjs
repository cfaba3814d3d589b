// How long the process and its connections live.

import assert from 'node:assert/strict';
import { fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { channelTo, next } from './peers.mjs';

const here = fileURLToPath(new URL('.', import.meta.url));
const prelude = `
  import { RTCPeerConnection } from 'rill-rtc';
  import { connected, next } from './peers.mjs';
`;

/** Runs a program; `lingered` is the time from its line "closed" until it ended by itself. */
async function run(program, { patience = 10_000, flags = [] } = {}) {
  const args = [...flags, '--input-type=module', '--eval', prelude + program];
  const child = spawn(process.execPath, args, { cwd: here, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  let closed = performance.now();
  const warnings = [];
  child.stdout.on('data', (data) => {
    output += data;
    if (String(data).includes('closed')) closed = performance.now();
  });
  child.stderr.on('data', (data) => warnings.push(String(data)));
  const impatient = setTimeout(() => child.kill('SIGKILL'), patience);
  const [code, signal] = await once(child, 'close');
  clearTimeout(impatient);
  return { code, signal, output, warnings, lingered: performance.now() - closed };
}

async function exitsByItself(program, options) {
  const { code, signal, warnings, lingered, output } = await run(program, options);
  assert.deepEqual({ code, signal, warnings }, { code: 0, signal: null, warnings: [] });
  assert.ok(lingered < 5000, `${lingered} ms`);
  return output;
}

// Trickle H5: bindings/node/ts/RTCPeerConnection.ts: `if (setLive(this, mayFire)) this.#native.setReferenced(mayFire);`
test('the process exits after close', async () => {
  await exitsByItself(`
    const { near, far, close } = await connected();
    const echoed = next(far, 'message');
    near.send('x');
    await echoed;
    close();
    console.log('closed');
  `);
});

// Trickle H5: bindings/node/ts/live_connections.ts: `else live.delete(connection);`
test('the process exits when closed in the middle of gathering', async () => {
  await exitsByItself(`
    const pc = new RTCPeerConnection({ iceServers: [{ urls: 'stun:198.51.100.1' }] });
    pc.createDataChannel('x');
    await pc.setLocalDescription();
    await next(pc, 'icegatheringstatechange');
    if (pc.iceGatheringState !== 'gathering') throw new Error(pc.iceGatheringState);
    pc.close();
    console.log('closed');
  `);
});

test('connections that never began do not keep the process alive', async () => {
  const output = await exitsByItself(`
    const pc = new RTCPeerConnection();
    const offer = await pc.createOffer();
    await pc.setRemoteDescription({ type: 'offer', sdp: 'bad' }).catch(({ name }) => console.log(name));
    console.log('closed');
  `);
  assert.match(output, /OperationError/);
});

test('a pending event keeps the process alive until it has fired', async () => {
  const output = await exitsByItself(`
    const pc = new RTCPeerConnection();
    pc.onnegotiationneeded = () => {
      pc.close();
      console.log('fired and closed');
    };
    pc.createDataChannel('x');
  `);
  assert.match(output, /fired/);
});

test('an applied description keeps the process alive', async () => {
  const program = `
    const pc = new RTCPeerConnection();
    pc.createDataChannel('x');
    await pc.setLocalDescription();
    console.log('applied');
  `;
  const { signal, output } = await run(program, { patience: 2500 });
  assert.equal(output.trim(), 'applied');
  assert.equal(signal, 'SIGKILL');
});

test('connections that nobody holds are collected unless they have begun', async () => {
  const program = `
    let collected = 0;
    const registry = new FinalizationRegistry(() => (collected += 1));
    for (let made = 0; made < 50; made += 1) registry.register(new RTCPeerConnection());
    (() => {
      const pc = new RTCPeerConnection();
      registry.register(pc);
      pc.createDataChannel('x');
      pc.setLocalDescription();
    })();
    for (let wait = 0; wait < 100 && collected < 50; wait += 1) {
      await new Promise((resolve) => setTimeout(resolve, 10));
      gc();
    }
    console.log(collected);
    process.exit();
  `;
  const { output } = await run(program, { flags: ['--expose-gc'] });
  assert.equal(output.trim(), '50');
});

test('the end of a worker closes its connections', async () => {
  const worker = new Worker(new URL('answering_worker.mjs', import.meta.url));
  const { pc, channel } = await channelTo(worker, (message) => worker.postMessage(message));
  const closed = next(channel, 'close', 4000);
  await worker.terminate();
  await closed.finally(() => pc.close());
});

for (const end of ['close', 'close and exit', 'exit']) {
  test(`the peer learns at once that a process ends by ${end}`, async () => {
    const child = fork(new URL('answering_process.mjs', import.meta.url));
    const { pc, channel } = await channelTo(child, (message) => child.send(message));
    const closed = next(channel, 'close', 4000);
    child.send({ end });
    await closed.finally(() => pc.close());
  });
}
