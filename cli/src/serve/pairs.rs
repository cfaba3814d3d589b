//! The Rust peer's candidate pairs, as the page's table shows them.

use std::time::Duration;

use rill::{PairInfo, PeerConnection, RemoteAddress};
use serde::Serialize;
use tokio::time::{Interval, MissedTickBehavior, interval};

use super::limits::PAIRS;
use super::signal::{PairEnd, kind_name};

/// How often the pairs are looked at.
const LOOKING: Duration = Duration::from_millis(100);

/// One pair; counts are those of W3C's `RTCIceCandidatePairStats`.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Pair {
    local: PairEnd,
    remote: PairEnd,
    /// The Rust peer's ufrag, which names the generation.
    ufrag: Option<String>,
    state: String,
    nominated: bool,
    selected: bool,
    /// As near as a JSON number comes; only for the order.
    priority: f64,
    /// The last round trip of a check, in milliseconds.
    rtt: Option<f64>,
    requests_sent: u64,
    requests_received: u64,
    responses_received: u64,
}

/// Looks at the pairs again and again.
pub(super) struct PairWatch {
    looking: Interval,
    told: Vec<Pair>,
}

impl PairWatch {
    pub(super) fn new() -> Self {
        let mut looking = interval(LOOKING);
        looking.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Self {
            looking,
            told: Vec::new(),
        }
    }

    /// All pairs, once one of them is another than it was the last time. Nothing is lost if the
    /// future is dropped.
    pub(super) async fn changed(&mut self, connection: &PeerConnection) -> Vec<Pair> {
        loop {
            self.looking.tick().await;
            let pairs = look(connection, &self.told);
            if pairs != self.told {
                self.told.clone_from(&pairs);
                return pairs;
            }
        }
    }
}

/// The first of the pairs: a check list has no more than that, and a page needs no longer table.
fn look(connection: &PeerConnection, told: &[Pair]) -> Vec<Pair> {
    let description = connection.local_description();
    let ufrag = description.as_ref().and_then(|local| ufrag(&local.sdp));
    let pairs = connection.candidate_pairs().into_iter().take(PAIRS);
    with_carrier(pairs.map(|pair| row(pair, ufrag)).collect(), ufrag, told)
}

/// The agent shows its newest generation. Until that has a selected pair, data goes over the one
/// of the generation before, which was told last.
fn with_carrier(mut pairs: Vec<Pair>, newest: Option<&str>, told: &[Pair]) -> Vec<Pair> {
    if !pairs.iter().any(|pair| pair.selected) {
        let carrier = told.iter().find(|pair| pair.selected);
        let carrier = carrier.filter(|pair| pair.ufrag.as_deref() != newest);
        pairs.extend(carrier.cloned());
    }
    pairs
}

/// The ufrag of a description (RFC 8839 §5.4); its sections share one transport here.
fn ufrag(sdp: &str) -> Option<&str> {
    sdp.lines()
        .find_map(|line| line.strip_prefix("a=ice-ufrag:"))
}

fn row(pair: PairInfo, ufrag: Option<&str>) -> Pair {
    let remote = match pair.remote.address {
        RemoteAddress::Ip(address) => address.to_string(),
        RemoteAddress::Name { name, port } => format!("{name}:{port}"),
    };
    Pair {
        local: PairEnd {
            kind: kind_name(pair.local.kind),
            address: pair.local.address.to_string(),
        },
        remote: PairEnd {
            kind: kind_name(pair.remote.kind),
            address: remote,
        },
        ufrag: ufrag.map(str::to_owned),
        state: pair.state.to_string(),
        nominated: pair.nominated,
        selected: pair.selected,
        priority: pair.priority as f64,
        rtt: pair.rtt.map(|rtt| rtt.as_secs_f64() * 1000.0),
        requests_sent: pair.counters.requests_sent,
        requests_received: pair.counters.requests_received,
        responses_received: pair.counters.responses_received,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pair(ufrag: &str, selected: bool) -> Pair {
        let end = || PairEnd {
            kind: "host",
            address: "192.0.2.1:1".to_owned(),
        };
        Pair {
            local: end(),
            remote: end(),
            ufrag: Some(ufrag.to_owned()),
            state: "succeeded".to_owned(),
            nominated: selected,
            selected,
            priority: 1.0,
            rtt: None,
            requests_sent: 1,
            requests_received: 1,
            responses_received: 1,
        }
    }

    #[test]
    fn the_pair_that_carries_data_stays_until_a_restart_has_its_own() {
        let before = [pair("old", false), pair("old", true)];
        let carrier = pair("old", true);
        assert_eq!(with_carrier(Vec::new(), Some("new"), &before), before[1..]);
        let checking = pair("new", false);
        let both = [checking.clone(), carrier];
        assert_eq!(with_carrier(vec![checking], Some("new"), &before), both);
        let done = pair("new", true);
        assert_eq!(with_carrier(vec![done.clone()], Some("new"), &both), [done]);
    }

    #[test]
    fn a_pair_that_is_not_selected_any_more_is_not_shown_so() {
        let before = [pair("one", true)];
        let lost = pair("one", false);
        let after = with_carrier(vec![lost.clone()], Some("one"), &before);
        assert_eq!(after, [lost]);
        assert_eq!(with_carrier(Vec::new(), Some("one"), &before), []);
    }
}
