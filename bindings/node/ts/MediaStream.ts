import { randomUUID } from 'node:crypto';
import { setMaxListeners } from 'node:events';
import { defineEventHandlers } from './event_handler';
import { defineInterface } from './interface';
import { MediaStreamTrack } from './MediaStreamTrack';
import { MediaStreamTrackEvent } from './MediaStreamTrackEvent';
import { domString, platformObject, requireArguments, sequence } from './webidl';
import type { AddEventListenerOptions, Listener } from './dictionaries';

const events = ['addtrack', 'removetrack'] as const;
const mediaStreamTrack = platformObject(MediaStreamTrack);
const trackSequence = sequence(mediaStreamTrack);

export interface MediaStreamEventMap {
  addtrack: MediaStreamTrackEvent;
  removetrack: MediaStreamTrackEvent;
}

/** @internal A stream whose id the peer has given. */
export let createStream: (id: string) => MediaStream;
/** @internal "Add a track" and "remove a track" of mediacapture-streams §4.2, which fire events. */
export let addTrackTo: (stream: MediaStream, track: MediaStreamTrack) => void;
export let removeTrackFrom: (stream: MediaStream, track: MediaStreamTrack) => void;

/** A set of tracks that belong together (mediacapture-streams §4.2). */
export class MediaStream extends EventTarget {
  #id: string = randomUUID();
  readonly #tracks = new Set<MediaStreamTrack>();

  static {
    createStream = (id) => {
      const stream = new MediaStream();
      stream.#id = id;
      return stream;
    };
    addTrackTo = (stream, track) => stream.#change('addtrack', track);
    removeTrackFrom = (stream, track) => stream.#change('removetrack', track);
  }

  declare onaddtrack: ((ev: MediaStreamTrackEvent) => any) | null;
  declare onremovetrack: ((ev: MediaStreamTrackEvent) => any) | null;

  constructor();
  constructor(stream: MediaStream);
  constructor(tracks: Iterable<MediaStreamTrack>);
  constructor(...args: unknown[]) {
    const [given] = args;
    const tracks = args.length === 0 ? [] : tracksOf(given);
    super();
    for (const track of tracks) this.#tracks.add(track);
    // Node warns at the eleventh listener; a page may have any number.
    setMaxListeners(0, this);
  }

  get id(): string {
    return this.#id;
  }

  getAudioTracks(): MediaStreamTrack[] {
    return this.getTracks().filter(({ kind }) => kind === 'audio');
  }

  getVideoTracks(): MediaStreamTrack[] {
    return this.getTracks().filter(({ kind }) => kind === 'video');
  }

  getTracks(): MediaStreamTrack[] {
    return [...this.#tracks];
  }

  getTrackById(trackId: string): MediaStreamTrack | null {
    requireArguments(arguments.length, 1, 'getTrackById');
    const wanted = domString(trackId, 'trackId');
    return this.getTracks().find(({ id }) => id === wanted) ?? null;
  }

  /** Without an event: that is for tracks which others add. */
  addTrack(track: MediaStreamTrack): void {
    requireArguments(arguments.length, 1, 'addTrack');
    this.#tracks.add(mediaStreamTrack(track, 'track'));
  }

  /** Without an event: that is for tracks which others remove. */
  removeTrack(track: MediaStreamTrack): void {
    requireArguments(arguments.length, 1, 'removeTrack');
    this.#tracks.delete(mediaStreamTrack(track, 'track'));
  }

  /** A stream with an id of its own and clones of the tracks. */
  clone(): MediaStream {
    return new MediaStream(this.getTracks().map((track) => track.clone()));
  }

  /** Whether a track has not ended. */
  get active(): boolean {
    return this.getTracks().some(({ readyState }) => readyState !== 'ended');
  }

  #change(type: 'addtrack' | 'removetrack', track: MediaStreamTrack): void {
    if (this.#tracks.has(track) === (type === 'addtrack')) return;
    if (type === 'addtrack') this.#tracks.add(track);
    else this.#tracks.delete(track);
    this.dispatchEvent(new MediaStreamTrackEvent(type, { track }));
  }
}

export interface MediaStream {
  addEventListener<K extends keyof MediaStreamEventMap>(
    type: K,
    listener: (this: MediaStream, ev: MediaStreamEventMap[K]) => any,
    options?: boolean | AddEventListenerOptions,
  ): void;
  addEventListener(
    type: string,
    listener: Listener,
    options?: boolean | AddEventListenerOptions,
  ): void;
  removeEventListener<K extends keyof MediaStreamEventMap>(
    type: K,
    listener: (this: MediaStream, ev: MediaStreamEventMap[K]) => any,
    options?: boolean | { capture?: boolean },
  ): void;
  removeEventListener(
    type: string,
    listener: Listener,
    options?: boolean | { capture?: boolean },
  ): void;
}

defineInterface(MediaStream);
defineEventHandlers(MediaStream, events);

/** Resolves the overloads of the constructor that have an argument. */
function tracksOf(given: unknown): MediaStreamTrack[] {
  if (given instanceof MediaStream) return given.getTracks();
  return trackSequence(given, 'tracks');
}
