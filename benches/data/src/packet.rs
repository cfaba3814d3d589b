//! What an SCTP packet carries and weighs, read from outside.

/// A DTLS 1.2 record with AES-GCM: 13 bytes of header, 8 of nonce, 16 of tag.
const DTLS: usize = 37;
const UDP: usize = 8;
const IPV4: usize = 20;
/// What an SCTP packet weighs on the wire beyond its own length.
pub(crate) const OVERHEAD: usize = DTLS + UDP + IPV4;

/// RFC 9260 §3.1.
const COMMON_HEADER: usize = 12;
const DATA: u8 = 0;
const DATA_HEADER: usize = 16;
/// RFC 8260 §2.1.
const I_DATA: u8 = 64;
const I_DATA_HEADER: usize = 20;

/// A fragment of a message in a packet.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Fragment {
    pub(crate) tsn: u32,
    /// Bytes of the user's.
    pub(crate) payload: usize,
}

/// The fragments in a packet, in order.
pub(crate) fn fragments(packet: &[u8]) -> impl Iterator<Item = Fragment> + '_ {
    let mut rest = packet.get(COMMON_HEADER..).unwrap_or_default();
    std::iter::from_fn(move || {
        let kind = *rest.first()?;
        let length = usize::from(u16::from_be_bytes(*rest.get(2..)?.first_chunk()?));
        let tsn = rest.get(4..).and_then(<[u8]>::first_chunk);
        // The last chunk may come without its padding.
        rest = rest
            .get(length.max(4).next_multiple_of(4)..)
            .unwrap_or_default();
        Some((kind, length, tsn.map_or(0, |tsn| u32::from_be_bytes(*tsn))))
    })
    .filter_map(|(kind, length, tsn)| {
        let header = match kind {
            DATA => DATA_HEADER,
            I_DATA => I_DATA_HEADER,
            _ => return None,
        };
        let payload = length.saturating_sub(header);
        Some(Fragment { tsn, payload })
    })
}

/// What one end has sent.
#[derive(Default)]
pub(crate) struct Sent {
    highest: Option<u32>,
    /// Payload bytes, sent again or not.
    pub(crate) payload: u64,
    /// Those that were sent again.
    pub(crate) retransmitted: u64,
    /// The largest part of a datagram on the wire that was payload.
    pub(crate) best_share: f64,
}

impl Sent {
    pub(crate) fn count(&mut self, packet: &[u8]) {
        let mut payload = 0;
        for fragment in fragments(packet) {
            payload += fragment.payload;
            // First transmissions take the sequence numbers in order (RFC 9260 §6.2), which wrap.
            if self
                .highest
                .is_some_and(|highest| fragment.tsn.wrapping_sub(highest) as i32 <= 0)
            {
                self.retransmitted += fragment.payload as u64;
            } else {
                self.highest = Some(fragment.tsn);
            }
        }
        self.payload += payload as u64;
        let share = payload as f64 / (packet.len() + OVERHEAD) as f64;
        self.best_share = self.best_share.max(share);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn data(tsn: u32, payload: usize) -> Vec<u8> {
        let mut chunk = vec![DATA, 3];
        chunk.extend(((DATA_HEADER + payload) as u16).to_be_bytes());
        chunk.extend(tsn.to_be_bytes());
        chunk.resize((DATA_HEADER + payload).next_multiple_of(4), 0);
        chunk
    }

    fn packet(chunks: &[Vec<u8>]) -> Vec<u8> {
        let mut packet = vec![0; COMMON_HEADER];
        chunks.iter().for_each(|chunk| packet.extend(chunk));
        packet
    }

    #[test]
    fn fragments_are_found_between_other_chunks() {
        let sack = vec![3, 0, 0, 16, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
        let found: Vec<_> = fragments(&packet(&[data(7, 5), sack, data(8, 4)])).collect();
        let fragment = |tsn, payload| Fragment { tsn, payload };
        assert_eq!(found, [fragment(7, 5), fragment(8, 4)]);
    }

    #[test]
    fn a_number_that_was_sent_before_is_a_retransmission() {
        let mut sent = Sent::default();
        for tsn in [u32::MAX, 0, 1, u32::MAX] {
            sent.count(&packet(&[data(tsn, 100)]));
        }
        assert_eq!((sent.payload, sent.retransmitted), (400, 100));
    }
}
