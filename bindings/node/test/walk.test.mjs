// Random walks over the public API of two connections: whatever is called, in whatever order, only what
// the W3C's text allows happens, nothing is left behind, and the process ends by itself.
// `cargo xtask walk` goes more of them.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const program = fileURLToPath(new URL('walk/run.mjs', import.meta.url));

test('a walk breaks no rule', async () => {
  const args = ['--expose-gc', program, '--walks', '200'];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (data) => (output += data));
  const [code, signal] = await once(child, 'close');
  assert.deepEqual({ code, signal }, { code: 0, signal: null }, output);
});
