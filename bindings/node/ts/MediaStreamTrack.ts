import { randomUUID } from 'node:crypto';
import { setMaxListeners } from 'node:events';
import { defineEventHandlers } from './event_handler';
import { defineInterface, internally, refuseConstruction } from './interface';
import { boolean } from './webidl';
import type { AddEventListenerOptions, Listener, MediaStreamTrackState } from './dictionaries';

const events = ['mute', 'unmute', 'ended'] as const;

export interface MediaStreamTrackEventMap {
  ended: Event;
  mute: Event;
  unmute: Event;
}

/** Where a track's media comes from: without capture, a receiver. Clones share it. */
export interface TrackSource {
  readonly kind: 'audio' | 'video';
  readonly label: string;
  muted(): boolean;
}

/** @internal */
export let createTrack: (source: TrackSource, id: string) => MediaStreamTrack;
/** @internal Ends a track otherwise than by `stop()`; to be called in a task. */
export let endTrack: (track: MediaStreamTrack) => void;

/** A track of audio or video (mediacapture-streams §4.3). */
export class MediaStreamTrack extends EventTarget {
  readonly #source: TrackSource;
  readonly #id: string;
  #enabled = true;
  #readyState: MediaStreamTrackState = 'live';

  static {
    createTrack = (source, id) => new MediaStreamTrack(internally, source, id);
    endTrack = (track) => track.#end();
  }

  declare onmute: ((ev: Event) => any) | null;
  declare onunmute: ((ev: Event) => any) | null;
  declare onended: ((ev: Event) => any) | null;

  /** @internal */
  constructor(...internal: unknown[]) {
    refuseConstruction(internal[0]);
    super();
    const [, source, id] = internal as [symbol, TrackSource, string];
    this.#source = source;
    this.#id = id;
    // Node warns at the eleventh listener; a page may have any number.
    setMaxListeners(0, this);
  }

  get kind(): string {
    return this.#source.kind;
  }

  get id(): string {
    return this.#id;
  }

  get label(): string {
    return this.#source.label;
  }

  get enabled(): boolean {
    return this.#enabled;
  }

  set enabled(value: boolean) {
    this.#enabled = boolean(value, 'enabled');
  }

  /** Whether the source gives nothing at the moment. */
  get muted(): boolean {
    return this.#source.muted();
  }

  get readyState(): MediaStreamTrackState {
    return this.#readyState;
  }

  /** A live or ended track of the same source, with an id of its own. */
  clone(): MediaStreamTrack {
    const clone = new MediaStreamTrack(internally, this.#source, randomUUID());
    clone.#enabled = this.#enabled;
    clone.#readyState = this.#readyState;
    return clone;
  }

  /** Ends this track, without an event; its clones go on. */
  stop(): void {
    this.#readyState = 'ended';
  }

  #end(): void {
    if (this.#readyState === 'ended') return;
    this.#readyState = 'ended';
    this.dispatchEvent(new Event('ended'));
  }
}

export interface MediaStreamTrack {
  addEventListener<K extends keyof MediaStreamTrackEventMap>(
    type: K,
    listener: (this: MediaStreamTrack, ev: MediaStreamTrackEventMap[K]) => any,
    options?: boolean | AddEventListenerOptions,
  ): void;
  addEventListener(
    type: string,
    listener: Listener,
    options?: boolean | AddEventListenerOptions,
  ): void;
  removeEventListener<K extends keyof MediaStreamTrackEventMap>(
    type: K,
    listener: (this: MediaStreamTrack, ev: MediaStreamTrackEventMap[K]) => any,
    options?: boolean | { capture?: boolean },
  ): void;
  removeEventListener(
    type: string,
    listener: Listener,
    options?: boolean | { capture?: boolean },
  ): void;
}

defineInterface(MediaStreamTrack);
defineEventHandlers(MediaStreamTrack, events);
