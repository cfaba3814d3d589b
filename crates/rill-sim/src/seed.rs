//! The one source of chance, and how to repeat it.

use std::env::{self, VarError};
use std::fmt;
use std::thread;

use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng;

/// Name of the environment variable that fixes the seed.
const VARIABLE: &str = "RILL_SEED";

/// The number from which a run draws everything random.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Seed(u64);

impl Seed {
    /// This seed, whatever the environment says.
    pub const fn new(value: u64) -> Self {
        Self(value)
    }

    /// The seed in `RILL_SEED`, or `default` if it is not set.
    ///
    /// # Panics
    ///
    /// If `RILL_SEED` is not a decimal number.
    pub fn from_env_or(default: u64) -> Self {
        from_env().unwrap_or(Self(default))
    }

    /// `count` seeds from 0 on, or only the one in `RILL_SEED` if it is set: for scenarios that are
    /// to hold under many seeds.
    ///
    /// # Panics
    ///
    /// If `RILL_SEED` is not a decimal number.
    pub fn many(count: u64) -> impl Iterator<Item = Self> {
        let seeds = match from_env() {
            Some(Self(value)) => value..value.saturating_add(1),
            None => 0..count,
        };
        seeds.map(Self)
    }

    /// The number.
    pub fn value(self) -> u64 {
        self.0
    }

    /// A generator for one part of a run. Give each part a number of its own, so that one does not
    /// disturb the other; links use their own generators.
    pub fn rng(self, part: u32) -> ChaCha20Rng {
        let mut rng = ChaCha20Rng::seed_from_u64(self.0);
        // The upper half of the streams; links take the lower.
        rng.set_stream(u64::MAX - u64::from(part));
        rng
    }
}

impl fmt::Display for Seed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

fn from_env() -> Option<Seed> {
    match env::var(VARIABLE) {
        Ok(text) => match text.parse() {
            Ok(value) => Some(Seed(value)),
            Err(_) => panic!("{VARIABLE} must be a decimal number, not {text:?}"),
        },
        Err(VarError::NotPresent) => None,
        Err(VarError::NotUnicode(text)) => {
            panic!("{VARIABLE} must be a decimal number, not {text:?}")
        }
    }
}

/// A guard that prints how to repeat the run if it is dropped in a panic; made by [`replay!`].
///
/// [`replay!`]: crate::replay!
#[derive(Debug)]
#[must_use = "bind it to a name (`let _replay = …`) so that it lives as long as the test"]
pub struct Replay {
    seed: Seed,
    package: &'static str,
    integration: Option<&'static str>,
}

impl Replay {
    /// For a test of `package`, in the integration test of this name or else in its library.
    pub fn new(seed: Seed, package: &'static str, integration: Option<&'static str>) -> Self {
        Self {
            seed,
            package,
            integration,
        }
    }

    /// The command that repeats the test of this name.
    pub fn command(&self, test: &str) -> String {
        let Self {
            seed,
            package,
            integration,
        } = self;
        let target = match integration {
            Some(name) => format!("--test {name}"),
            None => "--lib".to_owned(),
        };
        format!("{VARIABLE}={seed} cargo test -p {package} {target} {test}")
    }
}

impl Drop for Replay {
    fn drop(&mut self) {
        if thread::panicking() {
            // The test harness names the thread after the test.
            let thread = thread::current();
            eprintln!(
                "replay: {}",
                self.command(thread.name().unwrap_or_default())
            );
        }
    }
}

/// Makes a [`Replay`] for the test that it stands in: `let _replay = replay!(seed);`.
#[macro_export]
macro_rules! replay {
    ($seed:expr) => {
        $crate::Replay::new(
            $seed,
            env!("CARGO_PKG_NAME"),
            // Cargo sets this variable for integration tests only.
            option_env!("CARGO_TARGET_TMPDIR").map(|_| env!("CARGO_CRATE_NAME")),
        )
    };
}

#[cfg(test)]
mod tests {
    use rand_chacha::rand_core::Rng;

    use super::*;

    #[test]
    fn parts_draw_apart_and_repeat() {
        let draw = |seed, part| Seed::new(seed).rng(part).next_u64();
        assert_eq!(draw(1, 0), draw(1, 0));
        assert_ne!(draw(1, 0), draw(1, 1));
        assert_ne!(draw(1, 0), draw(2, 0));
    }

    #[test]
    fn the_replay_line_names_the_test() {
        let replay = Replay::new(Seed::new(123), "rill-ice", Some("connectivity"));
        let line = "RILL_SEED=123 cargo test -p rill-ice --test connectivity both::connect";
        assert_eq!(replay.command("both::connect"), line);
        let replay = Replay::new(Seed::new(5), "rill-ice", None);
        assert_eq!(
            replay.command("t"),
            "RILL_SEED=5 cargo test -p rill-ice --lib t"
        );
    }
}
