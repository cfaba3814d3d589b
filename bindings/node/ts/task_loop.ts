import { setImmediate } from 'node:timers';

/** Turns of one phase of Node's loop; sockets and timers are served between two bursts. */
const LARGEST_BURST = 32;

/** The loops that may have a task, in the order in which they woke: one queue for the process. */
const ready = new Set<TaskLoop>();

/** Turns of the current burst: how many were planned, are still to come, and have run a task. */
let burst = 0;
let waiting = 0;
let ran = 0;

/**
 * Runs the tasks that the native half has queued, each in a callback entry of its own, so that
 * promise reactions run between two tasks as the HTML event loop has it: Node performs a microtask
 * checkpoint after each immediate.
 *
 * All connections of a process take turns in one queue, one task per turn, so that what became ready
 * first runs first. A queue with a backlog plans several turns for one phase of Node's loop: a stream
 * of messages does not cost one poll of the operating system each.
 */
export class TaskLoop {
  readonly #runTask: () => boolean;
  #stopped = false;

  /** `runTask` polls one task and runs it; false means that there was none. */
  constructor(runTask: () => boolean) {
    this.#runTask = runTask;
  }

  /** There may be a task. */
  wake(): void {
    if (this.#stopped || ready.has(this)) return;
    ready.add(this);
    if (waiting < Math.min(ready.size, LARGEST_BURST)) plan(1);
  }

  /** No task runs after this. */
  stop(): void {
    this.#stopped = true;
    ready.delete(this);
  }

  /** Runs one task, if there is one; what follows it waits until all others have had their turn. */
  run(): void {
    let more = true;
    try {
      more = this.#runTask();
    } finally {
      if (more) ran += 1;
      if (more && !this.#stopped) ready.add(this);
    }
  }
}

function plan(turns: number): void {
  if (waiting === 0) burst = ran = 0;
  burst += turns;
  waiting += turns;
  for (let count = 0; count < turns; count += 1) setImmediate(turn);
}

function turn(): void {
  waiting -= 1;
  const [first] = ready;
  try {
    if (first !== undefined) {
      ready.delete(first);
      first.run();
    }
  } finally {
    if (waiting === 0 && ready.size > 0) {
      plan(Math.min(ran === burst ? burst * 2 : ready.size, LARGEST_BURST));
    }
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
