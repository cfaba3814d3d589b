//! SCTP: RFC 8841 §5 and §6.

use super::{Attribute, Value};
use crate::error::FieldError;
use crate::grammar::plain_number;

pub(super) fn parse(name: &str, value: Value<'_>) -> Result<Option<Attribute>, FieldError> {
    Ok(Some(match name {
        "sctp-port" => {
            let range = 0..=u64::from(u16::MAX);
            Attribute::SctpPort(plain_number("sctp-port-value", value.text()?, range)?)
        }
        "max-message-size" => {
            let range = 0..=u64::MAX;
            Attribute::MaxMessageSize(plain_number(
                "max-message-size-value",
                value.text()?,
                range,
            )?)
        }
        _ => return Ok(None),
    }))
}
