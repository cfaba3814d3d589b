// One measurement of a stack for Node: `node measure.js STACK MEASURE ...`. Its figures go to
// standard output as one line, as those of ../src/measure.rs, which says what they are.

import { readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';

/** The sender pauses above this many buffered bytes and goes on below half of it. */
const BUFFERED = 1 << 20;
const MIB = 1 << 20;
const GIB = 1 << 30;
/** A pair before the clock starts: code is compiled and caches are filled. */
const WARM_UP_PAIRS = 3;
/** Pairs are left alone for so long before they count as idle. */
const SETTLE = 3000;
/** Unreliable messages that do not arrive for so long after the sender has stopped are lost. */
const PATIENCE = 500;
/** So many messages are sent at most before others get their turn. */
const BURST = 64;
/** In ms; a connection that takes longer has failed. */
const CONNECT = 20_000;

const STACKS = {
  'rill-node': () => import('../../bindings/node/dist/index.mjs'),
  wrtc: async () => (await import('@roamhq/wrtc')).default,
  'node-datachannel': async () => (await import('node-datachannel/polyfill')).default,
};

const MEASURES = { setup, data, unreliable, rtt, memory, 'idle-pairs': idle };

const [name, measure, ...words] = process.argv.slice(2);
const { RTCPeerConnection } = await STACKS[name]();
const figures = await MEASURES[measure](...words.map(Number));
console.log(figures.join(' '));
// Some leave threads behind that would keep the process alive.
process.exit(0);

/** Two connected peers and both ends of their channel. */
async function connect(init) {
  const [offerer, answerer] = [new RTCPeerConnection(), new RTCPeerConnection()];
  const [offered, answered] = [relay(offerer, answerer), relay(answerer, offerer)];
  const outgoing = offerer.createDataChannel('bench', init);
  outgoing.binaryType = 'arraybuffer';
  const announced = new Promise(resolve => {
    answerer.ondatachannel = ({ channel }) => {
      channel.binaryType = 'arraybuffer';
      resolve(channel);
    };
  });
  // As created: later they hold candidates, which come on their own.
  const offer = await offerer.createOffer();
  await offerer.setLocalDescription(offer);
  await answerer.setRemoteDescription(offer);
  const answer = await answerer.createAnswer();
  await answerer.setLocalDescription(answer);
  // node-datachannel takes no candidate before.
  offered();
  await offerer.setRemoteDescription(answer);
  answered();
  const ends = Promise.all([opened(outgoing), announced.then(opened)]);
  const late = delay(CONNECT, undefined, { ref: false }).then(() => {
    throw new Error(`no channel opened within ${CONNECT} ms`);
  });
  const [, incoming] = await Promise.race([ends, late]);
  return { outgoing, incoming, close: () => [offerer, answerer].forEach(peer => peer.close()) };
}

/** Candidates wait until the function that is returned says that their description has arrived. */
function relay(from, to) {
  let arrived;
  const described = new Promise(resolve => { arrived = resolve; });
  from.onicecandidate = async ({ candidate }) => {
    await described;
    // A connection that is being closed takes no more of them.
    if (candidate) await to.addIceCandidate(candidate).catch(() => {});
  };
  return arrived;
}

async function opened(channel) {
  if (channel.readyState !== 'open') {
    await new Promise(resolve => { channel.onopen = resolve; });
  }
  return channel;
}

async function setup(pairs) {
  for (let pair = 0; pair < WARM_UP_PAIRS; pair++) await connectAndClose();
  const before = cpuSeconds();
  const times = [];
  for (let pair = 0; pair < pairs; pair++) times.push(await connectAndClose());
  const cpu = cpuSeconds() - before;
  return [...percentiles(times, 0.5, 0.95), cpu * 1e3 / pairs];
}

async function connectAndClose() {
  const start = performance.now();
  const { close } = await connect();
  const elapsed = performance.now() - start;
  close();
  return elapsed;
}

async function data(message, mebibytes, seconds) {
  const before = cpuSeconds();
  const { bytes, elapsed } = await transfer({ message, total: mebibytes * MIB, seconds });
  const cpu = cpuSeconds() - before;
  return [bytes / 1e6 / elapsed, cpu / (bytes / GIB)];
}

async function unreliable(message, seconds) {
  const before = cpuSeconds();
  const init = { ordered: false, maxRetransmits: 0 };
  const { sent, bytes, elapsed } = await transfer({ init, message, total: Infinity, seconds });
  const cpu = cpuSeconds() - before;
  const delivered = bytes / message;
  return [
    sent / elapsed / 1e3,
    delivered / elapsed / 1e3,
    100 * Math.max(0, sent - delivered) / sent,
    cpu / (delivered / 1e6),
  ];
}

/** As fast as it goes, counted at the receiver; in seconds. */
async function transfer({ init, message, total, seconds }) {
  const { outgoing, incoming, close } = await connect(init);
  const start = performance.now();
  let [bytes, last] = [0, start];
  const arrived = new Promise(resolve => {
    incoming.onmessage = ({ data }) => {
      bytes += data.byteLength;
      last = performance.now();
      if (bytes >= total) resolve();
    };
  });
  const sender = flood(outgoing, message);
  await Promise.race([arrived, delay(seconds * 1e3)]);
  sender.stop();
  if (init) {
    while (performance.now() - last < PATIENCE) await delay(PATIENCE / 10);
  }
  close();
  return { sent: sender.sent, bytes, elapsed: (last - start) / 1e3 };
}

function flood(channel, size) {
  const payload = new Uint8Array(size).fill(0x5A);
  const sender = { sent: 0, stop: () => { stopped = true; } };
  let stopped = false;
  const go = () => {
    for (let count = 0; count < BURST; count++) {
      if (stopped || channel.readyState !== 'open') return;
      // It goes on when enough has left.
      if (channel.bufferedAmount > BUFFERED) return;
      channel.send(payload);
      sender.sent++;
    }
    setImmediate(go);
  };
  channel.bufferedAmountLowThreshold = BUFFERED / 2;
  channel.onbufferedamountlow = () => setImmediate(go);
  go();
  return sender;
}

async function rtt(message, seconds) {
  const { outgoing, incoming, close } = await connect();
  const payload = new Uint8Array(message).fill(0x5A);
  incoming.onmessage = ({ data }) => incoming.send(data);
  const times = [];
  const end = performance.now() + seconds * 1e3;
  await new Promise(resolve => {
    let sent = performance.now();
    outgoing.onmessage = () => {
      const now = performance.now();
      times.push(now - sent);
      if (now > end) return resolve();
      sent = performance.now();
      outgoing.send(payload);
    };
    outgoing.send(payload);
  });
  close();
  return percentiles(times, 0.5, 0.99).map(time => time * 1e3);
}

async function memory(few, many) {
  const held = [];
  await hold(held, few);
  const before = await residentKib();
  await hold(held, many - few);
  const after = await residentKib();
  held.forEach(pair => pair.close());
  return [(after - before) / (many - few), after / 1024];
}

async function idle(pairs, seconds) {
  const held = [];
  await hold(held, pairs);
  const before = cpuSeconds();
  await delay(seconds * 1e3);
  const cpu = cpuSeconds() - before;
  held.forEach(pair => pair.close());
  return [100 * cpu / seconds];
}

async function hold(held, pairs) {
  for (let pair = 0; pair < pairs; pair++) held.push(await connect());
  await delay(SETTLE);
}

async function residentKib() {
  const status = await readFile('/proc/self/status', 'utf8');
  return Number(/^VmRSS:\s+(\d+)/m.exec(status)[1]);
}

function percentiles(times, ...parts) {
  times.sort((a, b) => a - b);
  return parts.map(part => times[Math.round((times.length - 1) * part)]);
}

function cpuSeconds() {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}
