// The exceptions that webrtc-pc names in the steps of each call.

/** What W3C lets each call throw or reject with. */
export const allowed = {
  createOffer: ['InvalidStateError'],
  createAnswer: ['InvalidStateError'],
  setLocalDescription: ['InvalidStateError', 'InvalidModificationError'],
  setRemoteDescription: ['InvalidStateError', 'OperationError', 'InvalidAccessError'],
  addIceCandidate: ['TypeError', 'InvalidStateError', 'OperationError'],
  restartIce: [],
  setConfiguration: [
    'InvalidStateError',
    'InvalidModificationError',
    'SyntaxError',
    'InvalidAccessError',
  ],
  addTransceiver: ['InvalidStateError', 'TypeError'],
  addTrack: ['InvalidStateError', 'InvalidAccessError'],
  removeTrack: ['InvalidStateError', 'InvalidAccessError'],
  direction: ['InvalidStateError', 'TypeError'],
  stop: ['InvalidStateError'],
  setCodecPreferences: ['InvalidModificationError'],
  replaceTrack: ['InvalidStateError', 'TypeError'],
  setParameters: ['InvalidStateError', 'InvalidModificationError'],
  setStreams: ['InvalidStateError'],
  bufferedAmountLowThreshold: [],
  createDataChannel: ['InvalidStateError', 'TypeError', 'OperationError'],
  send: ['InvalidStateError', 'TypeError', 'OperationError'],
  getStats: [],
  gatheringComplete: [],
  close: [],
};
