// The scenarios of `traces/`: what happens, in order, and what handlers see. The core plays the same
// files in simulation and comes to the same text.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { items, read, scenarios } from './trace/script.mjs';
import { Stage } from './trace/stage.mjs';

async function play(name) {
  const expected = read(name);
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
  assert.equal(text, expected);
}

// Most of the time of each is waiting.
describe('traces', { concurrency: true }, () => {
  for (const name of scenarios()) test(name, () => play(name));
});
