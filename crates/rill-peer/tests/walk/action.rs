//! What a walk does: each action is a kind, a side, and a number from which its details are drawn
//! when its turn comes. So any action can be left out of a walk without changing the others.

use core::fmt;

use crate::dice::Dice;

/// One step of a walk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Action {
    pub(crate) side: usize,
    pub(crate) act: Act,
    pub(crate) number: u64,
}

/// The kinds of actions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Act {
    CreateOffer,
    CreateAnswer,
    SetLocal,
    SetLocalCreated,
    SetLocalRefused,
    Rollback,
    /// The next description of the peer arrives, or is lost, or comes again.
    Receive,
    /// A description that nobody sent now: an old one, a mangled one, one of another stack.
    SetRemoteOther,
    /// A whole exchange, as two pages would do it.
    Exchange,
    /// The candidates of the peer that wait arrive, as many as the dice say.
    Candidates,
    /// A candidate that nobody sent now.
    AddOther,
    RestartIce,
    Configure,
    AddTransceiver,
    AddTrack,
    RemoveTrack,
    SetDirection,
    Stop,
    SetCodecPreferences,
    ReplaceTrack,
    SetStreams,
    CreateChannel,
    Send,
    CloseChannel,
    Forget,
    Threshold,
    /// An operation of the binding begins on the chain, or ends.
    Chain,
    /// One poll, of any kind, or a needless timeout.
    Poll,
    /// Tasks are run as they come, or only when an action says so; messages are taken or not.
    Manner,
    /// Datagrams and responses that nobody asked for.
    Noise,
    /// The way between the hosts is cut or healed, or an address goes.
    Network,
    /// Time passes.
    Wait,
    Close,
}

/// How often each kind is drawn.
const WEIGHTS: &[(Act, usize)] = &[
    (Act::CreateOffer, 3),
    (Act::CreateAnswer, 2),
    (Act::SetLocal, 14),
    (Act::SetLocalCreated, 6),
    (Act::SetLocalRefused, 2),
    (Act::Rollback, 5),
    (Act::Receive, 24),
    (Act::SetRemoteOther, 3),
    (Act::Exchange, 8),
    (Act::Candidates, 10),
    (Act::AddOther, 6),
    (Act::RestartIce, 4),
    (Act::Configure, 3),
    (Act::AddTransceiver, 4),
    (Act::AddTrack, 3),
    (Act::RemoveTrack, 2),
    (Act::SetDirection, 3),
    (Act::Stop, 2),
    (Act::SetCodecPreferences, 2),
    (Act::ReplaceTrack, 1),
    (Act::SetStreams, 1),
    (Act::CreateChannel, 7),
    (Act::Send, 8),
    (Act::CloseChannel, 3),
    (Act::Forget, 2),
    (Act::Threshold, 1),
    (Act::Chain, 3),
    (Act::Poll, 4),
    (Act::Manner, 3),
    (Act::Noise, 3),
    (Act::Network, 2),
    (Act::Wait, 16),
    (Act::Close, 1),
];

impl Action {
    pub(crate) fn draw(dice: &mut Dice) -> Self {
        let total = WEIGHTS.iter().map(|(_, weight)| weight).sum();
        let mut place = dice.below(total);
        let mut act = Act::Wait;
        for &(candidate, weight) in WEIGHTS {
            if place < weight {
                act = candidate;
                break;
            }
            place -= weight;
        }
        Self {
            side: dice.below(2),
            act,
            number: dice.next(),
        }
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { side, act, number } = self;
        write!(f, "{} {act:?} {number:016x}", NAMES[*side])
    }
}

pub(crate) const NAMES: [&str; 2] = ["alice", "bob"];
