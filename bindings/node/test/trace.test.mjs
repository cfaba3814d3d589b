// The scenarios of `traces/`: what happens, in order, and what handlers see. The core plays the same
// files in simulation and comes to the same text.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { items, read, scenarios } from './trace/script.mjs';
import { Stage } from './trace/stage.mjs';

/** On a busy machine a datagram may be so late that a state passes twice: that is told apart by trying again. */
const ATTEMPTS = 3;

async function holds(name) {
  const expected = read(name);
  let text = '';
  for (let attempt = 0; attempt < ATTEMPTS && text !== expected; attempt += 1) text = await play(expected);
  assert.equal(text, expected);
}

async function play(expected) {
  const stage = await Stage.open();
  let text = '';
  try {
    for (const { line, step } of items(expected)) {
      text += `${line}\n`;
      if (step !== undefined) text += await stage.step(step);
    }
  } finally {
    stage.close();
  }
  return text;
}

// Most of the time of each is waiting.
describe('traces', { concurrency: true }, () => {
  for (const name of scenarios()) test(name, () => holds(name));
});
