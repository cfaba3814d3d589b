// From a walk that breaks a rule to a shorter one that breaks the same.

import { go } from './walk.mjs';

/** Leaves out what is not needed. The network is a real one: what fails once in two is kept. */
export async function shorten(script, rule) {
  const breaks = async (actions) => {
    for (let attempt = 0; attempt < 2; attempt += 1) {
      const error = await go({ ...script, actions }).catch((reason) => reason);
      if (error?.rule === rule) return true;
    }
    return false;
  };
  let kept = script.actions;
  for (let size = Math.ceil(kept.length / 2); size >= 1; size = Math.floor(size / 2)) {
    for (let start = 0; start < kept.length; ) {
      const rest = [...kept.slice(0, start), ...kept.slice(start + size)];
      if (await breaks(rest)) kept = rest;
      else start += size;
    }
  }
  return { ...script, actions: kept };
}
