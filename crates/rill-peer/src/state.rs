use core::fmt;

/// Declares an enum whose variants print as the strings of a W3C enum.
macro_rules! w3c_enum {
    ($(#[$meta:meta])* $name:ident { $($(#[$variant_meta:meta])* $variant:ident = $text:literal),+ $(,)? }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum $name { $($(#[$variant_meta])* $variant),+ }

        impl $name {
            /// The string that W3C gives this value.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text),+ }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }
    };
}

w3c_enum! {
    /// Where the offer/answer exchange stands (webrtc-pc, `RTCSignalingState`).
    SignalingState {
        /// No exchange in progress.
        Stable = "stable",
        /// A local offer is applied and waits for an answer.
        HaveLocalOffer = "have-local-offer",
        /// A remote offer is applied and waits for our answer.
        HaveRemoteOffer = "have-remote-offer",
        /// A remote offer and a local provisional answer are applied.
        HaveLocalPranswer = "have-local-pranswer",
        /// A local offer and a remote provisional answer are applied.
        HaveRemotePranswer = "have-remote-pranswer",
        /// `close()` was called.
        Closed = "closed",
    }
}

w3c_enum! {
    /// How far gathering is, over all transports (webrtc-pc, `RTCIceGatheringState`).
    IceGatheringState {
        /// No transport has begun to gather, or there is none.
        New = "new",
        /// At least one transport gathers.
        Gathering = "gathering",
        /// Every transport has finished.
        Complete = "complete",
    }
}

w3c_enum! {
    /// How ICE stands, over all transports (webrtc-pc, `RTCIceConnectionState`).
    IceConnectionState {
        /// No transport has begun.
        New = "new",
        /// Checks run, or wait for candidates.
        Checking = "checking",
        /// Every transport has a usable pair; better ones may still come.
        Connected = "connected",
        /// Every transport has finished its checks.
        Completed = "completed",
        /// A transport lost its consent for the moment.
        Disconnected = "disconnected",
        /// A transport gave up.
        Failed = "failed",
        /// `close()` was called.
        Closed = "closed",
    }
}

w3c_enum! {
    /// ICE and DTLS together, over all transports (webrtc-pc, `RTCPeerConnectionState`).
    ConnectionState {
        /// Nothing has begun.
        New = "new",
        /// Some transport is on its way.
        Connecting = "connecting",
        /// Every transport carries data.
        Connected = "connected",
        /// A transport lost its path for the moment.
        Disconnected = "disconnected",
        /// A transport gave up.
        Failed = "failed",
        /// `close()` was called.
        Closed = "closed",
    }
}

w3c_enum! {
    /// The state of one DTLS association (webrtc-pc, `RTCDtlsTransportState`).
    DtlsTransportState {
        /// Not begun.
        New = "new",
        /// The handshake runs.
        Connecting = "connecting",
        /// The handshake is done and the fingerprint verified.
        Connected = "connected",
        /// Closed by either side.
        Closed = "closed",
        /// The handshake failed, or the certificate was not the announced one.
        Failed = "failed",
    }
}

w3c_enum! {
    /// The state of the SCTP association (webrtc-pc, `RTCSctpTransportState`).
    SctpTransportState {
        /// Negotiated, and not yet established.
        Connecting = "connecting",
        /// Established.
        Connected = "connected",
        /// Ended, by either side.
        Closed = "closed",
    }
}

w3c_enum! {
    /// The state of a data channel (webrtc-pc, `RTCDataChannelState`).
    DataChannelState {
        /// Not yet open.
        Connecting = "connecting",
        /// Messages can be sent.
        Open = "open",
        /// `close()` was called by either side; what was queued is still delivered.
        Closing = "closing",
        /// Gone.
        Closed = "closed",
    }
}
