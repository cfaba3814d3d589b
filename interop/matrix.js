// The cells of the matrix, and what their outcome means.

import { readFile } from 'node:fs/promises';
import { transfer } from './bulk.js';
import { HIDING, meetHidden } from './hiding.js';
import { MEDIA, meetWithAudio } from './media.js';
import { meet } from './meeting.js';

export const COLUMNS = [
  'trickle', 'half by us', 'half by them', 'no trickle', 'restart by us', 'restart by them',
  'slow restart by them',
];
/** Who offers first, and what that makes of the peer. */
export const ROWS = { them: 'offers', us: 'answers' };
export const BROWSERS = ['chromium', 'firefox'];

const TRIES = 3;

/** What limits.json says: where a peer cannot, the error that shows it, and where that was seen. */
export const LIMITS = JSON.parse(await readFile(new URL('./limits.json', import.meta.url), 'utf8'));

/**
 * One meeting, as { peer, offers, way, status, milliseconds?, reason?, error?, log?, tries? }. What a
 * peer only sometimes gets wrong is tried again.
 *
 * Its status is 'ok', 'limit' (it failed as limits.json expects), 'FAILED', or 'unexpectedly works'.
 */
export function cell({ us, them, offers }, way) {
  const traits = traitsOf(them.name);
  return settled({ peer: them.name, offers, way }, () => meet({ us, them, offers, traits }, way));
}

/** The same for a session with audio; `way` is a key of MEDIA. */
export function mediaCell({ us, them }, way) {
  return settled({ peer: them.name, way }, () => meetWithAudio({ us, them }, MEDIA[way]));
}

/** The same for a browser that hides its addresses, with the selected `pair`; `way` is a key of HIDING. */
export async function hidingCell({ us, them }, way) {
  let pair;
  const outcome = await settled({ peer: them.name, way }, async () => {
    const met = await meetHidden({ us, them }, HIDING[way]);
    pair = met.pair;
    return met.took;
  });
  return { ...outcome, pair };
}

/** `bytes` over one channel, checked by their hash; `way` is a key of DIRECTIONS. */
export async function bulkCell({ us, them }, way, bytes) {
  const outcome = await settled({ peer: them.name, way }, () => transfer({ us, them }, way, bytes));
  return { ...outcome, bytes };
}

async function settled(place, act) {
  let outcome;
  for (let tries = 1; tries <= TRIES; tries++) {
    const before = outcome?.reason;
    outcome = judged(place, await attempt(act));
    if (outcome.status === 'ok' && before) return { ...outcome, tries, reason: before };
    if (!outcome.sometimes) return outcome;
  }
  return outcome;
}

async function attempt(act) {
  try {
    return { status: 'ok', milliseconds: Math.round(await act()) };
  } catch (error) {
    return { status: 'FAILED', reason: error.message, log: error.log };
  }
}

/** A failure that limits.json expects is the peer's; a success that it does not is news. */
function judged(place, outcome) {
  const works = outcome.status === 'ok';
  const limit = LIMITS.find(({ peer, offers, ways = [], sometimes = false, error }) => (
    peer === place.peer
      && (offers === undefined || offers === place.offers)
      && ways.includes(place.way)
      && (works ? !sometimes : new RegExp(error).test(outcome.reason))
  ));
  if (limit === undefined) return { ...place, ...outcome };
  const { reason, sometimes } = limit;
  if (works) return { ...place, ...outcome, status: 'unexpectedly works', reason };
  return { ...place, status: 'limit', reason, error: outcome.reason, sometimes };
}

function traitsOf(name) {
  const own = LIMITS.filter(({ peer }) => peer === name);
  return {
    without: own.flatMap(({ without = [] }) => without),
    largest: Math.min(...own.map(({ largest = Infinity }) => largest)),
    sends: Math.min(...own.map(({ sends = Infinity }) => sends)),
  };
}
