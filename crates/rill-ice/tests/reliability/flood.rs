//! Binding requests by the hundred thousand.

use std::time::Duration;

use allocation_counter::measure;
use rill_ice::{Credentials, Kind, Received, TransportState};

use super::attacker::{
    Wiretap, check, connected, credentials, feed, guessed, misnamed, source, unsigned,
};
use crate::scene::Setting;

/// So many a second, from so many places.
const RATE: u32 = 100_000;
const SOURCES: u32 = 10_000;

/// Three seconds of it, from every place thirty times: whatever grew with it would show.
///
/// Reliability 2: crates/rill-ice/src/agent/inbound.rs: `if message.verify_integrity_with(&self.local.key.integrity) != Integrity::Valid {` => `if false {`
#[test]
fn a_flood_of_forgeries_leaves_nothing_behind_and_costs_the_session_nothing() {
    survive(Duration::from_secs(3));
}

/// `cargo test --release -p rill-ice --test reliability -- --ignored` runs it.
#[test]
#[ignore = "three million datagrams: the three seconds above are for every day"]
fn half_a_minute_of_the_flood_leaves_nothing_behind_either() {
    survive(Duration::from_secs(30));
}

/// Alice is asked in a wrong name, with a guessed password or without a signature while she and Bob
/// talk, each with 100 datagrams a second.
fn survive(duration: Duration) {
    const ROUND: Duration = Duration::from_millis(10);
    let rounds = u32::try_from(duration.as_millis() / ROUND.as_millis()).expect("some seconds");
    let each = RATE / 100;
    let mut scene = connected(Setting::default());
    let tap = Wiretap::on(&mut scene);
    let bob = scene.node(scene.bob).ufrag.clone().expect("it started");
    let before = *scene.node(scene.alice).agent.counters();
    let mut grown = 0;
    for round in 0..rounds {
        for host in [scene.alice, scene.bob] {
            assert!(scene.sim.endpoint_mut(host).send(b"\x16data"));
        }
        scene.sim.with(scene.alice, |node, now| {
            let forgeries = forgeries(&credentials(node), &bob, round);
            let counted = measure(|| {
                for number in round * each..(round + 1) * each {
                    let bytes = &forgeries[number as usize % forgeries.len()];
                    let from = source(number % SOURCES);
                    assert_eq!(feed(node, now, from, bytes), Received::Dropped);
                }
            });
            grown += counted.bytes_current;
        });
        scene.run_for(ROUND);
    }
    assert!(grown <= 1024, "{grown} bytes more are held");
    assert_eq!(tap.datagrams(), 0);
    let node = scene.node(scene.alice);
    let after = *node.agent.counters();
    let forged = u64::from(rounds * each);
    assert_eq!(after.unauthenticated - before.unauthenticated, forged);
    assert_eq!(after.errors_sent, before.errors_sent);
    assert_eq!(node.agent.pairs(node.transport).count(), 1);
    // The session loses nothing and takes no notice.
    scene.run_for(Duration::from_secs(1));
    assert!(scene.both_are(TransportState::Completed));
    for host in [scene.alice, scene.bob] {
        let node = scene.node(host);
        assert_eq!(node.payloads.len(), rounds as usize);
        let states = node.states();
        assert!(
            !states.contains(&TransportState::Disconnected),
            "{states:?}"
        );
    }
}

fn forgeries(local: &Credentials, bob: &str, number: u32) -> [Vec<u8>; 3] {
    [
        check(&misnamed(local), bob, number, |writer| {
            writer.ice_controlled(1)
        }),
        check(&guessed(local), bob, number, |writer| {
            writer.use_candidate()
        }),
        unsigned(local, bob, number),
    ]
}

/// The description leaked: 10,000 ports with the right password.
///
/// Reliability 3: crates/rill-ice/src/candidate/remote_list.rs: `if self.discovered >= limit {` => `if false {`
#[test]
fn whoever_knows_the_password_fills_a_small_table_and_no_more() {
    let mut scene = connected(Setting::default());
    let bob = scene.node(scene.bob).ufrag.clone().expect("it started");
    let selected = |scene: &crate::scene::Scene| {
        let node = scene.node(scene.alice);
        node.agent
            .selected_pair(node.transport)
            .expect("connected")
            .path
    };
    let before = selected(&scene);
    let tap = Wiretap::on(&mut scene);
    let mut grown = 0;
    for round in 0..100_u32 {
        scene.sim.with(scene.alice, |node, now| {
            let local = credentials(node);
            let counted = measure(|| {
                for number in 0..100 {
                    let number = round * 100 + number;
                    let bytes = check(&local, &bob, number, |writer| writer.ice_controlled(1));
                    feed(node, now, source(number), &bytes);
                }
            });
            grown += counted.bytes_current;
            let pairs = node.agent.pairs(node.transport);
            let strangers = pairs.filter(|pair| pair.remote.kind == Kind::PeerReflexive);
            assert!(strangers.count() <= 32, "the limit");
        });
        scene.run_for(Duration::from_millis(10));
        assert_eq!(selected(&scene), before);
    }
    assert!(
        (1..128 * 1024).contains(&grown),
        "{grown} bytes more are held"
    );
    scene.run_for(Duration::from_secs(60));
    assert_eq!(selected(&scene), before);
    assert!(scene.both_are(TransportState::Completed));
    // 32 strangers are checked, some of the others answered once: 10,000 responses at most.
    let sent = tap.datagrams();
    assert!((1000..=10_000 + 32 * 100).contains(&sent), "{sent}");
    // Nobody was there: there is room for an honest newcomer.
    scene.sim.with(scene.alice, |node, now| {
        let count = |node: &crate::node::Node| node.agent.counters().over_limit;
        let full = count(node);
        let honest = check(&credentials(node), &bob, 1, |writer| {
            writer.ice_controlled(1)
        });
        feed(node, now, source(60_000), &honest);
        assert_eq!(count(node), full);
        let mut pairs = node.agent.pairs(node.transport);
        let newcomer = rill_ice::RemoteAddress::Ip(source(60_000));
        assert!(pairs.any(|pair| pair.remote.address == newcomer));
    });
}
