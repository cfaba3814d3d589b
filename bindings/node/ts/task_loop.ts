import { setImmediate } from 'node:timers';

/** Turns of one phase of Node's loop; sockets and timers are served between two bursts. */
const LARGEST_BURST = 32;

/**
 * Runs the tasks that the native half has queued, each in a callback entry of its own, so that
 * promise reactions run between two tasks as the HTML event loop has it: Node performs a microtask
 * checkpoint after each immediate.
 *
 * The native half wakes once for each task. The wake-ups of all connections of a process stand in one queue, so that
 * what became ready first runs first, whichever connection it is of.
 */
export class TaskLoop {
  readonly #runTask: () => void;
  #stopped = false;

  /** `runTask` polls one task, if there is one, and runs it. */
  constructor(runTask: () => void) {
    this.#runTask = runTask;
  }

  /** There is one task more. A turn too many could run a later one before its time. */
  wake(): void {
    if (this.#stopped) return;
    queue.push(this);
    // More turns follow those that are planned already.
    if (planned < LARGEST_BURST) plan(1);
  }

  /** No task runs after this. */
  stop(): void {
    this.#stopped = true;
  }

  /** Takes a turn. */
  run(): void {
    if (!this.#stopped) this.#runTask();
  }
}

/** How many taken wake-ups are dropped from the front at once, at least. */
const LARGEST_FRONT = 1024;

/** First in, first out; dropping the front for each one that is taken would move all others. */
class WakeUps {
  #loops: TaskLoop[] = [];
  #taken = 0;

  get length(): number {
    return this.#loops.length - this.#taken;
  }

  push(loop: TaskLoop): void {
    this.#loops.push(loop);
  }

  take(): TaskLoop | undefined {
    const loop = this.#loops[this.#taken];
    if (loop === undefined) return undefined;
    this.#taken += 1;
    if (this.length === 0 || (this.#taken > LARGEST_FRONT && this.#taken > this.length)) {
      this.#loops.splice(0, this.#taken);
      this.#taken = 0;
    }
    return loop;
  }
}

const queue = new WakeUps();

/** Turns that are still to come. While there are wake-ups there is one. */
let planned = 0;

function plan(turns: number): void {
  planned += turns;
  for (let count = 0; count < turns; count += 1) setImmediate(turn);
}

function turn(): void {
  planned -= 1;
  try {
    queue.take()?.run();
  } finally {
    if (planned === 0) plan(Math.min(queue.length, LARGEST_BURST));
  }
}

/** Queues a task that settles the promise with what `steps` returns or throws. */
export function inTask<T>(steps: () => T): Promise<T> {
  return new Promise((resolve, reject) => {
    setImmediate(() => {
      try {
        resolve(steps());
      } catch (reason) {
        reject(reason);
      }
    });
  });
}
