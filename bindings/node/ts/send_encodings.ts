import { sameCodec } from './rtp_parameters';
import type { RTCRtpCodec, RTCRtpEncodingParameters } from './dictionaries';

type Encodings = RTCRtpEncodingParameters[];
type Kind = 'audio' | 'video';

/** How many encodings of one track are sent at a time: there is no simulcast yet. */
const MOST_ENCODINGS = 1;

/** RFC 8851 §10. */
const RID = /^[A-Za-z0-9_-]+$/;
/** RFC 8285 §4.2: what the one-byte form of a header extension can carry. */
const RID_LIMIT = 16;

/** The "addTransceiver sendEncodings validation steps" (webrtc-pc §5.1) and the default. */
export function initialEncodings(given: Encodings, kind: Kind): Encodings {
  const encodings = given.map((encoding) => ({ ...encoding }));
  validateRids(encodings);
  refuseCodecs(encodings);
  if (kind === 'audio') encodings.forEach(dropVideoMembers);
  validateScale(encodings);
  if (encodings.some(({ maxFramerate }) => maxFramerate !== undefined && maxFramerate <= 0)) {
    throw new RangeError('sendEncodings: maxFramerate must be greater than 0.');
  }
  const scaled = encodings.some(({ scaleResolutionDownBy }) => scaleResolutionDownBy !== undefined);
  if (scaled) encodings.forEach(scaleByDefault);
  encodings.length = Math.min(encodings.length, MOST_ENCODINGS);
  if (encodings.length === 0) encodings.push({ active: true });
  if (kind === 'video') encodings.forEach(scaleByDefault);
  // What names an encoding among others has no use for the only one.
  for (const encoding of encodings) delete encoding.rid;
  return encodings;
}

/**
 * What the "setParameters validation steps" (webrtc-pc §5.2) check of encodings as such, which may
 * name codecs of `choosable`; throws what the promise is to be rejected with.
 */
export function changedEncodings(
  given: Encodings,
  kind: Kind,
  choosable: readonly RTCRtpCodec[],
): Encodings {
  const encodings = given.map((encoding) => ({ ...encoding }));
  const unknown = encodings.find(
    ({ codec }) => codec !== undefined && !choosable.some((one) => sameCodec(one, codec)),
  );
  if (unknown !== undefined) {
    throw new DOMException('The codec of an encoding was not negotiated.', 'InvalidModificationError');
  }
  if (kind === 'audio') encodings.forEach(dropVideoMembers);
  else encodings.forEach(scaleByDefault);
  validateScale(encodings);
  if (encodings.some(({ maxFramerate }) => maxFramerate !== undefined && maxFramerate < 0)) {
    throw new RangeError('encodings: maxFramerate must not be negative.');
  }
  refuseCodecs(encodings);
  return encodings;
}

function validateRids(encodings: Encodings): void {
  const rids = encodings.flatMap(({ rid }) => (rid === undefined ? [] : [rid]));
  const invalid = rids.find((rid) => !RID.test(rid) || rid.length > RID_LIMIT);
  if (invalid !== undefined) throw new TypeError(`sendEncodings: '${invalid}' is not a rid.`);
  if (rids.length > 0 && rids.length < encodings.length) {
    throw new TypeError('sendEncodings: either every encoding has a rid, or none has.');
  }
  if (new Set(rids).size < rids.length) throw new TypeError('sendEncodings: a rid occurs twice.');
}

function refuseCodecs(encodings: Encodings): void {
  if (encodings.every(({ codec }) => codec === undefined)) return;
  throw new DOMException(
    'The codec of an encoding cannot be chosen; use setCodecPreferences().',
    'OperationError',
  );
}

function validateScale(encodings: Encodings): void {
  for (const { scaleResolutionDownBy } of encodings) {
    if (scaleResolutionDownBy !== undefined && scaleResolutionDownBy < 1) {
      throw new RangeError('scaleResolutionDownBy must be at least 1.');
    }
  }
}

function dropVideoMembers(encoding: RTCRtpEncodingParameters): void {
  delete encoding.maxFramerate;
  delete encoding.scaleResolutionDownBy;
}

function scaleByDefault(encoding: RTCRtpEncodingParameters): void {
  encoding.scaleResolutionDownBy ??= 1;
}
