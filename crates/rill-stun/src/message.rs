//! A received message.

use std::net::SocketAddr;
use std::ops::Range;

use hmac::Mac;

use crate::attribute::{ATTRIBUTE_HEADER, Walk, address, kind};
use crate::error_code::valid_text;
use crate::header::{HEADER_LENGTH, Header};
use crate::integrity;
use crate::{
    Algorithm, Attributes, Check, Class, ErrorCode, IntegrityKey, Method, ParseError,
    TransactionId, fingerprint,
};

/// A message whose structure has been checked: header, length, and every attribute inside it.
/// It borrows the datagram and copies nothing.
///
/// Getters give the first attribute of their type that counts (RFC 8489 §14); one whose value has
/// a wrong length or form is as good as absent. Nothing read is to be trusted until
/// [`verify_integrity`](Self::verify_integrity) says [`Check::Valid`].
#[derive(Clone, Copy, Debug)]
pub struct Message<'a> {
    bytes: &'a [u8],
    header: Header,
    sha1: Option<Located<'a>>,
    sha256: Option<Located<'a>>,
    fingerprint: Option<Located<'a>>,
}

/// A protecting attribute and what it protects.
#[derive(Clone, Copy, Debug)]
struct Located<'a> {
    /// The message up to the attribute.
    covered: &'a [u8],
    value: &'a [u8],
}

impl Located<'_> {
    /// The message length as it was when the attribute was the last one.
    fn length(&self) -> u16 {
        let length = self.covered.len() - HEADER_LENGTH + ATTRIBUTE_HEADER + self.value.len();
        u16::try_from(length).expect("inside a message, whose length field has 16 bits")
    }

    fn end(&self) -> usize {
        self.covered.len() + ATTRIBUTE_HEADER + self.value.len().next_multiple_of(4)
    }
}

