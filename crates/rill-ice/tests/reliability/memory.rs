//! How much memory is held: an allocator that counts.
#![expect(
    unsafe_code,
    reason = "a global allocator that counts can only be written with unsafe"
)]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

thread_local! {
    // Per thread, because tests run side by side.
    static HELD: Cell<isize> = const { Cell::new(0) };
}

struct Counting;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn count(bytes: isize) {
    // A thread that ends frees memory after its counter is gone; nobody asks about it then.
    let _ = HELD.try_with(|held| held.set(held.get() + bytes));
}

// SAFETY: both methods hand their arguments on to the system's allocator unchanged.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(layout.size().cast_signed());
        // SAFETY: the caller keeps the contract of `alloc`.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        count(-layout.size().cast_signed());
        // SAFETY: the pointer came from `System.alloc` with this layout.
        unsafe { System.dealloc(pointer, layout) }
    }
}

/// How many bytes more this thread holds after `act` than before.
pub(crate) fn growth<T>(act: impl FnOnce() -> T) -> (T, isize) {
    let before = HELD.get();
    let result = act();
    (result, HELD.get() - before)
}

#[test]
fn what_is_kept_counts_and_what_is_dropped_does_not() {
    let (kept, growth) = growth(|| {
        drop(std::hint::black_box(vec![0_u8; 5000]));
        std::hint::black_box(vec![0_u8; 3000])
    });
    assert_eq!((kept.len(), growth), (3000, 3000));
}
