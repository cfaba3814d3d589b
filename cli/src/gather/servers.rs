//! What became of each STUN server.

use std::net::SocketAddr;

use rill::ServerOutcome;

use crate::server_outcome;

/// How a server fared, seen from one of our sockets or from all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    Reported(ServerOutcome),
    /// Our own time was up first.
    Unfinished,
}

/// The servers that were given, in that order.
#[derive(Debug)]
pub(super) struct Servers(Vec<(String, Standing)>);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Standing {
    Waiting,
    Answered,
    Failed,
}

impl Outcome {
    pub(super) fn is_answer(&self) -> bool {
        self.address().is_some()
    }

    /// The word that JSON has for it.
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Reported(ServerOutcome::Reflexive(_)) => "reflexive",
            Self::Reported(ServerOutcome::Redundant(_)) => "redundant",
            Self::Reported(ServerOutcome::Relayed(_)) => "relayed",
            Self::Reported(ServerOutcome::Unusable(_)) => "unusable",
            Self::Reported(ServerOutcome::TimedOut) => "timedOut",
            Self::Reported(ServerOutcome::ResolveFailed(_)) => "unresolved",
            Self::Reported(ServerOutcome::Rejected { .. }) => "rejected",
            Self::Reported(ServerOutcome::Unreachable) => "unreachable",
            Self::Unfinished => "unfinished",
        }
    }

    /// What happened, as the rest of a sentence that begins with the server.
    pub(super) fn sentence(&self) -> String {
        match self {
            Self::Reported(outcome) => server_outcome::sentence(outcome),
            Self::Unfinished => "had not answered when the time was up (see --timeout)".to_owned(),
        }
    }

    /// Where the server saw us.
    pub(super) fn address(&self) -> Option<SocketAddr> {
        match self {
            Self::Reported(
                ServerOutcome::Reflexive(address)
                | ServerOutcome::Redundant(address)
                | ServerOutcome::Relayed(address),
            ) => Some(*address),
            Self::Reported(_) | Self::Unfinished => None,
        }
    }
}

impl Servers {
    /// A server that is named twice is asked once.
    pub(super) fn new(urls: Vec<String>) -> Self {
        let mut servers: Vec<(String, Standing)> = Vec::new();
        for url in urls {
            if servers.iter().all(|(known, _)| *known != url) {
                servers.push((url, Standing::Waiting));
            }
        }
        Self(servers)
    }

    /// One answer is enough: a server may fail over IPv6 and answer over IPv4.
    pub(super) fn settle(&mut self, url: &str, outcome: &Outcome) {
        for (_, standing) in self.0.iter_mut().filter(|(known, _)| known == url) {
            if outcome.is_answer() {
                *standing = Standing::Answered;
            } else if *standing == Standing::Waiting {
                *standing = Standing::Failed;
            }
        }
    }

    pub(super) fn unsettled(&self) -> Vec<String> {
        let waiting = self
            .0
            .iter()
            .filter(|(_, standing)| *standing == Standing::Waiting);
        waiting.map(|(url, _)| url.clone()).collect()
    }

    pub(super) fn waiting(&self) -> usize {
        self.0
            .iter()
            .filter(|(_, standing)| *standing == Standing::Waiting)
            .count()
    }

    pub(super) fn answered(&self) -> usize {
        self.0
            .iter()
            .filter(|(_, standing)| *standing == Standing::Answered)
            .count()
    }

    pub(super) fn count(&self) -> usize {
        self.0.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SILENT: Outcome = Outcome::Reported(ServerOutcome::TimedOut);

    fn seen() -> Outcome {
        Outcome::Reported(ServerOutcome::Redundant(SocketAddr::from((
            [192, 0, 2, 1],
            1,
        ))))
    }

    #[test]
    fn one_answer_is_enough_in_either_order() {
        for outcomes in [[SILENT, seen()], [seen(), SILENT]] {
            let mut servers = Servers::new(vec!["stun:a".to_owned()]);
            for outcome in &outcomes {
                servers.settle("stun:a", outcome);
            }
            assert_eq!((servers.answered(), servers.waiting()), (1, 0));
        }
    }

    #[test]
    fn silence_and_failure_are_told_apart() {
        let mut servers = Servers::new(["stun:a", "stun:b", "stun:a"].map(str::to_owned).into());
        assert_eq!(servers.count(), 2);
        servers.settle("stun:b", &SILENT);
        servers.settle("stun:unknown", &seen());
        assert_eq!(servers.unsettled(), ["stun:a"]);
        assert_eq!(servers.answered(), 0);
    }
}
