import { readFileSync, writeFileSync } from 'node:fs';

const location = new URL('expectations.json', import.meta.url);

/** The harness's own result stands among the subtests under this name. */
export const HARNESS = '(harness)';

/**
 * What is expected not to pass: file → subtest → `STATUS: reason`. Files that pass whole are there
 * with nothing in them; `*` stands for all subtests of a file that are not named.
 */
export class Expectations {
  #files = JSON.parse(readFileSync(location, 'utf8'));

  get files() {
    return Object.keys(this.#files);
  }

  /** Why a subtest is expected not to pass, or undefined. */
  reason(file, subtest) {
    const ofFile = this.#files[file] ?? {};
    return Object.hasOwn(ofFile, subtest) ? ofFile[subtest] : ofFile['*'];
  }

  /** Takes over what was seen, keeping the reasons that are known. */
  update(results) {
    for (const { file, ...result } of results) {
      const failed = outcomes(result).filter(({ status }) => status !== 'PASS');
      this.#files[file] = Object.fromEntries(
        failed.map(({ name, status, message }) => {
          const known = this.reason(file, name)?.replace(/^\w+: /, '');
          return [name, `${status}: ${known ?? reasonIn(message)}`];
        }),
      );
    }
    const sorted = Object.fromEntries(Object.entries(this.#files).sort(([a], [b]) => (a < b ? -1 : 1)));
    writeFileSync(location, `${JSON.stringify(sorted, null, 2)}\n`);
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
