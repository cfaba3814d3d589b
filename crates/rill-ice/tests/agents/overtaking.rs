//! Checks that overtake what signalling says of where they come from.

use std::net::SocketAddr;
use std::time::Duration;

use rand_chacha::rand_core::Rng;
use rill_ice::{Kind, PairInfo, PairState, RemoteCandidate, Role};
use rill_sim::{Link, NatConfig, Seed};

use crate::node::Node;
use crate::relays::{TURN, serving, udp};
use crate::scene::{Scene, Setting, ip};
use crate::subject::{Subject, address, candidate};

/// What the PRIORITY of every check says (RFC 8445 §7.1.1), and candidates of these kinds have.
const REFLEXIVE: u32 = 100 << 24;
const RELAYED: u32 = 255;

fn signalled(kind: Kind, address: SocketAddr) -> RemoteCandidate {
    let priority = match kind {
        Kind::Relayed => RELAYED,
        _ => REFLEXIVE,
    };
    RemoteCandidate {
        kind,
        priority,
        foundation: address.to_string(),
        ..candidate(address)
    }
}

impl Subject {
    /// The peer checks from there, as its relay or its host does.
    fn overtaken_by(&mut self, from: SocketAddr) {
        let check = self.check_of(110 << 24, |writer| writer);
        self.feed(from, check);
    }
}

/// The relay is the first to be nominated, for nothing else answers.
#[test]
fn a_relay_that_is_told_of_late_gives_way() {
    let (relay, direct) = (address(1), address(2));
    let mut subject = Subject::new(Role::Controlling);
    subject.overtaken_by(relay);
    subject.answer_checks(&[relay]);
    assert_eq!(subject.nominated, [relay]);
    let added = subject.try_add(signalled(Kind::ServerReflexive, direct));
    added.expect("accepted");
    subject.answer_checks(&[relay, direct]);
    let is_direct = |pair: &PairInfo| pair.remote.kind == Kind::ServerReflexive;
    let pair = subject.pairs().into_iter().find(is_direct);
    let state = pair.expect("it is paired").state;
    assert_eq!(state, PairState::Succeeded, "it is checked all the same");
    let added = subject.try_add(signalled(Kind::Relayed, relay));
    added.expect("accepted");
    subject.answer_checks(&[relay, direct]);
    assert_eq!(subject.selected(), Some((direct, true)));
}

/// Nothing more was expected, so all worse pairs were put aside for it.
#[test]
fn what_was_put_aside_for_a_relay_is_checked_after_all() {
    let (relay, direct) = (address(1), address(2));
    let mut subject = Subject::new(Role::Controlling);
    let (now, transport) = (subject.now, subject.transport);
    subject
        .agent
        .presume_end_of_remote_candidates(now, transport);
    subject.overtaken_by(relay);
    subject.answer_checks(&[relay]);
    assert_eq!(subject.selected(), Some((relay, true)));
    let added = subject.try_add(signalled(Kind::ServerReflexive, direct));
    added.expect("accepted");
    assert_eq!(subject.requests(), []);
    let added = subject.try_add(signalled(Kind::Relayed, relay));
    added.expect("accepted");
    subject.answer_checks(&[relay, direct]);
    assert_eq!(subject.selected(), Some((direct, true)));
}

/// Its nomination waits for what is checked, though its PRIORITY is higher.
#[test]
fn a_direct_pair_under_way_is_waited_for_where_a_relay_may_hide() {
    let (hidden, direct) = (address(1), address(2));
    let mut subject = Subject::new(Role::Controlling);
    let added = subject.try_add(signalled(Kind::ServerReflexive, direct));
    added.expect("accepted");
    let held = subject.requests();
    subject.overtaken_by(hidden);
    subject.answer_checks(&[hidden]);
    assert_eq!(subject.nominated, []);
    let (to, check) = &held[0];
    subject.feed(*to, crate::subject::success(check));
    subject.answer_checks(&[hidden, direct]);
    assert_eq!(subject.nominated, [hidden], "so far it is the better one");
}

/// A controlled agent takes the best of several that are nominated (RFC 8445 §8.1.1).
#[test]
fn both_sides_know_a_relay_when_it_is_told() {
    let (relay, direct) = (address(1), address(2));
    let mut subject = Subject::new(Role::Controlled);
    let added = subject.try_add(signalled(Kind::ServerReflexive, direct));
    added.expect("accepted");
    subject.overtaken_by(relay);
    subject.answer_checks(&[relay, direct]);
    subject.check_from(relay, true);
    subject.check_from(direct, true);
    assert_eq!(subject.selected(), Some((relay, true)));
    let added = subject.try_add(signalled(Kind::Relayed, relay));
    added.expect("accepted");
    assert_eq!(subject.selected(), Some((direct, true)));
}

/// Each candidate takes its own time to be signalled; their order stays.
fn signal_at_random(scene: &mut Scene, seed: Seed, limit: Duration) {
    let mut rng = seed.rng(7);
    let hosts = [scene.alice, scene.bob];
    let mut last = [scene.sim.now(); 2];
    let over = scene.sim.run_until(limit, |sim| {
        for side in 0..2 {
            while let Some(signal) = sim.endpoint_mut(hosts[side]).outbox.pop_front() {
                let delay = Duration::from_millis(u64::from(rng.next_u32() % 400));
                last[side] = last[side].max(sim.now() + delay);
                let to = sim.endpoint_mut(hosts[1 - side]);
                to.inbox.push(last[side], signal);
            }
        }
        false
    });
    assert_eq!(over, None);
}

fn is_relayed(node: &Node) -> bool {
    let pair = node.agent.selected_pair(node.transport);
    let pair = pair.expect("it is connected");
    assert!(pair.nominated);
    [pair.local.kind, pair.remote.kind].contains(&Kind::Relayed)
}

#[test]
fn what_can_be_direct_ends_direct_whatever_overtakes_what() {
    let mut overtaken = 0;
    for renominates in [false, true] {
        for seed in Seed::many(40) {
            let _replay = rill_sim::replay!(seed);
            let mut setting = Setting {
                seed,
                nats: [
                    Some(NatConfig::full_cone(ip("203.0.113.9"))),
                    Some(NatConfig::port_restricted(ip("203.0.113.10"))),
                ],
                addresses: [vec![ip("10.0.0.1")], vec![ip("10.1.0.1")]],
                link: Link {
                    delay: Duration::from_millis(8),
                    jitter: Duration::from_millis(4),
                    ..Link::default()
                },
                ..Setting::default()
            };
            for config in &mut setting.configs {
                config.servers = vec![udp(TURN)];
            }
            let mut scene = setting.build();
            scene.sim.add_turn_server(serving(TURN), &Link::default());
            for host in [scene.alice, scene.bob] {
                scene.sim.endpoint_mut(host).told_renomination = renominates;
            }
            scene.start();
            signal_at_random(&mut scene, seed, Duration::from_secs(5));
            for host in [scene.alice, scene.bob] {
                let node = scene.node(host);
                assert!(!is_relayed(node), "{renominates}");
                overtaken += node.overtaken;
            }
        }
    }
    assert!(overtaken > 0, "what this is about did not happen");
}
