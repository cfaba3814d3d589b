//! `stun:` URLs (RFC 7064): what is wrong with one is said in a sentence.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

use thiserror::Error;

/// The longest name that DNS can carry, in characters (RFC 1035 §2.3.4).
const NAME_LENGTH: usize = 253;
/// The longest label of a name, in characters (RFC 1035 §2.3.4).
const LABEL_LENGTH: usize = 63;

/// A `stun:` URL that was checked; `Display` gives it as it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct StunUrl(String);

/// Why a text is not a `stun:` URL that rill can use.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub(crate) enum StunUrlError {
    #[error("the URL is empty; write for example stun:stun.example.org:3478")]
    Empty,
    #[error("the URL has no scheme; write stun:{0}")]
    NoScheme(String),
    #[error("stuns: (STUN over TLS) is not supported; use a stun: URL")]
    Tls,
    #[error("{0}: names a TURN server, but only stun: URLs are taken here")]
    Turn(String),
    #[error("the scheme is {0}:, but a STUN server's URL begins with stun:")]
    OtherScheme(String),
    #[error("a stun: URL has no // after the scheme (RFC 7064); write stun:{0}")]
    Slashes(String),
    #[error("the URL names no host; write for example stun:stun.example.org:3478")]
    NoHost,
    #[error("a stun: URL has no user name; leave out everything up to the @")]
    UserName,
    #[error("a stun: URL ends after host and port; leave out {0:?}")]
    Tail(String),
    #[error("{0:?} is not a port; write a number from 1 to 65535")]
    Port(String),
    #[error(
        "the IPv6 address lacks its closing bracket; write for example stun:[2001:db8::1]:3478"
    )]
    OpenBracket,
    #[error("write an IPv6 address in brackets, for example stun:[2001:db8::1]:3478")]
    BareIpv6,
    #[error("{0:?} is not an IPv6 address")]
    Ipv6(String),
    #[error("{0:?} is neither an IP address nor a host name")]
    Host(String),
}

impl StunUrl {
    /// Whether the server is on this machine, where only loopback addresses reach it.
    pub(crate) fn is_loopback(&self) -> bool {
        let authority = self.0.trim_start_matches("stun:");
        let host = match authority.strip_prefix('[') {
            Some(bracketed) => bracketed.split(']').next(),
            None => authority.split(':').next(),
        };
        let host = host.unwrap_or_default();
        host.eq_ignore_ascii_case("localhost")
            || host
                .parse()
                .is_ok_and(|address: IpAddr| address.is_loopback())
    }
}

impl fmt::Display for StunUrl {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl FromStr for StunUrl {
    type Err = StunUrlError;

