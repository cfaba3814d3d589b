//! What of the machine is used, and how it is seen from outside.

use std::net::SocketAddr;

use rill_ice::{ExternalAddress, Family, Kind, Loopback, RelayProtocol};
use rill_sim::{Link, StunServer};
use rill_stun::Method;

use crate::node::LONG;
use crate::relays::{HOME, INSIDE, TURN, serving, turn};
use crate::scene::{Scene, Setting, ip};

const STUN: &str = "192.0.2.7:3478";

fn with_addresses(addresses: &[&str]) -> Setting {
    let mut setting = Setting::default();
    setting.addresses[0] = addresses.iter().copied().map(ip).collect();
    setting
}

fn hosts(scene: &Scene) -> Vec<SocketAddr> {
    let hosts = scene.gathered(scene.alice, Kind::Host);
    hosts.iter().map(|host| host.address).collect()
}

#[test]
fn sockets_are_bound_in_the_range_that_is_given() {
    let mut setting = with_addresses(&["198.51.100.1", "198.51.100.3"]);
    setting.configs[0].reach.ports = Some(5000..=5001);
    let mut scene = setting.build();
    let taken = "198.51.100.3:5000".parse().expect("a literal address");
    let bound = scene
        .sim
        .endpoint_mut(scene.alice)
        .driver
        .host
        .bind_port(taken);
    bound.expect("it is free");
    scene.gather();
    let expected = ["198.51.100.1:5000", "198.51.100.3:5001"];
    assert_eq!(
        hosts(&scene)
            .iter()
            .map(SocketAddr::to_string)
            .collect::<Vec<_>>(),
        expected
    );
    // The range is used up on one of the two.
    scene.sim.with(scene.alice, crate::node::Node::restart);
    scene.run_for(std::time::Duration::from_secs(1));
    assert_eq!(
        hosts(&scene)[2..],
        ["198.51.100.1:5001".parse().expect("a literal address")]
    );
}

#[test]
fn interfaces_are_used_by_name() {
    let addresses = ["198.51.100.1", "198.51.100.3", "198.51.100.4"];
    let mut setting = with_addresses(&addresses);
    setting.configs[0].reach.interfaces = vec!["eth1".into(), "eth2".into()];
    setting.configs[0].reach.excluded_interfaces = vec!["eth2".into()];
    let mut scene = setting.build();
    scene.gather();
    let used: Vec<_> = hosts(&scene).iter().map(SocketAddr::ip).collect();
    assert_eq!(used, [ip("198.51.100.3")]);
}

#[test]
fn one_family_is_used_if_one_is_wanted() {
    let mut setting = with_addresses(&["198.51.100.1", "2001:db8::1"]);
    setting.configs[0].reach.family = Some(Family::V6);
    setting = setting.asking([
        turn(RelayProtocol::Tcp, TURN),
        turn(RelayProtocol::Udp, TURN),
    ]);
    let mut scene = setting.build();
    let server = scene.add_turn(serving(TURN));
    scene.gather();
    let used: Vec<_> = hosts(&scene).iter().map(SocketAddr::ip).collect();
    assert_eq!(used, [ip("2001:db8::1")]);
    // A server of the other family is not connected to either.
    let counters = scene.sim.turn_server(server).counters();
    assert_eq!(counters.requests(Method::ALLOCATE), 0);
    let errors = scene.errors(scene.alice);
    assert_eq!(errors.len(), 2);
    assert!(
        errors
            .iter()
            .all(|(_, code, reason)| *code == 701 && reason.contains("no local address")),
        "{errors:?}"
    );
}

/// A machine behind a NAT that maps its address one to one.
fn mapped(internal: Option<&str>) -> Setting {
    let mut setting = Setting::at_home();
    setting.configs[0].reach.external = vec![ExternalAddress {
        internal: internal.map(ip),
        address: ip("203.0.113.50"),
    }];
    setting
}

#[test]
fn an_external_address_is_a_reflexive_candidate_without_a_server() {
    for (internal, is_meant) in [
        (None, true),
        (Some(INSIDE), true),
        (Some("10.0.0.2"), false),
    ] {
        let mut scene = mapped(internal).build();
        scene.gather();
        let reflexive = scene.gathered(scene.alice, Kind::ServerReflexive);
        assert_eq!(reflexive.len(), usize::from(is_meant));
        for candidate in reflexive {
            let host = hosts(&scene)[0];
            assert_eq!(
                candidate.address,
                SocketAddr::new(ip("203.0.113.50"), host.port())
            );
            assert_eq!((candidate.base, candidate.related), (host, Some(host)));
            assert_eq!(candidate.url, None);
        }
    }
}

/// Nothing in front of the machine leads to loopback, unless it is named.
#[test]
fn loopback_is_not_seen_from_outside() {
    for (internal, is_mapped) in [(None, false), (Some("127.0.0.1"), true)] {
        let mut setting = mapped(internal);
        setting.addresses[0].push(ip("127.0.0.1"));
        setting.configs[0].include_loopback = Loopback::Always;
        let mut scene = setting.build();
        scene.gather();
        assert_eq!(hosts(&scene).len(), 2);
        let reflexive = scene.gathered(scene.alice, Kind::ServerReflexive);
        let mut bases = reflexive.iter().map(|candidate| candidate.base.ip());
        assert_eq!(bases.any(|base| base.is_loopback()), is_mapped);
    }
}

#[test]
fn what_a_server_sees_besides_has_a_priority_of_its_own() {
    let mut scene = mapped(None).with_server(STUN).build();
    let server = StunServer::new(STUN.parse().expect("a literal address"));
    scene.sim.add_stun_server(server, Link::default());
    scene.gather();
    let reflexive = scene.gathered(scene.alice, Kind::ServerReflexive);
    let [external, seen] = &reflexive[..] else {
        panic!("{reflexive:?}");
    };
    assert_eq!(seen.address.ip(), ip(HOME));
    assert!(external.priority > seen.priority);
}

#[test]
fn the_relay_policy_hides_an_external_address_too() {
    let mut scene = mapped(None).relayed().build();
    scene.gather();
    assert!(scene.node(scene.alice).local_candidates().is_empty());
}

#[test]
fn the_addresses_that_are_left_connect() {
    let mut setting = with_addresses(&["198.51.100.1", "198.51.100.3"]);
    setting.configs[0].reach.excluded_interfaces = vec!["eth0".into()];
    let mut scene = setting.build();
    scene.connect(LONG);
    let sent = scene.sim.trace().entries().iter();
    let from = sent.filter(|entry| entry.to_string().contains("alice: 198.51.100.1"));
    assert_eq!(from.count(), 0);
}
