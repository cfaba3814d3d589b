#![expect(
    unsafe_code,
    reason = "a global allocator that counts can only be written with unsafe"
)]
//! What data cost on their way through the agent.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::time::Duration;

use crate::node::LONG;
use crate::relays::{TURN, serving, udp};
use crate::scene::Setting;

thread_local! {
    // Per thread, because the tests beside this one allocate too.
    static ALLOCATIONS: Cell<usize> = const { Cell::new(0) };
}

struct Counting;

// SAFETY: all methods hand their arguments on to the system's allocator unchanged.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.set(ALLOCATIONS.get() + 1);
        // SAFETY: the caller keeps the contract of `alloc`.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: the pointer came from `System.alloc` with this layout.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

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
            let before = ALLOCATIONS.get();
            let transmit = node.agent.transmit(path, Some(SEGMENT), &mut buffer);
            costs.push(ALLOCATIONS.get() - before);
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
