//! Grouping: group and mid (RFC 5888), bundle-only (RFC 9143), msid (RFC 8830).

use std::fmt;

use super::{Attribute, Value};
use crate::error::FieldError;
use crate::grammar::{Fields, checked, is_token_char, token};

/// The stream, and optionally the track, that a media description belongs to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Msid {
    /// The stream's identifier, or `-` for none: 1 to 64 characters.
    pub id: String,
    /// Once the track's identifier; ignored (RFC 9429 §5.8.2).
    pub appdata: Option<String>,
}

pub(super) fn parse(name: &str, value: Value<'_>) -> Result<Option<Attribute>, FieldError> {
    Ok(Some(match name {
        "group" => group(value.text()?)?,
        "mid" => Attribute::Mid(token("identification-tag", value.text()?)?.into()),
        "bundle-only" => return value.flag(Attribute::BundleOnly),
        "msid" => Attribute::Msid(Msid::parse(value.text()?)?),
        _ => return Ok(None),
    }))
}

fn group(text: &str) -> Result<Attribute, FieldError> {
    let mut fields = Fields::new(text);
    let semantics = token("semantics", fields.next("semantics")?)?.into();
    let mut mids = Vec::new();
    while let Some(mid) = fields.next_raw() {
        mids.push(token("identification-tag", mid)?.into());
    }
    Ok(Attribute::Group { semantics, mids })
}

impl Msid {
    fn parse(text: &str) -> Result<Self, FieldError> {
        let identifier = |field, text| {
            checked(
                field,
                text,
                1..=64,
                is_token_char,
                "letters, digits and !#$%&'*+-.^_`{|}~",
            )
        };
        let mut fields = Fields::new(text);
        let id = identifier("msid-id", fields.next("msid-id")?)?.into();
        let appdata = match fields.next_optional("msid-appdata")? {
            Some(appdata) => Some(identifier("msid-appdata", appdata)?.into()),
            None => None,
        };
        fields.finish("msid-appdata")?;
        Ok(Self { id, appdata })
    }
}

impl fmt::Display for Msid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.id)?;
        self.appdata
            .iter()
            .try_for_each(|appdata| write!(f, " {appdata}"))
    }
}
