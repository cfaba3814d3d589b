//! Writing a message.

use std::borrow::Borrow;
use std::net::SocketAddr;

use hmac::Mac;

use crate::attribute::{ATTRIBUTE_HEADER, address, kind};
use crate::error_code::cut_text;
use crate::integrity::{self, SHA1_LENGTH, SHA256_LENGTH};
use crate::{
    Class, ErrorCode, HEADER_LENGTH, IntegrityKey, MAGIC_COOKIE, Method, TransactionId,
    fingerprint, message_type,
};

/// Largest value of the length field: 16 bits and a multiple of four.
const MAX_ATTRIBUTES_LENGTH: usize = 0xfffc;

/// Appends a message to a buffer of the caller, attribute by attribute. The buffer holds a well
/// formed message after every call; nothing is allocated while its capacity suffices.
///
/// Attributes stand in the order of the calls. After [`message_integrity`](Self::message_integrity)
/// only [`message_integrity_sha256`](Self::message_integrity_sha256) and
/// [`fingerprint`](Self::fingerprint) may follow (receivers ignore others), and after the latter
/// nothing.
///
/// # Panics
///
/// Every method panics if the attributes grow above 65,532 bytes, which no datagram carries.
#[derive(Debug)]
pub struct Writer<'b> {
    buffer: &'b mut Vec<u8>,
    transaction_id: TransactionId,
}

impl<'b> Writer<'b> {
    /// Clears `buffer` and writes a header.
    pub fn new(buffer: &'b mut Vec<u8>, class: Class, method: Method, id: TransactionId) -> Self {
        buffer.clear();
        buffer.extend_from_slice(&message_type::encode(class, method).to_be_bytes());
        buffer.extend_from_slice(&[0, 0]);
        buffer.extend_from_slice(&MAGIC_COOKIE.to_be_bytes());
        buffer.extend_from_slice(&id.0);
        Self {
            buffer,
            transaction_id: id,
        }
    }

    /// USERNAME; in ICE `remote-ufrag:local-ufrag` (RFC 8445 §7.2.2). At most 508 bytes are legal.
    pub fn username(self, username: impl AsRef<[u8]>) -> Self {
        self.raw(kind::USERNAME, username.as_ref())
    }

    /// PRIORITY (RFC 8445 §7.1.1).
    pub fn priority(self, priority: u32) -> Self {
        self.raw(kind::PRIORITY, &priority.to_be_bytes())
    }

    /// USE-CANDIDATE (RFC 8445 §7.1.2).
    pub fn use_candidate(self) -> Self {
        self.raw(kind::USE_CANDIDATE, &[])
    }

    /// NOMINATION: the number of this nomination (draft-thatcher-ice-renomination §4). Peers that
    /// never offered the option need not know it.
    pub fn nomination(self, number: u32) -> Self {
        self.raw(kind::NOMINATION, &number.to_be_bytes())
    }

    /// ICE-CONTROLLING with our tie-breaker (RFC 8445 §7.1.3).
    pub fn ice_controlling(self, tie_breaker: u64) -> Self {
        self.raw(kind::ICE_CONTROLLING, &tie_breaker.to_be_bytes())
    }

    /// ICE-CONTROLLED with our tie-breaker (RFC 8445 §7.1.3).
    pub fn ice_controlled(self, tie_breaker: u64) -> Self {
        self.raw(kind::ICE_CONTROLLED, &tie_breaker.to_be_bytes())
    }

    /// XOR-MAPPED-ADDRESS: where the request came from.
    pub fn xor_mapped_address(self, address: SocketAddr) -> Self {
        self.xor_address(kind::XOR_MAPPED_ADDRESS, address)
    }

    /// ERROR-CODE: a code of 300 to 699 and a reason, of which 127 characters are kept.
    pub fn error_code(self, code: u16, reason: &str) -> Self {
        let (fixed, reason) = ErrorCode { code, reason }.encode();
        self.open(kind::ERROR_CODE)
            .append(&fixed)
            .append(reason.as_bytes())
            .close()
    }

    /// UNKNOWN-ATTRIBUTES of a 420 response, for instance
    /// [`Message::unknown_attributes`](crate::Message::unknown_attributes).
    pub fn unknown_attributes(self, kinds: impl IntoIterator<Item: Borrow<u16>>) -> Self {
        kinds
            .into_iter()
            .fold(self.open(kind::UNKNOWN_ATTRIBUTES), |attribute, kind| {
                attribute.append(&kind.borrow().to_be_bytes())
            })
            .close()
    }

