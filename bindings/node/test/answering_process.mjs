// A process that answers the offer which its parent sends, and then ends as it is told.

import { RTCPeerConnection } from 'rill-rtc';

const pc = new RTCPeerConnection();
pc.onicecandidate = ({ candidate }) =>
  candidate && process.send({ candidate: candidate.toJSON() });
process.on('message', async ({ description, candidate, end }) => {
  if (description !== undefined) {
    await pc.setRemoteDescription(description);
    await pc.setLocalDescription();
    process.send({ description: pc.localDescription.toJSON() });
  } else if (candidate !== undefined) {
    await pc.addIceCandidate(candidate);
  } else {
    if (end === 'close') pc.close();
    if (end === 'exit') process.exit();
    if (end === 'close and exit') {
      pc.close();
      process.exit();
    }
    process.disconnect();
  }
});
