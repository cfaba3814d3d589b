//! The list of targets, and running one.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use allocation_counter::measure;
use thiserror::Error;

/// A function under test, and what it may use.
#[derive(Clone, Copy, Debug)]
pub struct Target {
    /// Its name: that of the function with hyphens, and of its folder in `corpus`.
    pub name: &'static str,
    /// The function. Panics when an invariant is broken.
    pub function: fn(&[u8]),
    /// Bytes of memory that it may hold at one time, whatever the input.
    pub memory: usize,
    /// Bytes that it may hold at one time on top of that for each byte of input.
    pub memory_per_byte: usize,
}

/// All targets.
pub const TARGETS: &[Target] = &[
    Target {
        name: "stun",
        function: crate::stun,
        memory: 1 << 14,
        memory_per_byte: 16,
    },
    Target {
        name: "sdp",
        function: crate::sdp,
        memory: 1 << 16,
        memory_per_byte: 300,
    },
    Target {
        name: "candidate",
        function: crate::candidate,
        memory: 1 << 14,
        memory_per_byte: 300,
    },
    Target {
        name: "ice",
        function: crate::ice,
        memory: 1 << 23,
        memory_per_byte: 0,
    },
    Target {
        name: "pair",
        function: crate::pair,
        memory: 1 << 23,
        memory_per_byte: 0,
    },
    Target {
        name: "mdns",
        function: crate::mdns,
        memory: 1 << 18,
        memory_per_byte: 16,
    },
    Target {
        name: "turn",
        function: crate::turn,
        memory: 1 << 20,
        memory_per_byte: 0,
    },
    Target {
        name: "sctp",
        function: crate::sctp,
        memory: 1 << 26,
        memory_per_byte: 0,
    },
    Target {
        name: "sctp-packet",
        function: crate::sctp_packet,
        memory: 1 << 20,
        memory_per_byte: 300,
    },
    Target {
        name: "sack",
        function: crate::sack,
        memory: 1 << 21,
        memory_per_byte: 0,
    },
    Target {
        name: "peer",
        function: crate::peer,
        memory: 1 << 27,
        memory_per_byte: 0,
    },
];

/// How long one input may take, in a debug build on a busy machine.
const PATIENCE: Duration = Duration::from_secs(30);

/// What an input did that it must not do.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum Failure {
    /// The target panicked: its message is on standard error.
    #[error("the target panicked")]
    Panic,
    /// The target held more memory than it may.
    #[error("{peak} bytes were held at one time, {allowed} are allowed")]
    Memory {
        /// How much it held.
        peak: usize,
        /// How much it may hold.
        allowed: usize,
    },
    /// The target took too long.
    #[error("it took {0:?}")]
    Time(Duration),
}

impl Target {
    /// The target of this name.
    #[must_use]
    pub fn find(name: &str) -> Option<&'static Self> {
        TARGETS.iter().find(|target| target.name == name)
    }

    /// Runs it once.
    ///
    /// # Errors
    ///
    /// It panicked, took too much memory, or too long.
    pub fn run(&self, data: &[u8]) -> Result<(), Failure> {
        let start = Instant::now();
        let mut outcome = Ok(());
        let counted =
            measure(|| outcome = catch_unwind(AssertUnwindSafe(|| (self.function)(data))));
        let elapsed = start.elapsed();
        let peak = usize::try_from(counted.bytes_max).unwrap_or(usize::MAX);
        let allowed = self.memory + self.memory_per_byte * data.len();
        match outcome {
            Err(_) => Err(Failure::Panic),
            Ok(()) if peak > allowed => Err(Failure::Memory { peak, allowed }),
            Ok(()) if elapsed > PATIENCE => Err(Failure::Time(elapsed)),
            Ok(()) => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::hint::black_box;

    use super::*;

    #[test]
    fn more_memory_at_one_time_than_is_allowed_is_a_failure() {
        let mut target = Target {
            name: "hoarder",
            function: |data| {
                drop(black_box(vec![0_u8; 3000]));
                drop(black_box((vec![0_u8; 4000], data.to_vec())));
            },
            memory: 4000,
            memory_per_byte: 1,
        };
        assert_eq!(target.run(b"hundred"), Ok(()));
        target.memory -= 1;
        let (peak, allowed) = (4007, 4006);
        assert_eq!(
            target.run(b"hundred"),
            Err(Failure::Memory { peak, allowed })
        );
    }
}
