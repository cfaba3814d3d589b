//! How much memory a target holds: an allocator that counts.

#![expect(
    unsafe_code,
    reason = "a global allocator that counts can only be written with unsafe"
)]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

thread_local! {
    // Per thread, because tests run side by side. May go below zero, for what one thread
    // allocated another can free.
    static HELD: Cell<isize> = const { Cell::new(0) };
    static PEAK: Cell<isize> = const { Cell::new(0) };
}

struct Counting;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

impl Counting {
    fn count(bytes: isize) {
        // A thread that ends frees memory after its counters are gone; nobody asks about it then.
        let _ = HELD.try_with(|held| {
            held.set(held.get() + bytes);
            let _ = PEAK.try_with(|peak| peak.set(peak.get().max(held.get())));
        });
    }
}

// SAFETY: the methods hand their arguments on to the system's allocator unchanged.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        Self::count(layout.size().cast_signed());
        // SAFETY: the caller keeps the contract of `alloc`.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        Self::count(-layout.size().cast_signed());
        // SAFETY: the pointer came from `System.alloc` with this layout.
        unsafe { System.dealloc(pointer, layout) }
    }
}

/// Runs something, and says how many bytes it held at most on this thread.
pub(crate) fn peak<T>(run: impl FnOnce() -> T) -> (T, usize) {
    let before = HELD.get();
    PEAK.set(before);
    let result = run();
    (result, (PEAK.get() - before).max(0).cast_unsigned())
}

/// Runs something, and says how many bytes more than before are held on this thread.
#[cfg(test)]
pub(crate) fn held<T>(run: impl FnOnce() -> T) -> (T, usize) {
    let before = HELD.get();
    let result = run();
    (result, (HELD.get() - before).max(0).cast_unsigned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_peak_is_what_was_held_at_one_time() {
        let (length, peak) = peak(|| {
            drop(std::hint::black_box(vec![0_u8; 5000]));
            std::hint::black_box(vec![0_u8; 3000]).len()
        });
        assert_eq!(length, 3000);
        assert!((5000..6000).contains(&peak), "{peak}");
    }
}
