//! What shows of a machine that may only be reached over a relay (RFC 8828 §6.1 mode 4, RFC 9429 §3.5.3).

use crate::{
    lab::{Lab, Nat, SERVER},
    session::{Route, Session, Side},
};

const SIDES: [&[Nat]; 2] = [&[Nat::PortRestricted], &[Nat::PortRestricted]];

async fn relayed_over(transport: &str) {
    let Some(lab) = Lab::new(SIDES).await else {
        return;
    };
    let servers = format!("stun:{SERVER} {}", lab.server.url(transport));
    let mut session = Session::start(&lab, true, &servers);
    session.connected(Route::is_relayed).await;
    let sides = session.end().await;
    for (side, told) in sides.iter().enumerate() {
        let [to_server, to_others] = lab.sent(side);
        assert!(to_server > 0, "nothing was counted");
        assert_eq!(to_others, 0, "packets to others than the server");
        let signs = [Lab::hidden(0), Lab::hidden(1)].concat();
        for text in shown(told) {
            for address in &signs {
                assert!(!text.contains(address), "{address} shows in:\n{text}");
            }
        }
    }
}

/// All that leaves the connection for eyes: signals, events, descriptions, statistics, and the log down
/// to level debug.
fn shown(side: &Side) -> Vec<&String> {
    let log = side.log.iter();
    let log: Vec<_> = log.filter(|(level, _)| level != "TRACE").collect();
    assert!(!log.is_empty(), "nothing is logged");
    let told: Vec<_> = side.told.iter().collect();
    for what in [
        "a=candidate:",
        "IceCandidate(",
        "CandidatePairStats",
        "IceTransportInfo",
    ] {
        let is_told = told.iter().any(|text| text.contains(what));
        assert!(is_told, "{what} is among what is told");
    }
    told.into_iter()
        .chain(log.into_iter().map(|(_, text)| text))
        .collect()
}

/// Reliability 13: crates/rill-ice/src/agent/gathering.rs: `if self.gatherer.policy == CandidatePolicy::All {` => `if true {`
#[tokio::test]
async fn a_peer_that_is_relayed_over_udp_shows_itself_to_nobody_but_the_server() {
    relayed_over("udp").await;
}

/// Reliability 13: crates/rill-ice/src/agent/allocations.rs: `CandidatePolicy::Relay => unspecified(address),` => `CandidatePolicy::Relay => mapped,`
#[tokio::test]
async fn a_peer_that_is_relayed_over_tls_shows_itself_to_nobody_but_the_server() {
    relayed_over("tls").await;
}

/// That what is looked for above would be found.
#[tokio::test]
async fn a_peer_that_is_not_relayed_shows_itself() {
    let Some(lab) = Lab::new(SIDES).await else {
        return;
    };
    let mut session = Session::start(&lab, false, &format!("stun:{SERVER}"));
    session.connected(|route| !route.is_relayed()).await;
    let sides = session.end().await;
    for (side, told) in sides.iter().enumerate() {
        let [_, to_others] = lab.sent(side);
        assert!(to_others > 0, "packets to the peer are counted");
        for address in Lab::hidden(side) {
            let shows = told.told.iter().any(|text| text.contains(&address));
            assert!(shows, "{address} is known of a peer that hides nothing");
        }
    }
}
