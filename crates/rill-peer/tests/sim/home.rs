//! Where a side stands: what lies between it and the internet.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use rill_sim::{Firewall, NatConfig, Realm};

/// What translates the addresses of a home, by the old names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Nat {
    None,
    FullCone,
    Restricted,
    PortRestricted,
    Symmetric,
    /// Port-restricted at home, behind a port-restricted one of the provider's that lets its
    /// customers meet; two such homes have the same provider.
    Hairpin,
    /// Port-restricted, behind another one of the provider's.
    Double,
}

/// The addresses that a home has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Families {
    V4,
    V6,
    Both,
}

/// What a home lets out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rules {
    Open,
    NoUdp,
    /// TCP to port 443, and nothing else.
    WebOnly,
}

/// Where a side stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Home {
    pub(crate) nat: Nat,
    pub(crate) families: Families,
    pub(crate) rules: Rules,
}

impl Nat {
    pub(crate) const ALL: [Self; 7] = [
        Self::None,
        Self::FullCone,
        Self::Restricted,
        Self::PortRestricted,
        Self::Symmetric,
        Self::Hairpin,
        Self::Double,
    ];

    /// Whether it lets in whoever has the right address, whatever the port (RFC 4787 §5).
    fn heeds_ports(self) -> bool {
        match self {
            Self::None | Self::FullCone | Self::Restricted => false,
            Self::PortRestricted | Self::Symmetric | Self::Hairpin | Self::Double => true,
        }
    }
}

impl Home {
    pub(crate) fn new(nat: Nat) -> Self {
        Self {
            nat,
            families: Families::V4,
            rules: Rules::Open,
        }
    }

    fn has_v4(&self) -> bool {
        self.families != Families::V6
    }

    fn has_v6(&self) -> bool {
        self.families != Families::V4
    }

    /// Whether two sides reach each other without a relay (RFC 4787 §4.1, §5): what a symmetric NAT
    /// sends comes from a port that nobody was told of, and one that heeds ports drops it.
    pub(crate) fn can_meet(&self, other: &Self) -> bool {
        if self.rules != Rules::Open || other.rules != Rules::Open {
            return false;
        }
        let strange = |one: Nat, other: Nat| one == Nat::Symmetric && other.heeds_ports();
        let meets_v4 = !strange(self.nat, other.nat) && !strange(other.nat, self.nat);
        // IPv6 has firewalls at most, which keep addresses and ports (RFC 6092).
        let meets_v6 = self.has_v6() && other.has_v6();
        meets_v6 || (self.has_v4() && other.has_v4() && meets_v4)
    }

    /// The addresses of a side on its own network; in the open those are the internet's.
    pub(crate) fn addresses(&self, side: u8) -> Vec<IpAddr> {
        let v4 = match (self.nat, self.rules) {
            (Nat::None, Rules::Open) => Ipv4Addr::new(198, 51, 100, 1 + side),
            _ => Ipv4Addr::new(10, side, 0, 1),
        };
        let v6 = Ipv6Addr::new(0x2001, 0xdb8, u16::from(side) + 1, 0, 0, 0, 0, 1);
        let mut addresses = Vec::new();
        addresses.extend(self.has_v6().then_some(IpAddr::V6(v6)));
        addresses.extend(self.has_v4().then_some(IpAddr::V4(v4)));
        addresses
    }

    /// The NATs between a side and the internet, the innermost last; `provider` is the realm behind
    /// the provider's NAT that the homes with hairpinning share.
    pub(crate) fn nats(&self, side: u8) -> Vec<NatConfig> {
        let external = |first| IpAddr::V4(Ipv4Addr::new(first, 0, 113, 1 + side));
        let outside = external(203);
        let mut nats = match (self.nat, self.rules) {
            (Nat::None, Rules::Open) => vec![],
            // A firewall with addresses of its own stands where a NAT would.
            (Nat::None | Nat::FullCone, _) => vec![NatConfig::full_cone(outside)],
            (Nat::Restricted, _) => vec![NatConfig::restricted(outside)],
            (Nat::PortRestricted, _) => vec![NatConfig::port_restricted(outside)],
            (Nat::Symmetric, _) => vec![NatConfig::symmetric(outside)],
            (Nat::Hairpin, _) => vec![NatConfig::port_restricted(external(100))],
            (Nat::Double, _) => vec![
                NatConfig::port_restricted(outside),
                NatConfig::port_restricted(external(100)),
            ],
        };
        for nat in &mut nats {
            nat.ipv6_untranslated = true;
        }
        if let Some(outermost) = nats.first_mut() {
            outermost.firewall = match self.rules {
                Rules::Open => Firewall::open(),
                Rules::NoUdp => Firewall::udp_blocked(),
                Rules::WebOnly => Firewall::tcp_only([443]),
            };
        }
        nats
    }

    /// The provider's NAT of homes that meet in it.
    pub(crate) fn provider() -> NatConfig {
        let external = IpAddr::V4(Ipv4Addr::new(203, 0, 113, 77));
        let nat = NatConfig::port_restricted(external);
        nat.with_hairpinning().with_ipv6_firewall()
    }

    /// Whether its outermost NAT is the provider's.
    pub(crate) fn shares_provider(&self) -> bool {
        self.nat == Nat::Hairpin
    }
}

/// The realm of a home, after its NATs were added by `add`.
pub(crate) fn realm_of(
    home: &Home,
    side: u8,
    outermost: Realm,
    mut add: impl FnMut(NatConfig) -> Realm,
) -> Realm {
    let nats = home.nats(side).into_iter();
    nats.fold(outermost, |outer, nat| add(nat.behind(outer)))
}

impl fmt::Display for Home {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.nat {
            Nat::None => "none",
            Nat::FullCone => "full cone",
            Nat::Restricted => "restricted",
            Nat::PortRestricted => "port-restricted",
            Nat::Symmetric => "symmetric",
            Nat::Hairpin => "hairpin",
            Nat::Double => "double",
        })?;
        f.write_str(match self.families {
            Families::V4 => "",
            Families::V6 => ", IPv6",
            Families::Both => ", both",
        })?;
        f.write_str(match self.rules {
            Rules::Open => "",
            Rules::NoUdp => ", no UDP",
            Rules::WebOnly => ", only 443",
        })
    }
}
