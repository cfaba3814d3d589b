// Connects and closes a thousand pairs. Prints the resident memory, threads and sockets after 200 and
// after 1,000, and fails when they have grown. The collector runs as often in both parts: what it would
// leave for later is no leak. `npm run test:leak` also stops the engine from enlarging its young
// generation and from compiling in the background, which is memory of its own.

import { readdirSync } from 'node:fs';
import { connected } from './peers.mjs';

const WARM = 200;
const CYCLES = 1000;
const COLLECT_EVERY = 50;
const MOST_GROWTH = 1024 * 1024;

async function measure() {
  // More than one round: finalizers of one free what the next collects.
  for (let round = 0; round < 4; round += 1) {
    gc();
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  const count = (what) => readdirSync(`/proc/self/${what}`).length;
  return { resident: process.memoryUsage.rss(), threads: count('task'), files: count('fd') };
}

let warm;
const started = performance.now();
for (let cycle = 1; cycle <= CYCLES; cycle += 1) {
  const { near, far, close } = await connected();
  const arrived = new Promise((resolve) => (far.onmessage = resolve));
  near.send('x');
  await arrived;
  close();
  if (cycle % COLLECT_EVERY === 0) gc();
  if (cycle === WARM) warm = await measure();
}
const end = await measure();
const grown = end.resident - warm.resident;
console.log(JSON.stringify({ warm, end, grown, seconds: (performance.now() - started) / 1000 }));
if (grown > MOST_GROWTH || end.threads > warm.threads || end.files > warm.files) process.exitCode = 1;
