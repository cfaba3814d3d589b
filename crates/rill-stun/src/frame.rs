//! Finding the end of a message in a stream of TCP or TLS between a TURN client and its server: STUN
//! and ChannelData follow each other without further framing (RFC 8656 §3.1, §12.5).

use thiserror::Error;

use crate::ChannelData;
use crate::header::{HEADER_LENGTH, MAGIC_COOKIE};

/// How many bytes the first message of a stream takes, its padding included; `None` while that
/// cannot be told yet. The bytes themselves may still be on their way.
///
/// # Errors
///
/// No message can begin like this: the position in the stream is lost, so close it.
pub fn frame_length(stream: &[u8]) -> Result<Option<usize>, FrameError> {
    let Some((&[first, _, high, low], _)) = stream.split_first_chunk() else {
        return match stream.first() {
            Some(&first) if first & 0x80 != 0 => Err(FrameError::Unknown { actual: first }),
            _ => Ok(None),
        };
    };
    let length = usize::from(u16::from_be_bytes([high, low]));
    match first >> 6 {
        0 => stun_length(stream, length),
        // Numbers above 0x4FFF are no channels, yet have their form (RFC 8656 §12.6).
        1 => Ok(Some(
            ChannelData::HEADER_LENGTH + length.next_multiple_of(4),
        )),
        _ => Err(FrameError::Unknown { actual: first }),
    }
}

fn stun_length(stream: &[u8], length: usize) -> Result<Option<usize>, FrameError> {
    if !length.is_multiple_of(4) {
        return Err(FrameError::UnalignedLength { actual: length });
    }
    let Some(cookie) = stream.get(4..8) else {
        return Ok(None);
    };
    if cookie != MAGIC_COOKIE.to_be_bytes() {
        return Err(FrameError::WrongCookie);
    }
    Ok(Some(HEADER_LENGTH + length))
}

/// Why a stream is not, or no longer, one of TURN.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum FrameError {
    /// The first byte is of neither kind of message.
    #[error("neither STUN nor ChannelData begins with {actual:#04x}: is this a TURN server?")]
    Unknown {
        /// The byte.
        actual: u8,
    },
    /// A STUN message whose length is not a multiple of four.
    #[error("the length of a STUN message is a multiple of 4, this one states {actual}")]
    UnalignedLength {
        /// The length field received.
        actual: usize,
    },
    /// It looks like STUN, but for the magic cookie.
    #[error("a STUN message without the magic cookie: is this a TURN server?")]
    WrongCookie,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Class, Message, Method, Padding, TransactionId, Writer};

    fn stun() -> Vec<u8> {
        let mut buffer = Vec::new();
        let id = TransactionId([9; 12]);
        Writer::new(&mut buffer, Class::Success, Method::REFRESH, id)
            .software("odd length")
            .finish();
        buffer
    }

    #[test]
    fn messages_are_found_one_behind_the_other() {
        let mut channel = b"abcde".to_vec();
        ChannelData::wrap(
            crate::ChannelNumber::MIN,
            &mut channel,
            Padding::ToFourBytes,
        )
        .expect("it is short");
        let stream = [channel, stun(), stun()].concat();
        let mut rest = &stream[..];
        let mut lengths = Vec::new();
        while let Ok(Some(length)) = frame_length(rest) {
            lengths.push(length);
            rest = &rest[length..];
        }
        assert_eq!(lengths, [12, stun().len(), stun().len()]);
        assert!(Message::parse(&stream[12..12 + lengths[1]]).is_ok());
    }

    #[test]
    fn a_header_that_is_not_whole_is_waited_for() {
        let message = stun();
        for length in 0..8 {
            assert_eq!(frame_length(&message[..length]), Ok(None));
        }
        assert_eq!(frame_length(&message[..8]), Ok(Some(message.len())));
        assert_eq!(frame_length(&[0x40, 0, 0]), Ok(None));
        assert_eq!(frame_length(&[0x40, 0, 0, 1]), Ok(Some(8)));
    }

    #[test]
    fn another_protocol_is_noticed_as_soon_as_it_can_be() {
        let unknown = FrameError::Unknown { actual: 0x80 };
        assert_eq!(frame_length(&[0x80]), Err(unknown));
        // Not all can be: `H` begins the numbers of channels.
        assert_eq!(frame_length(b"HTTP/1.1 400\r\n"), Ok(Some(4 + 0x5450)));
        assert_eq!(
            frame_length(&[0, 1, 0, 0, 1, 2, 3, 4]),
            Err(FrameError::WrongCookie)
        );
        let unaligned = FrameError::UnalignedLength { actual: 3 };
        assert_eq!(frame_length(&[0, 1, 0, 3]), Err(unaligned));
    }
}
