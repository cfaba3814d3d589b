//! Which of the machine's addresses become candidates, and in which order.

use std::net::{IpAddr, Ipv6Addr};

use crate::{Interface, Loopback};

/// The addresses to bind to, best first, IPv6 and IPv4 by turns (RFC 8421 §4: neither family keeps
/// the other waiting).
pub(crate) fn usable_addresses(
    interfaces: &[Interface],
    loopback: Loopback,
    limit: usize,
) -> Vec<IpAddr> {
    let is_loopback =
        |interface: &&Interface| interface.loopback || interface.address.is_loopback();
    let usable = || {
        interfaces
            .iter()
            .filter(|interface| is_usable(interface.address))
    };
    let outside = usable().filter(|interface| !is_loopback(interface));
    let inside = usable().filter(is_loopback);
    let mut addresses: Vec<IpAddr> = outside.map(|interface| interface.address).collect();
    let with_loopback = match loopback {
        Loopback::Never => false,
        Loopback::WhenAlone => addresses.is_empty(),
        Loopback::Always => true,
    };
    addresses = intermingle(&addresses);
    if with_loopback {
        let inside: Vec<IpAddr> = inside.map(|interface| interface.address).collect();
        addresses.extend(intermingle(&inside));
    }
    addresses.truncate(limit);
    addresses
}

/// RFC 8445 §5.1.1.1. Link-local IPv6 would need a zone, which a candidate cannot carry.
fn is_usable(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(ip) => !ip.is_unspecified() && !ip.is_multicast() && !ip.is_broadcast(),
        IpAddr::V6(ip) => {
            let is_site_local = ip.segments()[0] & 0xffc0 == 0xfec0;
            let is_old_embedding = ip.segments()[..6] == [0; 6] && ip != Ipv6Addr::LOCALHOST;
            !ip.is_unspecified()
                && !ip.is_multicast()
                && !ip.is_unicast_link_local()
                && !is_site_local
                && !is_old_embedding
                && ip.to_ipv4_mapped().is_none()
        }
    }
}

/// Takes from both families by turns, IPv6 first, each in its given order and once.
fn intermingle(addresses: &[IpAddr]) -> Vec<IpAddr> {
    let mut v6 = addresses.iter().filter(|address| address.is_ipv6());
    let mut v4 = addresses.iter().filter(|address| address.is_ipv4());
    let mut mixed = Vec::with_capacity(addresses.len());
    loop {
        let turn = [v6.next(), v4.next()];
        if turn == [None, None] {
            return mixed;
        }
        for address in turn.into_iter().flatten() {
            if !mixed.contains(address) {
                mixed.push(*address);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn usable(addresses: &[&str], loopback: Loopback) -> Vec<String> {
        let interfaces: Vec<Interface> = addresses
            .iter()
            .map(|text| {
                let address: IpAddr = text.parse().expect("an address");
                Interface {
                    name: "if0".into(),
                    address,
                    loopback: address.is_loopback(),
                }
            })
            .collect();
        usable_addresses(&interfaces, loopback, 8)
            .iter()
            .map(ToString::to_string)
            .collect()
    }

    #[test]
    fn families_take_turns_and_duplicates_go() {
        assert_eq!(
            usable(
                &[
                    "10.0.0.1",
                    "10.0.0.2",
                    "2001:db8::1",
                    "10.0.0.1",
                    "10.0.0.3"
                ],
                Loopback::Never
            ),
            ["2001:db8::1", "10.0.0.1", "10.0.0.2", "10.0.0.3"]
        );
    }

    #[test]
    fn loopback_only_when_alone_or_asked_for() {
        let both = ["127.0.0.1", "10.0.0.1"];
        assert_eq!(usable(&both, Loopback::WhenAlone), ["10.0.0.1"]);
        assert_eq!(usable(&both, Loopback::Always), ["10.0.0.1", "127.0.0.1"]);
        let alone = ["127.0.0.1", "::1"];
        assert_eq!(usable(&alone, Loopback::WhenAlone), ["::1", "127.0.0.1"]);
        assert!(usable(&alone, Loopback::Never).is_empty());
    }

    #[test]
    fn unusable_addresses_are_left_out() {
        let bad = [
            "fe80::1",
            "fec0::1",
            "::ffff:10.0.0.1",
            "::10.0.0.1",
            "::",
            "0.0.0.0",
            "224.0.0.1",
        ];
        assert!(usable(&bad, Loopback::Always).is_empty());
        assert_eq!(
            usable(&["fe80::1", "127.0.0.1"], Loopback::WhenAlone),
            ["127.0.0.1"]
        );
    }

    #[test]
    fn no_more_than_the_limit() {
        let many: Vec<String> = (1..=20).map(|n| format!("10.0.0.{n}")).collect();
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        assert_eq!(usable(&many, Loopback::Never).len(), 8);
    }
}
