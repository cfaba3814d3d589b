//! The messages of the Data Channel Establishment Protocol (RFC 8832 §5).

/// The message types (RFC 8832 §8.2.1).
const TYPE_ACK: u8 = 0x02;
const TYPE_OPEN: u8 = 0x03;

/// The channel types (RFC 8832 §8.2.2), without the bit for unordered ones.
const RELIABLE: u8 = 0x00;
const LIMITED_RETRANSMISSIONS: u8 = 0x01;
const LIMITED_LIFETIME: u8 = 0x02;
const UNORDERED: u8 = 0x80;

/// "Normal" (RFC 8831 §6.4). W3C gives no way to say another; received ones are ignored, for the
/// priority of what we send is ours.
const PRIORITY: u16 = 256;

/// The part of an OPEN before the label.
const OPEN_HEADER: usize = 12;

/// A whole DATA_CHANNEL_ACK message (RFC 8832 §5.2).
pub(crate) const ACK: [u8; 1] = [TYPE_ACK];

/// A message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Message {
    /// DATA_CHANNEL_OPEN.
    Open(Open),
    /// DATA_CHANNEL_ACK.
    Ack,
}

/// A DATA_CHANNEL_OPEN message (RFC 8832 §5.1). Of the two limits at most one is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Open {
    pub(crate) ordered: bool,
    /// In milliseconds. The wire has 32 bits, W3C 16: a longer one counts as the longest.
    pub(crate) max_packet_life_time: Option<u16>,
    /// The same holds for this.
    pub(crate) max_retransmits: Option<u16>,
    /// At most 65535 bytes, as createDataChannel checks (webrtc-pc §6.1).
    pub(crate) label: String,
    /// At most 65535 bytes.
    pub(crate) protocol: String,
}

/// Why a message could not be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ParseError {
    #[error("the message is empty")]
    Empty,
    #[error("message type {0:#04x} is neither DATA_CHANNEL_OPEN nor DATA_CHANNEL_ACK")]
    MessageType(u8),
    #[error("the header of DATA_CHANNEL_OPEN has 12 bytes, the message only {0}")]
    Header(usize),
    #[error("channel type {0:#04x} is unknown")]
    ChannelType(u8),
    #[error(
        "a label of {label} and a protocol of {protocol} bytes are announced, {available} bytes follow"
    )]
    Length {
        label: usize,
        protocol: usize,
        available: usize,
    },
    #[error("the label is not UTF-8")]
    LabelEncoding,
    #[error("the protocol is not UTF-8")]
    ProtocolEncoding,
}

impl Message {
    pub(crate) fn parse(bytes: &[u8]) -> Result<Self, ParseError> {
        match *bytes {
            [] => Err(ParseError::Empty),
            // Some implementations pad it.
            [TYPE_ACK, ..] => Ok(Self::Ack),
            [TYPE_OPEN, ..] => Open::parse(bytes).map(Self::Open),
            [other, ..] => Err(ParseError::MessageType(other)),
        }
    }
}

impl Open {
    fn parse(bytes: &[u8]) -> Result<Self, ParseError> {
        let Some((header, text)) = bytes.split_first_chunk::<OPEN_HEADER>() else {
            return Err(ParseError::Header(bytes.len()));
        };
        let &[_, channel, _, _, p0, p1, p2, p3, l0, l1, r0, r1] = header;
        let parameter = u32::from_be_bytes([p0, p1, p2, p3]);
        let parameter = u16::try_from(parameter).unwrap_or(u16::MAX);
        let (max_packet_life_time, max_retransmits) = match channel & !UNORDERED {
            // The parameter must be ignored (RFC 8832 §5.1).
            RELIABLE => (None, None),
            LIMITED_RETRANSMISSIONS => (None, Some(parameter)),
            LIMITED_LIFETIME => (Some(parameter), None),
            _ => return Err(ParseError::ChannelType(channel)),
        };
        let label = usize::from(u16::from_be_bytes([l0, l1]));
        let protocol = usize::from(u16::from_be_bytes([r0, r1]));
        if text.len() != label + protocol {
            // RFC 8832 §7: inconsistent lengths are an error.
            return Err(ParseError::Length {
                label,
                protocol,
                available: text.len(),
            });
        }
        let (label, protocol) = text.split_at(label);
        Ok(Self {
            ordered: channel & UNORDERED == 0,
            max_packet_life_time,
            max_retransmits,
            label: str::from_utf8(label)
                .map_err(|_| ParseError::LabelEncoding)?
                .into(),
            protocol: str::from_utf8(protocol)
                .map_err(|_| ParseError::ProtocolEncoding)?
                .into(),
        })
    }

