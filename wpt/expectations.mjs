import { readFileSync, writeFileSync } from 'node:fs';

const location = new URL('expectations.json', import.meta.url);

/** The harness's own result stands among the subtests under this name. */
export const HARNESS = '(harness)';

/**
 * What is expected not to pass: file → subtest → `STATUS: reason`. Files that pass whole are there
 * with nothing in them. `*` stands for a whole file whose results change from run to run.
 */
export class Expectations {
  #files = JSON.parse(readFileSync(location, 'utf8'));

  get files() {
    return Object.keys(this.#files);
  }

  /** Whether the results of this file change from run to run. */
  unsteady(file) {
    return Object.hasOwn(this.#files[file], '*');
  }

  /** Whether this subtest may fail. */
  mayFail(file, subtest) {
    return this.unsteady(file) || Object.hasOwn(this.#files[file], subtest);
  }

  /** Takes over what was seen, keeping the reasons that are known. */
  update(results) {
    for (const { file, ...result } of results) {
      if (this.unsteady(file)) continue;
      const known = this.#files[file];
      const failed = outcomes(result).filter(({ status }) => status !== 'PASS');
      this.#files[file] = Object.fromEntries(
        failed.map(({ name, status, message }) => {
          const reason = Object.hasOwn(known, name) ? known[name].replace(/^\w+: /, '') : reasonIn(message);
          return [name, `${status}: ${reason}`];
        }),
      );
    }
    const sorted = Object.entries(this.#files).sort(([a], [b]) => (a < b ? -1 : 1));
    writeFileSync(location, `${JSON.stringify(Object.fromEntries(sorted), null, 2)}\n`);
  }
}

/** The subtests of a file, and the harness if it has something to say. */
export function outcomes({ harness, message, subtests }) {
  return harness === 'OK' ? subtests : [...subtests, { name: HARNESS, status: harness, message }];
}

/** The reason that a message shows by itself: what it calls is not there. */
function reasonIn(message) {
  const missing = /([\w.]+) is not (?:a function|a constructor|defined)/.exec(message ?? '');
  return missing === null ? 'not looked at yet' : `no ${missing[1].split('.').at(-1)}`;
}
