import { nativeBinding } from './native';
import { codecDictionary } from './rtp_parameters';
import { domString } from './webidl';
import type { RTCRtpCapabilities } from './dictionaries';

/** What can be negotiated for a kind of media, in either direction; null for another kind. */
export function capabilities(given: unknown): RTCRtpCapabilities | null {
  const kind = domString(given, 'kind');
  if (kind !== 'audio' && kind !== 'video') return null;
  const { codecCapabilities, headerExtensionCapabilities } = nativeBinding();
  return {
    codecs: codecCapabilities(kind).map(codecDictionary),
    headerExtensions: headerExtensionCapabilities(kind).map((uri) => ({ uri })),
  };
}
