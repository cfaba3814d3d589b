//! ICMP (RFC 8656 §18.13).
//!
//! ```text
//! |           Reserved            |   ICMP Type   |   ICMP Code   |
//! |                          Error Data                           |
//! ```

/// Why the network did not deliver a datagram to a peer, in a Data indication.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Icmp {
    /// The ICMP type, of the peer's address family.
    pub kind: u8,
    /// The ICMP code.
    pub code: u8,
    /// The next hop's MTU in bytes where type and code speak of one, else zero.
    pub data: u32,
}

impl Icmp {
    pub(crate) fn decode(value: [u8; 8]) -> Self {
        let [_, _, kind, code, data @ ..] = value;
        Self {
            kind,
            code,
            data: u32::from_be_bytes(data),
        }
    }

    pub(crate) fn encode(self) -> [u8; 8] {
        let [a, b, c, d] = self.data.to_be_bytes();
        [0, 0, self.kind, self.code, a, b, c, d]
    }
}
