/**
 * The conversions of Web IDL from JavaScript values (https://webidl.spec.whatwg.org/#js-type-mapping).
 * Each takes a `what`, the name of the value for the error message.
 */

/** Converts one member of a dictionary or one argument. */
export type Convert<T> = (value: unknown, what: string) => T;

/** A JavaScript value accepted as a dictionary: members are read, never written. */
export type Members = Readonly<Record<string, unknown>>;

/** Web IDL §3.7.9: a call with fewer arguments than the shortest overload requires. */
export function requireArguments(given: number, required: number, what: string): void {
  if (given < required) {
    const noun = required === 1 ? 'argument' : 'arguments';
    throw new TypeError(`${what}: ${required} ${noun} required, but only ${given} present.`);
  }
}

export const domString: Convert<string> = (value, what) => {
  if (typeof value === 'symbol') {
    throw new TypeError(`${what}: a symbol cannot be converted to a string.`);
  }
  return String(value);
};

/** A DOMString whose lone surrogates became U+FFFD. */
export const usvString: Convert<string> = (value, what) => domString(value, what).toWellFormed();

export const boolean: Convert<boolean> = (value) => Boolean(value);

/** Web IDL §3.2.4.9 ConvertToInt for an unsigned type, without an extended attribute. */
function modulo(bits: number): Convert<number> {
  const size = 2 ** bits;
  return (value, what) => {
    const number = Math.trunc(unrestrictedDouble(value, what));
    if (!Number.isFinite(number)) return 0;
    return ((number % size) + size) % size;
  };
}

/** The same with `[EnforceRange]`. */
function enforced(bits: number): Convert<number> {
  const maximum = bits === 64 ? Number.MAX_SAFE_INTEGER : 2 ** bits - 1;
  return (value, what) => {
    const number = Math.trunc(unrestrictedDouble(value, what));
    if (!(number >= 0 && number <= maximum)) {
      throw new TypeError(`${what}: ${String(value)} is not between 0 and ${maximum}.`);
    }
    // Not -0.
    return number + 0;
  };
}

/** Any number, infinite ones and NaN included. */
export const unrestrictedDouble: Convert<number> = (value, what) => {
  if (typeof value === 'bigint' || typeof value === 'symbol') {
    throw new TypeError(`${what}: a ${typeof value} cannot be converted to a number.`);
  }
  return Number(value);
};

/** A finite number. */
export const double: Convert<number> = (value, what) => {
  const number = unrestrictedDouble(value, what);
  if (!Number.isFinite(number)) throw new TypeError(`${what}: ${number} is not finite.`);
  return number;
};

export const octet = modulo(8);
export const unsignedShort = modulo(16);
export const unsignedLong = modulo(32);
export const enforcedOctet = enforced(8);
export const enforcedUnsignedShort = enforced(16);
export const enforcedUnsignedLong = enforced(32);
export const enforcedUnsignedLongLong = enforced(64);

export const long: Convert<number> = (value, what) => unsignedLong(value, what) | 0;

export function enumeration<const T extends string>(name: string, values: readonly T[]): Convert<T> {
  return (value, what) => {
    const text = domString(value, what);
    const found = values.find((known) => known === text);
    if (found === undefined) {
      throw new TypeError(`${what}: '${text}' is not a valid value of ${name}: ${values.join(', ')}.`);
    }
    return found;
  };
}

export function nullable<T>(convert: Convert<T>): Convert<T | null> {
  return (value, what) => (value === null || value === undefined ? null : convert(value, what));
}

export function isObject(value: unknown): value is object {
  return (typeof value === 'object' && value !== null) || typeof value === 'function';
}

/** Web IDL §3.2.17: undefined and null are the empty dictionary. */
export const dictionary: Convert<Members> = (value, what) => {
  if (value === undefined || value === null) return {};
  if (!isObject(value)) throw new TypeError(`${what}: ${String(value)} is not an object.`);
  return value as Members;
};

/** Reads an optional member once; `undefined` means that it is not present. */
export function optional<T>(members: Members, name: string, convert: Convert<T>): T | undefined;
export function optional<T>(members: Members, name: string, convert: Convert<T>, otherwise: T): T;
export function optional<T>(
  members: Members,
  name: string,
  convert: Convert<T>,
  otherwise?: T,
): T | undefined {
  const value = members[name];
  return value === undefined ? otherwise : convert(value, name);
}

/** Reads a required member once. */
export function required<T>(members: Members, name: string, convert: Convert<T>): T {
  const value = members[name];
  if (value === undefined) throw new TypeError(`Required member '${name}' is undefined.`);
  return convert(value, name);
}

export function isIterable(value: unknown): value is Iterable<unknown> {
  if (!isObject(value)) return false;
  const method = (value as { [Symbol.iterator]?: unknown })[Symbol.iterator];
  return method !== undefined && method !== null;
}

export function sequence<T>(convert: Convert<T>): Convert<T[]> {
  return (value, what) => {
    if (!isIterable(value)) throw new TypeError(`${what}: the value is not a sequence.`);
    return Array.from(value, (item, index) => convert(item, `${what}[${index}]`));
  };
}

/** A callback function type. */
export function callback<T extends (...args: never[]) => unknown>(value: unknown, what: string): T {
  if (typeof value !== 'function') throw new TypeError(`${what}: the value is not a function.`);
  return value as T;
}

/** A platform object of one interface. */
export function platformObject<T>(type: abstract new (...args: never[]) => T): Convert<T> {
  return (value, what) => {
    if (!(value instanceof type)) throw new TypeError(`${what}: the value is not a ${type.name}.`);
    return value;
  };
}

/** Web IDL §3.7.7: an operation that returns a promise turns what it throws into a rejection. */
export function promised<T>(steps: () => Promise<T>): Promise<T> {
  try {
    return steps();
  } catch (exception) {
    return Promise.reject(exception);
  }
}

/** Invokes a callback function whose exception is reported, as an error nobody catches. */
export function invoke<A extends unknown[]>(call: (...args: A) => unknown, ...args: A): void {
  try {
    call(...args);
  } catch (exception) {
    process.nextTick(() => {
      throw exception;
    });
  }
}
