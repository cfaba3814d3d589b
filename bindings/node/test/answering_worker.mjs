// A worker that answers the offer which its parent posts.

import { parentPort } from 'node:worker_threads';
import { RTCPeerConnection } from 'rill-rtc';

const pc = new RTCPeerConnection();
pc.onicecandidate = ({ candidate }) =>
  candidate && parentPort.postMessage({ candidate: candidate.toJSON() });
parentPort.on('message', async ({ description, candidate }) => {
  if (description === undefined) {
    await pc.addIceCandidate(candidate);
  } else {
    await pc.setRemoteDescription(description);
    await pc.setLocalDescription();
    parentPort.postMessage({ description: pc.localDescription.toJSON() });
  }
});
