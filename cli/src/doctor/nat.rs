//! What the NAT is like, as far as several servers' eyes tell (RFC 4787 §4.1).

use std::net::SocketAddr;

use super::finding::{Finding, Grade};

/// Where one server saw us.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Seen {
    /// At an address that is not ours.
    Translated(SocketAddr),
    /// At our own.
    AsIs(SocketAddr),
}

impl Seen {
    pub(super) fn is_ipv4(&self) -> bool {
        self.address().is_ipv4()
    }

    pub(super) fn is_loopback(&self) -> bool {
        self.address().ip().is_loopback()
    }

    fn address(&self) -> SocketAddr {
        match self {
            Self::Translated(address) | Self::AsIs(address) => *address,
        }
    }
}

/// One server's eyes cannot tell how the NAT maps; and with several addresses of our own, different
/// ones may have been seen.
pub(super) fn finding(seen: &[Seen]) -> Option<Finding> {
    let translated: Vec<SocketAddr> = seen
        .iter()
        .filter_map(|seen| match seen {
            Seen::Translated(address) => Some(*address),
            Seen::AsIs(_) => None,
        })
        .collect();
    let first = translated.first();
    let text = match first {
        None if seen.is_empty() => return None,
        None => "There is no NAT before this machine.",
        Some(_) if translated.len() == 1 => {
            "There is a NAT; with one server's answer alone, its kind is not known."
        }
        Some(first) if translated.iter().all(|other| other == first) => {
            "There is a NAT that shows one address to all: direct connections work with most peers."
        }
        Some(first) if translated.iter().all(|other| other.ip() == first.ip()) => {
            "There is a NAT that shows another port to every server: direct connections fail with \
             many peers, and a TURN server is needed."
        }
        Some(_) => return None,
    };
    Some(Finding::new("nat", Grade::Note, text))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn translated(address: &str) -> Seen {
        Seen::Translated(address.parse().expect("an address"))
    }

    fn text(seen: &[Seen]) -> String {
        finding(seen)
            .map(|finding| finding.text)
            .unwrap_or_default()
    }

    #[test]
    fn the_kind_of_nat_is_told_from_several_answers() {
        let [one, same, port, other] =
            ["192.0.2.1:1", "192.0.2.1:1", "192.0.2.1:2", "192.0.2.9:1"].map(translated);
        let own = Seen::AsIs("192.0.2.7:1".parse().expect("an address"));
        assert!(text(&[one, same]).contains("one address to all"));
        assert!(text(&[one, port]).contains("another port to every server"));
        assert!(text(&[one]).contains("not known"));
        assert!(text(&[own]).contains("no NAT"));
        assert_eq!(text(&[one, other]), "");
        assert_eq!(text(&[]), "");
    }
}
