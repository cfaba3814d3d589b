/** What the JavaScript binding of a Web IDL interface has beyond a class of the language. */

type InterfaceObject = abstract new (...args: never[]) => object;

/** Passed by this package alone to the constructors of interfaces that declare none. */
export const internally = Symbol('internally');

/** Throws when a constructor was called by a page: `Illegal constructor`, as browsers say it. */
export function refuseConstruction(first: unknown): void {
  if (first !== internally) throw new TypeError('Illegal constructor');
}

/**
 * Makes the members of a class enumerable and gives its prototype the class string
 * (Web IDL §3.7.3, §3.7.6, §3.7.7).
 */
export function defineInterface(type: InterfaceObject): void {
  makeEnumerable(type, ['length', 'name', 'prototype']);
  makeEnumerable(type.prototype, ['constructor']);
  Object.defineProperty(type.prototype, Symbol.toStringTag, {
    value: type.name,
    configurable: true,
  });
}

function makeEnumerable(target: object, except: readonly string[]): void {
  for (const name of Object.getOwnPropertyNames(target)) {
    if (!except.includes(name)) Object.defineProperty(target, name, { enumerable: true });
  }
}
