//! Gathering: candidates, servers, deadlines.

use std::time::Duration;

use rill_ice::{Event, GatheringState, Kind, ServerConfig, ServerHost, ServerOutcome, Service};
use rill_sim::{Link, NatConfig};

use crate::node::{LONG, Node};
use crate::scene::{Scene, Setting, ip};

const SERVER: &str = "192.0.2.1:3478";
const SERVER_6: &str = "[2001:db8:ffff::1]:3478";
const DEAD: &str = "192.0.2.66:3478";

fn gather(scene: &mut Scene) -> Duration {
    let from = scene.sim.now();
    scene.sim.with(scene.alice, Node::start);
    let done = |alice: &Node, _: &Node| {
        alice.agent.gathering_state(alice.transport) == GatheringState::Complete
    };
    scene.run_until(LONG, done).expect("gathering ends");
    scene.sim.now() - from
}

fn behind_nat() -> Setting {
    let nat = NatConfig::new(ip("203.0.113.9"));
    Setting {
        nats: [Some(nat), None],
        addresses: [vec![ip("10.0.0.1")], vec![ip("198.51.100.2")]],
        ..Setting::default()
    }
}

fn answering(address: &str) -> rill_sim::StunServer {
    rill_sim::StunServer::new(address.parse().expect("a literal address"))
}

fn outcomes(scene: &Scene) -> Vec<(String, ServerOutcome, Duration)> {
    let outcome = |(_, event): &(std::time::Instant, Event)| match event {
        Event::Server {
            url,
            outcome,
            elapsed,
            ..
        } => Some((url.clone(), outcome.clone(), *elapsed)),
        _ => None,
    };
    scene
        .node(scene.alice)
        .events
        .iter()
        .filter_map(outcome)
        .collect()
}

fn errors(scene: &Scene) -> Vec<u16> {
    let code = |(_, event): &(std::time::Instant, Event)| match event {
        Event::CandidateError { code, .. } => Some(*code),
        _ => None,
    };
    scene
        .node(scene.alice)
        .events
        .iter()
        .filter_map(code)
        .collect()
}

#[test]
fn host_candidates_come_without_any_wait() {
    let mut scene = Setting::default().build();
    assert_eq!(gather(&mut scene), Duration::ZERO);
    let candidates = scene.node(scene.alice).local_candidates();
    assert_eq!(candidates.len(), 1);
    assert_eq!(candidates[0].priority, 2_130_706_431);
    assert_eq!(candidates[0].related, None);
}

#[test]
fn events_come_in_order() {
    let mut scene = behind_nat().with_server(SERVER).build();
    scene
        .sim
        .add_stun_server(answering(SERVER), Link::default());
    gather(&mut scene);
    let transport = scene.node(scene.alice).transport;
    let events: Vec<&Event> = scene
        .node(scene.alice)
        .events
        .iter()
        .map(|(_, e)| e)
        .collect();
    let state = |event: &Event| match event {
        Event::GatheringState { state, .. } => Some(*state),
        _ => None,
    };
    assert_eq!(state(events[0]), Some(GatheringState::Gathering));
    assert!(
        matches!(events[1], Event::LocalCandidate { candidate, .. } if candidate.kind == Kind::Host)
    );
    assert!(matches!(events[2], Event::Server { .. }));
    assert!(
        matches!(events[3], Event::LocalCandidate { candidate, .. } if candidate.kind == Kind::ServerReflexive)
    );
    assert!(matches!(events[4], Event::LocalEndOfCandidates { .. }));
    assert_eq!(state(events[5]), Some(GatheringState::Complete));
    assert_eq!(events.len(), 6, "{transport:?}: {events:?}");
}

#[test]
fn a_reflexive_candidate_names_its_base_and_server() {
    let mut scene = behind_nat().with_server(SERVER).build();
    scene
        .sim
        .add_stun_server(answering(SERVER), Link::default());
    let time = gather(&mut scene);
    assert_eq!(time, Duration::from_millis(20));
    let candidates = scene.node(scene.alice).local_candidates();
    let [host, reflexive] = &candidates[..] else {
        panic!("{candidates:?}");
    };
    assert_eq!(reflexive.kind, Kind::ServerReflexive);
    assert_eq!(reflexive.address.ip(), ip("203.0.113.9"));
    assert_eq!(
        (reflexive.base, reflexive.related),
        (host.address, Some(host.address))
    );
    assert_eq!(reflexive.url.as_deref(), Some("stun:192.0.2.1:3478"));
    assert_ne!(reflexive.foundation, host.foundation);
    assert!(reflexive.priority < host.priority);
}

