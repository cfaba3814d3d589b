//! DTLS: fingerprint (RFC 8122), setup (RFC 4145), tls-id (RFC 8842), identity (RFC 8827).

use std::fmt;

use super::{Attribute, Value};
use crate::error::{Fault, FieldError};
use crate::grammar::{Fields, checked, token};

/// The digest of a certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fingerprint {
    /// The hash function.
    pub hash: HashFunction,
    /// The digest: of the function's length if that is known, else 1 to 255 octets.
    pub value: Vec<u8>,
}

/// A hash function (RFC 8122 §5).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HashFunction {
    /// `sha-1`
    Sha1,
    /// `sha-224`
    Sha224,
    /// `sha-256`, the preferred one.
    Sha256,
    /// `sha-384`
    Sha384,
    /// `sha-512`
    Sha512,
    /// `md5`, which must not be used.
    Md5,
    /// `md2`, which must not be used.
    Md2,
    /// Another.
    Other(String),
}

/// Who starts the DTLS handshake.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Setup {
    /// `active`: this side.
    Active,
    /// `passive`: the other side.
    Passive,
    /// `actpass`: the answerer decides; in offers.
    ActPass,
    /// `holdconn`: nobody for the time being.
    HoldConn,
}

/// An identity assertion.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// The assertion, in base64.
    pub assertion: String,
    /// What follows it, word for word.
    pub extensions: Option<String>,
}

pub(super) fn parse(name: &str, value: Value<'_>) -> Result<Option<Attribute>, FieldError> {
    Ok(Some(match name {
        "fingerprint" => Attribute::Fingerprint(Fingerprint::parse(value.text()?)?),
        "setup" => Attribute::Setup(Setup::parse(value.text()?)?),
        "tls-id" => Attribute::TlsId(tls_id(value.text()?)?.into()),
        "identity" => Attribute::Identity(Identity::parse(value.text()?)?),
        _ => return Ok(None),
    }))
}

fn tls_id(text: &str) -> Result<&str, FieldError> {
    let is_tls_id_char =
        |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'-' | b'_');
    checked(
        "tls-id-value",
        text,
        20..=255,
        is_tls_id_char,
        "letters, digits, `+`, `/`, `-`, `_`",
    )
}

impl Fingerprint {
    fn parse(text: &str) -> Result<Self, FieldError> {
        const FIELD: &str = "fingerprint";
        let mut fields = Fields::new(text);
        let hash = HashFunction::parse(token("hash-func", fields.next("hash-func")?)?);
        let digits = fields.next(FIELD)?;
        fields.finish(FIELD)?;
        let value = digits
            .split(':')
            .map(octet)
            .collect::<Option<Vec<u8>>>()
            .ok_or_else(|| {
                let alphabet = "pairs of hexadecimal digits with colons between them";
                FieldError::new(FIELD, Fault::Alphabet { alphabet })
            })?;
        let (min, max) = hash.length().map_or((1, 255), |length| (length, length));
        if !(min..=max).contains(&value.len()) {
            return Err(FieldError::new(
                FIELD,
                Fault::Length {
                    min,
                    max,
                    found: value.len(),
                },
            ));
        }
        Ok(Self { hash, value })
    }
}

/// Two hexadecimal digits. The RFC has capitals only; small ones are sent, and accepted.
fn octet(text: &str) -> Option<u8> {
    let &[high, low] = text.as_bytes() else {
        return None;
    };
    let digit = |byte: u8| char::from(byte).to_digit(16);
    u8::try_from(digit(high)? << 4 | digit(low)?).ok()
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.hash.as_str())?;
        let mut separator = ' ';
        for octet in &self.value {
            write!(f, "{separator}{octet:02X}")?;
            separator = ':';
        }
        Ok(())
    }
}

impl HashFunction {
    fn parse(text: &str) -> Self {
        [
            Self::Sha256,
            Self::Sha1,
            Self::Sha224,
            Self::Sha384,
            Self::Sha512,
            Self::Md5,
            Self::Md2,
        ]
        .into_iter()
        .find(|hash| text.eq_ignore_ascii_case(hash.as_str()))
        .unwrap_or_else(|| Self::Other(text.into()))
    }

    /// Its name in the registry "Hash Function Textual Names".
    #[must_use]
    pub const fn as_str(&self) -> &str {
        match self {
            Self::Sha1 => "sha-1",
            Self::Sha224 => "sha-224",
            Self::Sha256 => "sha-256",
            Self::Sha384 => "sha-384",
            Self::Sha512 => "sha-512",
            Self::Md5 => "md5",
            Self::Md2 => "md2",
            Self::Other(name) => name.as_str(),
        }
    }

    /// The length of its digests in octets, if known.
    #[must_use]
    pub const fn length(&self) -> Option<usize> {
        Some(match self {
            Self::Sha1 => 20,
            Self::Sha224 => 28,
            Self::Sha256 => 32,
            Self::Sha384 => 48,
            Self::Sha512 => 64,
            Self::Md5 | Self::Md2 => 16,
            Self::Other(_) => return None,
        })
    }
}

impl fmt::Display for HashFunction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Setup {
    fn parse(text: &str) -> Result<Self, FieldError> {
        [Self::ActPass, Self::Active, Self::Passive, Self::HoldConn]
            .into_iter()
            .find(|setup| text.eq_ignore_ascii_case(setup.as_str()))
            .ok_or(FieldError::word(
                "role",
                "`active`, `passive`, `actpass` or `holdconn`",
            ))
    }

    /// The word in the description.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Passive => "passive",
            Self::ActPass => "actpass",
            Self::HoldConn => "holdconn",
        }
    }
}

impl fmt::Display for Setup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Identity {
    fn parse(text: &str) -> Result<Self, FieldError> {
        let mut fields = Fields::new(text);
        let is_base64 = |byte: u8| byte.is_ascii_alphanumeric() || b"+/=".contains(&byte);
        let field = "identity-assertion-value";
        let assertion = fields.next(field)?;
        let assertion = checked(field, assertion, 1..=usize::MAX, is_base64, "base64")?.into();
        Ok(Self {
            assertion,
            extensions: fields.rest().map(Into::into),
        })
    }
}

impl fmt::Display for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.assertion)?;
        self.extensions
            .iter()
            .try_for_each(|extensions| write!(f, " {extensions}"))
    }
}
