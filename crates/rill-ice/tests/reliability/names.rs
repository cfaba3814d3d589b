//! Names of the peer's are looked up nearby, once, or not at all.

use std::collections::BTreeSet;
use std::time::Duration;

use rill_ice::{Kind, Protocol, RemoteAddress, RemoteCandidate};

use crate::node::Node;
use crate::scene::{Scene, Setting};

fn signal(scene: &mut Scene, names: impl IntoIterator<Item = String>) {
    scene.sim.with(scene.alice, |node, now| {
        for name in names {
            let candidate = RemoteCandidate {
                foundation: "1".into(),
                component: 1,
                protocol: Protocol::Udp,
                priority: 9,
                kind: Kind::Host,
                address: RemoteAddress::Name { name, port: 9 },
                ufrag: None,
            };
            // Beyond the limit they are refused.
            let _ = node
                .agent
                .add_remote_candidate(now, node.transport, candidate);
            node.pump(now);
        }
    });
}

fn alone() -> Scene {
    let mut scene = Setting::default().build();
    scene.gather();
    scene
}

fn unknown(number: u32) -> String {
    format!("{number:08x}-0000-4000-8000-000000000000.local")
}

/// The querier's own part, how often and how long it asks, is in `mdns/asking.rs`.
///
/// Reliability 11: crates/rill-ice/src/agent/remote.rs: `policy == CandidatePolicy::All && self.remote.lookups < ctx.config.limits.lookups;` => `policy == CandidatePolicy::All;`
#[test]
fn of_a_thousand_names_that_nobody_has_each_is_asked_for_once_and_few_at_a_time() {
    let mut scene = alone();
    signal(&mut scene, (0..1000).map(unknown));
    let asked = |scene: &Scene| scene.node(scene.alice).looked_up.clone();
    assert_eq!(asked(&scene).len(), 16, "at once");
    for _ in 0..100 {
        scene.run_for(Duration::from_millis(200));
        signal(&mut scene, (0..1000).map(unknown));
    }
    let asked = asked(&scene);
    let different: BTreeSet<_> = asked.iter().collect();
    assert_eq!(asked.len(), different.len(), "one was asked for again");
    assert!(asked.len() <= 100, "{} candidates", asked.len());
    let node: &Node = scene.node(scene.alice);
    assert!(node.resolved.is_empty(), "{:?}", node.resolved);
    let remotes = node.agent.remote_candidates(node.transport).count();
    assert!(remotes <= 100, "{remotes}");
}

/// Reliability 11: crates/rill-ice/src/agent/remote.rs: `match name.parse::<mdns::Name>() {`
/// Reliability 12: crates/rill-ice/src/agent/remote.rs: `match name.parse::<mdns::Name>() {`
#[test]
fn what_is_no_uuid_of_multicast_dns_is_asked_of_nobody() {
    let mut scene = alone();
    let long = "a".repeat(250);
    let uuid = "01234567-89ab-4cde-8f01-23456789abcd";
    let names = [
        "internal.example".to_owned(),
        "metadata.google.internal".to_owned(),
        "localhost".to_owned(),
        "printer.local".to_owned(),
        ".local".to_owned(),
        "local".to_owned(),
        String::new(),
        uuid.to_owned(),
        format!("{uuid}.local.example"),
        format!("{uuid}.example"),
        format!("x.{uuid}.local"),
        format!("{uuid}x.local"),
        format!("{}.local", uuid.replace('-', "_")),
        format!("{}.local", &uuid[1..]),
        format!("{uuid}\0.local"),
        format!("{uuid}.local\r\n"),
        format!("{long}.local"),
        format!("{}.local", "a".repeat(64 * 1024)),
        "192.0.2.1.local".to_owned(),
    ];
    let count = u64::try_from(names.len()).expect("few");
    signal(&mut scene, names);
    scene.run_for(Duration::from_secs(60));
    let node = scene.node(scene.alice);
    assert_eq!(node.looked_up, Vec::<String>::new());
    assert_eq!(node.resolved, Vec::<String>::new());
    assert_eq!(node.agent.counters().unusable_candidates, count);
    // One that is as it should be is.
    signal(&mut scene, [format!("{uuid}.local")]);
    assert_eq!(scene.node(scene.alice).looked_up.len(), 1);
}
