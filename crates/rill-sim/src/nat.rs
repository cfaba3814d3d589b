//! Network address translation (RFC 4787), UDP only.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, SocketAddr};
use std::time::{Duration, Instant};

use crate::Realm;

/// On what of the remote endpoint a NAT's mapping or filtering depends (RFC 4787 §4.1, §5).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Behaviour {
    /// On nothing.
    EndpointIndependent,
    /// On its address.
    AddressDependent,
    /// On its address and port.
    AddressAndPortDependent,
}

impl Behaviour {
    /// The part of `remote` that counts.
    fn view(self, remote: SocketAddr) -> View {
        match self {
            Self::EndpointIndependent => (None, None),
            Self::AddressDependent => (Some(remote.ip()), None),
            Self::AddressAndPortDependent => (Some(remote.ip()), Some(remote.port())),
        }
    }
}

type View = (Option<IpAddr>, Option<u16>);

/// A NAT to be added to a simulation.
#[derive(Clone, Debug)]
pub struct NatConfig {
    /// Its addresses on the outside, one per family it translates.
    pub external: Vec<IpAddr>,
    /// The realm outside; another NAT's inside makes a NAT behind a NAT.
    pub outer: Realm,
    /// When two remote endpoints see the same external port.
    pub mapping: Behaviour,
    /// Who may send back to an external port.
    pub filtering: Behaviour,
    /// Whether inside hosts reach one another by external addresses (RFC 4787 §6).
    pub hairpinning: bool,
    /// How long a mapping lives after the last datagram from the inside.
    pub lifetime: Duration,
}

impl NatConfig {
    /// What homes have: endpoint-independent mapping, address-and-port-dependent filtering, no
    /// hairpinning, mappings of two minutes (RFC 4787 REQ-5), before the internet.
    pub fn new(external: IpAddr) -> Self {
        Self {
            external: vec![external],
            outer: Realm::INTERNET,
            mapping: Behaviour::EndpointIndependent,
            filtering: Behaviour::AddressAndPortDependent,
            hairpinning: false,
            lifetime: Duration::from_secs(120),
        }
    }

    /// Like [`new`](Self::new), with a mapping for every remote endpoint ("symmetric").
    pub fn symmetric(external: IpAddr) -> Self {
        Self {
            mapping: Behaviour::AddressAndPortDependent,
            ..Self::new(external)
        }
    }
}

/// A NAT with its table.
#[derive(Clone, Debug)]
pub(crate) struct Nat {
    config: NatConfig,
    /// By external port.
    mappings: BTreeMap<u16, Mapping>,
    next_port: u16,
}

#[derive(Clone, Debug)]
struct Mapping {
    inside: SocketAddr,
    external: SocketAddr,
    toward: View,
    allowed: BTreeSet<View>,
    used: Instant,
}

impl Nat {
    pub(crate) fn new(config: NatConfig) -> Self {
        Self {
            config,
            mappings: BTreeMap::new(),
            next_port: 40_000,
        }
    }

    pub(crate) fn outer(&self) -> Realm {
        self.config.outer
    }

    pub(crate) fn hairpins(&self) -> bool {
        self.config.hairpinning
    }

    pub(crate) fn has_external(&self, address: IpAddr) -> bool {
        self.config.external.contains(&address)
    }

    /// The external source of a datagram from the inside, or `None` if its family is not
    /// translated or the 25,000 ports, which are not used again, are used up.
    pub(crate) fn outbound(
        &mut self,
        now: Instant,
        inside: SocketAddr,
        remote: SocketAddr,
    ) -> Option<SocketAddr> {
        self.expire(now);
        let toward = self.config.mapping.view(remote);
        let known = |mapping: &&mut Mapping| (mapping.inside, mapping.toward) == (inside, toward);
        let allowed = self.config.filtering.view(remote);
        if let Some(mapping) = self.mappings.values_mut().find(known) {
            mapping.used = now;
            mapping.allowed.insert(allowed);
            return Some(mapping.external);
        }
        let family = |address: &&IpAddr| address.is_ipv4() == inside.is_ipv4();
        let port = self.next_port;
        let external = SocketAddr::new(*self.config.external.iter().find(family)?, port);
        self.next_port = port.checked_add(1)?;
        let allowed = BTreeSet::from([allowed]);
        self.mappings.insert(
            port,
            Mapping {
                inside,
                external,
                toward,
                allowed,
                used: now,
            },
        );
        Some(external)
    }

    /// The inside destination of a datagram from the outside, or `None` if it is filtered.
    pub(crate) fn inbound(
        &mut self,
        now: Instant,
        source: SocketAddr,
        destination: SocketAddr,
    ) -> Option<SocketAddr> {
        self.expire(now);
        let mapping = self.mappings.get(&destination.port())?;
        let admitted = mapping.external == destination
            && mapping
                .allowed
                .contains(&self.config.filtering.view(source));
        admitted.then_some(mapping.inside)
    }

