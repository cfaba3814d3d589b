// The compiler writes `#private` into the type of every class that has private fields, which no
// other object can then have: the DOM library's types and ours would exclude each other. The types
// of the W3C's interfaces are structural, so the brand goes.

import { readFile, readdir, writeFile } from 'node:fs/promises';

const dist = new URL('dist/', import.meta.url);

for (const name of await readdir(dist)) {
  if (!name.endsWith('.d.ts')) continue;
  const file = new URL(name, dist);
  const text = await readFile(file, 'utf8');
  await writeFile(file, text.replace(/^ *#private;\n/gm, ''));
}
