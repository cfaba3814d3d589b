// A candidate's line taken apart (RFC 8839 §5.1), and what a description says about trickle.

/** The fields of a `candidate:` line that the page shows, or null if it is not one. */
export function parseCandidate(line) {
  const words = line.replace(/^candidate:/, '').split(' ');
  const [foundation, , protocol, priority, address, port, typ, type] = words;
  if (typ !== 'typ' || !type) return null;
  return { foundation, protocol: protocol.toLowerCase(), priority: Number(priority), address, port, type };
}

/** `host udp 192.0.2.1:4000`; the long names of mDNS are shortened in the middle. */
export function describeCandidate(line) {
  const candidate = parseCandidate(line);
  if (!candidate) return line;
  return `${candidate.type} ${candidate.protocol} ${endpoint(candidate.address, candidate.port)}`;
}

/** Address and port as one reads them. */
export function endpoint(address, port) {
  if (!address) return `(hidden):${port}`;
  const short = address.replace(/^([0-9a-f]{4})[0-9a-f-]{28}([0-9a-f]{4}\.local)$/, '$1…$2');
  return short.includes(':') ? `[${short}]:${port}` : `${short}:${port}`;
}

/** The ufrag that a description's first section sends from, or null (RFC 8839 §5.4). */
export function ufragOf(sdp) {
  return sdp?.match(/^a=ice-ufrag:(\S+)/m)?.[1] ?? null;
}

/** How many candidates a description carries. */
export function countCandidates(sdp) {
  return sdp.match(/^a=candidate:/gm)?.length ?? 0;
}

/** Whether a description lists `trickle` among its ICE options (RFC 8838 §3). */
export function listsTrickle(sdp) {
  return /^a=ice-options:(.* )?trickle( |\r|$)/m.test(sdp);
}

/** The description of a peer that cannot trickle: the same without the token. */
export function withoutTrickle(sdp) {
  return sdp.replace(/^a=ice-options:(.*)\r\n/gm, (_, options) => {
    const rest = options.split(' ').filter((token) => token !== 'trickle');
    return rest.length ? `a=ice-options:${rest.join(' ')}\r\n` : '';
  });
}
