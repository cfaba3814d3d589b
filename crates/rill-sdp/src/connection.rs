//! Connection data, `c=`, and bandwidth, `b=` (RFC 8866 §5.7 and §5.8).

use std::fmt;

use crate::error::FieldError;
use crate::grammar::{Fields, number, token, visible};

/// Connection data. WebRTC checks its syntax and does not use it (RFC 9429 §5.8.1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Connection {
    /// `IN`.
    pub network_type: String,
    /// `IP4` or `IP6`.
    pub address_type: String,
    /// An address, or a multicast address with its time to live and count.
    pub address: String,
}

impl Connection {
    /// `IN IP4 0.0.0.0`, for descriptions without a default destination (RFC 9429 §5.2.1).
    #[must_use]
    pub fn unspecified() -> Self {
        Self {
            network_type: "IN".into(),
            address_type: "IP4".into(),
            address: "0.0.0.0".into(),
        }
    }

    pub(crate) fn parse(text: &str) -> Result<Self, FieldError> {
        let mut fields = Fields::new(text);
        let network_type = token("nettype", fields.next("nettype")?)?.into();
        let address_type = token("addrtype", fields.next("addrtype")?)?.into();
        let address = visible("connection-address", fields.next("connection-address")?)?.into();
        fields.finish("connection-address")?;
        Ok(Self {
            network_type,
            address_type,
            address,
        })
    }
}

impl fmt::Display for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} {} {}",
            self.network_type, self.address_type, self.address
        )
    }
}

/// A bandwidth limit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bandwidth {
    /// `AS` (kbit/s), `TIAS` (bit/s, RFC 3890), `CT`, or a name to be ignored.
    pub kind: String,
    /// The value, in the unit that the kind has.
    pub value: u64,
}

impl Bandwidth {
    pub(crate) fn parse(text: &str) -> Result<Self, FieldError> {
        let (kind, value) = text
            .split_once(':')
            .ok_or(FieldError::missing("bandwidth"))?;
        Ok(Self {
            kind: token("bwtype", kind)?.into(),
            value: number("bandwidth", value, 0..=u64::MAX)?,
        })
    }
}

impl fmt::Display for Bandwidth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.kind, self.value)
    }
}
