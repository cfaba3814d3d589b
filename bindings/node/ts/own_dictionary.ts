import { dictionary, optional } from './webidl';
import type { Convert } from './webidl';

/** Reads a member of one dictionary. */
export interface Members {
  <T>(name: string, convert: Convert<T>): T | undefined;
  <T>(name: string, convert: Convert<T>, otherwise: T): T;
}

/**
 * Opens a dictionary of rill's own. A member that it does not know is refused: the W3C's dictionaries
 * ignore those, so that old browsers take new pages, but here it can only be a slip of the pen.
 */
export function ownDictionary(value: unknown, what: string, names: readonly string[]): Members {
  const members = dictionary(value, what);
  const stranger = Object.keys(members).find((name) => !names.includes(name));
  if (stranger !== undefined) {
    throw new TypeError(`${what} has no member '${stranger}'; it has ${names.join(', ')}.`);
  }
  return <T>(name: string, convert: Convert<T>, otherwise?: T) =>
    optional(members, name, (given) => convert(given, `${what}.${name}`), otherwise as T);
}

/** A member that must be there. */
export function present<T>(value: T | undefined, what: string): T {
  if (value === undefined) throw new TypeError(`${what} is missing.`);
  return value;
}