    fn from_str(text: &str) -> Result<Self, StunUrlError> {
        let rest = after_scheme(text)?;
        if let Some(authority) = rest.strip_prefix("//") {
            return Err(StunUrlError::Slashes(authority.to_owned()));
        }
        if rest.contains('@') {
            return Err(StunUrlError::UserName);
        }
        if let Some(end) = rest.find(['/', '?', '#']) {
            return Err(StunUrlError::Tail(rest[end..].to_owned()));
        }
        check_authority(rest)?;
        Ok(Self(format!("stun:{rest}")))
    }
}

fn after_scheme(text: &str) -> Result<&str, StunUrlError> {
    if text.is_empty() {
        return Err(StunUrlError::Empty);
    }
    let Some((scheme, rest)) = text.split_once(':') else {
        return Err(StunUrlError::NoScheme(text.to_owned()));
    };
    // RFC 7064 §3.1: the scheme is compared without regard to case.
    match scheme.to_ascii_lowercase().as_str() {
        "stun" => Ok(rest),
        "stuns" => Err(StunUrlError::Tls),
        turn @ ("turn" | "turns") => Err(StunUrlError::Turn(turn.to_owned())),
        // `host:3478` and `::1` have a colon, but no scheme before it.
        host if host.is_empty() || host.contains(['.', '[']) || is_port(rest) => {
            Err(StunUrlError::NoScheme(text.to_owned()))
        }
        other => Err(StunUrlError::OtherScheme(other.to_owned())),
    }
}

fn check_authority(authority: &str) -> Result<(), StunUrlError> {
    if let Some(bracketed) = authority.strip_prefix('[') {
        let Some((address, after)) = bracketed.split_once(']') else {
            return Err(StunUrlError::OpenBracket);
        };
        if address.parse::<Ipv6Addr>().is_err() {
            return Err(StunUrlError::Ipv6(address.to_owned()));
        }
        return match after.strip_prefix(':') {
            Some(port) => check_port(port),
            None if after.is_empty() => Ok(()),
            None => Err(StunUrlError::Tail(after.to_owned())),
        };
    }
    if authority.parse::<Ipv6Addr>().is_ok() {
        return Err(StunUrlError::BareIpv6);
    }
    match authority.split_once(':') {
        Some((host, port)) => {
            check_host(host)?;
            check_port(port)
        }
        None => check_host(authority),
    }
}

fn check_host(host: &str) -> Result<(), StunUrlError> {
    if host.is_empty() {
        return Err(StunUrlError::NoHost);
    }
    // A name may end in the root's dot.
    let name = host.strip_suffix('.').unwrap_or(host);
    let label = |label: &str| {
        !label.is_empty()
            && label.len() <= LABEL_LENGTH
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
    };
    // A name whose last label is a number is read as an IPv4 address, so it has to be one.
    let numeric = name
        .rsplit('.')
        .next()
        .is_some_and(|last| last.bytes().all(|b| b.is_ascii_digit()));
    let well_formed = name.len() <= NAME_LENGTH && name.split('.').all(label);
    if !well_formed || (numeric && host.parse::<Ipv4Addr>().is_err()) {
        return Err(StunUrlError::Host(host.to_owned()));
    }
    Ok(())
}

fn check_port(port: &str) -> Result<(), StunUrlError> {
    if is_port(port) {
        Ok(())
    } else {
        Err(StunUrlError::Port(port.to_owned()))
    }
}

fn is_port(text: &str) -> bool {
    // `u16::from_str` would also take a leading plus sign.
    text.bytes().all(|byte| byte.is_ascii_digit()) && text.parse::<u16>().is_ok_and(|port| port > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(text: &str) -> StunUrlError {
        text.parse::<StunUrl>().expect_err(text)
    }

    #[test]
    fn urls_of_rfc_7064_are_taken() {
        for good in [
            "stun:example.org",
            "stun:example.org:8000",
            "stun:192.0.2.1:3478",
            "stun:[2001:db8::1]",
            "stun:[2001:db8::1]:3478",
            "stun:localhost",
            "stun:stun_1.example.org.",
        ] {
            assert_eq!(good.parse::<StunUrl>().expect(good).to_string(), good);
        }
        assert_eq!(
            "STUN:a".parse::<StunUrl>().expect("any case").to_string(),
            "stun:a"
        );
    }

    #[test]
    fn servers_on_this_machine_are_known() {
        let loopback = |text: &str| text.parse::<StunUrl>().expect(text).is_loopback();
        for text in [
            "stun:localhost",
            "stun:LOCALHOST:1",
            "stun:127.0.0.2:3478",
            "stun:[::1]:1",
        ] {
            assert!(loopback(text), "{text}");
        }
        for text in [
            "stun:192.0.2.1",
            "stun:[2001:db8::1]:1",
            "stun:localhost.example",
        ] {
            assert!(!loopback(text), "{text}");
        }
    }

    #[test]
    fn a_missing_scheme_is_completed_in_the_message() {
        assert_eq!(error(""), StunUrlError::Empty);
        for bare in [
            "example.org",
            "example.org:3478",
            "localhost:3478",
            "192.0.2.1",
            "[::1]:3478",
        ] {
            assert_eq!(
                error(bare),
                StunUrlError::NoScheme(bare.to_owned()),
                "{bare}"
            );
        }
    }

    #[test]
    fn other_schemes_are_named() {
        assert_eq!(error("stuns:example.org"), StunUrlError::Tls);
        assert_eq!(
            error("TURN:example.org"),
            StunUrlError::Turn("turn".to_owned())
        );
        assert_eq!(
            error("http://a"),
            StunUrlError::OtherScheme("http".to_owned())
        );
    }

    #[test]
    fn what_does_not_belong_in_a_stun_url_is_shown() {
        assert_eq!(error("stun://a:1"), StunUrlError::Slashes("a:1".to_owned()));
        assert_eq!(error("stun:me@a"), StunUrlError::UserName);
        assert_eq!(
            error("stun:a?transport=udp"),
            StunUrlError::Tail("?transport=udp".to_owned())
        );
        assert_eq!(error("stun:a:1/x"), StunUrlError::Tail("/x".to_owned()));
        assert_eq!(error("stun:[::1]x"), StunUrlError::Tail("x".to_owned()));
    }

    #[test]
    fn ports_are_numbers_from_1_to_65535() {
        for wrong in ["", "0", "65536", "+1", "-1", "1e3", "3478 ", "٣"] {
            assert_eq!(
                error(&format!("stun:a:{wrong}")),
                StunUrlError::Port(wrong.to_owned())
            );
        }
    }

    #[test]
    fn hosts_are_checked() {
        assert_eq!(error("stun:"), StunUrlError::NoHost);
        assert_eq!(error("stun::3478"), StunUrlError::NoHost);
        assert_eq!(error("stun:2001:db8::1"), StunUrlError::BareIpv6);
        assert_eq!(error("stun:[::1"), StunUrlError::OpenBracket);
        assert_eq!(
            error("stun:[example]"),
            StunUrlError::Ipv6("example".to_owned())
        );
        let label = "a".repeat(LABEL_LENGTH + 1);
        let name = vec!["abcdefg"; 32].join(".");
        for wrong in [
            "a..b",
            "-a",
            "a b",
            "a\nb",
            "é",
            "192.0.2.256",
            "1",
            label.as_str(),
            &name,
        ] {
            assert_eq!(
                error(&format!("stun:{wrong}")),
                StunUrlError::Host(wrong.to_owned())
            );
        }
    }
}
