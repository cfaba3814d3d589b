use std::time::Duration;

use crate::{IceGatheringState, PeerConnection, shared::Face};

/// How long to wait for candidates before a description is sent to a peer that cannot trickle.
///
/// The default waits for completion alone, which comes within two seconds even when a STUN server is
/// dead.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct GatheringWait {
    /// Never longer than this.
    pub deadline: Option<Duration>,
    /// What suffices, `grace` after it was found.
    pub good_enough: GoodEnough,
    /// How long others may still come once there is enough.
    pub grace: Duration,
}

/// Which candidates suffice.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum GoodEnough {
    /// Only all of them.
    #[default]
    Everything,
    /// Any candidate.
    Any,
    /// A reflexive or relayed one: an address that is reachable from beyond the local network.
    Public,
    /// A relayed one.
    Relayed,
}

impl GoodEnough {
    const fn kinds(self) -> &'static [&'static str] {
        match self {
            Self::Everything => &[],
            Self::Any => &["host", "srflx", "relay"],
            Self::Public => &["srflx", "relay"],
            Self::Relayed => &["relay"],
        }
    }
}

/// Why a wait for candidates ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GatheringOutcome {
    /// Everything was gathered; the description ends with `a=end-of-candidates`.
    Complete,
    /// There is enough, and the grace has passed.
    GoodEnough,
    /// The deadline has passed.
    Deadline,
    /// The connection was closed.
    Closed,
}

impl PeerConnection {
    /// Waits until the local description has the candidates that `wait` asks for. Looks at the state
    /// before it waits, so it never misses a completion that was earlier.
    ///
    /// Without a local description there is nothing to gather: give a deadline, or apply it first.
    pub async fn gathering_complete(&self, wait: GatheringWait) -> GatheringOutcome {
        let enough = async {
            if self.gathering_reaches(wait.good_enough).await == GatheringOutcome::GoodEnough {
                let rest = self.gathering_reaches(GoodEnough::Everything);
                return match tokio::time::timeout(wait.grace, rest).await {
                    Ok(outcome) => outcome,
                    Err(_) => GatheringOutcome::GoodEnough,
                };
            }
            self.gathering_reaches(GoodEnough::Everything).await
        };
        match wait.deadline {
            None => enough.await,
            Some(deadline) => tokio::time::timeout(deadline, enough)
                .await
                .unwrap_or(GatheringOutcome::Deadline),
        }
    }

    async fn gathering_reaches(&self, enough: GoodEnough) -> GatheringOutcome {
        loop {
            let news = self.shared().events.notified();
            tokio::pin!(news);
            news.as_mut().enable();
            if let Some(outcome) = self.gathering_outcome(enough) {
                return outcome;
            }
            news.await;
        }
    }

    fn gathering_outcome(&self, enough: GoodEnough) -> Option<GatheringOutcome> {
        let state = self.shared().lock();
        let Face::Inbox(inbox) = &state.face else {
            return Some(GatheringOutcome::Closed);
        };
        if inbox.is_ended() {
            Some(GatheringOutcome::Closed)
        } else if state.peer.ice_gathering_state() == IceGatheringState::Complete {
            Some(GatheringOutcome::Complete)
        } else {
            has_gathered(enough.kinds(), &state.peer).then_some(GatheringOutcome::GoodEnough)
        }
    }
}

/// Whether a candidate of one of these kinds was gathered since the last restart.
fn has_gathered(kinds: &[&str], peer: &rill_peer::PeerConnection) -> bool {
    let transports = peer.transports().into_iter();
    let mut candidates = transports
        .filter_map(|id| peer.ice_transport(id))
        .flat_map(|transport| transport.local_candidates);
    candidates.any(|candidate| {
        let kind = candidate.candidate.split_once(" typ ");
        let kind = kind.and_then(|(_, rest)| rest.split(' ').next());
        kind.is_some_and(|kind| kinds.contains(&kind))
    })
}
