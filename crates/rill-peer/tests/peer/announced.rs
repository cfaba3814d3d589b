//! Our candidates, one by one: B4 to B7 and B17 to B22 of TRICKLE.md, and G8 as far as it is ours.

use std::{net::SocketAddr, time::Duration};

use rill_peer::{BundlePolicy, Event, IceGatheringState, IceTransportPolicy, MediaKind};
use rill_sim::StunServer;

use crate::{
    adapter::Adapter,
    diary::Entry,
    gathering::gathered,
    offer::{sections, value_of},
    scene::{Scene, Setting, ip},
    signal::{Manner, Signal},
};

/// Two interfaces and a server; what Alice signals is kept.
pub(crate) fn signalled(manner: Manner) -> (Scene, Vec<Signal>) {
    let mut setting = Setting::default();
    setting.addresses[0].push(ip("203.0.113.1"));
    setting.manners[0] = manner;
    let mut scene = setting.build();
    let (sender, receiver) = std::sync::mpsc::channel();
    scene.tamper[0] = Box::new(move |signal| {
        sender.send(signal.clone()).ok()?;
        Some(signal)
    });
    scene.connect();
    scene.run_for(Duration::from_secs(3));
    (scene, receiver.try_iter().collect())
}

/// Trickle B4: crates/rill-peer/src/view/candidates.rs: `let Some((mid, index)) = self.insert_local(&found.ufrag, &line) else {`
/// Trickle B5: crates/rill-peer/src/view/candidates.rs: `sdp_mid: mid,`
/// Trickle B6: crates/rill-peer/src/view/candidates.rs: `.map_or_else(String::new, |candidate| candidate.to_string()),`
#[test]
fn b4_b5_b6_a_candidate_is_in_its_section_when_it_is_told() {
    let scene = gathered(Manner::Trickle);
    for side in [scene.alice(), scene.bob()] {
        for entry in &side.diary.entries {
            let Some(candidate) = entry.candidate() else {
                continue;
            };
            let index = usize::from(candidate.sdp_m_line_index);
            let section = &sections(entry.getters().local_sdp())[index];
            assert_eq!(value_of(section, "mid"), Some(&*candidate.sdp_mid));
            assert_eq!(
                value_of(section, "ice-ufrag"),
                Some(&*candidate.username_fragment)
            );
            if candidate.candidate.is_empty() {
                continue;
            }
            let text = &candidate.candidate;
            assert!(text.starts_with("candidate:"), "{text}");
            assert_eq!(text.trim(), text);
            assert!(!text.contains(['\r', '\n']), "{text}");
            assert!(section.contains(&format!("a={text}\r\n")), "{section}");
        }
    }
}

/// Trickle B7: crates/rill-peer/src/view/candidates.rs: `let line = line.map_or(Attribute::EndOfCandidates, Attribute::from);`
#[test]
fn b7_one_end_marker_after_the_last_candidate() {
    let scene = gathered(Manner::Trickle);
    for side in [scene.alice(), scene.bob()] {
        let candidates: Vec<_> = side
            .diary
            .entries
            .iter()
            .filter_map(|entry| Some((entry, entry.candidate()?)))
            .collect();
        let (last, others) = candidates.split_last().expect("there are some");
        assert_eq!(last.1.candidate, "");
        assert!(last.0.getters().local_sdp().contains("a=end-of-candidates"));
        for (entry, candidate) in others {
            assert_ne!(candidate.candidate, "");
            assert!(!entry.getters().local_sdp().contains("a=end-of-candidates"));
        }
    }
}

