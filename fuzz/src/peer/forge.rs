//! Datagrams that the other peer never sent. Without encryption anybody can write them.

use super::network::Network;
use crate::checksum::{SCTP_HEADER, make_right};
use crate::script::Script;

/// What stands before each SCTP packet, where otherwise a DTLS record is.
const DATA: u8 = 23;
/// The chunks of data (RFC 9260 §3.3.1, RFC 8260 §2.1), and the flags of a whole unordered message.
const CHUNK_DATA: u8 = 0;
const CHUNK_I_DATA: u8 = 64;
const WHOLE_UNORDERED: u8 = 7;
/// DCEP among the payload protocols (RFC 8831 §8).
const DCEP: u32 = 50;

/// What can be seen on the wire of an association in one direction.
#[derive(Clone, Debug, Default)]
pub(super) struct Seen {
    /// The header of an SCTP packet.
    header: Option<[u8; SCTP_HEADER]>,
    /// The last TSN.
    tsn: u32,
    interleaving: bool,
    forged: u32,
}

impl Seen {
    /// Notes what a datagram gives away.
    pub(super) fn note(&mut self, datagram: &[u8]) {
        let [DATA, packet @ ..] = datagram else {
            return;
        };
        let Some((header, mut chunks)) = packet.split_first_chunk::<SCTP_HEADER>() else {
            return;
        };
        // An INIT has no tag to use again.
        if header[4..8] != [0; 4] {
            self.header = Some(*header);
        }
        while let [kind, _, high, low, rest @ ..] = chunks {
            let field = |at: usize| {
                let bytes = rest.get(at..at + 4).and_then(|bytes| bytes.try_into().ok());
                bytes.map_or(0, u32::from_be_bytes)
            };
            match *kind {
                CHUNK_DATA | CHUNK_I_DATA => {
                    self.tsn = field(0);
                    self.interleaving = *kind == CHUNK_I_DATA;
                }
                // The initial TSN of INIT and INIT ACK (RFC 9260 §3.3.2).
                1 | 2 => self.tsn = field(12).wrapping_sub(1),
                _ => {}
            }
            let length = usize::from(u16::from_be_bytes([*high, *low])).max(4);
            chunks = chunks.get(length.next_multiple_of(4)..).unwrap_or_default();
        }
    }

    /// A whole message on a stream, as the next one of its sender.
    fn message(&mut self, stream: u16, protocol: u32, payload: &[u8]) -> Vec<u8> {
        self.tsn = self.tsn.wrapping_add(1);
        self.forged += 1;
        let mut body = self.tsn.to_be_bytes().to_vec();
        body.extend(stream.to_be_bytes());
        body.extend([0; 2]);
        if self.interleaving {
            // The message number; those of forged messages are far from those of true ones.
            body.extend((self.forged | 0x4000_0000).to_be_bytes());
        }
        body.extend(protocol.to_be_bytes());
        body.extend(payload);
        let kind = if self.interleaving {
            CHUNK_I_DATA
        } else {
            CHUNK_DATA
        };
        encode(kind, WHOLE_UNORDERED, &body)
    }

    fn datagram(&self, chunk: &[u8]) -> Option<Vec<u8>> {
        let mut packet = self.header?.to_vec();
        packet.extend(chunk);
        make_right(&mut packet);
        packet.insert(0, DATA);
        Some(packet)
    }
}

fn encode(kind: u8, flags: u8, body: &[u8]) -> Vec<u8> {
    let length = u16::try_from(4 + body.len()).expect("a script is short");
    let mut chunk = vec![kind, flags];
    chunk.extend(length.to_be_bytes());
    chunk.extend(body);
    chunk.resize(chunk.len().next_multiple_of(4), 0);
    chunk
}

/// A DCEP message from a side, on any stream.
pub(super) fn dcep(network: &mut Network, side: usize, script: &mut Script<'_>) {
    let stream = u16::from(script.byte());
    let length = script.below(64);
    let payload = script.bytes(length);
    let seen = &mut network.sides[side].seen;
    let chunk = seen.message(stream, DCEP, payload);
    if let Some(datagram) = seen.datagram(&chunk) {
        network.inject(side, datagram);
    }
}

/// A message of any protocol, or a chunk of any kind.
pub(super) fn chunk(network: &mut Network, side: usize, script: &mut Script<'_>) {
    let (kind, flags) = (script.byte(), script.byte());
    let length = script.below(64);
    let body = script.bytes(length);
    let seen = &mut network.sides[side].seen;
    let chunk = if kind == CHUNK_DATA {
        seen.message(u16::from(flags >> 4), 50 + u32::from(flags & 15), body)
    } else {
        encode(kind, flags, body)
    };
    if let Some(datagram) = seen.datagram(&chunk) {
        network.inject(side, datagram);
    }
}

/// Changes a datagram on its way; if it carries SCTP, its checksum stays right.
pub(super) fn tamper(network: &mut Network, side: usize, script: &mut Script<'_>) {
    let Some(mut datagram) = network.take_datagram(side) else {
        return;
    };
    for _ in 0..=script.below(4) {
        let (place, byte) = (usize::from(script.word()), script.byte());
        let length = datagram.len().max(1);
        if let Some(old) = datagram.get_mut(place % length) {
            *old = byte;
        }
    }
    if let [DATA, packet @ ..] = datagram.as_mut_slice()
        && packet.len() >= SCTP_HEADER
    {
        make_right(packet);
    }
    network.inject(side, datagram);
}
