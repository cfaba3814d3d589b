//! The aggregated states, derived from the transports by the tables of the W3C's text.

use crate::snapshot::{Snapshot, Subject};

/// The states of every transport that counts: a transceiver of the set or the SCTP transport refers to
/// it.
pub(crate) struct Transports<'a> {
    ice: Vec<&'a str>,
    gathering: Vec<&'a str>,
    dtls: Vec<&'a str>,
}

impl<'a> Transports<'a> {
    pub(crate) fn of(shot: &'a Snapshot) -> Self {
        let used = used(shot);
        let transports = shot.subjects().into_iter();
        let transports: Vec<_> = transports
            .filter(|subject| match subject {
                Subject::Transport(id) => used.contains(&id.to_string()),
                _ => false,
            })
            .collect();
        let all = |name| {
            let values = transports.iter().map(|subject| shot.get(*subject, name));
            values.collect()
        };
        Self {
            ice: all("state"),
            gathering: all("gatheringState"),
            dtls: all("dtlsState"),
        }
    }

    /// webrtc-pc §4.3.2, `RTCIceGatheringState`.
    pub(crate) fn gathering(&self) -> &'static str {
        if any(&self.gathering, &["gathering"]) {
            "gathering"
        } else if self.gathering.is_empty() || any(&self.gathering, &["new"]) {
            "new"
        } else {
            "complete"
        }
    }

    /// webrtc-pc §4.3.4, `RTCIceConnectionState`; the first that applies.
    pub(crate) fn ice(&self) -> &'static str {
        if any(&self.ice, &["failed"]) {
            "failed"
        } else if any(&self.ice, &["disconnected"]) {
            "disconnected"
        } else if all(&self.ice, &["new", "closed"]) {
            "new"
        } else if any(&self.ice, &["new", "checking"]) {
            "checking"
        } else if all(&self.ice, &["completed", "closed"]) {
            "completed"
        } else {
            "connected"
        }
    }

    /// webrtc-pc §4.3.3, `RTCPeerConnectionState`; the first that applies. "connected" is also the
    /// state of a connection whose transports are all completed.
    pub(crate) fn connection(&self) -> &'static str {
        let ice = self.ice();
        if ice == "failed" || any(&self.dtls, &["failed"]) {
            "failed"
        } else if ice == "disconnected" {
            "disconnected"
        } else if ice == "new" && all(&self.dtls, &["new", "closed"]) {
            "new"
        } else if matches!(ice, "connected" | "completed")
            && all(&self.dtls, &["connected", "closed"])
        {
            "connected"
        } else {
            "connecting"
        }
    }
}

/// What refers to transports, by their numbers.
fn used(shot: &Snapshot) -> Vec<String> {
    let set = shot.get(Subject::Connection, "transceivers");
    let refers = |subject: &Subject| match subject {
        Subject::Transceiver(id) => set.contains(&format!("({id})")),
        Subject::Sctp => true,
        _ => false,
    };
    let subjects = shot.subjects().into_iter().filter(refers);
    subjects
        .map(|subject| shot.get(subject, "transport").to_owned())
        .collect()
}

fn any(states: &[&str], wanted: &[&str]) -> bool {
    states.iter().any(|state| wanted.contains(state))
}

fn all(states: &[&str], wanted: &[&str]) -> bool {
    states.iter().all(|state| wanted.contains(state))
}
