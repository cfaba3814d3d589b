/** Finds the compiled half of the package. */

import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { NativeBinding } from './native';

/** Where a build from source leaves it: beside `dist`. */
const besidePackage = join(__dirname, '..', 'rill.node');

/**
 * Loads `rill.node` beside the package, else the package of this platform, such as
 * `rill-rtc-linux-x64-gnu`. Throws an Error that says what to do if there is neither.
 */
export function loadAddon(): NativeBinding {
  const require = createRequire(__filename);
  if (existsSync(besidePackage)) return require(besidePackage) as NativeBinding;
  const platformPackage = `rill-rtc-${platform()}`;
  try {
    return require(platformPackage) as NativeBinding;
  } catch (cause) {
    throw new Error(
      `rill-rtc has no native half for this platform: neither ${besidePackage} nor the package ` +
        `${platformPackage} could be loaded. Install again with optional dependencies enabled, ` +
        'or build it from source with `cargo xtask build-node`.',
      { cause },
    );
  }
}

function platform(): string {
  const base = `${process.platform}-${process.arch}`;
  if (process.platform === 'win32') return `${base}-msvc`;
  if (process.platform === 'linux') return `${base}-${usesGlibc() ? 'gnu' : 'musl'}`;
  return base;
}

function usesGlibc(): boolean {
  const report = process.report.getReport() as { header?: { glibcVersionRuntime?: string } };
  return report.header?.glibcVersionRuntime !== undefined;
}
