//! Transmission sequence numbers.

use std::fmt;

/// A transmission sequence number; compared as RFC 9260 §1.6 says, by RFC 1982's serial arithmetic.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Tsn(pub(crate) u32);

impl Tsn {
    /// The one `count` later.
    pub(crate) fn plus(self, count: u32) -> Self {
        Self(self.0.wrapping_add(count))
    }

    /// The one `count` earlier.
    pub(crate) fn minus(self, count: u32) -> Self {
        Self(self.0.wrapping_sub(count))
    }

    pub(crate) fn is_after(self, other: Self) -> bool {
        let distance = self.0.wrapping_sub(other.0);
        distance != 0 && distance < 1 << 31
    }

    /// How far this one is after `earlier`, which must not be later.
    pub(crate) fn since(self, earlier: Self) -> u32 {
        self.0.wrapping_sub(earlier.0)
    }
}

impl fmt::Debug for Tsn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn order_survives_the_wrap() {
        let last = Tsn(u32::MAX);
        assert!(last.plus(1).is_after(last));
        assert!(!last.is_after(last.plus(1)));
        assert!(!last.is_after(last));
        assert_eq!(last.plus(3).since(last), 3);
        assert_eq!(Tsn(1).minus(2), last);
    }
}
