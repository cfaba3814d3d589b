//! Network address translation (RFC 4787; for TCP, RFC 5382) and its lack (RFC 6092).

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, SocketAddr};
use std::time::Instant;

use crate::firewall::Protocol;
use crate::nat_config::View;
use crate::{Fate, Hairpinning, NatConfig, PortAssignment, Realm};

/// The first external port that is given.
const FIRST_PORT: u16 = 40_000;

/// A NAT with its table.
#[derive(Clone, Debug)]
pub(crate) struct Nat {
    pub(crate) config: NatConfig,
    /// By protocol and external address.
    mappings: BTreeMap<(Protocol, SocketAddr), Mapping>,
    /// Where the search for a port begins.
    next_port: u16,
}

#[derive(Clone, Debug)]
struct Mapping {
    inside: SocketAddr,
    toward: View,
    allowed: BTreeSet<View>,
    used: Instant,
}

impl Nat {
    pub(crate) fn new(config: NatConfig) -> Self {
        Self {
            config,
            mappings: BTreeMap::new(),
            next_port: FIRST_PORT,
        }
    }

    pub(crate) fn outer(&self) -> Realm {
        self.config.outer
    }

    pub(crate) fn hairpinning(&self) -> Hairpinning {
        self.config.hairpinning
    }

    pub(crate) fn has_external(&self, address: IpAddr) -> bool {
        self.config.external.contains(&address)
    }

    /// Whether inside addresses of this family are seen outside.
    pub(crate) fn passes(&self, address: IpAddr) -> bool {
        self.config.ipv6_untranslated && address.is_ipv6()
    }

    /// The external source of a packet from the inside. There is none for a family that is not
    /// translated, or when the 25,000 ports, which are not used again, are used up.
    pub(crate) fn outbound(
        &mut self,
        now: Instant,
        protocol: Protocol,
        inside: SocketAddr,
        remote: SocketAddr,
    ) -> Result<SocketAddr, Fate> {
        let firewall = &self.config.firewall;
        if !firewall.admits(protocol, remote.port()) {
            return Err(firewall.fate());
        }
        self.expire(now);
        let toward = match self.passes(inside.ip()) {
            true => View::default(),
            false => self.config.mapping.view(remote),
        };
        let allowed = self.config.filtering.view(remote);
        let known = |(key, mapping): &(&(Protocol, SocketAddr), &mut Mapping)| {
            key.0 == protocol && (mapping.inside, mapping.toward) == (inside, toward)
        };
        if let Some((&(_, external), mapping)) = self.mappings.iter_mut().find(known) {
            mapping.used = now;
            mapping.allowed.insert(allowed);
            return Ok(external);
        }
        let external = self.assign(protocol, inside).ok_or(Fate::NoRoute)?;
        let mapping = Mapping {
            inside,
            toward,
            allowed: BTreeSet::from([allowed]),
            used: now,
        };
        self.mappings.insert((protocol, external), mapping);
        Ok(external)
    }

    /// The inside destination of a packet from the outside.
    pub(crate) fn inbound(
        &mut self,
        now: Instant,
        protocol: Protocol,
        source: SocketAddr,
        destination: SocketAddr,
    ) -> Result<SocketAddr, Fate> {
        if !self.config.firewall.admits(protocol, source.port()) {
            return Err(Fate::Blocked);
        }
        self.expire(now);
        let mapping = self.mappings.get_mut(&(protocol, destination));
        let view = self.config.filtering.view(source);
        let mapping = mapping
            .filter(|mapping| mapping.allowed.contains(&view))
            .ok_or(Fate::Filtered)?;
        // RFC 4787 REQ-6: outbound refreshes always, inbound may.
        if self.config.inbound_refreshes {
            mapping.used = now;
        }
        Ok(mapping.inside)
    }