    /// SOFTWARE, for the other side's diagnosis; 127 characters are kept.
    pub fn software(self, name: &str) -> Self {
        self.raw(kind::SOFTWARE, cut_text(name).as_bytes())
    }

    /// Any attribute: its type and its value, which is padded with zeros.
    pub fn raw(self, kind: u16, value: &[u8]) -> Self {
        self.open(kind).append(value).close()
    }

    /// MESSAGE-INTEGRITY over what is written so far. Prefer
    /// [`message_integrity_with`](Self::message_integrity_with) for a key used twice.
    pub fn message_integrity(self, key: &[u8]) -> Self {
        self.authenticate(
            kind::MESSAGE_INTEGRITY,
            SHA1_LENGTH,
            integrity::sha1_state(key),
        )
    }

    /// Like [`message_integrity`](Self::message_integrity), with a prepared key.
    pub fn message_integrity_with(self, key: &IntegrityKey) -> Self {
        self.authenticate(kind::MESSAGE_INTEGRITY, SHA1_LENGTH, key.sha1())
    }

    /// MESSAGE-INTEGRITY-SHA256 over what is written so far.
    pub fn message_integrity_sha256(self, key: &[u8]) -> Self {
        let state = integrity::sha256_state(key);
        self.authenticate(kind::MESSAGE_INTEGRITY_SHA256, SHA256_LENGTH, state)
    }

    /// Like [`message_integrity_sha256`](Self::message_integrity_sha256), with a prepared key.
    pub fn message_integrity_sha256_with(self, key: &IntegrityKey) -> Self {
        self.authenticate(kind::MESSAGE_INTEGRITY_SHA256, SHA256_LENGTH, key.sha256())
    }

    /// FINGERPRINT; must be the last attribute.
    pub fn fingerprint(self) -> Self {
        // The CRC covers a length field that counts the attribute itself (RFC 8489 §14.7).
        let covered = self.buffer.len();
        let writer = self.raw(kind::FINGERPRINT, &[0; fingerprint::LENGTH]);
        let value = fingerprint::compute(&writer.buffer[..covered]);
        writer.buffer[covered + ATTRIBUTE_HEADER..].copy_from_slice(&value);
        writer
    }

    /// The finished message, which is the whole buffer.
    pub fn finish(self) -> &'b [u8] {
        self.buffer
    }

    pub(crate) fn xor_address(self, kind: u16, address: SocketAddr) -> Self {
        let mut value = [0; address::MAX_LENGTH];
        let id = self.transaction_id;
        self.raw(kind, address::encode_xor(address, id, &mut value))
    }

    fn authenticate(self, kind: u16, value_length: usize, state: impl Mac) -> Self {
        let covered = self.buffer.len();
        let length = length_field(covered + ATTRIBUTE_HEADER + value_length);
        let mac = integrity::authenticate(state, self.buffer, length)
            .finalize()
            .into_bytes();
        self.raw(kind, &mac)
    }

    fn open(self, kind: u16) -> OpenAttribute<'b> {
        let start = self.buffer.len();
        self.buffer.extend_from_slice(&kind.to_be_bytes());
        self.buffer.extend_from_slice(&[0, 0]);
        OpenAttribute {
            writer: self,
            start,
        }
    }
}

/// An attribute whose length is not known yet.
struct OpenAttribute<'b> {
    writer: Writer<'b>,
    start: usize,
}

impl<'b> OpenAttribute<'b> {
    fn append(self, bytes: &[u8]) -> Self {
        self.writer.buffer.extend_from_slice(bytes);
        self
    }

    /// Pads the value and sets the lengths of the attribute and of the message.
    fn close(self) -> Writer<'b> {
        let Self { writer, start } = self;
        let value_length = writer.buffer.len() - start - ATTRIBUTE_HEADER;
        writer
            .buffer
            .resize(writer.buffer.len().next_multiple_of(4), 0);
        let length = length_field(writer.buffer.len());
        // The value fits in 16 bits because the message, which holds it, does.
        writer.buffer[start + 2..start + 4].copy_from_slice(&(value_length as u16).to_be_bytes());
        writer.buffer[2..4].copy_from_slice(&length.to_be_bytes());
        writer
    }
}

/// The length field of a message of `total` bytes.
fn length_field(total: usize) -> u16 {
    let length = total - HEADER_LENGTH;
    assert!(
        length <= MAX_ATTRIBUTES_LENGTH,
        "STUN attributes take {length} bytes, 65532 at most"
    );
    length as u16
}
