//! Binding requests by the hundred thousand.

use std::time::Duration;

use rill_ice::{Kind, Received, TransportState};

use super::attacker::{
    Wiretap, check, connected, credentials, feed, guessed, misnamed, source, unsigned,
};
use super::memory::growth;
use crate::scene::Setting;

/// 10,000 a second for 30 s of virtual time, from 10,000 sources.
///
/// Reliability 2: crates/rill-ice/src/agent/inbound.rs: `if message.verify_integrity_with(&self.local.key.integrity) != Integrity::Valid {` => `if false {`
#[test]
fn a_flood_of_forgeries_leaves_nothing_behind_and_costs_the_session_nothing() {
    let mut scene = connected(Setting::default());
    let tap = Wiretap::on(&mut scene);
    let bob = scene.node(scene.bob).ufrag.clone().expect("it started");
    let before = *scene.node(scene.alice).agent.counters();
    let mut grown = 0;
    for round in 0..300_u32 {
        assert!(scene.sim.endpoint_mut(scene.bob).send(b"\x16data"));
        scene.sim.with(scene.alice, |node, now| {
            let local = credentials(node);
            let forgeries = [
                check(&misnamed(&local), &bob, round, |writer| {
                    writer.ice_controlled(1)
                }),
                check(&guessed(&local), &bob, round, |writer| {
                    writer.use_candidate()
                }),
                unsigned(&local, &bob, round),
            ];
            let ((), growth) = growth(|| {
                for number in 0..1000 {
                    let from = source((round * 1000 + number) % 10_000);
                    let bytes = &forgeries[number as usize % 3];
                    assert_eq!(feed(node, now, from, bytes), Received::Dropped);
                }
            });
            grown += growth;
        });
        scene.run_for(Duration::from_millis(100));
    }
    assert!(grown <= 1024, "{grown} bytes more are held");
    assert_eq!(tap.datagrams(), 0);
    let node = scene.node(scene.alice);
    let after = *node.agent.counters();
    assert_eq!(after.unauthenticated - before.unauthenticated, 300_000);
    assert_eq!(after.errors_sent, before.errors_sent);
    assert_eq!(node.agent.pairs(node.transport).count(), 1);
    // The session loses nothing and takes no notice.
    scene.run_for(Duration::from_secs(1));
    assert_eq!(scene.node(scene.alice).payloads.len(), 300);
    assert!(scene.both_are(TransportState::Completed));
    let states = scene.node(scene.alice).states();
    assert!(
        !states.contains(&TransportState::Disconnected),
        "{states:?}"
    );
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
            let ((), growth) = growth(|| {
                for number in 0..100 {
                    let number = round * 100 + number;
                    let bytes = check(&local, &bob, number, |writer| writer.ice_controlled(1));
                    feed(node, now, source(number), &bytes);
                }
            });
            grown += growth;
            let remotes = node.agent.remote_candidates(node.transport);
            let strangers = remotes.filter(|remote| remote.kind == Kind::PeerReflexive);
            assert!(strangers.count() <= 32, "the limit");
        });
        scene.run_for(Duration::from_millis(10));
        assert_eq!(selected(&scene), before);
    }
    assert!(grown < 128 * 1024, "{grown} bytes more are held");
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