/// Two servers see the same address, and without a NAT it is that of the host.
/// Trickle B17: crates/rill-ice/src/candidate/local.rs: `if self.find(candidate.address, candidate.base).is_some() {`
#[test]
fn b17_duplicates_are_not_told() {
    let servers = vec!["stun:192.0.2.1", "stun:192.0.2.2"];
    let setting = Setting {
        servers: [servers.clone(), servers],
        ..Setting::default()
    };
    let mut scene = setting.build_at_home(&[]);
    scene.add_server("192.0.2.1:3478");
    scene.add_server("192.0.2.2:3478");
    scene.connect();
    scene.run_for(Duration::from_secs(3));
    let count = |side: &Adapter| {
        let told = side.diary.entries.iter().filter_map(Entry::candidate);
        told.filter(|candidate| !candidate.candidate.is_empty())
            .count()
    };
    assert_eq!(count(scene.alice()), 2, "{:?}", scene.alice().diary.words());
    assert_eq!(count(scene.bob()), 1, "{:?}", scene.bob().diary.words());
}

/// Trickle B18: crates/rill-peer/src/candidate.rs: `component: 1,`
#[test]
fn b18_every_candidate_is_of_the_one_component() {
    let (scene, _) = signalled(Manner::Trickle);
    for side in [scene.alice(), scene.bob()] {
        let lines = side.diary.candidates().into_iter();
        let components: Vec<_> = lines
            .filter_map(|candidate| candidate.candidate.split(' ').nth(1))
            .collect();
        assert!(!components.is_empty());
        assert!(components.iter().all(|component| *component == "1"));
    }
}

pub(crate) fn relay_only() -> Setting {
    let mut setting = Setting::default();
    setting.servers[0] = vec!["stun:192.0.2.1"];
    setting.configurations[0].ice_transport_policy = IceTransportPolicy::Relay;
    setting
}

/// Trickle B19: crates/rill-ice/src/agent/gathering.rs: `if self.gatherer.policy == CandidatePolicy::All {` => `if true {`
#[test]
fn b19_under_relay_no_address_of_ours_is_told() {
    let mut scene = relay_only().build_at_home(&[]);
    scene.add_server("192.0.2.1:3478");
    scene.first_offer();
    scene.run_for(Duration::from_secs(3));
    let alice = scene.alice();
    let lines: Vec<_> = alice
        .diary
        .candidates()
        .iter()
        .map(|told| told.candidate.clone())
        .collect();
    assert_eq!(lines, [""], "only the end");
    assert_eq!(alice.pc.ice_gathering_state(), IceGatheringState::Complete);
    let sdp = alice.pc.local_description().expect("applied").sdp;
    for address in ["10.0.0.1", "203.0.113.9"] {
        assert!(!sdp.contains(address), "{sdp}");
    }
}

/// Trickle B20: crates/rill-peer/src/peer_connection/pump.rs: `url: candidate.url,` => `url: None,`
#[test]
fn b20_reflexive_candidates_say_which_server_told_them() {
    let mut setting = Setting::default();
    setting.servers[0] = vec!["stun:192.0.2.1"];
    let mut scene = setting.build_at_home(&[]);
    scene.add_server("192.0.2.1:3478");
    scene.first_offer();
    scene.run_for(Duration::from_secs(1));
    let urls: Vec<_> = scene
        .alice()
        .diary
        .candidates()
        .iter()
        .map(|candidate| {
            (
                candidate.candidate.split(' ').nth(7),
                candidate.url.as_deref(),
            )
        })
        .collect();
    assert_eq!(
        urls,
        [
            (Some("host"), None),
            (Some("srflx"), Some("stun:192.0.2.1")),
            (None, None)
        ]
    );
}

/// Trickle B22: crates/rill-ice/src/agent/servers.rs: `self.report_failure(ctx, now, index, outcome);`
#[test]
fn b22_errors_come_once_and_while_gathering() {
    let scene = gathered(Manner::Trickle);
    let errors: Vec<_> = scene
        .alice()
        .diary
        .entries
        .iter()
        .filter(|entry| matches!(entry.event(), Some(Event::IceCandidateError(_))))
        .collect();
    assert_eq!(errors.len(), 1, "two interfaces, one dead server");
    assert_eq!(errors[0].getters().gathering, IceGatheringState::Gathering);
    let Some(Event::IceCandidateError(error)) = errors[0].event() else {
        panic!("they were filtered");
    };
    assert_eq!((error.code, &*error.url), (701, "stun:192.0.2.99"));
}

