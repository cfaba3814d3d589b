import { native } from './exception';
import { MediaStream, addTrackTo, createStream, removeTrackFrom } from './MediaStream';
import { MediaStreamTrack, endTrack } from './MediaStreamTrack';
import { setSenderTrack, stateOfSender } from './RTCRtpSender';
import { createTransceiver, stateOfTransceiver, transceiverDirection } from './RTCRtpTransceiver';
import { RTCTrackEvent } from './RTCTrackEvent';
import { encodingParameters } from './rtp_parameters';
import { initialEncodings } from './send_encodings';
import { TransceiverState } from './transceiver_state';
import { dictionary, domString, optional, platformObject, sequence } from './webidl';
import type { RTCRtpEncodingParameters } from './dictionaries';
import type { NativeTrackEvent, NativeTransceiverEvent } from './native';
import type { RTCRtpSender } from './RTCRtpSender';
import type { RTCRtpTransceiver } from './RTCRtpTransceiver';
import type { RtpOwner } from './transceiver_state';

type Kind = 'audio' | 'video';

/** The arguments of `addTransceiver`, converted. */
export interface TransceiverInit {
  readonly kind: string;
  readonly track: MediaStreamTrack | null;
  readonly direction: 'sendrecv' | 'sendonly' | 'recvonly' | 'inactive' | 'stopped';
  readonly sendEncodings: RTCRtpEncodingParameters[];
  readonly streams: MediaStream[];
}

/** Converts `(trackOrKind, init)`; the kind may still be none. */
export function transceiverInit(trackOrKind: unknown, init: unknown): TransceiverInit {
  const track = trackOrKind instanceof MediaStreamTrack ? trackOrKind : null;
  const kind = track?.kind ?? domString(trackOrKind, 'trackOrKind');
  const members = dictionary(init, 'init');
  return {
    kind,
    track,
    direction: optional(members, 'direction', transceiverDirection, 'sendrecv'),
    sendEncodings: optional(members, 'sendEncodings', sequence(encodingParameters), []),
    streams: optional(members, 'streams', sequence(platformObject(MediaStream)), []),
  };
}

/** The transceivers of a connection, whose state is in the native half, and their streams. */
export class Transceivers {
  readonly #owner: RtpOwner;
  readonly #objects = new Map<number, RTCRtpTransceiver>();
  /** The streams that the peer has named, by id. */
  readonly #streams = new Map<string, MediaStream>();
  /** The set as it was at the end of the connection. */
  #setAtEnd: RTCRtpTransceiver[] | null = null;

  constructor(owner: RtpOwner) {
    this.#owner = owner;
  }

