//! How much memory a side holds: an allocator that counts while one of its methods runs.

#![expect(
    unsafe_code,
    reason = "a global allocator that counts can only be written with unsafe"
)]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

thread_local! {
    // Per thread, because tests run side by side.
    static COUNTS: Cell<bool> = const { Cell::new(false) };
    static HELD: Cell<isize> = const { Cell::new(0) };
    static PEAK: Cell<isize> = const { Cell::new(0) };
}

struct Counting;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

impl Counting {
    fn count(bytes: isize) {
        // A thread that ends frees memory after its counters are gone; nobody asks about it then.
        if COUNTS.try_with(Cell::get) == Ok(true) {
            let _ = HELD.try_with(|held| {
                held.set(held.get() + bytes);
                let _ = PEAK.try_with(|peak| peak.set(peak.get().max(held.get())));
            });
        }
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

/// What one side took and did not give back, in bytes.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Held {
    now: isize,
    peak: isize,
}

impl Held {
    /// Runs something of this side's.
    pub(crate) fn count<T>(&mut self, run: impl FnOnce() -> T) -> T {
        HELD.set(self.now);
        PEAK.set(self.peak);
        COUNTS.set(true);
        let result = run();
        COUNTS.set(false);
        *self = Self {
            now: HELD.get(),
            peak: PEAK.get(),
        };
        result
    }

    /// The most that was held at one time.
    pub(crate) fn peak(&self) -> usize {
        self.peak.max(0).cast_unsigned()
    }

    /// From now on the peak is what is held beyond this.
    pub(crate) fn begin(&mut self) {
        *self = Self::default();
    }
}

#[test]
fn only_what_is_counted_counts() {
    let mut held = Held::default();
    let kept = held.count(|| {
        drop(std::hint::black_box(vec![0_u8; 5000]));
        std::hint::black_box(vec![0_u8; 3000])
    });
    let others = std::hint::black_box(vec![0_u8; 90_000]);
    assert_eq!((held.now, held.peak()), (3000, 5000));
    held.count(|| drop(kept));
    assert_eq!((held.now, held.peak()), (0, 5000));
    drop(others);
}
