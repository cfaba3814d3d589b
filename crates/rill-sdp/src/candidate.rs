//! A candidate attribute's value (RFC 8839 §5.1, RFC 6544 §4.5).

use std::fmt;
use std::net::IpAddr;

use thiserror::Error;

use crate::error::{Fault, FieldError};
use crate::grammar::{Fields, checked, ice_chars, number, port, token};

/// The longest candidate that is read, in bytes.
const MAX_CANDIDATE_BYTES: usize = 4096;

/// The longest address that is read: that of a domain name.
const MAX_ADDRESS_BYTES: usize = 255;

/// A transport address at which a peer may be reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// 1 to 32 characters, equal for candidates that are alike.
    pub foundation: String,
    /// 1 for RTP and for everything that is multiplexed, 2 for RTCP; up to 256.
    pub component: u16,
    /// The transport protocol.
    pub transport: CandidateTransport,
    /// Whether the protocol was written in capitals, as RFC 8839 and Firefox do; kept so that the
    /// text comes back as it was.
    pub transport_in_capitals: bool,
    /// 1 to 2^31 - 1.
    pub priority: u32,
    /// Where.
    pub address: CandidateAddress,
    /// The port; 9 for active TCP candidates.
    pub port: u16,
    /// How the address was found.
    pub kind: CandidateKind,
    /// For diagnostics: the base of a reflexive candidate, the mapped address of a relayed one.
    pub related_address: Option<CandidateAddress>,
    /// The port that belongs to `related_address`.
    pub related_port: Option<u16>,
    /// Who connects, for TCP candidates.
    pub tcp_type: Option<TcpType>,
    /// Further names and values, in their order.
    pub extensions: Vec<(String, String)>,
}

/// The transport protocol of a candidate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CandidateTransport {
    /// UDP.
    Udp,
    /// TCP (RFC 6544).
    Tcp,
    /// Another; such a candidate is ignored.
    Other(String),
}

/// The address of a candidate.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum CandidateAddress {
    /// An IP address.
    Ip(IpAddr),
    /// Anything else: a name, `.local` or other, or an address of an unknown family.
    Name(String),
}

/// How the address of a candidate was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CandidateKind {
    /// `host`: an address of an interface.
    Host,
    /// `srflx`: seen by a STUN server.
    ServerReflexive,
    /// `prflx`: seen by the peer.
    PeerReflexive,
    /// `relay`: allocated on a TURN server.
    Relayed,
    /// Another; such a candidate is ignored.
    Other(String),
}

/// Who connects, for a TCP candidate (RFC 6544 §4.5).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TcpType {
    /// `active`: connects.
    Active,
    /// `passive`: listens.
    Passive,
    /// `so`: both at the same time.
    SimultaneousOpen,
}

/// Text that is not a candidate.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum CandidateError {
    /// The text is longer than any candidate.
    #[error("a candidate has at most {limit} characters, this one {found}")]
    TooLong {
        /// The limit.
        limit: usize,
        /// The length found.
        found: usize,
    },
    /// A field breaks its grammar.
    #[error("the candidate's {0}")]
    Field(#[from] FieldError),
}

impl Candidate {
    /// A candidate without related address and extensions.
    #[must_use]
    pub fn new(
        foundation: impl Into<String>,
        priority: u32,
        address: IpAddr,
        port: u16,
        kind: CandidateKind,
    ) -> Self {
        Self {
            foundation: foundation.into(),
            component: 1,
            transport: CandidateTransport::Udp,
            transport_in_capitals: false,
            priority,
            address: CandidateAddress::Ip(address),
            port,
            kind,
            related_address: None,
            related_port: None,
            tcp_type: None,
            extensions: Vec::new(),
        }
    }

    /// Reads `candidate:…`, also with `a=` before it or without the `candidate:`.
    ///
    /// # Errors
    ///
    /// [`CandidateError::TooLong`] above 4096 bytes; [`CandidateError::Field`] names the first
    /// field that breaks the grammar of RFC 8839 §5.1. An unknown transport, type or extension,
    /// and an address that is not an IP address, are no errors.
    pub fn parse(text: &str) -> Result<Self, CandidateError> {
        let text = text.strip_prefix("a=").unwrap_or(text);
        let text = text.strip_prefix("candidate:").unwrap_or(text);
        if text.len() > MAX_CANDIDATE_BYTES {
            return Err(CandidateError::TooLong {
                limit: MAX_CANDIDATE_BYTES,
                found: text.len(),
            });
        }
        Ok(Self::parse_value(text)?)
    }

