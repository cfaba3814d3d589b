// One test file in a process of its own: `node page.mjs CHECKOUT PACKAGE FILE [SKIPPED...]`, without
// the promise tests of some names. Writes one line of JSON per finished subtest to descriptor 3, at
// the end `{ harness, message, subtests }`.

import { readFileSync, writeSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { runInThisContext } from 'node:vm';
import { readTest } from './source.mjs';
import { fire, openWindow } from './window.mjs';

const SUBTEST = ['PASS', 'FAIL', 'TIMEOUT', 'NOTRUN', 'PRECONDITION_FAILED'];
const HARNESS = ['OK', 'ERROR', 'TIMEOUT', 'PRECONDITION_FAILED'];

const [, , root, rillRtc, file, ...skipped] = process.argv;
const test = readTest(root, file);
// The package by its own name, so through its `exports`.
createRequire(join(rillRtc, 'package.json'))('rill-rtc/globals');
openWindow(file, test);

for (const script of test.scripts) {
  if (script.path?.endsWith('/testharnessreport.js')) report();
  else load(script);
  // A page performs a microtask checkpoint after each script.
  await setImmediate();
}
document.readyState = 'complete';
document.dispatchEvent(new Event('DOMContentLoaded'));
fire('load');

/** Runs a classic script: its top-level declarations are seen by the next one. */
function load({ path, code, line = 1 }) {
  try {
    const source = code ?? readFileSync(join(root, path), 'utf8');
    runInThisContext(source, { filename: path ?? file, lineOffset: line - 1 });
  } catch (error) {
    fire('error', { error, message: String(error?.message ?? error) });
  }
}

/** What a vendor's testharnessreport.js is for. */
function report() {
  setup({ output: false });
  const promiseTest = promise_test;
  globalThis.promise_test = (steps, name, ...rest) => {
    if (!skipped.includes(name)) promiseTest(steps, name, ...rest);
  };
  add_result_callback((subtest) => write(result(subtest)));
  add_completion_callback((subtests, { status, message }) => {
    write({ harness: HARNESS[status], message, subtests: subtests.map(result) });
    process.exit();
  });
}

function result({ name, status, message }) {
  return { name, status: SUBTEST[status], message };
}

function write(value) {
  writeSync(3, `${JSON.stringify(value)}\n`);
}
