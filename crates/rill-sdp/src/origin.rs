//! The origin line, `o=` (RFC 8866 §5.2).

use std::fmt;

use crate::error::FieldError;
use crate::grammar::{Fields, number, token, visible};

/// Who made the description, and which version of it this is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    /// `-` in WebRTC (RFC 9429 §5.2.1).
    pub username: String,
    /// Identifies the session. Below 2^63 - 1 in what WebRTC endpoints make.
    pub session_id: u64,
    /// Grows with each description that differs from the one before.
    pub session_version: u64,
    /// `IN`.
    pub network_type: String,
    /// `IP4` or `IP6`.
    pub address_type: String,
    /// An address, without meaning in WebRTC.
    pub address: String,
}

impl Origin {
    /// The origin that RFC 9429 §5.2.1 recommends: `- <id> <version> IN IP4 0.0.0.0`.
    #[must_use]
    pub fn new(session_id: u64, session_version: u64) -> Self {
        Self {
            username: "-".into(),
            session_id,
            session_version,
            network_type: "IN".into(),
            address_type: "IP4".into(),
            address: "0.0.0.0".into(),
        }
    }

    pub(crate) fn parse(text: &str) -> Result<Self, FieldError> {
        let mut fields = Fields::new(text);
        let username = visible("username", fields.next("username")?)?.into();
        let session_id = number("sess-id", fields.next("sess-id")?, 0..=u64::MAX)?;
        let session_version = number("sess-version", fields.next("sess-version")?, 0..=u64::MAX)?;
        let network_type = token("nettype", fields.next("nettype")?)?.into();
        let address_type = token("addrtype", fields.next("addrtype")?)?.into();
        let address = visible("unicast-address", fields.next("unicast-address")?)?.into();
        fields.finish("unicast-address")?;
        Ok(Self {
            username,
            session_id,
            session_version,
            network_type,
            address_type,
            address,
        })
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            username,
            session_id,
            session_version,
            network_type,
            address_type,
            address,
        } = self;
        write!(
            f,
            "{username} {session_id} {session_version} {network_type} {address_type} {address}"
        )
    }
}
