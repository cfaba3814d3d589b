//! Sources (RFC 5576).

use std::fmt;

use super::{Attribute, Value};
use crate::error::FieldError;
use crate::grammar::{Fields, number, token};

/// An attribute of a source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ssrc {
    /// The source.
    pub id: u32,
    /// The attribute's name: `cname`, `msid`, …
    pub attribute: String,
    /// Its value, word for word.
    pub value: Option<String>,
}

pub(super) fn parse(name: &str, value: Value<'_>) -> Result<Option<Attribute>, FieldError> {
    Ok(Some(match name {
        "ssrc" => Attribute::Ssrc(Ssrc::parse(value.text()?)?),
        "ssrc-group" => group(value.text()?)?,
        _ => return Ok(None),
    }))
}

fn id(text: &str) -> Result<u32, FieldError> {
    number("ssrc-id", text, 0..=u64::from(u32::MAX))
}

fn group(text: &str) -> Result<Attribute, FieldError> {
    let mut fields = Fields::new(text);
    let semantics = token("semantics", fields.next("semantics")?)?.into();
    let mut ssrcs = Vec::new();
    while let Some(ssrc) = fields.next_raw() {
        ssrcs.push(id(ssrc)?);
    }
    Ok(Attribute::SsrcGroup { semantics, ssrcs })
}

impl Ssrc {
    fn parse(text: &str) -> Result<Self, FieldError> {
        let mut fields = Fields::new(text);
        let id = id(fields.next("ssrc-id")?)?;
        let rest = fields.rest().ok_or(FieldError::missing("attribute"))?;
        let (attribute, value) = match rest.split_once(':') {
            Some((attribute, value)) => (attribute, Some(value.into())),
            None => (rest, None),
        };
        Ok(Self {
            id,
            attribute: token("attribute", attribute)?.into(),
            value,
        })
    }
}

impl fmt::Display for Ssrc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.id, self.attribute)?;
        self.value
            .iter()
            .try_for_each(|value| write!(f, ":{value}"))
    }
}
