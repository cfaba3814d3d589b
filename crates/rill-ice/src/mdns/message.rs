//! Messages on the wire (RFC 1035 §4, RFC 6762 §18).

use std::net::IpAddr;

use thiserror::Error;

use super::Name;
use super::reader::Reader;
use super::writer::Writer;

/// A longer message is none (RFC 6762 §17).
const MAX_LENGTH: usize = 9000;

/// Questions and records that are kept of one message. The rest is read and dropped.
const MAX_ENTRIES: usize = 64;

/// The QR bit (RFC 6762 §18.2).
const RESPONSE: u16 = 0x8000;
/// Authoritative, which every response is (§18.4).
const AUTHORITATIVE: u16 = 0x0400;
const OPCODE: u16 = 0x7800;
const RCODE: u16 = 0x000f;

const TYPE_A: u16 = 1;
const TYPE_AAAA: u16 = 28;
const TYPE_NSEC: u16 = 47;
const TYPE_ANY: u16 = 255;
const CLASS_IN: u16 = 1;
const CLASS_ANY: u16 = 255;

/// The unicast-response bit of a question (§18.12), the cache-flush bit of a record (§18.13).
const TOP_BIT: u16 = 0x8000;

/// What is of use here in a message of multicast DNS: questions and records about addresses of
/// candidates' names. All else in it is skipped.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Message {
    /// Zero, except between a simple resolver and its answer (RFC 6762 §18.1).
    pub id: u16,
    /// Whether it is a response.
    pub response: bool,
    /// What is asked. Empty in a response that was received (§6), at most 64.
    pub questions: Vec<Question>,
    /// What a response answers or adds, what the asker of a query knows already. At most 64.
    pub records: Vec<Record>,
    /// What a response says of names that have addresses of one family. At most 64.
    pub only: Vec<Only>,
}

/// Which addresses of a name are asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Question {
    /// The name.
    pub name: Name,
    /// Of which family.
    pub kind: Kind,
    /// Whether an answer to the asker alone would do: QU, not QM (RFC 6762 §5.4).
    pub unicast: bool,
}

/// The type of a question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// IPv4 addresses.
    A,
    /// IPv6 addresses.
    Aaaa,
    /// Whatever there is.
    Any,
}

/// An address of a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Record {
    /// The name.
    pub name: Name,
    /// The address.
    pub address: IpAddr,
    /// Seconds for which it may be remembered; zero takes it back.
    pub ttl: u32,
    /// Whether it replaces everything known before (RFC 6762 §10.2).
    pub flush: bool,
}

/// A name has addresses of one family and nothing else: an NSEC record (RFC 6762 §6.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Only {
    /// The name.
    pub name: Name,
    /// Whether the family is IPv6.
    pub ipv6: bool,
    /// Seconds for which it may be remembered.
    pub ttl: u32,
    /// Whether it replaces everything known before.
    pub flush: bool,
}

/// Why a datagram is no message of multicast DNS.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum ParseError {
    /// It ends too early.
    #[error("the message is cut off")]
    Truncated,
    /// It has more than 9000 bytes.
    #[error("the message is too long")]
    Long,
    /// Its opcode or response code is not zero (RFC 6762 §18.3, §18.11).
    #[error("the message is neither a query nor a response of multicast DNS")]
    Foreign,
    /// A name that is too long, of unknown form, or that points not strictly backwards.
    #[error("the message has a malformed name")]
    Name,
}

impl Kind {
    /// Whether an address answers it (RFC 6762 §6).
    pub const fn takes(self, address: IpAddr) -> bool {
        match self {
            Self::A => address.is_ipv4(),
            Self::Aaaa => address.is_ipv6(),
            Self::Any => true,
        }
    }

    const fn of(number: u16) -> Option<Self> {
        match number {
            TYPE_A => Some(Self::A),
            TYPE_AAAA => Some(Self::Aaaa),
            TYPE_ANY => Some(Self::Any),
            _ => None,
        }
    }

    const fn number(self) -> u16 {
        match self {
            Self::A => TYPE_A,
            Self::Aaaa => TYPE_AAAA,
            Self::Any => TYPE_ANY,
        }
    }
}

impl Message {
    /// Reads a datagram.
    ///
    /// # Errors
    ///
    /// A [`ParseError`] when any part of it, also one that would have been skipped, is malformed.
    pub fn parse(bytes: &[u8]) -> Result<Self, ParseError> {
        if bytes.len() > MAX_LENGTH {
            return Err(ParseError::Long);
        }
        let mut reader = Reader::new(bytes);
        let id = reader.u16()?;
        let flags = reader.u16()?;
        let counts = [reader.u16()?, reader.u16()?, reader.u16()?, reader.u16()?];
        if flags & (OPCODE | RCODE) != 0 {
            return Err(ParseError::Foreign);
        }
        let mut message = Self {
            id,
            response: flags & RESPONSE != 0,
            ..Self::default()
        };
        let [questions, answers, authorities, additionals] = counts;
        for _ in 0..questions {
            let question = read_question(&mut reader)?;
            // RFC 6762 §6: questions in a response are ignored.
            keep(
                &mut message.questions,
                question.filter(|_| !message.response),
            );
        }
        for _ in 0..answers {
            message.keep_entry(read_entry(&mut reader)?);
        }
        for _ in 0..authorities {
            // What somebody proposes in a probe is no answer (§8.2).
            read_entry(&mut reader)?;
        }
        for _ in 0..additionals {
            let entry = read_entry(&mut reader)?;
            message.keep_entry(entry.filter(|_| message.response));
        }
        Ok(message)
    }