/// Trickle B17: crates/rill-ice/src/candidate/local.rs: `if self.find(candidate.address, candidate.base).is_some() {`
#[test]
fn two_servers_that_agree_make_one_candidate() {
    let second = "192.0.2.2:3478";
    let mut scene = behind_nat().with_server(SERVER).with_server(second).build();
    scene
        .sim
        .add_stun_server(answering(SERVER), Link::default());
    scene
        .sim
        .add_stun_server(answering(second), Link::default());
    gather(&mut scene);
    assert_eq!(scene.node(scene.alice).local_candidates().len(), 2);
    let outcomes = outcomes(&scene);
    assert_eq!(outcomes.len(), 2);
    assert!(
        outcomes
            .iter()
            .all(|(_, o, _)| matches!(o, ServerOutcome::Reflexive(_)))
    );
}

/// Trickle B17: crates/rill-ice/src/candidate/local.rs: `if self.find(candidate.address, candidate.base).is_some() {`
#[test]
fn a_public_address_makes_the_reflexive_candidate_redundant() {
    let mut scene = Setting::default().with_server(SERVER).build();
    scene
        .sim
        .add_stun_server(answering(SERVER), Link::default());
    gather(&mut scene);
    let candidates = scene.node(scene.alice).local_candidates();
    assert_eq!(candidates.len(), 1);
    let outcomes = outcomes(&scene);
    assert_eq!(
        outcomes[0].1,
        ServerOutcome::Redundant(candidates[0].address)
    );
    assert_eq!(errors(&scene), Vec::<u16>::new());
}

#[test]
fn a_dead_server_is_given_up_in_time_and_holds_nobody_up() {
    let mut scene = behind_nat().with_server(DEAD).with_server(SERVER).build();
    scene
        .sim
        .add_stun_server(answering(SERVER), Link::default());
    let time = gather(&mut scene);
    assert_eq!(time, Duration::from_millis(1800));
    let first = scene.node(scene.alice).events.iter().find(|(_, event)| {
        matches!(event, Event::LocalCandidate { candidate, .. } if candidate.kind == Kind::ServerReflexive)
    });
    let (at, _) = first.expect("the living server answered");
    assert_eq!(*at - scene.sim.start(), Duration::from_millis(20));
    let outcomes = outcomes(&scene);
    assert_eq!(outcomes[1].1, ServerOutcome::TimedOut);
    assert_eq!(outcomes[1].2, Duration::from_millis(1800));
    assert_eq!(errors(&scene), [701]);
}

#[test]
fn a_server_that_lost_the_first_requests_still_counts() {
    let mut scene = behind_nat().with_server(SERVER).build();
    scene
        .sim
        .add_stun_server(answering(SERVER).dropping_first(3), Link::default());
    let time = gather(&mut scene);
    assert_eq!(time, Duration::from_millis(1020));
    assert_eq!(scene.node(scene.alice).local_candidates().len(), 2);
}

#[test]
fn a_refusal_is_reported_with_the_servers_words() {
    let mut scene = behind_nat().with_server(SERVER).build();
    scene.sim.add_stun_server(
        answering(SERVER).refusing(403, "Forbidden"),
        Link::default(),
    );
    assert!(gather(&mut scene) < Duration::from_millis(100));
    let reason = "Forbidden".to_owned();
    assert_eq!(
        outcomes(&scene)[0].1,
        ServerOutcome::Rejected { code: 403, reason }
    );
    assert_eq!(errors(&scene), [403]);
}

