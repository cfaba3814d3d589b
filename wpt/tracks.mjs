// What tests use to make tracks: Web Audio and canvas, as far as they end in a track. No media comes
// from them, which tests of negotiation do not need.

/** The globals of Web Audio and canvas that a window with the package's classes has. */
export function trackSources() {
  let connection;
  // A receiver's track is the only kind there is; its clones are as good as any other.
  const track = (kind) => {
    connection ??= new RTCPeerConnection();
    const transceivers = connection.getTransceivers();
    const known = transceivers.find(({ receiver }) => receiver.track.kind === kind);
    return (known ?? connection.addTransceiver(kind)).receiver.track.clone();
  };

  class MediaStreamAudioDestinationNode {
    stream = new MediaStream([track('audio')]);
  }

  class AudioContext {
    createOscillator() {
      return { connect: (node) => node, start() {}, stop() {} };
    }

    createMediaStreamDestination() {
      return new MediaStreamAudioDestinationNode();
    }
  }

  class HTMLCanvasElement {
    getContext() {
      return { fillRect() {} };
    }

    captureStream() {
      return new MediaStream([track('video')]);
    }
  }

  return { AudioContext, HTMLCanvasElement, MediaStreamAudioDestinationNode };
}