    fn keep_entry(&mut self, entry: Option<Entry>) {
        match entry {
            Some(Entry::Address(record)) => keep(&mut self.records, Some(record)),
            Some(Entry::Only(only)) => keep(&mut self.only, Some(only)),
            None => {}
        }
    }

    /// The datagram. Records are answers, what is said besides is additional (RFC 6762 §6.2).
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut writer = Writer::default();
        writer.u16(self.id);
        writer.u16(if self.response {
            RESPONSE | AUTHORITATIVE
        } else {
            0
        });
        writer.u16(u16::try_from(self.questions.len()).unwrap_or(u16::MAX));
        writer.u16(u16::try_from(self.records.len()).unwrap_or(u16::MAX));
        writer.u16(0);
        writer.u16(u16::try_from(self.only.len()).unwrap_or(u16::MAX));
        for question in self.questions.iter().take(usize::from(u16::MAX)) {
            writer.name(question.name);
            writer.u16(question.kind.number());
            writer.u16(CLASS_IN | if question.unicast { TOP_BIT } else { 0 });
        }
        for record in self.records.iter().take(usize::from(u16::MAX)) {
            writer.name(record.name);
            writer.u16(if record.address.is_ipv4() {
                TYPE_A
            } else {
                TYPE_AAAA
            });
            writer.u16(CLASS_IN | if record.flush { TOP_BIT } else { 0 });
            writer.u32(record.ttl);
            writer.address(record.address);
        }
        for only in self.only.iter().take(usize::from(u16::MAX)) {
            writer.name(only.name);
            writer.u16(TYPE_NSEC);
            writer.u16(CLASS_IN | if only.flush { TOP_BIT } else { 0 });
            writer.u32(only.ttl);
            writer.types(only.name, if only.ipv6 { TYPE_AAAA } else { TYPE_A });
        }
        writer.finish()
    }
}

fn keep<T>(entries: &mut Vec<T>, entry: Option<T>) {
    if let Some(entry) = entry
        && entries.len() < MAX_ENTRIES
    {
        entries.push(entry);
    }
}

/// A question, if it is about addresses of a candidate's name.
fn read_question(reader: &mut Reader<'_>) -> Result<Option<Question>, ParseError> {
    let name = reader.name()?;
    let kind = Kind::of(reader.u16()?);
    let class = reader.u16()?;
    let known_class = [CLASS_IN, CLASS_ANY].contains(&(class & !TOP_BIT));
    Ok(name
        .zip(kind)
        .filter(|_| known_class)
        .map(|(name, kind)| Question {
            name,
            kind,
            unicast: class & TOP_BIT != 0,
        }))
}

/// A record that is kept.
enum Entry {
    Address(Record),
    Only(Only),
}

/// A record, if it is about addresses of a candidate's name.
fn read_entry(reader: &mut Reader<'_>) -> Result<Option<Entry>, ParseError> {
    let name = reader.name()?;
    let kind = reader.u16()?;
    let class = reader.u16()?;
    let ttl = reader.u32()?;
    let length = reader.u16()?;
    let data = reader.take(usize::from(length))?;
    let Some(name) = name.filter(|_| class & !TOP_BIT == CLASS_IN) else {
        return Ok(None);
    };
    // RFC 2181 §8: a TTL with its top bit set is zero.
    let ttl = if ttl >> 31 == 0 { ttl } else { 0 };
    let flush = class & TOP_BIT != 0;
    let address = match kind {
        TYPE_A => <[u8; 4]>::try_from(data).ok().map(IpAddr::from),
        TYPE_AAAA => <[u8; 16]>::try_from(data).ok().map(IpAddr::from),
        TYPE_NSEC => {
            return Ok(only_family(data).map(|ipv6| {
                Entry::Only(Only {
                    name,
                    ipv6,
                    ttl,
                    flush,
                })
            }));
        }
        _ => None,
    };
    Ok(address.map(|address| {
        Entry::Address(Record {
            name,
            address,
            ttl,
            flush,
        })
    }))
}

/// Whether the one type of address in an NSEC record is that of IPv6. The name in it says nothing
/// (RFC 6762 §6.1); then come the number of a window, a length, and the bits of the types.
fn only_family(data: &[u8]) -> Option<bool> {
    let mut reader = Reader::new(data);
    reader.skip_name().ok()?;
    let [0, length] = reader.u16().ok()?.to_be_bytes() else {
        return None;
    };
    let bits = reader.take(usize::from(length)).ok()?;
    let has = |kind: u16| {
        let byte = bits.get(usize::from(kind / 8)).copied().unwrap_or(0);
        byte & (0x80 >> (kind % 8)) != 0
    };
    let (ipv4, ipv6) = (has(TYPE_A), has(TYPE_AAAA));
    (ipv4 != ipv6).then_some(ipv6)
}
