// What a process holds when nobody holds its connections any more.

import { readdirSync, readlinkSync } from 'node:fs';
import { setTimeout as pass } from 'node:timers/promises';

/** Kilobytes that many walks may leave, in caches and gaps of the heap. */
const MOST_GROWTH = 16 * 1024;

/** Milliseconds that closing may take on a busy machine. */
const PATIENCE = 10_000;

/** Memory, sockets, and whether connections that may fire events are registered for the exit. */
export async function measure() {
  // More than one round: finalizers of one free what the next collects.
  for (let round = 0; round < 4; round += 1) {
    globalThis.gc?.();
    await pass(50);
  }
  const { rss, heapUsed } = process.memoryUsage();
  const [resident, heap] = [rss, heapUsed].map((bytes) => Math.round(bytes / 1024));
  return { resident, heap, live: process.listenerCount('exit'), sockets: sockets() };
}

/** The same when what has ended is gone: a driver closes its sockets on a thread of its own, soon after. */
export async function settled(before) {
  const deadline = performance.now() + PATIENCE;
  let after = await measure();
  while ((after.sockets > before.sockets || after.live > before.live) && performance.now() < deadline) {
    after = await measure();
  }
  return after;
}

/** Open sockets, one and more for each connection that gathers; 0 where that cannot be seen. */
function sockets() {
  if (process.platform !== 'linux') return 0;
  const target = (file) => {
    try {
      return readlinkSync(`/proc/self/fd/${file}`);
    } catch {
      return 'closed meanwhile';
    }
  };
  return readdirSync('/proc/self/fd').filter((file) => target(file).startsWith('socket:')).length;
}

/** What was left behind, in words; null if nothing was. */
export function leak({ before, half, after }) {
  if (after.live > before.live) return 'connections that are still alive';
  if (after.sockets > before.sockets) return `${after.sockets - before.sockets} sockets`;
  const grown = after.resident - half.resident;
  return grown > MOST_GROWTH ? `${grown} kB in the second half` : null;
}
