//! What data cost on their way through the agent.

use std::time::Duration;

use allocation_counter::measure;

use crate::node::LONG;
use crate::relays::{TURN, serving, udp};
use crate::scene::Setting;

#[test]
fn a_train_over_a_relay_costs_no_allocation_once_there_was_one() {
    const SEGMENT: usize = 1150;
    const DATAGRAMS: usize = 50;
    let mut scene = Setting::at_home().relayed().asking([udp(TURN)]).build();
    scene.add_turn(serving(TURN));
    scene.connect(LONG);
    // By then there is a channel.
    scene.run_for(Duration::from_secs(1));
    scene.sim.with(scene.alice, |node, _| {
        let path = node.agent.route(node.transport).expect("connected");
        let mut buffer = Vec::new();
        let mut costs = Vec::new();
        for _ in 0..5 {
            buffer.clear();
            buffer.resize(SEGMENT * DATAGRAMS, 7);
            let mut transmit = None;
            let counted = measure(|| {
                transmit = node.agent.transmit(path, Some(SEGMENT), &mut buffer);
            });
            costs.push(counted.count_total);
            // Four bytes before each (RFC 8656 §12.4).
            assert_eq!(
                transmit.map(|transmit| transmit.segment),
                Some(Some(SEGMENT + 4))
            );
            assert_eq!(buffer.len(), (SEGMENT + 4) * DATAGRAMS);
        }
        assert!(costs[0] > 0, "{costs:?}");
        assert_eq!(costs[3..], [0, 0], "{costs:?}");
    });
}
