import {
  boolean,
  dictionary,
  domString,
  double,
  octet,
  optional,
  required,
  sequence,
  unsignedLong,
  unsignedShort,
} from './webidl';
import type {
  RTCRtcpParameters,
  RTCRtpCodec,
  RTCRtpCodecParameters,
  RTCRtpEncodingParameters,
  RTCRtpHeaderExtensionParameters,
  RTCRtpSendParameters,
} from './dictionaries';
import type { NativeCodec, NativeCodecCapability } from './native';
import type { Convert, Members } from './webidl';

/** Reads optional members; those that are not given are not there either. */
function present<T>(
  members: Members,
  conversions: { readonly [K in keyof T]-?: Convert<NonNullable<T[K]>> },
): Partial<T> {
  const result: Partial<T> = {};
  for (const name of Object.keys(conversions) as (keyof T & string)[]) {
    const value = optional(members, name, conversions[name]);
    if (value !== undefined) result[name] = value;
  }
  return result;
}

/** Converts an RTCRtpCodec (webrtc-pc §5.2.9), from a dictionary that may have more. */
function codecOf(members: Members): RTCRtpCodec {
  const { channels } = present<{ channels: number }>(members, { channels: unsignedShort });
  const clockRate = required(members, 'clockRate', unsignedLong);
  const mimeType = required(members, 'mimeType', domString);
  const { sdpFmtpLine } = present<{ sdpFmtpLine: string }>(members, { sdpFmtpLine: domString });
  return {
    clockRate,
    mimeType,
    ...(channels === undefined ? {} : { channels }),
    ...(sdpFmtpLine === undefined ? {} : { sdpFmtpLine }),
  };
}

export const codec: Convert<RTCRtpCodec> = (value, what) => codecOf(dictionary(value, what));

const codecParameters: Convert<RTCRtpCodecParameters> = (value, what) => {
  const members = dictionary(value, what);
  return { ...codecOf(members), payloadType: required(members, 'payloadType', octet) };
};

const headerExtension: Convert<RTCRtpHeaderExtensionParameters> = (value, what) => {
  const members = dictionary(value, what);
  return {
    encrypted: optional(members, 'encrypted', boolean, false),
    id: required(members, 'id', unsignedShort),
    uri: required(members, 'uri', domString),
  };
};

const rtcpParameters: Convert<RTCRtcpParameters> = (value, what) =>
  present<RTCRtcpParameters>(dictionary(value, what), { cname: domString, reducedSize: boolean });

/** Converts an RTCRtpEncodingParameters (webrtc-pc §5.2.5). */
export const encodingParameters: Convert<RTCRtpEncodingParameters> = (value, what) => {
  const members = dictionary(value, what);
  return {
    ...present<{ rid: string }>(members, { rid: domString }),
    active: optional(members, 'active', boolean, true),
    ...present<Omit<RTCRtpEncodingParameters, 'active' | 'rid'>>(members, {
      codec,
      maxBitrate: unsignedLong,
      maxFramerate: double,
      scaleResolutionDownBy: double,
    }),
  };
};

/** Converts an RTCRtpSendParameters (webrtc-pc §5.2.2). */
export const sendParameters: Convert<RTCRtpSendParameters> = (value, what) => {
  const members = dictionary(value, what);
  return {
    codecs: required(members, 'codecs', sequence(codecParameters)),
    headerExtensions: required(members, 'headerExtensions', sequence(headerExtension)),
    rtcp: required(members, 'rtcp', rtcpParameters),
    encodings: required(members, 'encodings', sequence(encodingParameters)),
    transactionId: required(members, 'transactionId', domString),
  };
};

/** The dictionary of a codec: what a codec does not have, the dictionary does not contain. */
export function codecDictionary(native: NativeCodecCapability): RTCRtpCodec {
  const { mimeType, clockRate, channels, sdpFmtpLine } = native;
  return {
    mimeType,
    clockRate,
    ...(channels === null ? {} : { channels }),
    ...(sdpFmtpLine === null ? {} : { sdpFmtpLine }),
  };
}

export function codecParametersDictionary(native: NativeCodec): RTCRtpCodecParameters {
  return { payloadType: native.payloadType, ...codecDictionary(native) };
}

/** The form that the native half takes. */
export function nativeCodec(given: RTCRtpCodec): NativeCodecCapability {
  const { mimeType, clockRate, channels = null, sdpFmtpLine = null } = given;
  return { mimeType, clockRate, channels, sdpFmtpLine };
}

/** The "codec dictionary match" (webrtc-pc §5.4) of codecs that come from one list. */
export function sameCodec(one: RTCRtpCodec, other: RTCRtpCodec): boolean {
  return (
    one.mimeType.toLowerCase() === other.mimeType.toLowerCase() &&
    one.clockRate === other.clockRate &&
    one.channels === other.channels &&
    one.sdpFmtpLine === other.sdpFmtpLine
  );
}
