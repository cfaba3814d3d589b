import { invalidState } from './exception';

/** What the chain asks of its connection. */
export interface ChainOwner {
  closed(): boolean;
  /** An operation was appended. */
  began(): void;
  /** The first operation was removed. */
  ended(): void;
}

/** The operations chain (webrtc-pc §4.4.1.2): one asynchronous operation of a connection at a time. */
export class OperationsChain {
  readonly #owner: ChainOwner;
  readonly #operations: (() => void)[] = [];

  constructor(owner: ChainOwner) {
    this.#owner = owner;
  }

  get empty(): boolean {
    return this.#operations.length === 0;
  }

  /**
   * Runs `operation` after all that were chained before. The promise rejects with InvalidStateError
   * when the connection is closed, and never settles when it is closed meanwhile.
   */
  chain<T>(operation: () => Promise<T>): Promise<T> {
    const owner = this.#owner;
    if (owner.closed()) return Promise.reject(invalidState('The connection is closed.'));
    let execute!: () => void;
    const settled = new Promise<T>((resolve, reject) => {
      execute = () => {
        attempt(operation).then(
          (value) => owner.closed() || resolve(value),
          (reason) => owner.closed() || reject(reason),
        );
      };
    });
    // Before any reaction of the caller: the next operation has begun when those run.
    const next = (): void => this.#next();
    settled.then(next, next);
    this.#operations.push(execute);
    owner.began();
    if (this.#operations.length === 1) execute();
    return settled;
  }

  #next(): void {
    if (this.#owner.closed()) return;
    this.#operations.shift();
    this.#owner.ended();
    this.#operations[0]?.();
  }
}

function attempt<T>(operation: () => Promise<T>): Promise<T> {
  try {
    return operation();
  } catch (exception) {
    return Promise.reject(exception);
  }
}
