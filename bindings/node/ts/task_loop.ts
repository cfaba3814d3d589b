import { clearImmediate, setImmediate } from 'node:timers';

/** Turns of one phase of Node's loop; sockets and timers are served between two bursts. */
const LARGEST_BURST = 32;

/**
 * Runs the tasks that the native half has queued, each in a callback entry of its own, so that
 * promise reactions run between two tasks as the HTML event loop has it: Node performs a microtask
 * checkpoint after each immediate.
 *
 * A loop with a backlog plans several turns for one phase of Node's loop, so that a stream of
 * messages does not cost one poll of the operating system each.
 */
export class TaskLoop {
  readonly #runTask: () => boolean;
  readonly #planned = new Set<NodeJS.Immediate>();
  #burst = 1;
  #ran = 0;
  #stopped = false;

  /** `runTask` polls one task and runs it; false means that there was none. */
  constructor(runTask: () => boolean) {
    this.#runTask = runTask;
  }

  /** There may be a task. */
  wake(): void {
    if (!this.#stopped && this.#planned.size === 0) this.#plan(1);
  }

  /** No task runs after this. */
  stop(): void {
    this.#stopped = true;
    for (const immediate of this.#planned) clearImmediate(immediate);
    this.#planned.clear();
  }

  #plan(turns: number): void {
    this.#burst = turns;
    this.#ran = 0;
    for (let turn = 0; turn < turns; turn += 1) {
      const immediate: NodeJS.Immediate = setImmediate(() => {
        this.#planned.delete(immediate);
        this.#turn();
      });
      this.#planned.add(immediate);
    }
  }

  #turn(): void {
    try {
      if (this.#runTask()) this.#ran += 1;
    } finally {
      if (!this.#stopped && this.#planned.size === 0) this.#endBurst();
    }
  }

  #endBurst(): void {
    if (this.#ran === 0) return;
    const full = this.#ran === this.#burst;
    this.#plan(full ? Math.min(this.#burst * 2, LARGEST_BURST) : 1);
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
