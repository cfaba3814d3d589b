//! How much memory a side holds.

use allocation_counter::measure;

/// What one side took and did not give back, in bytes.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Held {
    now: i64,
    peak: i64,
}

impl Held {
    /// Runs something of this side's.
    pub(crate) fn count<T>(&mut self, run: impl FnOnce() -> T) -> T {
        let mut result = None;
        let counted = measure(|| result = Some(run()));
        let most = i64::try_from(counted.bytes_max).expect("memory is smaller");
        self.peak = self.peak.max(self.now + most);
        self.now += counted.bytes_current;
        result.expect("it has run")
    }

    /// The most that was held at one time.
    pub(crate) fn peak(&self) -> usize {
        usize::try_from(self.peak).expect("it begins at nothing")
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
