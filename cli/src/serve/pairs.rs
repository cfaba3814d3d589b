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
    /// The pair that was selected last, until it is lost.
    carrier: Option<Pair>,
}

impl PairWatch {
    pub(super) fn new() -> Self {
        let mut looking = interval(LOOKING);
        looking.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Self {
            looking,
            told: Vec::new(),
            carrier: None,
        }
    }

    /// No pair carries data any more.
    pub(super) fn lose_carrier(&mut self) {
        self.carrier = None;
    }

    /// All pairs, once one of them is another than it was the last time. Nothing is lost if the
    /// future is dropped.
    pub(super) async fn changed(&mut self, connection: &PeerConnection) -> Vec<Pair> {
        loop {
            self.looking.tick().await;
            let pairs = self.look(connection);
            if pairs != self.told {
                self.told.clone_from(&pairs);
                return pairs;
            }
        }
    }

    /// The first of the pairs: a check list has no more than that, and a page needs no longer
    /// table.
    fn look(&mut self, connection: &PeerConnection) -> Vec<Pair> {
        let description = connection.local_description();
        let ufrag = description.as_ref().and_then(|local| ufrag(&local.sdp));
        let pairs = connection.candidate_pairs().into_iter().take(PAIRS);
        self.with_carrier(pairs.map(|pair| row(pair, ufrag)).collect(), ufrag)
    }

    /// The agent shows its newest generation. Until that has a selected pair, data goes over the
    /// one of the generation before, unless it was lost.
    fn with_carrier(&mut self, mut pairs: Vec<Pair>, newest: Option<&str>) -> Vec<Pair> {
        match pairs.iter().find(|pair| pair.selected) {
            Some(selected) => self.carrier = Some(selected.clone()),
            None => {
                let carrier = self.carrier.iter();
                pairs.extend(
                    carrier
                        .filter(|pair| pair.ufrag.as_deref() != newest)
                        .cloned(),
                );
            }
        }
        pairs
    }
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

    impl PairWatch {
        /// Sees a selected pair of this ufrag.
        pub(in crate::serve) fn carry(&mut self, ufrag: &str) {
            self.with_carrier(vec![pair(ufrag, true)], Some(ufrag));
        }

        pub(in crate::serve) fn has_carrier(&self) -> bool {
            self.carrier.is_some()
        }
    }

    /// One that has seen a selected pair of this ufrag.
    fn watch(ufrag: &str) -> PairWatch {
        let mut watch = PairWatch::new();
        let first = vec![pair(ufrag, false), pair(ufrag, true)];
        assert_eq!(watch.with_carrier(first.clone(), Some(ufrag)), first);
        watch
    }

    #[tokio::test]
    async fn the_pair_that_carries_data_stays_until_a_restart_has_its_own() {
        let mut watch = watch("old");
        let carrier = pair("old", true);
        let alone = watch.with_carrier(Vec::new(), Some("new"));
        assert_eq!(alone, std::slice::from_ref(&carrier));
        let checking = pair("new", false);
        let both = watch.with_carrier(vec![checking.clone()], Some("new"));
        assert_eq!(both, [checking, carrier]);
        let done = vec![pair("new", true)];
        assert_eq!(watch.with_carrier(done.clone(), Some("new")), done);
        assert_eq!(watch.with_carrier(Vec::new(), Some("new")), []);
    }

    #[tokio::test]
    async fn a_pair_that_is_lost_during_a_restart_is_not_shown_as_selected() {
        let mut watch = watch("old");
        watch.lose_carrier();
        let checking = vec![pair("new", false)];
        assert_eq!(watch.with_carrier(checking.clone(), Some("new")), checking);
    }

    #[tokio::test]
    async fn a_pair_that_is_not_selected_any_more_is_not_shown_so() {
        let mut watch = watch("one");
        let lost = vec![pair("one", false)];
        assert_eq!(watch.with_carrier(lost.clone(), Some("one")), lost);
    }
}