  /** "CollectTransceivers": the set as of the last task. */
  get set(): RTCRtpTransceiver[] {
    if (this.#setAtEnd !== null) return [...this.#setAtEnd];
    return this.#owner.native.transceivers().map((handle) => this.#at(handle));
  }

  get notStopped(): RTCRtpTransceiver[] {
    return this.set.filter((transceiver) => !stateOfTransceiver(transceiver).now.stopped);
  }

  /** Whether a track is that of exactly one sender or receiver. */
  isOnly(track: MediaStreamTrack): boolean {
    const ends = this.set.flatMap(({ sender, receiver }) => [sender, receiver]);
    return ends.filter((end) => end.track === track).length === 1;
  }

  /** `addTransceiver` on an open connection, with a kind that is one. */
  add({ track, direction, sendEncodings, streams }: TransceiverInit, kind: Kind): RTCRtpTransceiver {
    const encodings = initialEncodings(sendEncodings, kind);
    const init = { direction, streams: idsOf(streams), track: track?.id ?? null };
    const handle = native(() => this.#owner.native.addTransceiver(kind, init));
    const transceiver = this.#at(handle, encodings);
    setSenderTrack(transceiver.sender, track);
    return transceiver;
  }

  /** `addTrack`: the sender is a new one, or one that has not sent yet. */
  addTrack(track: MediaStreamTrack, streams: readonly MediaStream[]): RTCRtpSender {
    const { native: peer } = this.#owner;
    const handle = native(() => peer.addTrack(track.kind as Kind, track.id, idsOf(streams)));
    const { sender } = this.#at(handle);
    setSenderTrack(sender, track);
    return sender;
  }

  removeTrack(sender: RTCRtpSender): void {
    const state = stateOfSender(sender);
    if (state.owner !== this.#owner) {
      throw new DOMException('The sender is of another connection.', 'InvalidAccessError');
    }
    const sends = this.notStopped.some((transceiver) => transceiver.sender === sender);
    if (state.stopping || !sends || sender.track === null) return;
    native(() => this.#owner.native.removeTrack(state.handle));
    setSenderTrack(sender, null);
  }

  /** The legacy `offerToReceive<Kind>` (webrtc-pc §4.4.3.3). */
  offerToReceive(kind: Kind, wanted: boolean): void {
    const ofKind = this.set.filter((transceiver) => {
      const { stopping, now } = stateOfTransceiver(transceiver);
      return !stopping && now.kind === kind;
    });
    const receiving = ofKind.filter(({ direction }) => /^(sendrecv|recvonly)$/.test(direction));
    if (wanted && receiving.length === 0) {
      const init = transceiverInit(kind, { direction: 'recvonly' });
      this.add(init, kind);
    }
    if (wanted) return;
    for (const transceiver of receiving) {
      transceiver.direction = transceiver.direction === 'sendrecv' ? 'sendonly' : 'inactive';
    }
  }

  /** Runs what a task of the native half says of tracks and streams. */
  dispatch(event: NativeTransceiverEvent): void {
    const { track } = this.#at(event.transceiver).receiver;
    switch (event.type) {
      case 'mute':
        track.dispatchEvent(new Event('mute'));
        return;
      case 'ended':
        endTrack(track);
        return;
      case 'streamadded':
        addTrackTo(this.#stream(event.stream), track);
        return;
      case 'streamremoved':
        removeTrackFrom(this.#stream(event.stream), track);
    }
  }

  /** The event that announces a track to the page. */
  trackEvent({ transceiver: handle, streams }: NativeTrackEvent): RTCTrackEvent {
    const transceiver = this.#at(handle);
    const { receiver } = transceiver;
    return new RTCTrackEvent('track', {
      receiver,
      track: receiver.track,
      streams: streams.map((id) => this.#stream(id)),
      transceiver,
    });
  }

  /** After a negotiation: forgets what has left the set and ended. */
  settle(): void {
    if (this.#objects.size === 0) return;
    const kept = new Set(this.#owner.native.transceivers());
    for (const [handle, { receiver }] of this.#objects) {
      if (!kept.has(handle) && receiver.track.readyState === 'ended') this.#objects.delete(handle);
    }
  }

  /** "Close the connection" (webrtc-pc §4.4.2): stops them, while the native half still answers. */
  close(): void {
    this.#setAtEnd = this.set;
    for (const transceiver of this.#objects.values()) {
      const state = stateOfTransceiver(transceiver);
      const { stopping } = state;
      state.end();
      if (!stopping) setImmediate(() => endTrack(transceiver.receiver.track));
    }
    this.#objects.clear();
  }

  #at(handle: number, encodings?: RTCRtpEncodingParameters[]): RTCRtpTransceiver {
    const known = this.#objects.get(handle);
    if (known !== undefined) return known;
    const state = new TransceiverState(this.#owner, handle);
    const created = createTransceiver(state, encodings ?? initialEncodings([], state.now.kind));
    this.#objects.set(handle, created);
    return created;
  }

  #stream(id: string): MediaStream {
    let stream = this.#streams.get(id);
    if (stream === undefined) this.#streams.set(id, (stream = createStream(id)));
    return stream;
  }
}

/** The ids, each once. */
function idsOf(streams: readonly MediaStream[]): string[] {
  return [...new Set(streams.map(({ id }) => id))];
}
