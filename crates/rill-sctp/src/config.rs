//! What an association is configured with.

use crate::recovery::congestion::{Bbr, Controller, Cubic, NewReno};

/// The settings of an [`Association`](crate::Association), fixed for its life.
///
/// [`Config::default`] holds the values for WebRTC; only the ports and `max_message_size` come from
/// the session description.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// Our SCTP port: `a=sctp-port` of the local description (RFC 8841 §5.1).
    pub local_port: u16,
    /// The peer's SCTP port: `a=sctp-port` of the remote description.
    pub remote_port: u16,
    /// The largest message we accept, in bytes: `a=max-message-size` of the local description
    /// (RFC 8841 §6.1). A longer one is discarded and reported by
    /// [`Event::MessageTooLarge`](crate::Event::MessageTooLarge).
    pub max_message_size: usize,
    /// The largest SCTP packet that every path is taken to carry, in bytes, without DTLS, TURN, UDP and
    /// IP; at least 576. No larger one is sent before the path was found to carry it.
    pub mtu: usize,
    /// The largest SCTP packet we send, and that the peer is told we take, in bytes. Between
    /// [`mtu`](Self::mtu) and this the path is searched for the largest that it carries (RFC 8899), as
    /// soon as there is much to send; no more than `mtu`: it is not searched.
    pub max_mtu: usize,
    /// How many bytes of received data wait for the reader before the peer is told to stop; raised
    /// to twice `max_message_size` when it is smaller than that.
    ///
    /// The window belongs to the association. Fragments of unfinished messages count in it, so a
    /// peer that interleaves messages on more streams than `receive_window / max_message_size`
    /// can fill it without completing any of them; RFC 8260 gives a receiver no way out of that.
    pub receive_window: usize,
    /// While less than this many bytes are queued for sending, over all streams, a message of any
    /// length is accepted; from then on [`SendError::BufferFull`](crate::SendError::BufferFull).
    pub send_buffer_limit: usize,
    /// How it is decided how much may be on its way.
    pub congestion_control: CongestionControl,
}

/// How an association finds out how much its path carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum CongestionControl {
    /// By a model of the path: losses that are not from a full queue cost little (BBR).
    #[default]
    Model,
    /// By losses, growing again along a cubic curve (RFC 9438).
    Cubic,
    /// By losses, as RFC 9260 §7.2 describes it; for comparison.
    NewReno,
}

impl CongestionControl {
    /// What a controller draws depends on the seed.
    pub(crate) fn controller(self, mtu: usize, seed: u64) -> Box<dyn Controller> {
        match self {
            Self::Model => Box::new(Bbr::new(mtu, seed)),
            Self::Cubic => Box::new(Cubic::new(mtu)),
            Self::NewReno => Box::new(NewReno::new(mtu)),
        }
    }
}

/// The port that RFC 8841 §5.1 and every browser use.
const PORT: u16 = 5000;
/// What browsers announce: 256 KiB.
const MAX_MESSAGE_SIZE: usize = 256 * 1024;
/// An IP packet of 1200 bytes, which every path is taken to carry, less 48 of IPv6 and UDP and the 37
/// of a DTLS 1.2 AES-GCM record (13 header, 8 nonce, 16 tag; DTLS 1.3 needs 22), rounded down to a
/// multiple of four (RFC 9260 §3.2).
const MTU: usize = 1112;
/// What a DTLS record holds: 2^14 bytes (RFC 5246 §6.2.1, which RFC 6347 §4.1 goes by).
const RECORD: usize = 1 << 14;
/// Room for 64 interleaved messages of 256 KiB, and a bandwidth-delay product of 1 Gbit/s at 130 ms.
const RECEIVE_WINDOW: usize = 16 * 1024 * 1024;
/// W3C knows no limit; a process does.
const SEND_BUFFER_LIMIT: usize = 64 * 1024 * 1024;

impl Default for Config {
    fn default() -> Self {
        Self {
            local_port: PORT,
            remote_port: PORT,
            max_message_size: MAX_MESSAGE_SIZE,
            mtu: MTU,
            max_mtu: RECORD,
            receive_window: RECEIVE_WINDOW,
            send_buffer_limit: SEND_BUFFER_LIMIT,
            congestion_control: CongestionControl::default(),
        }
    }
}

/// Less could not hold a request to reset 256 streams (RFC 6525 §4.1).
const MIN_MTU: usize = 576;

impl Config {
    /// The longest packet that every path is taken to carry. Chunks end at multiples of four (RFC 9260
    /// §3.2).
    pub(crate) fn effective_mtu(&self) -> usize {
        self.mtu.clamp(MIN_MTU, RECORD) & !3
    }

    /// The longest packet.
    pub(crate) fn effective_max_mtu(&self) -> usize {
        self.max_mtu.clamp(self.effective_mtu(), RECORD) & !3
    }

    /// The receive window in use: one message that is being read and one that arrives must fit.
    pub(crate) fn effective_window(&self) -> usize {
        self.receive_window
            .max(self.max_message_size.saturating_mul(2))
            // The wire has 32 bits for it (RFC 9260 §3.3.2).
            .min(u32::MAX as usize)
    }
}
