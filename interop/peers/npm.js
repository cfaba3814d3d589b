// A peer from an npm package, as a process of its own: `node npm.js NAME`.

import { createInterface } from 'node:readline';
import { createRequire } from 'node:module';
import { Endpoint } from './endpoint.js';

const require = createRequire(import.meta.url);

/** What each package is called, and what it does not do as the W3C says. */
const PACKAGES = {
  rill: { load: () => require(process.env.RILL_PACKAGE ?? '../../bindings/node') },
  // Its `addIceCandidate` refuses null.
  wrtc: { load: () => require('@roamhq/wrtc'), endMarks: false },
  // It takes every channel of the other side for an ordered one.
  'node-datachannel': { load: () => require('node-datachannel/polyfill'), tellsOrder: false },
  werift: { load: () => require('werift') },
};

const { load, ...traits } = PACKAGES[process.argv[2]];
const { RTCPeerConnection } = load();
let endpoint;

function write(line) {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

async function perform({ id, ...command }) {
  try {
    if (command.do === 'create') {
      const { configuration } = command;
      endpoint = new Endpoint(RTCPeerConnection, write, { ...traits, configuration });
      write({ id });
    } else {
      write({ ...await endpoint.perform(command), id });
    }
  } catch (error) {
    write({ id, error: error instanceof Error ? `${error.name}: ${error.message}` : String(error) });
  }
}

createInterface({ input: process.stdin })
  .on('line', line => perform(JSON.parse(line)))
  .on('close', () => process.exit());
write({ event: 'ready' });
