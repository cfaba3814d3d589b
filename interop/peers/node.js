// Peers of this process.

import { createRequire } from 'node:module';
import { Endpoint } from './endpoint.js';

const require = createRequire(import.meta.url);

/** The package that `cargo xtask build-node` leaves. */
export const rill = {
  name: 'rill',
  async connection() {
    const { RTCPeerConnection } = require('../../bindings/node');
    return new Endpoint(RTCPeerConnection);
  },
  async close() {},
};

/** libwebrtc. Its `addIceCandidate` refuses null. */
export const wrtc = {
  name: 'wrtc',
  async connection() {
    const { RTCPeerConnection } = require('@roamhq/wrtc');
    return new Endpoint(RTCPeerConnection, { endMarks: false });
  },
  async close() {},
};
