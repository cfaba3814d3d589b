//! Restrictions of a stream (RFC 8851) and simulcast (RFC 8853).

use std::fmt;

use super::{Attribute, Value};
use crate::error::{Fault, FieldError};
use crate::grammar::{Fields, checked, token};

/// An RTP stream, and what restricts it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rid {
    /// Letters, digits, `-` and `_`.
    pub id: String,
    /// Whether the sender of the description sends or receives it.
    pub direction: RidDirection,
    /// The formats that it may have; all if there is none.
    pub formats: Vec<String>,
    /// Further restrictions, as names and values.
    pub restrictions: Vec<(String, Option<String>)>,
}

/// Whether the sender of the description sends or receives a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RidDirection {
    /// `send`
    Send,
    /// `recv`
    Recv,
}

/// Streams that show the same source in several versions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Simulcast {
    /// One list for each direction, in the order of the text.
    pub lists: Vec<(RidDirection, Vec<SimulcastStream>)>,
}

/// A stream: the versions of which one is sent at a time, the preferred one first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SimulcastStream(pub Vec<SimulcastVersion>);

/// A version of a stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SimulcastVersion {
    /// The `id` of a [`Rid`].
    pub rid: String,
    /// Whether it is paused at first.
    pub paused: bool,
}

pub(super) fn parse(name: &str, value: Value<'_>) -> Result<Option<Attribute>, FieldError> {
    Ok(Some(match name {
        "rid" => Attribute::Rid(Rid::parse(value.text()?)?),
        "simulcast" => Attribute::Simulcast(Simulcast::parse(value.text()?)?),
        _ => return Ok(None),
    }))
}

fn rid_id(text: &str) -> Result<&str, FieldError> {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    checked(
        "rid-id",
        text,
        1..=255,
        allowed,
        "letters, digits, `-` and `_`",
    )
}

impl RidDirection {
    fn parse(field: &'static str, text: &str) -> Result<Self, FieldError> {
        match text {
            "send" => Ok(Self::Send),
            "recv" => Ok(Self::Recv),
            _ => Err(FieldError::word(field, "`send` or `recv`")),
        }
    }

    /// The word in the description.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Send => "send",
            Self::Recv => "recv",
        }
    }
}

impl Rid {
    fn parse(text: &str) -> Result<Self, FieldError> {
        let mut fields = Fields::new(text);
        let id = rid_id(fields.next("rid-id")?)?.into();
        let direction = RidDirection::parse("rid-dir", fields.next("rid-dir")?)?;
        let mut rid = Self {
            id,
            direction,
            formats: Vec::new(),
            restrictions: Vec::new(),
        };
        let Some(rest) = fields.rest() else {
            return Ok(rid);
        };
        for (place, parameter) in rest.split(';').enumerate() {
            match parameter.split_once('=') {
                // `pt=` is the list of formats only in the first place (RFC 8851 §10).
                Some(("pt", formats)) if place == 0 => {
                    for format in formats.split(',') {
                        rid.formats.push(token("fmt", format)?.into());
                    }
                }
                Some((name, value)) => {
                    rid.restrictions
                        .push((token("rid-param", name)?.into(), Some(value.into())));
                }
                None => rid
                    .restrictions
                    .push((token("rid-param", parameter)?.into(), None)),
            }
        }
        Ok(rid)
    }
}

impl fmt::Display for Rid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.id, self.direction.as_str())?;
        let mut separator = ' ';
        if !self.formats.is_empty() {
            write!(f, " pt={}", self.formats.join(","))?;
            separator = ';';
        }
        for (name, value) in &self.restrictions {
            write!(f, "{separator}{name}")?;
            value.iter().try_for_each(|value| write!(f, "={value}"))?;
            separator = ';';
        }
        Ok(())
    }
}

impl Simulcast {
    fn parse(text: &str) -> Result<Self, FieldError> {
        let mut fields = Fields::new(text);
        let mut lists: Vec<(RidDirection, Vec<SimulcastStream>)> = Vec::new();
        loop {
            let direction = RidDirection::parse("sc-value", fields.next("sc-value")?)?;
            if lists.iter().any(|(other, _)| *other == direction) {
                return Err(FieldError::new("sc-value", Fault::Unexpected));
            }
            let streams = fields
                .next("sc-str-list")?
                .split(';')
                .map(SimulcastStream::parse);
            lists.push((direction, streams.collect::<Result<_, _>>()?));
            if fields.rest().is_none() {
                return Ok(Self { lists });
            }
        }
    }

    /// The streams of one direction.
    pub fn streams(&self, direction: RidDirection) -> impl Iterator<Item = &SimulcastStream> {
        self.lists
            .iter()
            .filter(move |(other, _)| *other == direction)
            .flat_map(|(_, list)| list)
    }
}

impl SimulcastStream {
    fn parse(text: &str) -> Result<Self, FieldError> {
        let versions = text.split(',').map(|text| {
            let rid = text.strip_prefix('~');
            let version = |rid: &str| SimulcastVersion {
                rid: rid.into(),
                paused: rid != text,
            };
            rid_id(rid.unwrap_or(text)).map(version)
        });
        Ok(Self(versions.collect::<Result<_, _>>()?))
    }
}

impl fmt::Display for Simulcast {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, (direction, streams)) in self.lists.iter().enumerate() {
            write!(
                f,
                "{}{} ",
                if place == 0 { "" } else { " " },
                direction.as_str()
            )?;
            for (place, SimulcastStream(versions)) in streams.iter().enumerate() {
                f.write_str(if place == 0 { "" } else { ";" })?;
                for (place, version) in versions.iter().enumerate() {
                    f.write_str(if place == 0 { "" } else { "," })?;
                    write!(
                        f,
                        "{}{}",
                        if version.paused { "~" } else { "" },
                        version.rid
                    )?;
                }
            }
        }
        Ok(())
    }
}