#[test]
fn one_family_that_answers_is_not_held_up_by_the_other() {
    let mut setting = behind_nat();
    setting.addresses[0].push(ip("2001:db8::1"));
    setting.configs[0].servers.push(ServerConfig {
        url: "stun:both.example".into(),
        host: ServerHost::Name("both.example".into()),
        port: 3478,
        service: Service::Stun,
    });
    let nat = setting.nats[0].as_mut().expect("it is set");
    nat.external.push(ip("2001:db8:9::9"));
    let mut scene = setting.build();
    scene
        .sim
        .add_stun_server(answering(SERVER), Link::default());
    let addresses = vec![ip("2001:db8:ffff::1"), ip("192.0.2.1")];
    let names = scene.sim.endpoint_mut(scene.alice).driver.host.names_mut();
    names.insert("both.example", Duration::from_millis(30), addresses);
    let time = gather(&mut scene);
    // 30 ms to resolve, a round trip, and the grace for the other family.
    assert_eq!(time, Duration::from_millis(550));
    assert_eq!(outcomes(&scene).len(), 1);
    assert_eq!(errors(&scene), Vec::<u16>::new());
}

#[test]
fn both_families_of_a_server_are_asked() {
    let mut setting = behind_nat().with_server(SERVER_6).with_server(SERVER);
    setting.addresses[0].push(ip("2001:db8::1"));
    setting.nats[0]
        .as_mut()
        .expect("it is set")
        .external
        .push(ip("2001:db8:9::9"));
    let mut scene = setting.build();
    scene
        .sim
        .add_stun_server(answering(SERVER), Link::default());
    scene
        .sim
        .add_stun_server(answering(SERVER_6), Link::default());
    gather(&mut scene);
    let candidates = scene.node(scene.alice).local_candidates();
    let reflexive = candidates
        .iter()
        .filter(|c| c.kind == Kind::ServerReflexive);
    let families: Vec<bool> = reflexive.map(|c| c.address.is_ipv6()).collect();
    assert_eq!(families.len(), 2);
    assert!(families.contains(&true) && families.contains(&false));
}

#[test]
fn names_that_fail_or_hang_are_given_up() {
    let mut setting = Setting::default();
    for name in ["nowhere.example", "hanging.example"] {
        setting.configs[0].servers.push(ServerConfig {
            service: Service::Stun,
            url: format!("stun:{name}"),
            host: ServerHost::Name(name.into()),
            port: 3478,
        });
    }
    let mut scene = setting.build();
    let names = scene.sim.endpoint_mut(scene.alice).driver.host.names_mut();
    names.insert(
        "hanging.example",
        Duration::from_secs(30),
        vec![ip("192.0.2.1")],
    );
    assert_eq!(gather(&mut scene), Duration::from_millis(1800));
    assert_eq!(errors(&scene), [701, 701]);
    let outcomes = outcomes(&scene);
    assert!(
        outcomes
            .iter()
            .all(|(_, o, _)| matches!(o, ServerOutcome::ResolveFailed(_)))
    );
}

#[test]
fn a_server_that_no_address_reaches_does_not_cost_time() {
    let mut scene = Setting::default().with_server(SERVER_6).build();
    assert_eq!(gather(&mut scene), Duration::ZERO);
    assert_eq!(outcomes(&scene)[0].1, ServerOutcome::Unreachable);
}

#[test]
fn a_refused_send_gives_the_server_up_at_once() {
    let mut scene = Setting::default().with_server(DEAD).build();
    scene.sim.add_unreachable_address(ip("192.0.2.66"));
    assert!(gather(&mut scene) < Duration::from_millis(10));
    assert_eq!(errors(&scene), [701]);
}

#[test]
fn reflexive_candidates_are_kept_alive_while_waiting() {
    let mut scene = behind_nat().with_server(SERVER).build();
    let server = scene
        .sim
        .add_stun_server(answering(SERVER), Link::default());
    gather(&mut scene);
    let before = scene.sim.stun_server(server).requests();
    scene.run_for(Duration::from_secs(110));
    assert_eq!(scene.sim.stun_server(server).requests() - before, 5);
}

#[test]
fn gathering_twice_is_gathering_once() {
    let mut scene = Setting::default().build();
    gather(&mut scene);
    let count = scene.node(scene.alice).events.len();
    gather(&mut scene);
    assert_eq!(scene.node(scene.alice).events.len(), count);
}
