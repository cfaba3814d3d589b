//! `turn:` and `turns:` URLs (RFC 7065): what is wrong with one is said in a sentence.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use thiserror::Error;

use crate::stun_url::{StunUrl, StunUrlError};

/// A TURN URL that was checked; `Display` gives it as it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TurnUrl {
    scheme: &'static str,
    authority: String,
    query: String,
}

/// Why a text is not a TURN URL that rill can use.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub(crate) enum TurnUrlError {
    #[error("the URL has no scheme; write turn:{0}, or turns:{0} for TLS")]
    NoScheme(String),
    #[error("the scheme is {0}:, but a TURN server's URL begins with turn: or turns:")]
    OtherScheme(String),
    #[error(
        "a TURN URL has no user name; give it with --username, and the password with --credential"
    )]
    UserName,
    #[error("{0:?} does not belong in a TURN URL; it may end in ?transport=udp or ?transport=tcp")]
    Query(String),
    #[error("TURN over DTLS is not supported; leave out ?transport=udp, or write turn:")]
    Dtls,
    // The rules for host and port are the same, and only the examples have another scheme.
    #[error("{}", .0.to_string().replace("stun:", "turn:").replace("a stun", "a turn"))]
    Authority(StunUrlError),
}

impl TurnUrl {
    /// Whether the server is on this machine, where only loopback addresses reach it.
    pub(crate) fn is_loopback(&self) -> bool {
        let host = match self.authority.strip_prefix('[') {
            Some(bracketed) => bracketed.split(']').next(),
            None => self.authority.split(':').next(),
        };
        let host = host.unwrap_or_default();
        let is_loopback = |address: IpAddr| address.is_loopback();
        host.eq_ignore_ascii_case("localhost") || host.parse().is_ok_and(is_loopback)
    }
}

impl fmt::Display for TurnUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}{}", self.scheme, self.authority, self.query)
    }
}

impl FromStr for TurnUrl {
    type Err = TurnUrlError;

    fn from_str(text: &str) -> Result<Self, TurnUrlError> {
        let (scheme, rest) = match text.split_once(':') {
            Some((scheme, rest)) if scheme.eq_ignore_ascii_case("turn") => ("turn", rest),
            Some((scheme, rest)) if scheme.eq_ignore_ascii_case("turns") => ("turns", rest),
            Some((other @ ("stun" | "stuns" | "http" | "https"), _)) => {
                return Err(TurnUrlError::OtherScheme(other.to_owned()));
            }
            _ => return Err(TurnUrlError::NoScheme(text.to_owned())),
        };
        if rest.contains('@') {
            return Err(TurnUrlError::UserName);
        }
        let at = rest.find('?').unwrap_or(rest.len());
        let (authority, query) = rest.split_at(at);
        match (scheme, query) {
            ("turns", "?transport=udp") => return Err(TurnUrlError::Dtls),
            (_, "" | "?transport=udp" | "?transport=tcp") => {}
            (_, other) => return Err(TurnUrlError::Query(other.to_owned())),
        }
        let checked: Result<StunUrl, StunUrlError> = format!("stun:{authority}").parse();
        checked.map_err(TurnUrlError::Authority)?;
        Ok(Self {
            scheme,
            authority: authority.to_owned(),
            query: query.to_owned(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(text: &str) -> String {
        let error = text.parse::<TurnUrl>().expect_err(text);
        error.to_string()
    }

    #[test]
    fn urls_of_rfc_7065_are_taken() {
        for good in [
            "turn:example.org",
            "turn:example.org:8000?transport=tcp",
            "turn:192.0.2.1?transport=udp",
            "turns:[2001:db8::1]:443",
            "turns:example.org?transport=tcp",
        ] {
            assert_eq!(good.parse::<TurnUrl>().expect(good).to_string(), good);
        }
        let loud: TurnUrl = "TURNS:a".parse().expect("any case");
        assert_eq!(loud.to_string(), "turns:a");
        assert!(
            "turn:127.0.0.1:1"
                .parse::<TurnUrl>()
                .expect("a URL")
                .is_loopback()
        );
        assert!(
            !"turn:192.0.2.1:1"
                .parse::<TurnUrl>()
                .expect("a URL")
                .is_loopback()
        );
    }

    #[test]
    fn what_is_wrong_is_said_with_what_to_do() {
        for (text, part) in [
            ("example.org", "write turn:example.org"),
            ("stun:example.org", "begins with turn: or turns:"),
            ("turn:me:secret@example.org", "--username"),
            ("turn:a?transport=sctp", "?transport=udp or ?transport=tcp"),
            ("turns:a?transport=udp", "DTLS"),
            ("turn:", "turn:stun.example.org"),
            ("turn:a:99999", "not a port"),
            ("turn://a", "write turn:a"),
        ] {
            assert!(error(text).contains(part), "{text}: {}", error(text));
        }
    }
}
