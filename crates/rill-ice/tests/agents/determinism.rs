//! Same seed, same bytes; and no order of calls matters.

use std::time::Duration;

use proptest::prelude::*;
use rill_ice::{RelayProtocol, TransportState};
use rill_sim::{Link, NatConfig, Seed};

use crate::orders::{Way, run};
use crate::relays::{OTHER, serving, turn, udp};
use crate::scene::{Setting, ip};

fn trace(seed: u64) -> String {
    let mut setting = Setting {
        link: Link {
            loss: 0.1,
            jitter: Duration::from_millis(10),
            ..Link::default()
        },
        addresses: [
            vec![ip("10.0.0.1"), ip("2001:db8::1")],
            vec![ip("198.51.100.2")],
        ],
        nats: [Some(NatConfig::new(ip("203.0.113.9"))), None],
        ..Setting::seeded(seed)
    };
    setting = setting.with_server("192.0.2.1:3478");
    setting = setting.asking([udp(OTHER), turn(RelayProtocol::Tcp, OTHER)]);
    let mut scene = setting.build();
    scene.add_turn(serving(OTHER));
    let address = "192.0.2.1:3478".parse().expect("a literal");
    scene
        .sim
        .add_stun_server(rill_sim::StunServer::new(address), Link::default());
    let bytes = std::sync::Arc::new(std::sync::Mutex::new(Vec::new()));
    let sink = bytes.clone();
    scene.sim.intercept(move |_, datagram| {
        sink.lock()
            .expect("not poisoned")
            .extend_from_slice(&datagram.bytes);
        rill_sim::Verdict::Pass
    });
    scene.start();
    scene.run_for(Duration::from_secs(12));
    let bytes = bytes.lock().expect("not poisoned");
    format!("{} {bytes:?}", scene.sim.trace())
}

#[test]
fn the_same_seed_gives_the_same_bytes() {
    assert!(trace(3) == trace(3));
    assert!(trace(3) != trace(4));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, ..ProptestConfig::default() })]

    /// Trickle F14: crates/rill-ice/src/agent/remote.rs: `(Some(_), _) | (None, None) => session.remote.ended = true,`
    /// Trickle F11: crates/rill-ice/src/session.rs: `self.local.ended && has_peer_ended`
    /// Trickle F9: crates/rill-ice/src/agent/states.rs: `|| !has_patience`
    #[test]
    fn every_order_of_calls_ends_alike(order in proptest::collection::vec(any::<u8>(), 0..400)) {
        let start = rill_sim::Simulation::<rill_sim::Silent>::new(Seed::new(1)).start();
        for side in run(Way::Direct, &order, start) {
            let pair = side.agent.selected_pair(side.transport).expect("it is selected");
            prop_assert!(pair.nominated);
            prop_assert_eq!(side.agent.state(side.transport), TransportState::Completed);
            prop_assert_eq!(side.states.first(), Some(&TransportState::Checking));
            prop_assert_eq!(side.states.last(), Some(&TransportState::Completed));
        }
    }

    #[test]
    fn every_order_of_calls_ends_alike_over_relays(
        order in proptest::collection::vec(any::<u8>(), 0..400),
        way in prop_oneof![Just(Way::Datagrams), Just(Way::Streams)],
    ) {
        let start = rill_sim::Simulation::<rill_sim::Silent>::new(Seed::new(1)).start();
        for mut side in run(way, &order, start) {
            let pair = side.agent.selected_pair(side.transport).expect("it is selected");
            prop_assert!(pair.nominated);
            prop_assert_eq!(pair.local.kind, rill_ice::Kind::Relayed);
            prop_assert_eq!(side.agent.state(side.transport), TransportState::Completed);
            prop_assert_eq!(side.states.first(), Some(&TransportState::Checking));
            prop_assert_eq!(side.states.last(), Some(&TransportState::Completed));
            prop_assert!(side.closes_after_its_goodbye(&order));
        }
    }
}
