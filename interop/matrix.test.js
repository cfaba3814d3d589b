// The part of the matrix that every change must pass; `cargo xtask interop` runs all of it.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { DIRECTIONS, MEGABYTE } from './bulk.js';
import { BROWSERS, bulkCell, cell, hidingCell, mediaCell } from './matrix.js';
import { Absent, stack } from './stacks.js';

const STARTING = { timeout: 60_000 };
const MEETING = { timeout: 90_000 };
const THEY_OFFER = { offers: 'them', role: 'offers' };
const WE_OFFER = { offers: 'us', role: 'answers' };

const QUICK_MEDIA = [
  'audio and data offered, max-compat',
  'audio and data offered, unbundled',
  'audio alone offered, balanced',
  'audio and data answered, max-bundle',
];

// All but those in which the browser has to find us by our names: it asks for each of them once, and
// a question or an answer that a busy machine drops is the end of that candidate.
const QUICK_HIDING = [
  'offered, both hide',
  'offered, they hide',
  'answered, both hide',
  'answered, they hide',
  'offered, their names alone',
  'answered, their names alone',
];

const us = await stack('rill');
/** Why a stack that is not a package is not here. */
const absent = { pion: await reasonForAbsence('pion') };

// Much of it is waiting, so two take it side by side.
describe('rill and', { concurrency: 2 }, () => {
  for (const name of BROWSERS) {
    describe(name, { concurrency: 1 }, () => {
      const other = peer(name);

      // Trickle H4: crates/rill-ice/src/agent/inbound.rs: `remotes.discover(path.remote, priority, remote_ufrag, limit)`
      for (const { offers, role, way } of [...both('trickle'), ...both('half by them')]) {
        test(`${name} ${role}, ${way}`, MEETING, () => other.meets({ offers }, way));
      }

      // Trickle G1: crates/rill-peer/src/jsep/create.rs: `const ICE_OPTIONS: [&str; 3] = ["trickle", "ice2", "renomination"];`
      for (const { offers, role, way } of both('half by us')) {
        test(`${name} ${role}, ${way}`, MEETING, () => other.meets({ offers }, way));
      }

      // Trickle G2: crates/rill-peer/src/view/candidates.rs: `let Some((mid, index)) = self.insert_local(&found.ufrag, &line) else {`
      for (const { offers, role, way } of both('no trickle')) {
        test(`${name} ${role}, ${way}`, MEETING, () => other.meets({ offers }, way));
      }

      // Trickle G3: crates/rill-ice/src/agent/inbound.rs: `remotes.discover(path.remote, priority, remote_ufrag, limit)`
      for (const { offers, role, way } of both('only by us')) {
        test(`${name} ${role}, ${way}`, MEETING, () => other.meets({ offers }, way));
      }

      for (const { offers, role, way } of ['restart by us', 'restart by them'].flatMap(both)) {
        test(`${name} ${role}, ${way}`, MEETING, () => other.meets({ offers }, way));
      }

      for (const way of QUICK_MEDIA) {
        test(`${name}, ${way}`, MEETING, () => other.meetsWithAudio(way));
      }

      for (const way of Object.keys(DIRECTIONS)) {
        test(`${name}, 4 MB, ${way}`, MEETING, () => other.transfers(way));
      }

      for (const way of QUICK_HIDING) {
        test(`${name}, ${way}`, MEETING, context => other.meetsHidden(way, context));
      }
    });
  }

  for (const name of ['wrtc', 'node-datachannel', 'werift', 'pion']) {
    describe(name, { concurrency: 1, skip: absent[name] }, () => {
      const other = peer(name);

      // Trickle H4: crates/rill-peer/src/jsep/create.rs: `const ICE_OPTIONS: [&str; 3] = ["trickle", "ice2", "renomination"];`
      for (const { offers, role, way } of ['trickle', 'restart by us'].flatMap(both)) {
        test(`${name} ${role}, ${way}`, MEETING, () => other.meets({ offers }, way));
      }
    });
  }
});

async function reasonForAbsence(name) {
  try {
    (await stack(name)).close();
    return undefined;
  } catch (error) {
    if (error instanceof Absent) return error.message;
    throw error;
  }
}

/** A way in both roles. */
function both(way) {
  return [{ ...THEY_OFFER, way }, { ...WE_OFFER, way }];
}

/** The stack of that name, there while the tests around this call run. */
function peer(name) {
  let them;
  before(async () => { them = await stack(name); }, STARTING);
  after(() => them?.close());
  return {
    meets: async ({ offers }, way) => assertExpected(await cell({ us, them, offers }, way)),
    meetsWithAudio: async way => assertExpected(await mediaCell({ us, them }, way)),
    transfers: async way => assertExpected(await bulkCell({ us, them }, way, 4 * MEGABYTE)),
    async meetsHidden(way, context) {
      const outcome = await hidingCell({ us, them }, way);
      assertExpected(outcome);
      context.diagnostic(`selected: ${outcome.pair}`);
    },
  };
}

function assertExpected({ status, reason, log = [] }) {
  assert.ok(['ok', 'limit'].includes(status), [`${status}: ${reason}`, ...log].join('\n'));
}
