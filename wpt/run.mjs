// The W3C's tests of `webrtc/` through the built Node package: `cargo xtask wpt` says how.

import { readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { runFile } from './child.mjs';
import { Expectations, outcomes } from './expectations.mjs';
import { compare } from './browsers.mjs';

const text = { type: 'string' };
const { values: options } = parseArgs({
  options: {
    wpt: text,
    filter: { type: 'string', default: '' },
    json: text,
    browsers: text,
    package: text,
    jobs: { type: 'string', default: String(availableParallelism()) },
    update: { type: 'boolean', default: false },
  },
});
if (options.wpt === undefined || options.package === undefined) {
  console.error('run.mjs needs --wpt and --package; `cargo xtask wpt` gives it both.');
  process.exit(2);
}

const expectations = new Expectations();
const pattern = new RegExp(options.filter);
const files = expectations.files.filter((file) => pattern.test(file));
if (files.length === 0) {
  console.error(`No file of wpt/expectations.json matches ${pattern}.`);
  process.exit(2);
}
const results = await runAll(files);

if (options.json !== undefined) writeFileSync(options.json, `${JSON.stringify(results, null, 1)}\n`);
if (options.browsers !== undefined) {
  console.log(compare(results, JSON.parse(readFileSync(options.browsers, 'utf8')), 'core'));
}
const all = results.flatMap(({ subtests }) => subtests);
console.log(`${files.length} files, ${all.length} subtests:`, counts(all));
if (options.update) expectations.update(results);
else process.exitCode = await judge(results);

async function runAll(waiting) {
  const done = [];
  const queue = [...waiting];
  const work = async () => {
    for (let file = queue.shift(); file !== undefined; file = queue.shift()) {
      const result = await runOne(file);
      done.push(result);
      const passed = result.subtests.filter(({ status }) => status === 'PASS').length;
      console.log(`${`${passed}/${result.subtests.length}`.padStart(8)} ${result.harness.padEnd(7)} ${file}`);
    }
  };
  await Promise.all(Array.from({ length: Number(options.jobs) }, work));
  return done.sort((a, b) => waiting.indexOf(a.file) - waiting.indexOf(b.file));
}

function runOne(file) {
  return runFile({ wpt: resolve(options.wpt), rillRtc: resolve(options.package), file });
}

function counts(subtests) {
  const count = {};
  for (const { status } of subtests) count[status] = (count[status] ?? 0) + 1;
  return Object.entries(count).map(([status, number]) => `${number} ${status}`).join(', ');
}

/**
 * Names what differs from the expectations; only a regression is a failure, and only one that a
 * second run of its file, alone, shows again.
 */
async function judge(ran) {
  let regressions = 0;
  for (const result of ran) {
    const { file } = result;
    for (const { name, status } of result.subtests) {
      if (status !== 'PASS' || expectations.unsteady(file)) continue;
      if (expectations.mayFail(file, name)) console.log(`now passes: ${file}: ${name}`);
    }
    const first = unexpected(result);
    if (first.length === 0) continue;
    const again = new Set(unexpected(await runOne(file)).map(({ name }) => name));
    for (const { name, status, message } of first) {
      const verdict = again.has(name) ? 'but passed before' : 'but passes the second time';
      console.log(`${status}, ${verdict}: ${file}: ${name}\n    ${message}`);
    }
    regressions += again.size;
  }
  if (regressions > 0) console.log(`${regressions} regressions`);
  return regressions > 0 ? 1 : 0;
}

function unexpected(result) {
  return outcomes(result).filter(
    ({ name, status }) => status !== 'PASS' && !expectations.mayFail(result.file, name),
  );
}
