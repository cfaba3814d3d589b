// A scenario as it stands in `traces/`: comments, and steps such as `> alice: setLocal offer`.

import { readFileSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const folder = new URL('../../../../traces/', import.meta.url);

/** The names of all scenarios. */
export function scenarios() {
  const files = readdirSync(fileURLToPath(folder)).sort();
  return files.filter((file) => file.endsWith('.txt')).map((file) => file.slice(0, -4));
}

export function read(name) {
  return readFileSync(new URL(`${name}.txt`, folder), 'utf8');
}

/** The comments and steps of a text, without the lines that the steps led to. */
export function items(text) {
  return text
    .split('\n')
    .slice(0, -1)
    .filter((line) => line === '' || line.startsWith('#') || line.startsWith('> '))
    .map((line) => {
      const step = /^> (\w+): (\S+) ?(.*)$/.exec(line);
      if (step === null) return { line };
      const [, who, verb, rest] = step;
      return { line, step: { who, verb, words: rest === '' ? [] : rest.split(' ') } };
    });
}
