// What the driver reads in descriptions, and takes out of them on the way.

/** Whether its writer can trickle (RFC 9429 §4.1.17). */
export function hasToken({ sdp }) {
  return /^a=ice-options:(.* )?trickle( |$)/m.test(sdp.replaceAll('\r', ''));
}

export function candidateCount({ sdp }) {
  return sdp.match(/^a=candidate:/gm)?.length ?? 0;
}

export function hasEndMark({ sdp }) {
  return /^a=end-of-candidates\r?$/m.test(sdp);
}

/** The username fragment of the first section that has one. */
export function usernameFragment({ sdp }) {
  return /^a=ice-ufrag:(.*?)\r?$/m.exec(sdp)?.[1];
}

/** What the writer of this description accepts in one message, in bytes (RFC 8841 §6.1). */
export function maxMessageSize({ sdp }) {
  const size = Number(/^a=max-message-size:(\d+)/m.exec(sdp)?.[1] ?? 65536);
  return size === 0 ? Infinity : size;
}

/** The description as one that cannot trickle would have written it. */
export function withoutToken(description) {
  return edited(description, line => {
    if (!line.startsWith('a=ice-options:')) return [line];
    const options = line.slice('a=ice-options:'.length).split(' ').filter(option => option !== 'trickle');
    return options.length > 0 ? [`a=ice-options:${options.join(' ')}`] : [];
  });
}

/** The description as it is before gathering, for stacks that hand it out late. */
export function withoutCandidates(description) {
  return edited(description, line => (
    /^a=(candidate:|end-of-candidates$)/.test(line) ? [] : [line]
  ));
}

/** The offer of one that does not know BUNDLE: each section has a transport of its own. */
export function withoutBundle(description) {
  return edited(description, line => (
    line.startsWith('a=group:BUNDLE') || line === 'a=bundle-only' ? [] : [line]
  ));
}

function edited({ type, sdp }, edit) {
  return { type, sdp: sdp.split('\r\n').flatMap(edit).join('\r\n') };
}
