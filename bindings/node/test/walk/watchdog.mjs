// Ends the process when nothing goes on in it, also when its JavaScript thread hangs in a call.

import { writeSync } from 'node:fs';
import { Worker, isMainThread, parentPort } from 'node:worker_threads';

const PATIENCE = 60_000;

/** Is told what is under way. The process ends by itself although this stands guard. */
export class Watchdog {
  #worker = new Worker(new URL(import.meta.url));

  constructor() {
    this.#worker.unref();
  }

  begin(seed) {
    this.#worker.postMessage({ begin: seed });
  }

  end(seed) {
    this.#worker.postMessage({ end: seed });
  }
}

function guard() {
  const seeds = new Set();
  const bark = () => {
    const what = seeds.size > 0 ? `the seeds ${[...seeds].join(' ')}` : 'the end of the process';
    writeSync(2, `\nhangs in ${what}\n`);
    process.kill(process.pid, 'SIGKILL');
  };
  let timer = setTimeout(bark, PATIENCE);
  parentPort.on('message', ({ begin, end }) => {
    if (begin !== undefined) seeds.add(begin);
    seeds.delete(end);
    clearTimeout(timer);
    timer = setTimeout(bark, PATIENCE);
  });
}

if (!isMainThread && parentPort !== null) guard();