    /// An external address for a new mapping (RFC 4787 §4.2). Of several the first of the family is
    /// taken, which pairs them as REQ-2 wants.
    fn assign(&mut self, protocol: Protocol, inside: SocketAddr) -> Option<SocketAddr> {
        if self.passes(inside.ip()) {
            return Some(inside);
        }
        let family = |address: &&IpAddr| address.is_ipv4() == inside.is_ipv4();
        let address = *self.config.external.iter().find(family)?;
        let preserved = SocketAddr::new(address, inside.port());
        let wanted = self.config.ports == PortAssignment::Preserving;
        // REQ-3: no port is used twice, preservation or not.
        if wanted && !self.mappings.contains_key(&(protocol, preserved)) {
            return Some(preserved);
        }
        let mut port = self.next_port;
        while self
            .mappings
            .contains_key(&(protocol, SocketAddr::new(address, port)))
            || !self.config.ports.allows(inside.port(), port)
        {
            port = port.checked_add(1)?;
        }
        self.next_port = port.checked_add(1)?;
        Some(SocketAddr::new(address, port))
    }

    fn expire(&mut self, now: Instant) {
        let config = &self.config;
        self.mappings.retain(|(protocol, _), mapping| {
            let lifetime = match protocol {
                Protocol::Udp => config.lifetime,
                Protocol::Tcp => config.stream_lifetime,
            };
            now - mapping.used < lifetime
        });
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::Behaviour;

    const UDP: Protocol = Protocol::Udp;

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

    /// RFC 4787 §4.1.
    #[test]
    fn mapping_depends_on_what_it_says() {
        let distinct = BEHAVIOURS.map(|mapping| {
            let mut nat = nat(mapping, Behaviour::EndpointIndependent);
            let now = Instant::now();
            let inside = socket("10.0.0.1:5000");
            let external = remotes()
                .map(|remote| nat.outbound(now, UDP, inside, remote).expect("a free port"));
            assert_eq!(
                nat.outbound(now, UDP, inside, remotes()[0]),
                Ok(external[0])
            );
            external.into_iter().collect::<BTreeSet<_>>().len()
        });
        assert_eq!(distinct, [1, 2, 3]);
    }

    /// RFC 4787 §5.
    #[test]
    fn filtering_depends_on_what_it_says() {
        let admitted = BEHAVIOURS.map(|filtering| {
            let mut nat = nat(Behaviour::EndpointIndependent, filtering);
            let now = Instant::now();
            let inside = socket("10.0.0.1:5000");
            let external = nat
                .outbound(now, UDP, inside, remotes()[0])
                .expect("a free port");
            remotes().map(|remote| nat.inbound(now, UDP, remote, external) == Ok(inside))
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
            let external = nat.outbound(now, UDP, inside, remote).expect("a free port");
            assert_eq!(nat.inbound(now, UDP, remote, external), Ok(inside));
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
            .outbound(now, UDP, inside, remotes()[0])
            .expect("a free port");
        let other = SocketAddr::new(external[1], mapped.port());
        assert_eq!(
            nat.inbound(now, UDP, remotes()[0], other),
            Err(Fate::Filtered)
        );
    }

    /// RFC 4787 §4.3.
    #[test]
    fn a_mapping_lives_while_the_inside_sends() {
        let mut nat = nat(
            Behaviour::EndpointIndependent,
            Behaviour::EndpointIndependent,
        );
        let start = Instant::now();
        let (inside, remote) = (socket("10.0.0.1:5000"), remotes()[0]);
        let external = nat
            .outbound(start, UDP, inside, remote)
            .expect("a free port");
        let later = start + Duration::from_secs(100);
        assert_eq!(nat.outbound(later, UDP, inside, remote), Ok(external));
        let later = later + Duration::from_secs(119);
        assert_eq!(nat.inbound(later, UDP, remote, external), Ok(inside));
        let later = later + Duration::from_secs(1);
        assert_eq!(
            nat.inbound(later, UDP, remote, external),
            Err(Fate::Filtered)
        );
        assert_ne!(nat.outbound(later, UDP, inside, remote), Ok(external));
    }

    #[test]
    fn a_family_without_an_external_address_does_not_get_out() {
        let mut nat = nat(
            Behaviour::EndpointIndependent,
            Behaviour::EndpointIndependent,
        );
        let outbound = nat.outbound(
            Instant::now(),
            UDP,
            socket("[fd00::1]:1"),
            socket("[2001:db8::1]:1"),
        );
        assert_eq!(outbound, Err(Fate::NoRoute));
    }

    /// The external ports that these internal ones get.
    fn ports(ports: PortAssignment, internal: &[&str]) -> Vec<u16> {
        let mut nat = Nat::new(NatConfig {
            ports,
            ..NatConfig::new("203.0.113.1".parse().expect("a literal"))
        });
        let outbound = |inside: &&str| {
            nat.outbound(Instant::now(), UDP, socket(inside), remotes()[0])
                .expect("a free port")
                .port()
        };
        internal.iter().map(outbound).collect()
    }

    /// RFC 4787 §4.2.1: a preserved port is not used twice (REQ-3).
    #[test]
    fn ports_are_preserved_while_they_are_free() {
        let internal = ["10.0.0.1:5000", "10.0.0.2:5000", "10.0.0.2:40001"];
        let preserved = ports(PortAssignment::Preserving, &internal);
        assert_eq!(preserved, [5000, 40_000, 40_001]);
        let internal = ["10.0.0.2:40000", "10.0.0.1:5000", "10.0.0.2:5000"];
        let preserved = ports(PortAssignment::Preserving, &internal);
        assert_eq!(preserved, [40_000, 5000, 40_001]);
    }

    /// RFC 4787 §4.2.2, REQ-4.
    #[test]
    fn even_ports_stay_even_and_odd_ones_odd() {
        let internal = ["10.0.0.1:5001", "10.0.0.1:5003", "10.0.0.1:5004"];
        let assigned = ports(PortAssignment::ParityPreserving, &internal);
        assert_eq!(assigned, [40_001, 40_003, 40_004]);
        let assigned = ports(PortAssignment::Next, &internal);
        assert_eq!(assigned, [40_000, 40_001, 40_002]);
    }

    /// RFC 4787 §4.3, REQ-6: the refresh by what comes in is a choice.
    #[test]
    fn what_comes_in_prolongs_a_mapping_if_it_may() {
        for inbound_refreshes in [false, true] {
            let mut nat = Nat::new(NatConfig {
                inbound_refreshes,
                ..NatConfig::new("203.0.113.1".parse().expect("a literal"))
            });
            let start = Instant::now();
            let (inside, remote) = (socket("10.0.0.1:5000"), remotes()[0]);
            let external = nat
                .outbound(start, UDP, inside, remote)
                .expect("a free port");
            let after = |seconds| start + Duration::from_secs(seconds);
            let inbound = nat.inbound(after(100), UDP, remote, external);
            assert_eq!(inbound, Ok(inside));
            let inbound = nat.inbound(after(200), UDP, remote, external);
            assert_eq!(inbound.is_ok(), inbound_refreshes);
        }
    }

    /// RFC 5382 REQ-5: streams are kept longer, and are not datagrams.
    #[test]
    fn streams_have_mappings_of_their_own() {
        let mut nat = nat(
            Behaviour::EndpointIndependent,
            Behaviour::EndpointIndependent,
        );
        let (start, tcp) = (Instant::now(), Protocol::Tcp);
        let (inside, remote) = (socket("10.0.0.1:5000"), remotes()[0]);
        let external = nat
            .outbound(start, tcp, inside, remote)
            .expect("a free port");
        let inbound = nat.inbound(start, UDP, remote, external);
        assert_eq!(inbound, Err(Fate::Filtered));
        let two_hours = start + Duration::from_secs(2 * 3600);
        assert_eq!(nat.inbound(two_hours, tcp, remote, external), Ok(inside));
        let later = start + Duration::from_secs(124 * 60);
        let inbound = nat.inbound(later, tcp, remote, external);
        assert_eq!(inbound, Err(Fate::Filtered));
    }

    #[test]
    fn the_presets_are_what_their_names_say() {
        let external = "203.0.113.1".parse().expect("a literal");
        let [independent, address, port] = BEHAVIOURS;
        let presets = [
            (NatConfig::full_cone(external), independent, independent),
            (NatConfig::restricted(external), independent, address),
            (NatConfig::port_restricted(external), independent, port),
            (NatConfig::symmetric(external), port, port),
        ];
        for (preset, mapping, filtering) in presets {
            assert_eq!((preset.mapping, preset.filtering), (mapping, filtering));
        }
    }
}
