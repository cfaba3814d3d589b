// Many walks in one process, some at a time, with a worker torn down now and then.

import { setTimeout as pass } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { RTCPeerConnection } from 'rill-rtc';
import { Dice } from './dice.mjs';
import { measure, settled } from './measure.mjs';
import { shorten } from './shorten.mjs';
import { go, script } from './walk.mjs';
import { Watchdog } from './watchdog.mjs';

const AT_A_TIME = 6;
const WORKER_EVERY = 50;

/** Goes walks; `{ findings, figures }`: what was found, and what was held at the beginning and so on. */
export async function many({ walks, first = 0, show = () => {} }) {
  const findings = new Map();
  const stray = (rule) => (error) => note(findings, { rule, error, seed: -1 });
  const watched = {
    unhandledRejection: stray('no unhandled rejection'),
    uncaughtException: stray('no uncaught exception'),
    warning: stray('no warning'),
  };
  for (const [type, listener] of Object.entries(watched)) process.on(type, listener);
  const watchdog = new Watchdog();
  await begin();
  const figures = { before: await measure() };
  let next = 0;
  const work = async () => {
    while (next < walks) {
      const index = next++;
      const seed = first + index;
      if (index === Math.floor(walks / 2)) figures.half = await measure();
      if (index % WORKER_EVERY === WORKER_EVERY - 1) await tearDown(seed);
      watchdog.begin(seed);
      const error = await go(script(seed)).catch((reason) => reason);
      watchdog.end(seed);
      if (error !== undefined) note(findings, { rule: error.rule ?? 'no other error', error, seed });
      show(index + 1);
    }
  };
  await Promise.all(Array.from({ length: AT_A_TIME }, work));
  figures.after = await settled(figures.before);
  for (const [type, listener] of Object.entries(watched)) process.off(type, listener);
  return { findings, figures };
}

/** Starts what lives as long as the process, the runtime with its own sockets, before anything is counted. */
async function begin() {
  const pc = new RTCPeerConnection();
  pc.createDataChannel('first');
  await pc.setLocalDescription();
  pc.close();
}

function note(findings, { rule, error, seed }) {
  const known = findings.get(rule);
  if (known === undefined) findings.set(rule, { error, seed, count: 1 });
  else known.count += 1;
}

/** A worker goes walks for a moment, and is gone. */
async function tearDown(seed) {
  const worker = new Worker(new URL('worker.mjs', import.meta.url), { workerData: seed });
  const failed = new Promise((_, reject) => worker.once('error', reject));
  await Promise.race([pass(new Dice(seed).below(120)), failed]);
  await worker.terminate();
}

/** What was found, with the shortest walk that still finds it. */
export async function report(findings) {
  const parts = [];
  for (const [rule, { error, seed, count }] of findings) {
    parts.push(`=== ${rule}\n(${count} walks; the first is seed ${seed})\n${error?.stack ?? error}`);
    if (seed < 0) continue;
    const { actions } = await shorten(script(seed), rule);
    const lines = actions.map(({ name, side, number }) => `  ${['alice', 'bob'][side]} ${name} ${number}`);
    parts.push(lines.join('\n'), `replay: cargo xtask walk --node 1 --seed ${seed}`);
  }
  return parts.join('\n');
}
