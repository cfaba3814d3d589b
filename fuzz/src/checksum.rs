//! The checksum of SCTP packets, so that forged ones are believed.

/// Bytes of an SCTP packet before its chunks.
pub(crate) const SCTP_HEADER: usize = 12;

/// Makes the checksum of an SCTP packet right (RFC 9260 §6.8).
pub(crate) fn make_right(packet: &mut [u8]) {
    packet[8..SCTP_HEADER].fill(0);
    let checksum = crc32c(packet).to_le_bytes();
    packet[8..SCTP_HEADER].copy_from_slice(&checksum);
}

/// CRC-32C (RFC 9260 Appendix A).
fn crc32c(bytes: &[u8]) -> u32 {
    let step = |crc: u32| {
        if crc & 1 == 1 {
            crc >> 1 ^ 0x82f6_3b78
        } else {
            crc >> 1
        }
    };
    !bytes.iter().fold(!0, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| step(crc))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checksum_is_that_of_the_rfc() {
        // The check value of CRC-32C, over the digits 1 to 9.
        assert_eq!(crc32c(b"123456789"), 0xe306_9283);
    }
}
