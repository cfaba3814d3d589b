import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { isLong, readTest } from './source.mjs';

const page = fileURLToPath(new URL('page.mjs', import.meta.url));

/** Beyond the time-out of the harness itself, which a page that blocks never reaches. */
const GRACE = 15_000;

/**
 * Runs one file. Resolves to `{ file, harness, message, subtests }`; a page that ends early keeps
 * the subtests that had finished, with `CRASH` or `TIMEOUT` as what the harness says.
 *
 * A subtest that times out takes the time of all that follow: those run again, without it.
 */
export async function runFile(where) {
  const result = await run(where, []);
  let late = named(result, 'TIMEOUT');
  for (const skipped = []; late.length > 0 && named(result, 'NOTRUN').length > 0; ) {
    skipped.push(...late);
    const again = await run(where, skipped);
    const seen = new Map(again.subtests.map((subtest) => [subtest.name, subtest]));
    result.subtests = result.subtests.map((subtest) =>
      subtest.status === 'NOTRUN' ? (seen.get(subtest.name) ?? subtest) : subtest,
    );
    late = named(again, 'TIMEOUT');
  }
  return result;
}

function named({ subtests }, wanted) {
  return subtests.filter(({ status }) => status === wanted).map(({ name }) => name);
}

async function run({ wpt, rillRtc, file }, skipped) {
  const child = spawn(process.execPath, [page, wpt, rillRtc, file, ...skipped], {
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
  });
  const limit = (isLong(readTest(wpt, file)) ? 60_000 : 10_000) + GRACE;
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    child.kill('SIGKILL');
  }, limit);
  const [, said, lines] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    text(child.stdio[3]),
    new Promise((resolve) => child.once('close', resolve)),
  ]);
  clearTimeout(timer);
  const results = lines.split('\n').filter(Boolean).map((line) => JSON.parse(line));
  const last = results.at(-1);
  if (last?.harness !== undefined) return { file, ...last };
  const cause = said.split('\n').find((line) => /^\w*Error\b|panicked/.test(line));
  const message = cause ?? `ended with ${child.exitCode ?? child.signalCode}`;
  return { file, harness: late ? 'TIMEOUT' : 'CRASH', message, subtests: results };
}

async function text(stream) {
  let all = '';
  for await (const piece of stream.setEncoding('utf8')) all += piece;
  return all;
}
