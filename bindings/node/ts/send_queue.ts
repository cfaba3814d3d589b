/** Something to send whose bytes are perhaps still to be read. */
interface Entry {
  readonly bytes: number;
  readonly data: string | Uint8Array | Blob;
}

/** What a queue hands on. */
export interface SendQueueOwner {
  /** The next message, in order; what it throws fails the queue. */
  deliver(data: string | Uint8Array): void;
  /** Everything was delivered. */
  drained(): void;
  /** A Blob could not be read, or a message not delivered; the rest was dropped. */
  failed(reason: unknown): void;
}

/**
 * Keeps the order of `send` while a Blob is read, which takes time: what is sent after it waits
 * here (webrtc-pc §6.2, the send() algorithm).
 */
export class SendQueue {
  readonly #owner: SendQueueOwner;
  readonly #entries: Entry[] = [];
  #bytes = 0;
  #stopped = false;

  constructor(owner: SendQueueOwner) {
    this.#owner = owner;
  }

  get empty(): boolean {
    return this.#entries.length === 0;
  }

  /** Bytes that wait here, a part of `bufferedAmount`. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Takes a message; `data` must not change afterwards. */
  push(data: string | Uint8Array | Blob, bytes: number): void {
    this.#entries.push({ data, bytes });
    this.#bytes += bytes;
    if (this.#entries.length === 1) void this.#drain();
  }

  /** Drops what waits and delivers nothing more. */
  stop(): void {
    this.#stopped = true;
    this.#clear();
  }

  async #drain(): Promise<void> {
    try {
      for (let entry = this.#entries[0]; entry !== undefined; entry = this.#entries[0]) {
        const data = await read(entry.data);
        if (this.#stopped) return;
        this.#entries.shift();
        this.#bytes -= entry.bytes;
        this.#owner.deliver(data);
      }
    } catch (reason) {
      if (this.#stopped) return;
      this.stop();
      this.#owner.failed(reason);
      return;
    }
    this.#owner.drained();
  }

  #clear(): void {
    this.#entries.length = 0;
    this.#bytes = 0;
  }
}

async function read(data: string | Uint8Array | Blob): Promise<string | Uint8Array> {
  return data instanceof Blob ? new Uint8Array(await data.arrayBuffer()) : data;
}