    /// Only datagrams from the inside keep a mapping alive (RFC 4787 REQ-6).
    fn expire(&mut self, now: Instant) {
        let lifetime = self.config.lifetime;
        self.mappings
            .retain(|_, mapping| now - mapping.used < lifetime);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BEHAVIOURS: [Behaviour; 3] = [
        Behaviour::EndpointIndependent,
        Behaviour::AddressDependent,
        Behaviour::AddressAndPortDependent,
    ];

    fn socket(text: &str) -> SocketAddr {
        text.parse().expect("a literal")
    }

    fn nat(mapping: Behaviour, filtering: Behaviour) -> Nat {
        let external = "203.0.113.1".parse().expect("a literal");
        Nat::new(NatConfig {
            mapping,
            filtering,
            ..NatConfig::new(external)
        })
    }

    /// For the same endpoint, another port of its host, and another host.
    fn remotes() -> [SocketAddr; 3] {
        [
            socket("192.0.2.1:1"),
            socket("192.0.2.1:2"),
            socket("192.0.2.2:1"),
        ]
    }

    #[test]
    fn mapping_depends_on_what_it_says() {
        let distinct = BEHAVIOURS.map(|mapping| {
            let mut nat = nat(mapping, Behaviour::EndpointIndependent);
            let now = Instant::now();
            let inside = socket("10.0.0.1:5000");
            let external = remotes().map(|remote| nat.outbound(now, inside, remote));
            assert_eq!(nat.outbound(now, inside, remotes()[0]), external[0]);
            external.into_iter().collect::<BTreeSet<_>>().len()
        });
        assert_eq!(distinct, [1, 2, 3]);
    }

    #[test]
    fn filtering_depends_on_what_it_says() {
        let admitted = BEHAVIOURS.map(|filtering| {
            let mut nat = nat(Behaviour::EndpointIndependent, filtering);
            let now = Instant::now();
            let inside = socket("10.0.0.1:5000");
            let external = nat
                .outbound(now, inside, remotes()[0])
                .expect("a free port");
            remotes().map(|remote| nat.inbound(now, remote, external) == Some(inside))
        });
        let expected = [
            [true, true, true],
            [true, true, false],
            [true, false, false],
        ];
        assert_eq!(admitted, expected);
    }

    #[test]
    fn every_destination_is_admitted_on_the_one_mapping() {
        let filtering = Behaviour::AddressAndPortDependent;
        let mut nat = nat(Behaviour::EndpointIndependent, filtering);
        let now = Instant::now();
        let inside = socket("10.0.0.1:5000");
        for remote in remotes() {
            let external = nat.outbound(now, inside, remote).expect("a free port");
            assert_eq!(nat.inbound(now, remote, external), Some(inside));
        }
    }

    #[test]
    fn a_mapping_is_of_one_external_address() {
        let external = ["203.0.113.1", "203.0.113.2"].map(|text| text.parse().expect("a literal"));
        let mut nat = Nat::new(NatConfig {
            external: external.to_vec(),
            filtering: Behaviour::EndpointIndependent,
            ..NatConfig::new(external[0])
        });
        let now = Instant::now();
        let inside = socket("10.0.0.1:5000");
        let mapped = nat
            .outbound(now, inside, remotes()[0])
            .expect("a free port");
        let other = SocketAddr::new(external[1], mapped.port());
        assert_eq!(nat.inbound(now, remotes()[0], other), None);
    }

    #[test]
    fn a_mapping_lives_while_the_inside_sends() {
        let mut nat = nat(
            Behaviour::EndpointIndependent,
            Behaviour::EndpointIndependent,
        );
        let start = Instant::now();
        let (inside, remote) = (socket("10.0.0.1:5000"), remotes()[0]);
        let external = nat.outbound(start, inside, remote).expect("a free port");
        let later = start + Duration::from_secs(100);
        assert_eq!(nat.outbound(later, inside, remote), Some(external));
        let later = later + Duration::from_secs(119);
        assert_eq!(nat.inbound(later, remote, external), Some(inside));
        let later = later + Duration::from_secs(1);
        assert_eq!(nat.inbound(later, remote, external), None);
        assert_ne!(nat.outbound(later, inside, remote), Some(external));
    }

    #[test]
    fn a_family_without_an_external_address_does_not_get_out() {
        let mut nat = nat(
            Behaviour::EndpointIndependent,
            Behaviour::EndpointIndependent,
        );
        let outbound = nat.outbound(
            Instant::now(),
            socket("[fd00::1]:1"),
            socket("[2001:db8::1]:1"),
        );
        assert_eq!(outbound, None);
    }
}
