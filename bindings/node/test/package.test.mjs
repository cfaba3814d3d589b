// How the package loads.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import * as imported from 'rill-rtc';

const here = fileURLToPath(new URL('..', import.meta.url));

/** Runs a program text in a child process and returns what it printed. */
async function run(program, cwd = here) {
  const args = ['--input-type=module', '--eval', program];
  const { stdout } = await promisify(execFile)(process.execPath, args, { cwd, timeout: 30_000 });
  return stdout.trim();
}

test('import and require load the same classes', () => {
  const required = createRequire(import.meta.url)('rill-rtc');
  assert.deepEqual(Object.keys(imported).sort(), Object.keys(required).sort());
  for (const [name, type] of Object.entries(imported)) assert.equal(required[name], type, name);
});

test('nothing but the package and its globals can be imported', async () => {
  await assert.rejects(import('rill-rtc/dist/native.js'), { code: 'ERR_PACKAGE_PATH_NOT_EXPORTED' });
});

test('importing installs nothing; globals installs every class', async () => {
  const names = JSON.stringify(Object.keys(imported));
  const program = `
    const present = () => ${names}.filter((name) => name in globalThis).length;
    await import('rill-rtc');
    const before = present();
    await import('rill-rtc/globals');
    const { RTCPeerConnection } = await import('rill-rtc');
    const listed = Object.keys(globalThis).filter((name) => name.startsWith('RTC')).length;
    console.log(before, present(), listed, globalThis.RTCPeerConnection === RTCPeerConnection);
  `;
  assert.equal(await run(program), `0 ${Object.keys(imported).length} 0 true`);
});

test('a missing native half is said in a sentence, when it is needed', async () => {
  const copy = await mkdtemp(join(tmpdir(), 'rill-rtc-'));
  try {
    await cp(join(here, 'dist'), join(copy, 'dist'), { recursive: true });
    const program = `
      const { RTCPeerConnection } = (await import('./dist/index.js')).default;
      try { new RTCPeerConnection() } catch (error) { console.log(error.message) }
    `;
    const message = await run(program, copy);
    assert.match(message, /no native half for this platform/);
    assert.match(message, /cargo xtask build-node/);
  } finally {
    await rm(copy, { recursive: true });
  }
});
