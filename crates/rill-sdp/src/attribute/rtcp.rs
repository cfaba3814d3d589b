//! RTCP: rtcp (RFC 3605), rtcp-mux, rtcp-mux-only, rtcp-rsize, rtcp-fb (RFC 4585 §4.2).

use std::fmt;

use super::rtp::payload_type;
use super::{Attribute, Value};
use crate::connection::Connection;
use crate::error::FieldError;
use crate::grammar::{Fields, port, token};

/// Where RTCP goes without multiplexing and ICE. Read and not used (RFC 9429 §5.8.2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rtcp {
    /// The port.
    pub port: u16,
    /// The address, if it is not that of `c=`.
    pub connection: Option<Connection>,
}

/// A kind of feedback that the sender of the description accepts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Feedback {
    /// For which payload types.
    pub target: FeedbackTarget,
    /// `nack`, `ccm`, `transport-cc`, …
    pub kind: String,
    /// What follows, word for word: `pli`, `fir`, …
    pub parameter: Option<String>,
}

/// The payload types that feedback is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FeedbackTarget {
    /// `*`
    All,
    /// One payload type, 0 to 127.
    PayloadType(u8),
}

pub(super) fn parse(name: &str, value: Value<'_>) -> Result<Option<Attribute>, FieldError> {
    Ok(Some(match name {
        "rtcp-fb" => Attribute::RtcpFb(Feedback::parse(value.text()?)?),
        "rtcp-mux" => return value.flag(Attribute::RtcpMux),
        "rtcp-mux-only" => return value.flag(Attribute::RtcpMuxOnly),
        "rtcp-rsize" => return value.flag(Attribute::RtcpRsize),
        "rtcp" => Attribute::Rtcp(Rtcp::parse(value.text()?)?),
        _ => return Ok(None),
    }))
}

impl Rtcp {
    fn parse(text: &str) -> Result<Self, FieldError> {
        let mut fields = Fields::new(text);
        let port = port("port", fields.next("port")?)?;
        let connection = fields.rest().map(Connection::parse).transpose()?;
        Ok(Self { port, connection })
    }
}

impl fmt::Display for Rtcp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.port)?;
        self.connection
            .iter()
            .try_for_each(|connection| write!(f, " {connection}"))
    }
}

impl Feedback {
    fn parse(text: &str) -> Result<Self, FieldError> {
        let mut fields = Fields::new(text);
        let target = match fields.next("rtcp-fb-pt")? {
            "*" => FeedbackTarget::All,
            text => FeedbackTarget::PayloadType(payload_type(text)?),
        };
        let kind = token("rtcp-fb-val", fields.next("rtcp-fb-val")?)?.into();
        Ok(Self {
            target,
            kind,
            parameter: fields.rest().map(Into::into),
        })
    }
}

impl fmt::Display for Feedback {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.target {
            FeedbackTarget::All => write!(f, "* {}", self.kind)?,
            FeedbackTarget::PayloadType(number) => write!(f, "{number} {}", self.kind)?,
        }
        self.parameter
            .iter()
            .try_for_each(|parameter| write!(f, " {parameter}"))
    }
}
