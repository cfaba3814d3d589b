//! RE-CONFIG (RFC 6525 §3, §4).

use super::{
    Tsn, Writer, kind as chunk_kind,
    parameter::{self, Parameter, kind, parameters},
    u16_at, u32_at,
};
use crate::message::StreamId;

/// What one side asks of the other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Request {
    /// The sender begins these streams of its own anew behind `last_tsn`; no stream: all of them.
    Outgoing {
        /// The last request of the other side that the sender has seen.
        response: u32,
        last_tsn: Tsn,
        streams: Vec<StreamId>,
    },
    /// The sender wants the other side to begin these streams anew; no stream: all of them.
    Incoming { streams: Vec<StreamId> },
    /// The sender wants to send on more streams (RFC 6525 §4.5).
    AddOutgoing,
    /// Something that data channels have no use for.
    Other,
}

/// RFC 6525 §4.4.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    NothingToDo,
    Performed,
    Denied,
    WrongStream,
    AlreadyInProgress,
    BadSequence,
    InProgress,
}

impl Outcome {
    fn parse(code: u32) -> Option<Self> {
        Some(match code {
            0 => Self::NothingToDo,
            1 => Self::Performed,
            2 => Self::Denied,
            3 => Self::WrongStream,
            4 => Self::AlreadyInProgress,
            5 => Self::BadSequence,
            6 => Self::InProgress,
            _ => return None,
        })
    }

    fn code(self) -> u32 {
        match self {
            Self::NothingToDo => 0,
            Self::Performed => 1,
            Self::Denied => 2,
            Self::WrongStream => 3,
            Self::AlreadyInProgress => 4,
            Self::BadSequence => 5,
            Self::InProgress => 6,
        }
    }
}

/// A parameter of a RE-CONFIG chunk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Reconfig {
    Request { sequence: u32, request: Request },
    Response { sequence: u32, outcome: Outcome },
}

impl Reconfig {
    /// What the chunk's value holds; RFC 6525 §3.1 allows two.
    pub(crate) fn parse(value: &[u8]) -> impl Iterator<Item = Self> {
        parameters(value)
            .take(2)
            .filter_map(|p| Self::parameter(&p))
    }

    fn parameter(parameter: &Parameter<'_>) -> Option<Self> {
        let value = parameter.value;
        let sequence = u32_at(value, 0)?;
        let request = match parameter.kind {
            kind::OUTGOING_RESET => Request::Outgoing {
                response: u32_at(value, 4)?,
                last_tsn: Tsn(u32_at(value, 8)?),
                streams: streams(&value[12..]),
            },
            kind::INCOMING_RESET => Request::Incoming {
                streams: streams(&value[4..]),
            },
            kind::RECONFIG_RESPONSE => {
                let outcome = Outcome::parse(u32_at(value, 4)?)?;
                return Some(Self::Response { sequence, outcome });
            }
            kind::ADD_OUTGOING => Request::AddOutgoing,
            // RFC 6525 §4.3, §4.6: SSN/TSN reset, and asking us for more streams.
            15 | 18 => Request::Other,
            _ => return None,
        };
        Some(Self::Request { sequence, request })
    }

    /// Appends a chunk of its own.
    pub(crate) fn write(&self, writer: &mut Writer<'_>) {
        writer.chunk(chunk_kind::RE_CONFIG, 0, |out| match self {
            Self::Response { sequence, outcome } => {
                parameter::write(out, kind::RECONFIG_RESPONSE, |out| {
                    out.extend(sequence.to_be_bytes());
                    out.extend(outcome.code().to_be_bytes());
                });
            }
            Self::Request { sequence, request } => write_request(out, *sequence, request),
        });
    }
}

fn write_request(out: &mut Vec<u8>, sequence: u32, request: &Request) {
    let list = |out: &mut Vec<u8>, streams: &[StreamId]| {
        streams.iter().for_each(|id| out.extend(id.0.to_be_bytes()));
    };
    match request {
        Request::Outgoing {
            response,
            last_tsn,
            streams,
        } => parameter::write(out, kind::OUTGOING_RESET, |out| {
            out.extend(sequence.to_be_bytes());
            out.extend(response.to_be_bytes());
            out.extend(last_tsn.0.to_be_bytes());
            list(out, streams);
        }),
        Request::Incoming { streams } => parameter::write(out, kind::INCOMING_RESET, |out| {
            out.extend(sequence.to_be_bytes());
            list(out, streams);
        }),
        // Never asked by us.
        Request::AddOutgoing | Request::Other => {}
    }
}

fn streams(list: &[u8]) -> Vec<StreamId> {
    let ids = list.chunks_exact(2).filter_map(|id| u16_at(id, 0));
    ids.map(StreamId).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::{HEADER, Header, chunks};

    #[test]
    fn what_is_written_is_read() {
        let streams = vec![StreamId(1), StreamId(65534), StreamId(3)];
        let outgoing = Reconfig::Request {
            sequence: 5,
            request: Request::Outgoing {
                response: 6,
                last_tsn: Tsn(7),
                streams: streams.clone(),
            },
        };
        let incoming = Reconfig::Request {
            sequence: 8,
            request: Request::Incoming { streams },
        };
        let responses = (0..7).map(|code| Reconfig::Response {
            sequence: 9,
            outcome: Outcome::parse(code).expect("a code of RFC 6525"),
        });
        for reconfig in responses.chain([outgoing, incoming]) {
            let mut out = Vec::new();
            let header = Header {
                source_port: 1,
                destination_port: 2,
                verification_tag: 3,
            };
            let mut writer = Writer::new(&mut out, header, 100);
            reconfig.write(&mut writer);
            writer.finish(false);
            let value = chunks(&out[HEADER..]).next().expect("it was written").value;
            assert_eq!(Reconfig::parse(value).collect::<Vec<_>>(), [reconfig]);
            assert_eq!(Reconfig::parse(&value[..7]).count(), 0);
        }
    }
}
