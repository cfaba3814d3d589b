//! ICE: RFC 8839 §5, RFC 8840 §8.1.

use std::fmt;

use super::{Attribute, Value};
use crate::candidate::{Candidate, CandidateAddress};
use crate::error::FieldError;
use crate::grammar::{Fields, ice_chars, number, port, visible};

/// A password. `Debug` does not show it.
#[derive(Clone, PartialEq, Eq)]
pub struct IcePassword(String);

/// Where a component of the peer was chosen to be (RFC 8839 §5.2). Read and not used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RemoteCandidate {
    /// 1 to 256.
    pub component: u16,
    /// The address.
    pub address: CandidateAddress,
    /// The port.
    pub port: u16,
}

pub(super) fn parse(name: &str, value: Value<'_>) -> Result<Option<Attribute>, FieldError> {
    Ok(Some(match name {
        "candidate" => Candidate::parse_value(value.text()?)?.into(),
        "end-of-candidates" => return value.flag(Attribute::EndOfCandidates),
        "ice-ufrag" => Attribute::IceUfrag(ice_chars("ufrag", value.text()?, 4..=256)?.into()),
        "ice-pwd" => Attribute::IcePwd(IcePassword(
            ice_chars("password", value.text()?, 22..=256)?.into(),
        )),
        "ice-options" => {
            let tokens = value.text()?.split(' ');
            let tokens = tokens.map(|token| visible("ice-option-tag", token).map(Into::into));
            Attribute::IceOptions(tokens.collect::<Result<_, _>>()?)
        }
        "ice-lite" => return value.flag(Attribute::IceLite),
        "ice-pacing" => Attribute::IcePacing(number(
            "pacing-value",
            value.text()?,
            0..=u64::from(u32::MAX),
        )?),
        "remote-candidates" => Attribute::RemoteCandidates(remote_candidates(value.text()?)?),
        _ => return Ok(None),
    }))
}

fn remote_candidates(text: &str) -> Result<Vec<RemoteCandidate>, FieldError> {
    let mut fields = Fields::new(text);
    let mut candidates = Vec::new();
    while fields.rest().is_some() {
        let component = number("component-id", fields.next("component-id")?, 1..=256)?;
        let address =
            CandidateAddress::parse("connection-address", fields.next("connection-address")?)?;
        let port = port("port", fields.next("port")?)?;
        candidates.push(RemoteCandidate {
            component,
            address,
            port,
        });
    }
    Ok(candidates)
}

pub(super) fn write_remote_candidates(
    candidates: &[RemoteCandidate],
    f: &mut fmt::Formatter<'_>,
) -> fmt::Result {
    let mut separator = ':';
    for RemoteCandidate {
        component,
        address,
        port,
    } in candidates
    {
        write!(f, "{separator}{component} {address} {port}")?;
        separator = ' ';
    }
    Ok(())
}

impl IcePassword {
    /// The password itself.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for IcePassword {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("IcePassword(…)")
    }
}

impl From<String> for IcePassword {
    fn from(password: String) -> Self {
        Self(password)
    }
}

impl From<&str> for IcePassword {
    fn from(password: &str) -> Self {
        Self(password.into())
    }
}
