#![expect(
    unsafe_code,
    reason = "a global allocator that counts can only be written with unsafe"
)]
//! Answering a Binding request costs no allocation.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::hint::black_box;

use rill_stun::{Check, Class, IntegrityKey, Message, Method, TransactionId, Writer};

thread_local! {
    // Per thread, because the test harness allocates on its own.
    static ALLOCATIONS: Cell<usize> = const { Cell::new(0) };
}

struct Counting;

// SAFETY: both methods hand their arguments on to the system's allocator unchanged.
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
fn the_counter_counts() {
    let before = ALLOCATIONS.get();
    black_box(Box::new(1));
    assert_eq!(ALLOCATIONS.get() - before, 1);
}

#[test]
fn answering_a_binding_request_allocates_nothing() {
    let key = IntegrityKey::new(b"VOkJxbRl1RmTxUk/WvJxBt");
    let id = TransactionId([3; 12]);
    let (mut request, mut response) = (Vec::with_capacity(256), Vec::with_capacity(256));
    let source = "[2001:db8::1]:32853".parse().expect("a literal");

    let before = ALLOCATIONS.get();
    let datagram = Writer::new(&mut request, Class::Request, Method::BINDING, id)
        .username("evtj:h6vY")
        .priority(1)
        .ice_controlling(2)
        .use_candidate()
        .message_integrity_with(&key)
        .fingerprint()
        .finish();
    let message = Message::parse(datagram).expect("we wrote it");
    assert_eq!(message.fingerprint(), Check::Valid);
    assert_eq!(message.unknown_attributes().next(), None);
    assert_eq!(message.username(), Some(&b"evtj:h6vY"[..]));
    assert_eq!(message.verify_integrity_with(&key), Check::Valid);
    assert!(message.use_candidate());
    let answer = Writer::new(&mut response, Class::Success, Method::BINDING, id)
        .xor_mapped_address(source)
        .message_integrity_with(&key)
        .fingerprint()
        .finish();
    assert_eq!(
        Message::parse(answer).map(|m| m.xor_mapped_address()),
        Ok(Some(source))
    );
    assert_eq!(ALLOCATIONS.get() - before, 0);
}
