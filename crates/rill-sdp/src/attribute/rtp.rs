//! RTP: payload types and their parameters, packet time, direction (RFC 8866 §6).

use std::fmt;
use std::time::Duration;

use super::{Attribute, Value};
use crate::error::{Fault, FieldError};
use crate::grammar::{Fields, number, token};

/// The direction of a media description, and of a header extension.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Direction {
    /// `sendrecv`, which holds if none is given.
    #[default]
    SendRecv,
    /// `sendonly`
    SendOnly,
    /// `recvonly`
    RecvOnly,
    /// `inactive`
    Inactive,
}

/// What a payload type stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rtpmap {
    /// 0 to 127.
    pub payload_type: u8,
    /// The codec: `opus`, `VP8`, `rtx`, …
    pub encoding: String,
    /// Ticks of the RTP timestamp in a second.
    pub clock_rate: u32,
    /// For audio the number of channels.
    pub parameters: Option<String>,
}

/// Parameters of a format.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fmtp {
    /// The format: a payload type, or for data channels `webrtc-datachannel`.
    pub format: String,
    /// Its parameters, word for word; mostly `name=value` with semicolons between them.
    pub parameters: String,
}

pub(super) fn parse(name: &str, value: Value<'_>) -> Result<Option<Attribute>, FieldError> {
    Ok(Some(match name {
        "rtpmap" => Attribute::Rtpmap(Rtpmap::parse(value.text()?)?),
        "fmtp" => Attribute::Fmtp(Fmtp::parse(value.text()?)?),
        "ptime" => Attribute::Ptime(milliseconds("ptime-value", value.text()?)?),
        "maxptime" => Attribute::Maxptime(milliseconds("maxptime-value", value.text()?)?),
        _ => match Direction::parse(name) {
            Some(direction) => return value.flag(Attribute::Direction(direction)),
            None => return Ok(None),
        },
    }))
}

/// `non-zero-int-or-real` milliseconds, to the microsecond.
fn milliseconds(field: &'static str, text: &str) -> Result<Duration, FieldError> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let whole: u64 = number(field, whole, 0..=u64::from(u32::MAX))?;
    if !(1..=3).contains(&fraction.len()) {
        return Err(FieldError::new(
            field,
            Fault::Length {
                min: 1,
                max: 3,
                found: fraction.len(),
            },
        ));
    }
    let scale = [100, 10, 1][fraction.len() - 1];
    let fraction: u64 = number(field, fraction, 0..=999)?;
    let duration = Duration::from_micros(whole * 1000 + fraction * scale);
    if duration.is_zero() {
        return Err(FieldError::new(
            field,
            Fault::Range {
                min: 1,
                max: u64::from(u32::MAX),
            },
        ));
    }
    Ok(duration)
}

pub(super) fn write_milliseconds(duration: Duration, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    write!(f, ":{}", duration.as_millis())?;
    match duration.subsec_micros() % 1000 {
        0 => Ok(()),
        micros => write!(f, ".{}", format!("{micros:03}").trim_end_matches('0')),
    }
}

impl Direction {
    pub(super) fn parse(text: &str) -> Option<Self> {
        [
            Self::SendRecv,
            Self::SendOnly,
            Self::RecvOnly,
            Self::Inactive,
        ]
        .into_iter()
        .find(|direction| direction.as_str() == text)
    }

    /// The word in the description.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::SendRecv => "sendrecv",
            Self::SendOnly => "sendonly",
            Self::RecvOnly => "recvonly",
            Self::Inactive => "inactive",
        }
    }
}

impl fmt::Display for Direction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

pub(super) fn payload_type(text: &str) -> Result<u8, FieldError> {
    number("payload-type", text, 0..=127)
}

impl Rtpmap {
    fn parse(text: &str) -> Result<Self, FieldError> {
        let mut fields = Fields::new(text);
        let payload_type = payload_type(fields.next("payload-type")?)?;
        let mut parts = fields.next("encoding-name")?.splitn(3, '/');
        fields.finish("encoding-params")?;
        let encoding = token("encoding-name", parts.next().unwrap_or_default())?.into();
        let clock_rate = number(
            "clock-rate",
            parts.next().unwrap_or_default(),
            1..=u64::from(u32::MAX),
        )?;
        let parameters = match parts.next() {
            Some(parameters) => Some(token("encoding-params", parameters)?.into()),
            None => None,
        };
        Ok(Self {
            payload_type,
            encoding,
            clock_rate,
            parameters,
        })
    }
}

impl fmt::Display for Rtpmap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} {}/{}",
            self.payload_type, self.encoding, self.clock_rate
        )?;
        self.parameters
            .iter()
            .try_for_each(|parameters| write!(f, "/{parameters}"))
    }
}

impl Fmtp {
    fn parse(text: &str) -> Result<Self, FieldError> {
        let mut fields = Fields::new(text);
        let format = token("fmt", fields.next("fmt")?)?.into();
        let parameters = fields.rest().filter(|rest| !rest.is_empty());
        let missing = FieldError::missing("format-specific-params");
        Ok(Self {
            format,
            parameters: parameters.ok_or(missing)?.into(),
        })
    }

    /// The parameters as names and values, those without `=` having an empty value.
    pub fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        let parameters = self
            .parameters
            .split(';')
            .map(str::trim)
            .filter(|text| !text.is_empty());
        parameters.map(|text| text.split_once('=').unwrap_or((text, "")))
    }
}

impl fmt::Display for Fmtp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.format, self.parameters)
    }
}
