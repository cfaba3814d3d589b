//! Who may talk to the server: the rules on a request's `Host` and `Origin`.
//!
//! A browser runs pages of every origin, and each can open a WebSocket to loopback. `Origin`
//! tells ours from theirs. `Host` guards against DNS rebinding: a foreign name that suddenly
//! resolves to loopback would make a foreign page same-origin with this server.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// The port of `http` when none is written.
const HTTP_PORT: u16 = 80;

/// A host and its port, as `Host` and `Origin` write them; all loopback names are equal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Authority {
    host: Host,
    port: u16,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Host {
    Loopback,
    Address(IpAddr),
    Name(String),
}

impl Authority {
    /// Reads `host`, `host:port`, `[v6]` or `[v6]:port`.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (host, port) = match text.strip_prefix('[') {
            Some(bracketed) => {
                let (address, after) = bracketed.split_once(']')?;
                let address: Ipv6Addr = address.parse().ok()?;
                (Host::from(IpAddr::V6(address)), after)
            }
            None => {
                let end = text.find(':').unwrap_or(text.len());
                (Host::named(&text[..end])?, &text[end..])
            }
        };
        let port = match port.strip_prefix(':') {
            Some(digits) if digits.bytes().all(|byte| byte.is_ascii_digit()) => {
                digits.parse().ok()?
            }
            None if port.is_empty() => HTTP_PORT,
            _ => return None,
        };
        Some(Self { host, port })
    }

    /// Reads an `Origin` (RFC 6454 §7); `null` and every scheme but `http` is none of ours.
    pub(super) fn of_origin(origin: &str) -> Option<Self> {
        Self::parse(origin.strip_prefix("http://")?)
    }

    /// Whether a server bound to this address can be meant.
    ///
    /// Only addresses and `localhost` are: DNS has no say in what they resolve to.
    pub(super) fn names(&self, bound: IpAddr) -> bool {
        match self.host {
            Host::Loopback => true,
            Host::Address(address) => bound.is_unspecified() || bound == address,
            Host::Name(_) => false,
        }
    }
}

impl Host {
    fn named(text: &str) -> Option<Self> {
        if text.eq_ignore_ascii_case("localhost") {
            return Some(Self::Loopback);
        }
        if let Ok(address) = text.parse::<Ipv4Addr>() {
            return Some(Self::from(IpAddr::V4(address)));
        }
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-._".contains(&byte);
        let well_formed = !text.is_empty() && text.bytes().all(allowed);
        well_formed.then(|| Self::Name(text.to_ascii_lowercase()))
    }
}

impl From<IpAddr> for Host {
    fn from(address: IpAddr) -> Self {
        if address.is_loopback() {
            Self::Loopback
        } else {
            Self::Address(address)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOOPBACK: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

    fn authority(text: &str) -> Authority {
        Authority::parse(text).expect(text)
    }

    fn same(origin: &str, host: &str) -> bool {
        Authority::of_origin(origin).is_some_and(|origin| origin == authority(host))
    }

    #[test]
    fn loopback_names_are_equal() {
        for origin in [
            "http://localhost:8080",
            "http://127.0.0.1:8080",
            "http://[::1]:8080",
        ] {
            for host in [
                "LOCALHOST:8080",
                "127.0.0.1:8080",
                "[::1]:8080",
                "127.9.9.9:8080",
            ] {
                assert!(same(origin, host), "{origin} {host}");
            }
        }
    }

    #[test]
    fn another_port_is_another_origin() {
        assert!(!same("http://localhost:3000", "localhost:8080"));
        assert!(!same("http://localhost", "localhost:8080"));
        assert!(same("http://localhost", "localhost:80"));
    }

    #[test]
    fn foreign_and_opaque_origins_are_refused() {
        for origin in [
            "http://evil.example:8080",
            "http://localhost.evil.example:8080",
            "http://127.0.0.1.evil.example:8080",
            "https://localhost:8080",
            "file://",
            "null",
            "",
            "http://localhost:8080@evil.example",
            "http://localhost:8080/",
        ] {
            assert!(!same(origin, "localhost:8080"), "{origin}");
        }
    }

    #[test]
    fn a_rebound_name_is_not_ours_even_if_it_resolves_to_us() {
        assert!(!authority("evil.example:8080").names(LOOPBACK));
        assert!(!authority("localhost.evil.example").names(LOOPBACK));
        assert!(!authority("evil.example").names(IpAddr::V4(Ipv4Addr::UNSPECIFIED)));
    }

    #[test]
    fn addresses_have_to_be_the_bound_one() {
        let lan = IpAddr::from([192, 168, 1, 5]);
        assert!(authority("192.168.1.5:8080").names(lan));
        assert!(authority("localhost:8080").names(lan));
        assert!(!authority("192.168.1.6:8080").names(lan));
        assert!(!authority("192.168.1.5:8080").names(LOOPBACK));
        assert!(authority("192.168.1.5").names(IpAddr::V4(Ipv4Addr::UNSPECIFIED)));
        assert!(authority("[2001:db8::1]").names(IpAddr::V6(Ipv6Addr::UNSPECIFIED)));
    }

    #[test]
    fn malformed_authorities_are_none() {
        for text in [
            "", ":80", "a b", "a:80:80", "[::1", "[::1]80", "a:", "a:+1", "a:65536", "[a]",
        ] {
            assert_eq!(Authority::parse(text), None, "{text:?}");
        }
    }
}
