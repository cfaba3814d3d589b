import { setImmediate } from 'node:timers';

/** Turns of one phase of Node's loop; sockets and timers are served between two bursts. */
const LARGEST_BURST = 32;

/** Turns that may follow each other in one callback of Node's loop. */
const LONGEST_CHAIN = 100;

/**
 * Runs the tasks that the native half has queued, each in a callback entry of its own, so that
 * promise reactions run between two tasks as the HTML event loop has it: Node performs a microtask
 * checkpoint after each immediate and, if there are reactions, between two ticks.
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

  /**
   * There is one task more. A turn too many could run a later one before its time. One that the page
   * itself has `caused` runs before the timers that are due: a page that queued it, then waits for
   * `setTimeout(0)`, finds it done.
   */
  wake(caused: boolean): void {
    if (this.#stopped) return;
    queue.push(this);
    if (caused) plan();
    else planBurst();
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

/** What a wake-up gives a turn to. */
interface Runnable {
  run(): void;
}

/** First in, first out; dropping the front for each one that is taken would move all others. */
class WakeUps {
  #woken: Runnable[] = [];
  #taken = 0;

  get length(): number {
    return this.#woken.length - this.#taken;
  }

  push(woken: Runnable): void {
    this.#woken.push(woken);
  }

  take(): Runnable | undefined {
    const first = this.#woken[this.#taken];
    if (first === undefined) return undefined;
    this.#taken += 1;
    if (this.length === 0 || (this.#taken > LARGEST_FRONT && this.#taken > this.length)) {
      this.#woken.splice(0, this.#taken);
      this.#taken = 0;
    }
    return first;
  }
}

const queue = new WakeUps();

/** Immediates that are still to come. While there are wake-ups there is one, or a tick. */
let immediates = 0;

/** Whether a tick is still to come. */
let ticking = false;

/** Turns that were taken in ticks since the loop has come round. */
let chained = 0;

/** Plans a turn right behind the callback that runs now, and its promise reactions. */
function plan(): void {
  if (chained === LONGEST_CHAIN) return planBurst();
  if (ticking) return;
  ticking = true;
  // Reactions run behind all ticks that are planned directly.
  queueMicrotask(() => process.nextTick(tick));
}

function tick(): void {
  ticking = false;
  if (chained === 0) setImmediate(() => (chained = 0));
  chained += 1;
  try {
    takeTurn();
  } finally {
    if (queue.length > 0) plan();
  }
}

/** Plans as many turns of the loop's next phase as there are wake-ups, up to a burst. */
function planBurst(): void {
  const most = Math.min(queue.length, LARGEST_BURST);
  for (; immediates < most; immediates += 1) setImmediate(turn);
}

function turn(): void {
  immediates -= 1;
  try {
    takeTurn();
  } finally {
    if (immediates === 0) planBurst();
  }
}

/** Runs the task that became ready first. */
function takeTurn(): void {
  queue.take()?.run();
}

/**
 * Queues a task that settles the promise with what `steps` returns or throws. The page has caused
 * it: it runs behind what became ready before, and before the timers that are due.
 */
export function inTask<T>(steps: () => T): Promise<T> {
  return new Promise((resolve, reject) => {
    const run = (): void => {
      try {
        resolve(steps());
      } catch (reason) {
        reject(reason);
      }
    };
    queue.push({ run });
    plan();
  });
}
