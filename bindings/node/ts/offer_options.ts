import { boolean, dictionary, optional } from './webidl';

/** RTCOfferOptions, converted; the legacy members only if they were given. */
export interface OfferOptions {
  readonly iceRestart: boolean;
  readonly receive: readonly (readonly ['audio' | 'video', boolean])[];
}

export function offerOptions(value: unknown): OfferOptions {
  const members = dictionary(value, 'options');
  const iceRestart = optional(members, 'iceRestart', boolean, false);
  const audio = optional(members, 'offerToReceiveAudio', boolean);
  const video = optional(members, 'offerToReceiveVideo', boolean);
  return {
    iceRestart,
    receive: [
      ...(audio === undefined ? [] : [['audio', audio] as const]),
      ...(video === undefined ? [] : [['video', video] as const]),
    ],
  };
}
