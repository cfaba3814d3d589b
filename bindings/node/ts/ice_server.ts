import type { RTCIceServer } from './dictionaries';

const schemes: readonly string[] = ['stun:', 'stuns:', 'turn:', 'turns:'];
const queries: readonly string[] = ['', '?transport=udp', '?transport=tcp'];

/** RFC 8489 §14.3: a username has fewer bytes than this. */
const USERNAME_LIMIT = 509;

/** The checks of "set a configuration" on one server (webrtc-pc §4.4.1.6). */
export function validateIceServer(server: RTCIceServer): void {
  const urls = typeof server.urls === 'string' ? [server.urls] : server.urls;
  if (urls.length === 0) throw syntaxError('An ICE server has no URL.');
  for (const url of urls) {
    const scheme = validateUrl(url);
    if (scheme.startsWith('turn')) requireCredentials(server, url);
  }
}

/** "Validate an ICE server URL", which is the URL parser's work; the result is the scheme. */
function validateUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined) throw syntaxError(`'${text}' is not a URL.`);
  if (!schemes.includes(url.protocol)) {
    throw syntaxError(`'${text}' is not a stun, stuns, turn or turns URL.`);
  }
  const opaque = url.pathname !== '' && !/[/@]/.test(url.pathname) && url.host === '';
  if (!opaque || text.includes('#')) throw syntaxError(`'${text}' is not a host and a port.`);
  const isStun = url.protocol.startsWith('stun');
  if (isStun ? text.includes('?') : !queries.includes(url.search)) {
    throw syntaxError(`'${text}' has a query that its scheme does not know.`);
  }
  const authority = `https://${url.pathname}`;
  if (!URL.canParse(authority) || new URL(authority).pathname !== '/') {
    throw syntaxError(`'${text}' is not a host and a port.`);
  }
  return url.protocol;
}

function requireCredentials({ username, credential }: RTCIceServer, url: string): void {
  const usable =
    username !== undefined &&
    username !== '' &&
    Buffer.byteLength(username) < USERNAME_LIMIT &&
    credential !== undefined &&
    credential !== '';
  if (!usable) {
    throw new DOMException(`'${url}' needs a username and a credential.`, 'InvalidAccessError');
  }
}

function syntaxError(message: string): DOMException {
  return new DOMException(message, 'SyntaxError');
}