    /// Reads the attribute's value.
    pub(crate) fn parse_value(text: &str) -> Result<Self, FieldError> {
        let mut fields = Fields::new(text);
        let foundation = ice_chars("foundation", fields.next("foundation")?, 1..=32)?.into();
        let component = number("component-id", fields.next("component-id")?, 1..=256)?;
        let transport_text = token("transport", fields.next("transport")?)?;
        let transport = CandidateTransport::parse(transport_text);
        // The range is that of RFC 8839 §5.1: 1 to 2^31 - 1.
        let priority = number("priority", fields.next("priority")?, 1..=0x7fff_ffff)?;
        let address =
            CandidateAddress::parse("connection-address", fields.next("connection-address")?)?;
        let candidate_port = port("port", fields.next("port")?)?;
        if !fields.take_word("typ") {
            return Err(FieldError::word("cand-type", "introduced by `typ`"));
        }
        let kind = CandidateKind::parse(token("cand-type", fields.next("cand-type")?)?);
        let related_address = if fields.take_word("raddr") {
            Some(CandidateAddress::parse(
                "rel-addr",
                fields.next("rel-addr")?,
            )?)
        } else {
            None
        };
        let related_port = if fields.take_word("rport") {
            Some(port("rel-port", fields.next("rel-port")?)?)
        } else {
            None
        };
        let tcp_type = if fields.take_word("tcptype") {
            Some(TcpType::parse(fields.next("tcp-type")?)?)
        } else {
            None
        };
        let transport_in_capitals = !matches!(transport, CandidateTransport::Other(_))
            && transport_text.bytes().all(|byte| byte.is_ascii_uppercase());
        Ok(Self {
            foundation,
            component,
            transport,
            transport_in_capitals,
            priority,
            address,
            port: candidate_port,
            kind,
            related_address,
            related_port,
            tcp_type,
            extensions: extensions(&mut fields)?,
        })
    }

    /// The value of the first extension with this name.
    #[must_use]
    pub fn extension(&self, name: &str) -> Option<&str> {
        self.extensions
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }

    /// The `ufrag` extension: the generation that the candidate belongs to.
    #[must_use]
    pub fn ufrag(&self) -> Option<&str> {
        self.extension("ufrag")
    }
}

fn extensions(fields: &mut Fields<'_>) -> Result<Vec<(String, String)>, FieldError> {
    let mut extensions = Vec::new();
    while let Some(name) = fields.next_raw() {
        let name = token("extension-att-name", name)?;
        // A value may be empty (`*VCHAR`), but the space before it may not be missing.
        let value = fields
            .next_raw()
            .ok_or(FieldError::missing("extension-att-value"))?;
        if !value.bytes().all(|byte| byte.is_ascii_graphic()) {
            let alphabet = "visible ASCII characters";
            return Err(FieldError::new(
                "extension-att-value",
                Fault::Alphabet { alphabet },
            ));
        }
        extensions.push((name.into(), value.into()));
    }
    Ok(extensions)
}

impl fmt::Display for Candidate {
    /// `candidate:…`, without `a=`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let transport = match (&self.transport, self.transport_in_capitals) {
            (CandidateTransport::Udp, false) => "udp",
            (CandidateTransport::Udp, true) => "UDP",
            (CandidateTransport::Tcp, false) => "tcp",
            (CandidateTransport::Tcp, true) => "TCP",
            (CandidateTransport::Other(name), _) => name,
        };
        write!(
            f,
            "candidate:{} {} {transport} {} {} {} typ {}",
            self.foundation, self.component, self.priority, self.address, self.port, self.kind
        )?;
        if let Some(address) = &self.related_address {
            write!(f, " raddr {address}")?;
        }
        if let Some(port) = self.related_port {
            write!(f, " rport {port}")?;
        }
        if let Some(tcp_type) = self.tcp_type {
            write!(f, " tcptype {tcp_type}")?;
        }
        for (name, value) in &self.extensions {
            write!(f, " {name} {value}")?;
        }
        Ok(())
    }
}

impl CandidateTransport {
    fn parse(text: &str) -> Self {
        match text {
            _ if text.eq_ignore_ascii_case("udp") => Self::Udp,
            _ if text.eq_ignore_ascii_case("tcp") => Self::Tcp,
            _ => Self::Other(text.into()),
        }
    }
}

impl CandidateAddress {
    pub(crate) fn parse(field: &'static str, text: &str) -> Result<Self, FieldError> {
        let is_visible = |byte: u8| byte > 0x20 && byte != 0x7f;
        checked(
            field,
            text,
            1..=MAX_ADDRESS_BYTES,
            is_visible,
            "visible characters",
        )?;
        Ok(text
            .parse()
            .map_or_else(|_| Self::Name(text.into()), Self::Ip))
    }

    /// The IP address, if it is one.
    #[must_use]
    pub const fn ip(&self) -> Option<IpAddr> {
        match self {
            Self::Ip(ip) => Some(*ip),
            Self::Name(_) => None,
        }
    }
}

impl fmt::Display for CandidateAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ip(ip) => ip.fmt(f),
            Self::Name(name) => f.write_str(name),
        }
    }
}

impl CandidateKind {
    fn parse(text: &str) -> Self {
        [
            Self::Host,
            Self::ServerReflexive,
            Self::PeerReflexive,
            Self::Relayed,
        ]
        .into_iter()
        .find(|kind| text.eq_ignore_ascii_case(kind.as_str()))
        .unwrap_or_else(|| Self::Other(text.into()))
    }

