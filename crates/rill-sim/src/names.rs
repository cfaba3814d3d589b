//! What DNS says.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::time::Duration;

/// The answer to one name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// How long the resolver takes.
    pub delay: Duration,
    /// The A and AAAA records, or why there are none.
    pub addresses: Result<Vec<IpAddr>, String>,
}

/// A table of names. A name that is not in it fails after 20 ms.
#[derive(Clone, Debug, Default)]
pub struct Names {
    answers: BTreeMap<String, Answer>,
}

impl Names {
    /// Lets `name` (without regard to case) resolve to `addresses` after `delay`.
    pub fn insert(&mut self, name: &str, delay: Duration, addresses: impl Into<Vec<IpAddr>>) {
        let answer = Answer {
            delay,
            addresses: Ok(addresses.into()),
        };
        self.answers.insert(name.to_ascii_lowercase(), answer);
    }

    /// Lets `name` fail after `delay` with a text.
    pub fn insert_failure(&mut self, name: &str, delay: Duration, reason: &str) {
        let answer = Answer {
            delay,
            addresses: Err(reason.to_owned()),
        };
        self.answers.insert(name.to_ascii_lowercase(), answer);
    }

    /// The answer to `name`.
    pub fn resolve(&self, name: &str) -> Answer {
        let unknown = || Answer {
            delay: Duration::from_millis(20),
            addresses: Err(format!("no such name: {name}")),
        };
        self.answers
            .get(&name.to_ascii_lowercase())
            .cloned()
            .unwrap_or_else(unknown)
    }
}