    /// Appends the message.
    pub(crate) fn write(&self, out: &mut Vec<u8>) {
        let length = |text: &str| u16::try_from(text.len()).expect("createDataChannel checked it");
        let (kind, parameter) = match (self.max_packet_life_time, self.max_retransmits) {
            (Some(milliseconds), _) => (LIMITED_LIFETIME, milliseconds),
            (None, Some(count)) => (LIMITED_RETRANSMISSIONS, count),
            (None, None) => (RELIABLE, 0),
        };
        let order = if self.ordered { 0 } else { UNORDERED };
        out.extend_from_slice(&[TYPE_OPEN, kind | order]);
        out.extend_from_slice(&PRIORITY.to_be_bytes());
        out.extend_from_slice(&u32::from(parameter).to_be_bytes());
        out.extend_from_slice(&length(&self.label).to_be_bytes());
        out.extend_from_slice(&length(&self.protocol).to_be_bytes());
        out.extend_from_slice(self.label.as_bytes());
        out.extend_from_slice(self.protocol.as_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn open() -> Open {
        Open {
            ordered: true,
            max_packet_life_time: None,
            max_retransmits: None,
            label: "chät".into(),
            protocol: "p".into(),
        }
    }

    fn written(open: &Open) -> Vec<u8> {
        let mut bytes = Vec::new();
        open.write(&mut bytes);
        bytes
    }

    #[test]
    fn the_layout_is_that_of_the_rfc() {
        let limited = Open {
            ordered: false,
            max_retransmits: Some(0x0102),
            ..open()
        };
        let expected = [
            3, 0x81, 1, 0, // type, channel type, priority
            0, 0, 1, 2, // reliability parameter
            0, 5, 0, 1, // lengths
            b'c', b'h', 0xc3, 0xa4, b't', b'p',
        ];
        assert_eq!(written(&limited), expected);
    }

    #[test]
    fn every_channel_type_survives() {
        let limits = [
            (None, None, 0),
            (None, Some(0), 1),
            (None, Some(9), 1),
            (Some(500), None, 2),
        ];
        for (max_packet_life_time, max_retransmits, channel_type) in limits {
            for ordered in [true, false] {
                let open = Open {
                    ordered,
                    max_packet_life_time,
                    max_retransmits,
                    ..open()
                };
                let bytes = written(&open);
                assert_eq!(bytes[1], channel_type | if ordered { 0 } else { 0x80 });
                assert_eq!(Message::parse(&bytes), Ok(Message::Open(open)));
            }
        }
    }

    #[test]
    fn the_longest_and_the_empty_texts_survive() {
        let long = "x".repeat(65535);
        for (label, protocol) in [("", ""), (&*long, ""), ("", &*long), (&*long, &*long)] {
            let open = Open {
                label: label.into(),
                protocol: protocol.into(),
                ..open()
            };
            assert_eq!(Message::parse(&written(&open)), Ok(Message::Open(open)));
        }
    }

    #[test]
    fn the_parameter_of_a_reliable_channel_is_ignored() {
        let mut bytes = written(&open());
        bytes[4..8].fill(0xff);
        assert_eq!(Message::parse(&bytes), Ok(Message::Open(open())));
    }

    #[test]
    fn a_parameter_beyond_sixteen_bits_is_the_longest() {
        let mut bytes = written(&Open {
            max_packet_life_time: Some(1),
            ..open()
        });
        bytes[4..8].copy_from_slice(&70_000_u32.to_be_bytes());
        let longest = Open {
            max_packet_life_time: Some(u16::MAX),
            ..open()
        };
        assert_eq!(Message::parse(&bytes), Ok(Message::Open(longest)));
    }

    #[test]
    fn the_priority_is_ignored() {
        let mut bytes = written(&open());
        bytes[2..4].fill(0);
        assert_eq!(Message::parse(&bytes), Ok(Message::Open(open())));
    }

    #[test]
    fn cut_at_every_byte() {
        let bytes = written(&open());
        assert_eq!(Message::parse(&[]), Err(ParseError::Empty));
        for length in 1..bytes.len() {
            let expected = if length < OPEN_HEADER {
                ParseError::Header(length)
            } else {
                ParseError::Length {
                    label: 5,
                    protocol: 1,
                    available: length - OPEN_HEADER,
                }
            };
            assert_eq!(Message::parse(&bytes[..length]), Err(expected));
        }
    }

    #[test]
    fn what_is_wrong_is_named() {
        let mut long = written(&open());
        long.push(0);
        let length = ParseError::Length {
            label: 5,
            protocol: 1,
            available: 7,
        };
        assert_eq!(Message::parse(&long), Err(length));
        for channel_type in [0x03, 0x7f, 0x83] {
            let mut bytes = written(&open());
            bytes[1] = channel_type;
            assert_eq!(
                Message::parse(&bytes),
                Err(ParseError::ChannelType(channel_type))
            );
        }
        let mut bytes = written(&open());
        bytes[14] = 0xff;
        assert_eq!(Message::parse(&bytes), Err(ParseError::LabelEncoding));
        let mut bytes = written(&open());
        bytes[17] = 0xff;
        assert_eq!(Message::parse(&bytes), Err(ParseError::ProtocolEncoding));
        assert_eq!(Message::parse(&[0x01]), Err(ParseError::MessageType(0x01)));
    }

    #[test]
    fn an_acknowledgement_may_be_padded() {
        assert_eq!(Message::parse(&ACK), Ok(Message::Ack));
        assert_eq!(Message::parse(&[2, 0, 0, 0]), Ok(Message::Ack));
    }
}
