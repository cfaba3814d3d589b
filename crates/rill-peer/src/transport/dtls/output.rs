//! What a DTLS connection has to say, and the queue where that waits.

use std::collections::VecDeque;

/// An output of a connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum DtlsOutput {
    /// A datagram to send; its bytes are in the buffer given to `poll`.
    Packet,
    /// The certificate that the peer has proved to own, in DER. Always before `Connected`. Whether
    /// it is the announced one is for the caller to verify; if not, the connection must be dropped.
    PeerCertificate(Vec<u8>),
    /// The handshake is done.
    Connected { version: DtlsVersion },
    /// Data of the peer; its bytes are in the buffer given to `poll`.
    Data,
    /// The peer has closed the connection.
    Closed,
    /// The connection has ended with an error.
    Failed {
        /// What happened, in words.
        reason: String,
        /// The description of the alert that the peer sent (RFC 8446 §6), where it sent one.
        received_alert: Option<u8>,
    },
}

/// What was negotiated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum DtlsVersion {
    /// DTLS 1.2 (RFC 6347).
    Dtls12,
    /// DTLS 1.3 (RFC 9147).
    Dtls13,
    /// No DTLS: the stand-in for simulations.
    Plaintext,
}

impl DtlsVersion {
    /// As on the wire (RFC 6347 §4.1, RFC 9147 §5.3).
    pub(crate) fn on_wire(self) -> Option<u16> {
        match self {
            Self::Dtls12 => Some(0xfefd),
            Self::Dtls13 => Some(0xfefc),
            Self::Plaintext => None,
        }
    }
}

/// Outputs in order, with their buffers, which are used again.
#[derive(Debug, Default)]
pub(super) struct Outputs {
    waiting: VecDeque<(DtlsOutput, Vec<u8>)>,
    free: Vec<Vec<u8>>,
}

/// How many buffers are kept: what comes of one datagram.
const FREE_BUFFERS: usize = 2;

impl Outputs {
    /// Gives back the buffers and the queue's room.
    pub(super) fn rest(&mut self) {
        self.waiting.shrink_to_fit();
        self.free = Vec::new();
    }

    /// An output without bytes.
    pub(super) fn push(&mut self, output: DtlsOutput) {
        self.waiting.push_back((output, Vec::new()));
    }

    pub(super) fn push_packet(&mut self, bytes: &[u8]) {
        self.push_bytes(DtlsOutput::Packet, bytes);
    }

    pub(super) fn push_data(&mut self, bytes: &[u8]) {
        self.push_bytes(DtlsOutput::Data, bytes);
    }

    /// The next, with its bytes in `out`.
    pub(super) fn pop(&mut self, out: &mut Vec<u8>) -> Option<DtlsOutput> {
        let (output, bytes) = self.waiting.pop_front()?;
        let used = std::mem::replace(out, bytes);
        if used.capacity() > 0 && self.free.len() < FREE_BUFFERS {
            self.free.push(used);
        }
        Some(output)
    }

    fn push_bytes(&mut self, output: DtlsOutput, bytes: &[u8]) {
        let mut buffer = self.free.pop().unwrap_or_default();
        buffer.clear();
        buffer.extend_from_slice(bytes);
        self.waiting.push_back((output, buffer));
    }
}
