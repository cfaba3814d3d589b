//! ICE restarts (RFC 8445 §9).

use std::time::Duration;

use rill_ice::{Generation, TransportState};

use crate::node::{LONG, Node};
use crate::scene::{Scene, Setting, ip};

fn restart(scene: &mut Scene) {
    for host in [scene.alice, scene.bob] {
        scene.sim.with(host, |node, now| {
            assert_eq!(node.restart(now), Some(Generation(1)));
        });
    }
}

fn confirm(scene: &mut Scene) {
    for host in [scene.alice, scene.bob] {
        scene.sim.with(host, |node, now| {
            node.agent.confirm_restart(now, node.transport);
        });
    }
}

fn is_renewed(node: &Node) -> bool {
    let selected = node.agent.selected_pair(node.transport);
    selected.is_some_and(|pair| pair.nominated && node.sockets.contains_key(&pair.path.socket))
        && node.agent.pairs(node.transport).any(|pair| pair.selected)
}

#[test]
fn data_flows_on_during_a_restart_and_old_sockets_go() {
    let mut scene = Setting::default().build();
    scene.connect(LONG);
    scene.run_for(Duration::from_secs(1));
    let old = scene.node(scene.alice).ufrag.clone();
    restart(&mut scene);
    confirm(&mut scene);
    assert_ne!(scene.node(scene.alice).ufrag, old);
    assert!(scene.both_are(TransportState::Connected));
    let alice = scene.alice;
    assert!(scene.sim.endpoint_mut(alice).send(b"\x16old path"));
    let time = scene.run_until(LONG, |alice, bob| is_renewed(alice) && is_renewed(bob));
    assert!(time.is_some());
    assert!(scene.sim.endpoint_mut(alice).send(b"\x16new path"));
    scene.run_for(Duration::from_secs(5));
    assert_eq!(scene.node(scene.bob).payloads.len(), 2);
    assert_eq!(scene.node(scene.alice).sockets.len(), 1);
    let states = scene.node(scene.alice).states();
    assert!(
        !states.contains(&TransportState::Disconnected),
        "{states:?}"
    );
    assert_eq!(states.last(), Some(&TransportState::Completed));
}

#[test]
fn a_restart_leads_out_of_failure() {
    let mut scene = Setting::default().build();
    scene.connect(LONG);
    scene.sim.partition(ip("198.51.100.1"), ip("198.51.100.2"));
    scene.run_for(Duration::from_secs(40));
    assert!(scene.both_are(TransportState::Failed));
    scene.sim.heal(ip("198.51.100.1"), ip("198.51.100.2"));
    restart(&mut scene);
    confirm(&mut scene);
    assert!(scene.both_are(TransportState::Checking));
    let time = scene.run_until(LONG, |alice, bob| is_renewed(alice) && is_renewed(bob));
    assert!(time.is_some());
}
