//! RTP header extensions (RFC 8285).

use std::fmt;

use super::rtp::Direction;
use super::{Attribute, Value};
use crate::error::{Fault, FieldError};
use crate::grammar::{Fields, number, visible};

/// The number that a header extension has in packets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Extmap {
    /// 1 to 255; in offers also 4096 to 4351, for numbers that the answerer assigns.
    pub id: u16,
    /// The direction, if it is not that of the media description.
    pub direction: Option<Direction>,
    /// The extension's name.
    pub uri: String,
    /// What follows, word for word.
    pub attributes: Option<String>,
}

pub(super) fn parse(name: &str, value: Value<'_>) -> Result<Option<Attribute>, FieldError> {
    Ok(Some(match name {
        "extmap" => Attribute::Extmap(Extmap::parse(value.text()?)?),
        "extmap-allow-mixed" => return value.flag(Attribute::ExtmapAllowMixed),
        _ => return Ok(None),
    }))
}

impl Extmap {
    fn parse(text: &str) -> Result<Self, FieldError> {
        let mut fields = Fields::new(text);
        let entry = fields.next("mapentry")?;
        let (id, direction) = match entry.split_once('/') {
            Some((id, direction)) => (id, Some(direction)),
            None => (entry, None),
        };
        let id = number("mapentry", id, 1..=4351)?;
        // RFC 8285 §6: between the valid identifiers and the provisional ones nothing is defined.
        if (256..4096).contains(&id) {
            return Err(FieldError::new(
                "mapentry",
                Fault::Range { min: 1, max: 255 },
            ));
        }
        let words = "`sendrecv`, `sendonly`, `recvonly` or `inactive`";
        let direction = direction
            .map(|text| Direction::parse(text).ok_or_else(|| FieldError::word("direction", words)))
            .transpose()?;
        let uri = visible("extensionname", fields.next("extensionname")?)?.into();
        Ok(Self {
            id,
            direction,
            uri,
            attributes: fields.rest().map(Into::into),
        })
    }
}

impl fmt::Display for Extmap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.id)?;
        self.direction
            .iter()
            .try_for_each(|direction| write!(f, "/{direction}"))?;
        write!(f, " {}", self.uri)?;
        self.attributes
            .iter()
            .try_for_each(|attributes| write!(f, " {attributes}"))
    }
}
