// One end of a connection as the driver holds it, whatever program it lives in.

const PATIENCE = 20_000;

/**
 * Opens an end of each stack, lets them `act` for so many milliseconds, and closes them, whatever comes
 * of it. An error has the last lines that their end wrote as its `log`.
 */
export async function withPeers({ us, them }, configurations, act, patience = PATIENCE) {
  const ends = {};
  try {
    ends.us = await Peer.open(us, configurations.us);
    ends.them = await Peer.open(them, configurations.them);
    return await withinPatience(act(ends), ends, patience);
  } catch (error) {
    error.log = ends.them?.log;
    throw error;
  } finally {
    await Promise.all([ends.us?.close(), ends.them?.close()]);
  }
}

async function withinPatience(acting, { us, them }, patience) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => {
      const awaited = [...us.awaited, ...them.awaited].filter(what => !what.endsWith(': candidate'));
      reject(new Error(`nothing more after ${patience / 1000} s, waiting for ${awaited.join(', ')}`));
    }, patience);
  });
  try {
    return await Promise.race([acting, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** A stack is { name, version, connect({ onEvent, onEnd, environment }), close() }. */
export class Peer {
  gathering = 'new';
  connection = 'new';
  /** Every candidate that was announced, in order; null is the end. */
  candidates = [];
  #lastCandidate = withResolvers();
  #transport;
  #mailboxes = new Map();
  #awaited = new Map();
  #breakage = withResolvers();

  static async open(stack, configuration) {
    const peer = new Peer();
    peer.name = stack.name;
    // Nobody may be waiting when it breaks.
    peer.#breakage.promise.catch(() => {});
    peer.#transport = await stack.connect({
      onEvent: event => peer.#happened(event),
      onEnd: reason => peer.#breakage.reject(new Breakage(`${peer.name}: ${reason}`)),
    });
    await peer.perform('create', { configuration });
    return peer;
  }

  /** What its process or page has written beside the protocol, the last lines. */
  get log() {
    return this.#transport.log;
  }

  get version() {
    return this.#transport.version;
  }

  async perform(command, given = {}) {
    try {
      return await this.#unlessBroken(command, this.#transport.perform({ ...given, do: command }));
    } catch (error) {
      if (error instanceof Breakage) throw error;
      throw new Error(`${this.name} cannot ${command}: ${error.message}`, { cause: error });
    }
  }

  /** The next event of that kind and label; each is handed out once. */
  take(kind, label = '') {
    const what = `${kind} ${label}`.trim();
    return this.#unlessBroken(what, this.#mailbox(what).take());
  }

  async gathered() {
    while (this.gathering !== 'complete') await this.take('gathering');
  }

  /** The null after the last candidate. */
  ended() {
    return this.#unlessBroken('the last candidate', this.#lastCandidate.promise);
  }

  async connected() {
    while (this.connection !== 'connected') await this.take('connection');
  }

  /** What it is being asked or waited for at this moment. */
  get awaited() {
    return [...this.#awaited.values()].map(what => `${this.name}: ${what}`);
  }

  async close() {
    // It may be the one that broke.
    const farewell = this.#transport.perform({ do: 'close' }).catch(() => {});
    await Promise.race([farewell, delay(1_000)]);
    await this.#transport.close();
  }

  #happened(event) {
    const { event: kind, label = '', ...content } = event;
    if (kind === 'gathering') this.gathering = content.state;
    if (kind === 'candidate') {
      this.candidates.push(content.candidate);
      if (content.candidate === null) this.#lastCandidate.resolve();
    }
    if (kind === 'log') this.log.push(content.text);
    if (kind === 'connection') {
      this.connection = content.state;
      if (content.state === 'failed') {
        this.#breakage.reject(new Breakage(`${this.name}: its connection has failed`));
      }
    }
    this.#mailbox(`${kind} ${label}`.trim()).put(content);
  }

  async #unlessBroken(what, promise) {
    const mark = Symbol(what);
    this.#awaited.set(mark, what);
    try {
      return await Promise.race([promise, this.#breakage.promise]);
    } finally {
      this.#awaited.delete(mark);
    }
  }

  #mailbox(what) {
    if (!this.#mailboxes.has(what)) this.#mailboxes.set(what, new Mailbox());
    return this.#mailboxes.get(what);
  }
}

/** Nothing more is to be expected of this end. */
class Breakage extends Error {}

export function delay(milliseconds, value) {
  return new Promise(resolve => setTimeout(resolve, milliseconds, value));
}

/** Values for whoever asks first, in order. */
class Mailbox {
  #values = [];
  #readers = [];

  put(value) {
    const reader = this.#readers.shift();
    if (reader) reader(value);
    else this.#values.push(value);
  }

  take() {
    if (this.#values.length > 0) return Promise.resolve(this.#values.shift());
    return new Promise(resolve => this.#readers.push(resolve));
  }
}

function withResolvers() {
  let resolve;
  let reject;
  const promise = new Promise((...both) => { [resolve, reject] = both; });
  return { promise, resolve, reject };
}