    /// The word that the RFC and W3C use.
    #[must_use]
    pub const fn as_str(&self) -> &str {
        match self {
            Self::Host => "host",
            Self::ServerReflexive => "srflx",
            Self::PeerReflexive => "prflx",
            Self::Relayed => "relay",
            Self::Other(name) => name.as_str(),
        }
    }
}

impl fmt::Display for CandidateKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl TcpType {
    fn parse(text: &str) -> Result<Self, FieldError> {
        [Self::Active, Self::Passive, Self::SimultaneousOpen]
            .into_iter()
            .find(|kind| text.eq_ignore_ascii_case(kind.as_str()))
            .ok_or(FieldError::word("tcp-type", "`active`, `passive` or `so`"))
    }

    /// The word that the RFC and W3C use.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Passive => "passive",
            Self::SimultaneousOpen => "so",
        }
    }
}

impl fmt::Display for TcpType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const REFLEXIVE: &str = "candidate:2 1 UDP 1694498815 192.0.2.3 45664 typ srflx \
                             raddr 203.0.113.141 rport 8998";

    #[test]
    fn the_example_of_the_rfc_is_read_and_written() {
        let candidate = Candidate::parse(REFLEXIVE).expect("RFC 8839 §5.1");
        assert_eq!(candidate.transport, CandidateTransport::Udp);
        assert_eq!(candidate.kind, CandidateKind::ServerReflexive);
        assert_eq!(
            (candidate.port, candidate.related_port),
            (45664, Some(8998))
        );
        assert_eq!(candidate.to_string(), REFLEXIVE);
    }

    #[test]
    fn prefixes_may_be_there_or_not() {
        let bare = REFLEXIVE.strip_prefix("candidate:").expect("it begins so");
        let candidate = Candidate::parse(REFLEXIVE);
        assert_eq!(Candidate::parse(bare), candidate);
        assert_eq!(Candidate::parse(&format!("a={REFLEXIVE}")), candidate);
    }

    #[test]
    fn extensions_are_kept_in_order_and_may_be_empty() {
        let text = "candidate:1 1 udp 1 ::1 9 typ host tcptype so generation 0 x  ufrag abcd";
        let candidate = Candidate::parse(text).expect("all is allowed");
        assert_eq!(candidate.tcp_type, Some(TcpType::SimultaneousOpen));
        assert_eq!(candidate.extension("x"), Some(""));
        assert_eq!(candidate.ufrag(), Some("abcd"));
        assert_eq!(candidate.to_string(), text);
    }

    #[test]
    fn what_is_unknown_is_kept() {
        let text = "candidate:1 1 sctp 1 fe80::1%2 9 typ magic raddr name.example";
        let candidate = Candidate::parse(text).expect("all is allowed");
        assert_eq!(
            candidate.transport,
            CandidateTransport::Other("sctp".into())
        );
        assert_eq!(candidate.kind, CandidateKind::Other("magic".into()));
        assert_eq!(
            candidate.address,
            CandidateAddress::Name("fe80::1%2".into())
        );
        assert_eq!(candidate.to_string(), text);
    }

    #[test]
    fn a_bad_field_is_named() {
        let good = ["1", "1", "udp", "1", "192.0.2.1", "9", "typ", "host"];
        let long = "f".repeat(33);
        let name = "n".repeat(256);
        for (place, bad, field) in [
            (0, "", "foundation"),
            (0, "a-b", "foundation"),
            (0, long.as_str(), "foundation"),
            (1, "0", "component-id"),
            (1, "257", "component-id"),
            (2, "u(dp", "transport"),
            (3, "0", "priority"),
            (3, "2147483648", "priority"),
            (3, "-1", "priority"),
            (4, "", "connection-address"),
            (4, name.as_str(), "connection-address"),
            (5, "65536", "port"),
            (6, "type", "cand-type"),
            (7, "", "cand-type"),
            (7, "host raddr", "rel-addr"),
            (7, "host rport x", "rel-port"),
            (7, "host tcptype x", "tcp-type"),
            (7, "host  b", "extension-att-name"),
            (7, "host a", "extension-att-value"),
            (7, "host a é", "extension-att-value"),
        ] {
            let mut fields = good;
            fields[place] = bad;
            match Candidate::parse(&fields.join(" ")) {
                Err(CandidateError::Field(error)) => assert_eq!(error.field, field, "{bad}"),
                other => panic!("{bad}: {other:?}"),
            }
        }
        for length in 0..good.len() {
            assert!(
                Candidate::parse(&good[..length].join(" ")).is_err(),
                "{length} fields"
            );
        }
    }

    #[test]
    fn a_long_candidate_is_refused() {
        let text = format!("1 1 udp 1 192.0.2.1 9 typ host a {}", "b".repeat(4096));
        assert!(matches!(
            Candidate::parse(&text),
            Err(CandidateError::TooLong { .. })
        ));
    }
}
