//! ChannelData, TURN's way to carry application data with four bytes of overhead (RFC 8656 §12.4).
//!
//! ```text
//! |         Channel Number        |            Length             |
//! |                       Application Data                       ..
//! ```

use thiserror::Error;

/// Whether a datagram is to be given to TURN's channels: first byte 64 to 79 (RFC 8656 §12, RFC
/// 7983 §7). It may still fail to parse.
pub fn is_channel_data(datagram: &[u8]) -> bool {
    matches!(datagram.first(), Some(64..=79))
}

/// The number of a channel, 0x4000 to 0x4FFF (RFC 8656 §12).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ChannelNumber(u16);

impl ChannelNumber {
    /// The lowest one.
    pub const MIN: Self = Self(0x4000);
    /// The highest one.
    pub const MAX: Self = Self(0x4fff);

    /// The channel with this number, or `None` when it is out of range.
    pub const fn new(number: u16) -> Option<Self> {
        if Self::MIN.0 <= number && number <= Self::MAX.0 {
            Some(Self(number))
        } else {
            None
        }
    }

    /// The number.
    pub const fn number(self) -> u16 {
        self.0
    }
}

/// Whether a message is padded to four bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Padding {
    /// As over UDP.
    None,
    /// As over TCP and TLS, where the next message must be found (RFC 8656 §12.5).
    ToFourBytes,
}

/// A message on a channel. It borrows the datagram and copies nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChannelData<'a> {
    /// The channel, which stands for the peer.
    pub channel: ChannelNumber,
    /// What the peer sent, or is to be sent; may be empty.
    pub data: &'a [u8],
}

impl<'a> ChannelData<'a> {
    /// Bytes before the data.
    pub const HEADER_LENGTH: usize = 4;

    /// Reads a datagram that holds one message; bytes behind it are padding (RFC 8656 §12.5).
    ///
    /// # Errors
    ///
    /// The channel is out of range, or the datagram is shorter than it says.
    pub fn parse(datagram: &'a [u8]) -> Result<Self, ChannelDataError> {
        let Some((header, rest)) = datagram.split_first_chunk::<4>() else {
            return Err(ChannelDataError::TooShort {
                expected: Self::HEADER_LENGTH,
                actual: datagram.len(),
            });
        };
        let number = u16::from_be_bytes([header[0], header[1]]);
        let Some(channel) = ChannelNumber::new(number) else {
            return Err(ChannelDataError::WrongChannel { actual: number });
        };
        let length = usize::from(u16::from_be_bytes([header[2], header[3]]));
        let Some(data) = rest.get(..length) else {
            return Err(ChannelDataError::TooShort {
                expected: Self::HEADER_LENGTH + length,
                actual: datagram.len(),
            });
        };
        Ok(Self { channel, data })
    }

    /// Turns application data into a message, in place: the data move by four bytes.
    ///
    /// # Errors
    ///
    /// The data are longer than 65,535 bytes; they are left as they were.
    pub fn wrap(
        channel: ChannelNumber,
        buffer: &mut Vec<u8>,
        padding: Padding,
    ) -> Result<(), ChannelDataError> {
        let Ok(length) = u16::try_from(buffer.len()) else {
            let actual = buffer.len();
            return Err(ChannelDataError::TooLarge { actual });
        };
        let [channel_high, channel_low] = channel.number().to_be_bytes();
        let [length_high, length_low] = length.to_be_bytes();
        let padded = match padding {
            Padding::None => Self::HEADER_LENGTH + buffer.len(),
            Padding::ToFourBytes => Self::HEADER_LENGTH + buffer.len().next_multiple_of(4),
        };
        buffer.reserve(padded - buffer.len());
        buffer.splice(0..0, [channel_high, channel_low, length_high, length_low]);
        buffer.resize(padded, 0);
        Ok(())
    }
}

/// Why data cannot travel on a channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum ChannelDataError {
    /// The datagram was cut.
    #[error("a ChannelData message of {expected} bytes came with {actual}")]
    TooShort {
        /// Bytes of the message.
        expected: usize,
        /// Bytes received.
        actual: usize,
    },
    /// Not a number that a channel can have.
    #[error("a channel has a number from 0x4000 to 0x4FFF, this one is {actual:#06x}")]
    WrongChannel {
        /// The number received.
        actual: u16,
    },
    /// The length field has 16 bits.
    #[error("a channel carries 65,535 bytes at a time, these are {actual}: send less")]
    TooLarge {
        /// Bytes to be sent.
        actual: usize,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wrapped(data: &[u8], padding: Padding) -> Vec<u8> {
        let mut buffer = data.to_vec();
        let channel = ChannelNumber::new(0x4123).expect("in range");
        ChannelData::wrap(channel, &mut buffer, padding).expect("it is short");
        buffer
    }

    #[test]
    fn data_get_a_header_in_front() {
        assert_eq!(wrapped(b"abcde", Padding::None), b"\x41\x23\0\x05abcde");
        assert_eq!(wrapped(b"", Padding::None), b"\x41\x23\0\0");
    }

    #[test]
    fn streams_get_padding_that_the_length_does_not_count() {
        let padded = wrapped(b"abcde", Padding::ToFourBytes);
        assert_eq!(padded, b"\x41\x23\0\x05abcde\0\0\0");
        assert_eq!(wrapped(b"abcd", Padding::ToFourBytes).len(), 8);
        let message = ChannelData::parse(&padded).expect("we wrote it");
        assert_eq!(message.data, b"abcde");
        assert_eq!(message.channel.number(), 0x4123);
    }

    #[test]
    fn a_datagram_that_was_cut_is_refused() {
        let whole = wrapped(b"abcde", Padding::None);
        for length in 0..whole.len() {
            let error = ChannelData::parse(&whole[..length]).expect_err("it is cut");
            let expected = if length < 4 { 4 } else { 9 };
            let actual = length;
            assert_eq!(error, ChannelDataError::TooShort { expected, actual });
        }
    }

    #[test]
    fn reserved_numbers_are_refused() {
        for number in [0x0000_u16, 0x3fff, 0x5000, 0x7fff, 0xffff] {
            assert_eq!(ChannelNumber::new(number), None);
            let bytes = [number.to_be_bytes(), [0, 0]].concat();
            let error = ChannelDataError::WrongChannel { actual: number };
            assert_eq!(ChannelData::parse(&bytes), Err(error));
        }
        assert!(ChannelNumber::new(0x4000).is_some() && ChannelNumber::new(0x4fff).is_some());
    }

    #[test]
    fn the_first_byte_tells_channels_from_the_rest() {
        for first in 0..=255 {
            assert_eq!(is_channel_data(&[first]), (0x40..=0x4f).contains(&first));
        }
        assert!(!is_channel_data(&[]));
    }

    #[test]
    fn data_above_sixteen_bits_are_left_alone() {
        let mut buffer = vec![7; 0x1_0000];
        let error = ChannelDataError::TooLarge { actual: 0x1_0000 };
        let wrapped = ChannelData::wrap(ChannelNumber::MIN, &mut buffer, Padding::None);
        assert_eq!(wrapped, Err(error));
        assert_eq!(buffer, vec![7; 0x1_0000]);
    }
}
