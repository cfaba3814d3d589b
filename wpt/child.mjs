import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { isLong, readTest } from './source.mjs';

const page = fileURLToPath(new URL('page.mjs', import.meta.url));

/** Beyond the time-out of the harness itself, which a page that blocks never reaches. */
const GRACE = 15_000;

/**
 * Runs one file. Resolves to `{ file, harness, message, subtests }`; a page that ends early keeps
 * the subtests that had finished, with `CRASH` or `TIMEOUT` as what the harness says.
 */
export async function runFile({ wpt, rillRtc, file }) {
  const child = spawn(process.execPath, [page, wpt, rillRtc, file], {
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