impl<'a> Message<'a> {
    /// Checks the structure of a datagram that holds one message and nothing else.
    ///
    /// # Errors
    ///
    /// What is wrong with the header, or which attribute runs past the end. Attributes after
    /// MESSAGE-INTEGRITY are ignored, yet must have a sound structure too.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, ParseError> {
        let header = Header::parse(bytes)?;
        let mut message = Self {
            bytes,
            header,
            sha1: None,
            sha256: None,
            fingerprint: None,
        };
        for attribute in Walk::new(&bytes[HEADER_LENGTH..]) {
            let (offset, attribute) = attribute?;
            let slot = match attribute.kind {
                kind::MESSAGE_INTEGRITY => &mut message.sha1,
                kind::MESSAGE_INTEGRITY_SHA256 => &mut message.sha256,
                kind::FINGERPRINT => &mut message.fingerprint,
                _ => continue,
            };
            let covered = &bytes[..HEADER_LENGTH + offset];
            slot.get_or_insert(Located {
                covered,
                value: attribute.value,
            });
        }
        Ok(message)
    }

    /// Request, indication, success or error response.
    pub fn class(&self) -> Class {
        self.header.class
    }

    /// The method; of those only [`Method::BINDING`] concerns ICE, the others TURN.
    pub fn method(&self) -> Method {
        self.header.method
    }

    /// The transaction that the message belongs to.
    pub fn transaction_id(&self) -> TransactionId {
        self.header.transaction_id
    }

    /// The attributes that count, in order.
    pub fn attributes(&self) -> Attributes<'a> {
        Attributes::new(&self.bytes[HEADER_LENGTH..])
    }

    /// USERNAME, as bytes: it is compared, never shown, and need not be UTF-8.
    pub fn username(&self) -> Option<&'a [u8]> {
        self.value(kind::USERNAME)
    }

    /// PRIORITY: what a peer-reflexive candidate found by this check would have.
    pub fn priority(&self) -> Option<u32> {
        self.array(kind::PRIORITY).map(u32::from_be_bytes)
    }

    /// Whether USE-CANDIDATE is there: the controlling agent nominates the pair.
    pub fn use_candidate(&self) -> bool {
        self.array::<0>(kind::USE_CANDIDATE).is_some()
    }

    /// NOMINATION: of several nominations the one with the largest number holds. All 32 bits count,
    /// as for libwebrtc, though the draft has 24.
    pub fn nomination(&self) -> Option<u32> {
        self.array(kind::NOMINATION).map(u32::from_be_bytes)
    }

    /// The tie-breaker of ICE-CONTROLLING.
    pub fn ice_controlling(&self) -> Option<u64> {
        self.array(kind::ICE_CONTROLLING).map(u64::from_be_bytes)
    }

    /// The tie-breaker of ICE-CONTROLLED.
    pub fn ice_controlled(&self) -> Option<u64> {
        self.array(kind::ICE_CONTROLLED).map(u64::from_be_bytes)
    }

    /// XOR-MAPPED-ADDRESS: where the responder saw the request come from.
    pub fn xor_mapped_address(&self) -> Option<SocketAddr> {
        address::decode_xor(self.value(kind::XOR_MAPPED_ADDRESS)?, self.transaction_id())
    }

    /// MAPPED-ADDRESS, the same in the open, from servers older than RFC 5389.
    pub fn mapped_address(&self) -> Option<SocketAddr> {
        address::decode(self.value(kind::MAPPED_ADDRESS)?)
    }

    /// ERROR-CODE of an error response.
    pub fn error_code(&self) -> Option<ErrorCode<'a>> {
        ErrorCode::decode(self.value(kind::ERROR_CODE)?)
    }

    /// SOFTWARE, for diagnosis; as far as it is UTF-8.
    pub fn software(&self) -> Option<&'a str> {
        self.value(kind::SOFTWARE).map(valid_text)
    }

    /// Attributes that must be understood and that we do not know, in order. If a request has any,
    /// it is refused with 420 and their list (RFC 8489 §6.3.1); a response that has any is dropped.
    pub fn unknown_attributes(&self) -> impl Iterator<Item = u16> + use<'a> {
        self.attributes()
            .map(|attribute| attribute.kind)
            .filter(|&kind| kind::is_unknown(kind))
    }

    /// By which attribute [`verify_integrity`](Self::verify_integrity) judges the message.
    pub fn integrity_algorithm(&self) -> Option<Algorithm> {
        match (self.sha256, self.sha1) {
            (Some(_), _) => Some(Algorithm::HmacSha256),
            (None, Some(_)) => Some(Algorithm::HmacSha1),
            (None, None) => None,
        }
    }

    /// Checks MESSAGE-INTEGRITY-SHA256, or MESSAGE-INTEGRITY when only that is there (RFC 8489
    /// §9.1.3). Prefer [`verify_integrity_with`](Self::verify_integrity_with) for a key used twice.
    pub fn verify_integrity(&self, key: &[u8]) -> Check {
        match self.integrity_algorithm() {
            Some(Algorithm::HmacSha256) => self.verify_sha256(integrity::sha256_state(key)),
            Some(Algorithm::HmacSha1) => self.verify_sha1(integrity::sha1_state(key)),
            None => Check::Absent,
        }
    }

    /// Like [`verify_integrity`](Self::verify_integrity), with a prepared key.
    pub fn verify_integrity_with(&self, key: &IntegrityKey) -> Check {
        match self.integrity_algorithm() {
            Some(Algorithm::HmacSha256) => self.verify_sha256(key.sha256()),
            Some(Algorithm::HmacSha1) => self.verify_sha1(key.sha1()),
            None => Check::Absent,
        }
    }

    /// Checks FINGERPRINT, which must be the last attribute (RFC 8489 §14.7).
    pub fn fingerprint(&self) -> Check {
        let Some(located) = self.fingerprint else {
            return Check::Absent;
        };
        let is_last = located.end() == self.bytes.len();
        Check::from_match(is_last && located.value == fingerprint::compute(located.covered))
    }

    fn verify_sha1(&self, state: impl Mac) -> Check {
        verify(self.sha1, state)
    }

    fn verify_sha256(&self, state: impl Mac) -> Check {
        verify(self.sha256, state)
    }

    /// The values of all attributes of this type, in order.
    pub(crate) fn values(&self, kind: u16) -> impl Iterator<Item = &'a [u8]> + use<'a> {
        self.attributes()
            .filter(move |attribute| attribute.kind == kind)
            .map(|attribute| attribute.value)
    }

    pub(crate) fn value(&self, kind: u16) -> Option<&'a [u8]> {
        self.values(kind).next()
    }

    /// Where the value of the first attribute of this type stands in the message.
    pub(crate) fn range(&self, kind: u16) -> Option<Range<usize>> {
        Walk::new(&self.bytes[HEADER_LENGTH..])
            .filter_map(Result::ok)
            .find(|(_, attribute)| attribute.kind == kind)
            .map(|(offset, attribute)| {
                let start = HEADER_LENGTH + offset + ATTRIBUTE_HEADER;
                start..start + attribute.value.len()
            })
    }

    pub(crate) fn array<const N: usize>(&self, kind: u16) -> Option<[u8; N]> {
        self.value(kind)?.try_into().ok()
    }
}

/// A value that is not as long as the whole HMAC is invalid too: neither ICE nor TURN allows the
/// truncation of RFC 8489 §14.6.
fn verify(located: Option<Located<'_>>, state: impl Mac) -> Check {
    let Some(located) = located else {
        return Check::Absent;
    };
    let mac = integrity::authenticate(state, located.covered, located.length());
    Check::from_match(mac.verify_slice(located.value).is_ok())
}
