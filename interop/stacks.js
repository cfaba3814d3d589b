// The stacks of the matrix: where each comes from, and how a connection of it is had.

import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { browser } from './peers/browser.js';
import { child } from './peers/child.js';

const NPM = fileURLToPath(new URL('./peers/npm.js', import.meta.url));

/** Starts the stack of that name; throws Absent if this machine does not have it. */
export async function stack(name) {
  const { start } = STACKS[name];
  return { name, close() {}, ...await start(name) };
}

/** The stack is not on this machine; the message says why. */
export class Absent extends Error {}

const STACKS = {
  chromium: { start: browser },
  firefox: { start: browser },
  wrtc: { start: npm('@roamhq/wrtc') },
  'node-datachannel': { start: npm('node-datachannel') },
  werift: { start: npm('werift') },
  aiortc: { start: program(ownVersion) },
  str0m: { start: program(crateVersion) },
  webrtc: { start: program(crateVersion) },
  pion: { start: program(ownVersion) },
  rill: { start: npm() },
};

/** Everybody but rill. */
export const PEERS = Object.keys(STACKS).filter(name => name !== 'rill');

function npm(module) {
  return async name => ({
    version: module && await packageVersion(module),
    connect: events => child(process.execPath, [NPM, name], events),
  });
}

async function packageVersion(module) {
  // Not by `require`: that hands out only what a package exports.
  const manifest = new URL(`./node_modules/${module}/package.json`, import.meta.url);
  return JSON.parse(await readFile(manifest, 'utf8')).version;
}

/** A program that `cargo xtask interop` has built, or says why it could not. */
function program(version) {
  return async name => {
    const variable = `RILL_PEER_${name.toUpperCase()}`;
    const given = process.env[variable];
    if (given === undefined) {
      throw new Absent(process.env[`${variable}_ABSENT`] ?? `${variable} does not name its program`);
    }
    const [command, ...args] = given.split('\n');
    const connect = events => child(command, args, events);
    return { version: await version(name, connect), connect };
  };
}

async function ownVersion(_, connect) {
  const peer = await connect({ onEvent() {}, onEnd() {} });
  await peer.close();
  return peer.version;
}

async function crateVersion(name) {
  const lock = await readFile(new URL('./peers/rust/Cargo.lock', import.meta.url), 'utf8');
  return new RegExp(`^name = "${name}"\nversion = "(.*)"$`, 'm').exec(lock)?.[1];
}