/// The servers that Alice was told to be out of reach, in order.
fn unreachable(scene: &Scene) -> Vec<String> {
    let events = scene.alice().diary.events();
    let errors = events.filter_map(|event| match event {
        Event::IceCandidateError(error) if error.code == 701 => Some(error.url.clone()),
        _ => None,
    });
    errors.collect()
}

/// A server that no transport and no generation reaches is told of once.
/// Trickle B22: crates/rill-peer/src/view/mod.rs: `if self.unreachable.contains(&error.url) {`
#[test]
fn b22_a_server_out_of_reach_is_told_of_once() {
    let silent = |policy| {
        let mut setting = Setting::bundling(policy);
        setting.servers[0] = vec!["stun:192.0.2.98", "stun:192.0.2.99"];
        let mut scene = setting.build();
        for server in ["192.0.2.98", "192.0.2.99"] {
            scene.sim.add_dead_address(ip(server));
        }
        scene
    };
    let both = ["stun:192.0.2.98", "stun:192.0.2.99"];
    let mut apart = silent(BundlePolicy::MaxCompat);
    apart.transceiver(apart.alice, MediaKind::Audio);
    apart.first_offer();
    apart.run_for(Duration::from_secs(5));
    assert_eq!(apart.alice().pc.transports().len(), 2);
    assert_eq!(unreachable(&apart), both);

    let mut restarting = silent(BundlePolicy::MaxBundle);
    restarting.connect();
    restarting.restart(restarting.alice);
    restarting.run_for(Duration::from_secs(5));
    assert_eq!(unreachable(&restarting), both, "gathering all the while");
    restarting.restart(restarting.alice);
    restarting.run_for(Duration::from_secs(5));
    assert_eq!(unreachable(&restarting), [both, both].concat());
}

/// Trickle B22: crates/rill-ice/src/agent/servers.rs: `let address = server.refusal.as_ref().and_then(|refusal| refusal.from);` => `let address: Option<std::net::SocketAddr> = None;`
#[test]
fn b22_a_server_that_refuses_says_so_from_where_it_was_asked() {
    let mut setting = Setting::default();
    setting.servers[0] = vec!["stun:192.0.2.1"];
    let mut scene = setting.build();
    let address: SocketAddr = "192.0.2.1:3478".parse().expect("a literal address");
    let server = StunServer::new(address).refusing(420, "unknown attribute");
    scene.sim.add_stun_server(server, rill_sim::Link::default());
    scene.first_offer();
    scene.run_for(Duration::from_secs(3));
    let errors: Vec<_> = scene
        .alice()
        .diary
        .entries
        .iter()
        .filter_map(|entry| match entry.event() {
            Some(Event::IceCandidateError(error)) => Some((entry.getters().gathering, error)),
            _ => None,
        })
        .collect();
    let [(gathering, error)] = &errors[..] else {
        panic!("once: {errors:?}");
    };
    assert_eq!(*gathering, IceGatheringState::Gathering);
    assert_eq!((error.code, &*error.url), (420, "stun:192.0.2.1"));
    let own = scene.alice().driver.sockets().values().next().copied();
    assert_eq!(error.address, own, "it was announced, so it may be told");
}

/// Trickle G8: crates/rill-peer/src/peer_connection/poll.rs: `Change::LocalCandidate(found) => self.view.surface(*found, events),`
#[test]
fn g8_candidates_are_told_once_and_in_order() {
    let (scene, signals) = signalled(Manner::Trickle);
    let sent: Vec<_> = signals
        .iter()
        .filter_map(|signal| match signal {
            Signal::Candidate(Some(init)) => Some(init.candidate.clone()),
            _ => None,
        })
        .collect();
    let fired: Vec<_> = scene
        .alice()
        .diary
        .candidates()
        .iter()
        .map(|told| told.candidate.clone())
        .collect();
    assert_eq!(sent, fired);
    let mut once = sent.clone();
    once.sort();
    once.dedup();
    assert_eq!(once.len(), sent.len());
    assert_eq!(sent.last().map(String::as_str), Some(""));
}
