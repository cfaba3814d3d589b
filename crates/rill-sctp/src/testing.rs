//! What the unit tests of several modules need.

use std::time::Instant;

/// A point in time to count from.
#[expect(
    clippy::disallowed_methods,
    reason = "an Instant can be made in no other way"
)]
pub(crate) fn epoch() -> Instant {
    Instant::now()
}
