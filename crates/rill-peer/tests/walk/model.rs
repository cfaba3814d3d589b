//! The exchange as the W3C's text has it, kept beside the connection: which step is allowed, which
//! descriptions are applied, which operations are under way.

use std::collections::VecDeque;

use rill_peer::{IceCandidateInit, OperationId, SdpType, SessionDescription, SignalingState};
use rill_sdp::{Candidate, Session};

/// Which side a description describes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    Local,
    Remote,
}

/// What an operation does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Operation {
    Describe(Side, SdpType),
    Candidate,
}

/// How a call must end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Expected {
    Success,
    /// This exception, by its name.
    Exception(&'static str),
    /// One of these, or success.
    Maybe(&'static [&'static str]),
}

impl Expected {
    /// Whether a call may end like this; `None` is success.
    pub(crate) fn allows(self, exception: Option<&str>) -> bool {
        match (self, exception) {
            (Self::Success, given) => given.is_none(),
            (Self::Exception(name), given) => given == Some(name),
            (Self::Maybe(_), None) => true,
            (Self::Maybe(names), Some(given)) => names.contains(&given),
        }
    }
}

/// `[[LastCreatedOffer]]` or `[[LastCreatedAnswer]]`, as far as it is known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum Created {
    #[default]
    Nothing,
    Text(String),
    /// Another offer came since: it may not fit that one.
    Outdated(String),
    /// `setLocalDescription()` may have created another one.
    Unsure,
}

/// The state of the exchange once every operation so far took effect.
#[derive(Clone, Debug)]
pub(crate) struct Model {
    pub(crate) signaling: SignalingState,
    pub(crate) last_offer: Created,
    pub(crate) last_answer: Created,
    /// `setLocalDescription` was called.
    pub(crate) described: bool,
    /// A remote description was applied that the peer never sent, and not yet settled or taken back.
    pub(crate) foul: bool,
    pending_remote: Option<Session>,
    current_remote: Option<Session>,
    pub(crate) operations: VecDeque<(OperationId, Operation)>,
    /// The length of the operations chain.
    pub(crate) chain: usize,
    /// `[[NegotiationNeeded]]`
    pub(crate) needed: Flag,
    /// The username fragments of `[[LocalIceCredentialsToReplace]]`, as far as they are known.
    pub(crate) restarts: Option<Vec<String>>,
}

/// A flag that nobody shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Flag {
    #[default]
    Clear,
    Set,
    Unknown,
}

impl Default for Model {
    fn default() -> Self {
        Self {
            signaling: SignalingState::Stable,
            last_offer: Created::Nothing,
            last_answer: Created::Nothing,
            described: false,
            foul: false,
            pending_remote: None,
            current_remote: None,
            operations: VecDeque::new(),
            chain: 0,
            needed: Flag::Clear,
            restarts: Some(Vec::new()),
        }
    }
}

impl Model {
    pub(crate) fn is_closed(&self) -> bool {
        self.signaling == SignalingState::Closed
    }

    pub(crate) fn close(&mut self) {
        self.signaling = SignalingState::Closed;
        self.operations.clear();
    }

    /// webrtc-pc §4.3.1, `RTCSignalingState`, the diagram; rollback: §4.4.1.5.
    pub(crate) fn next(&self, side: Side, kind: SdpType) -> Option<SignalingState> {
        use SdpType as T;
        use SignalingState as S;
        match (self.signaling, side, kind) {
            (S::Stable | S::HaveLocalOffer, Side::Local, T::Offer) => Some(S::HaveLocalOffer),
            (S::Stable | S::HaveRemoteOffer, Side::Remote, T::Offer) => Some(S::HaveRemoteOffer),
            (S::HaveLocalOffer | S::HaveRemotePranswer, Side::Remote, T::Pranswer) => {
                Some(S::HaveRemotePranswer)
            }
            (S::HaveRemoteOffer | S::HaveLocalPranswer, Side::Local, T::Pranswer) => {
                Some(S::HaveLocalPranswer)
            }
            (S::HaveLocalOffer | S::HaveRemotePranswer, Side::Remote, T::Answer)
            | (S::HaveRemoteOffer | S::HaveLocalPranswer, Side::Local, T::Answer)
            | (S::HaveLocalOffer | S::HaveRemoteOffer, _, T::Rollback) => Some(S::Stable),
            _ => None,
        }
    }

    pub(crate) fn create_offer(&self) -> Expected {
        match self.signaling {
            SignalingState::Stable | SignalingState::HaveLocalOffer => Expected::Success,
            _ => INVALID_STATE,
        }
    }

    pub(crate) fn create_answer(&self) -> Expected {
        match self.signaling {
            SignalingState::HaveRemoteOffer | SignalingState::HaveLocalPranswer => {
                Expected::Success
            }
            _ => INVALID_STATE,
        }
    }

    /// What `setLocalDescription()` without a type means (§4.4.2).
    pub(crate) fn implied(&self) -> SdpType {
        match self.signaling {
            SignalingState::Stable
            | SignalingState::HaveLocalOffer
            | SignalingState::HaveRemotePranswer => SdpType::Offer,
            _ => SdpType::Answer,
        }
    }

    pub(crate) fn set_local(&self, description: Option<&SessionDescription>) -> Expected {
        if self.is_closed() {
            return INVALID_STATE;
        }
        let kind = description.map_or_else(|| self.implied(), |given| given.kind);
        let sdp = description.map_or("", |given| &*given.sdp);
        let created = match kind {
            SdpType::Offer => &self.last_offer,
            _ => &self.last_answer,
        };
        let given = kind != SdpType::Rollback && !sdp.is_empty();
        match (self.next(Side::Local, kind), created) {
            (None, Created::Unsure) if given => {
                Expected::Maybe(&["InvalidModificationError", "InvalidStateError"])
            }
            (Some(_), Created::Unsure) if given => Expected::Maybe(&["InvalidModificationError"]),
            (_, Created::Text(text) | Created::Outdated(text)) if given && text != sdp => MODIFIED,
            (Some(_), Created::Outdated(_)) if given => {
                Expected::Maybe(&["InvalidModificationError"])
            }
            (_, Created::Nothing) if given => MODIFIED,
            (None, _) => INVALID_STATE,
            (Some(_), _) => Expected::Success,
        }
    }

    /// The step alone; what the text of the description does is not known here.
    pub(crate) fn set_remote(&self, kind: SdpType) -> Expected {
        let glare = kind == SdpType::Offer && self.signaling == SignalingState::HaveLocalOffer;
        match self.next(Side::Remote, kind) {
            None if !glare => INVALID_STATE,
            _ if kind == SdpType::Rollback => Expected::Success,
            _ => Expected::Maybe(&["OperationError", "InvalidAccessError"]),
        }
    }

    /// A description was taken.
    pub(crate) fn apply(&mut self, side: Side, kind: SdpType, sdp: &str, operation: OperationId) {
        if side == Side::Remote && kind == SdpType::Offer && self.next(side, kind).is_none() {
            self.roll_back();
        }
        self.operations
            .push_back((operation, Operation::Describe(side, kind)));
        let Some(next) = self.next(side, kind) else {
            return;
        };
        if side == Side::Local {
            self.described |= kind != SdpType::Rollback;
            self.describe_local(kind, sdp);
        }
        let session = || Session::parse(sdp).ok();
        match (side, kind) {
            (_, SdpType::Rollback) => self.roll_back(),
            (Side::Remote, SdpType::Answer) => {
                self.current_remote = session();
                self.pending_remote = None;
            }
            (Side::Remote, _) => {
                self.pending_remote = session();
                if let Created::Text(text) = &mut self.last_answer {
                    self.last_answer = Created::Outdated(std::mem::take(text));
                }
            }
            (Side::Local, SdpType::Answer) => self.current_remote = self.pending_remote.take(),
            (Side::Local, _) => {}
        }
        self.signaling = next;
        if kind == SdpType::Answer {
            self.last_offer = Created::Nothing;
            self.last_answer = Created::Nothing;
        }
    }

    /// An empty text creates a description where the last one is out of date (§4.4.2).
    fn describe_local(&mut self, kind: SdpType, sdp: &str) {
        match kind {
            SdpType::Offer if sdp.is_empty() => self.last_offer = Created::Unsure,
            SdpType::Pranswer | SdpType::Answer if sdp.is_empty() => {
                self.last_answer = Created::Unsure;
            }
            _ => {}
        }
    }

    fn roll_back(&mut self) {
        self.pending_remote = None;
        self.signaling = SignalingState::Stable;
    }

    /// addIceCandidate (§4.4.2), in the order of its steps.
    pub(crate) fn add_candidate(&self, init: &IceCandidateInit) -> Expected {
        let named = init.sdp_mid.is_some() || init.sdp_m_line_index.is_some();
        if !init.candidate.is_empty() && !named {
            return Expected::Exception("TypeError");
        }
        let newest = self
            .pending_remote
            .as_ref()
            .or(self.current_remote.as_ref());
        let (false, Some(newest)) = (self.is_closed(), newest) else {
            return INVALID_STATE;
        };
        let place = match (&init.sdp_mid, init.sdp_m_line_index) {
            // A section without a mid; see DEVIATIONS.md.
            (Some(mid), Some(index)) if mid.is_empty() => {
                Some(usize::from(index)).filter(|at| *at < newest.media.len())
            }
            (Some(mid), _) => newest
                .media
                .iter()
                .position(|media| media.mid() == Some(mid)),
            (None, Some(index)) => Some(usize::from(index)).filter(|at| *at < newest.media.len()),
            (None, None) => return self.add_unplaced(init),
        };
        let Some(place) = place else {
            return Expected::Exception("OperationError");
        };
        // A stopped transceiver's section: nothing is done, and nothing refused.
        if newest.media[place].is_rejected() {
            return Expected::Maybe(&["OperationError"]);
        }
        self.add_placed(init, place)
    }

    fn add_placed(&self, init: &IceCandidateInit, place: usize) -> Expected {
        let line = Candidate::parse(&init.candidate);
        if !init.candidate.is_empty() && line.is_err() {
            return Expected::Exception("OperationError");
        }
        let inside = line.ok().and_then(|line| line.ufrag().map(str::to_owned));
        let given = init.username_fragment.as_ref();
        if inside
            .as_ref()
            .zip(given)
            .is_some_and(|(inside, given)| inside != given)
        {
            return Expected::Exception("OperationError");
        }
        let Some(wanted) = given.or(inside.as_ref()) else {
            return Expected::Success;
        };
        let applied = [&self.pending_remote, &self.current_remote];
        let sections = applied
            .into_iter()
            .flatten()
            .filter_map(|one| one.media.get(place));
        let ufrags: Vec<_> = sections.map(|media| media.ice_ufrag()).collect();
        if ufrags.contains(&Some(wanted)) {
            return Expected::Success;
        }
        // A bundled section without its own may borrow that of its group.
        match ufrags.contains(&None) {
            true => Expected::Maybe(&["OperationError"]),
            false => Expected::Exception("OperationError"),
        }
    }

    /// An end marker for all sections, of one generation or of the newest.
    fn add_unplaced(&self, init: &IceCandidateInit) -> Expected {
        let Some(wanted) = &init.username_fragment else {
            return Expected::Success;
        };
        let applied = [&self.pending_remote, &self.current_remote];
        let mut sections = applied.into_iter().flatten().flat_map(|one| &one.media);
        match sections.any(|media| media.ice_ufrag() == Some(wanted)) {
            true => Expected::Success,
            false => Expected::Maybe(&["OperationError"]),
        }
    }

    /// The ufrags that candidates of the peer may have now, each with the mid of its section.
    pub(crate) fn remote_generations(&self) -> Vec<(String, String)> {
        let applied = [&self.pending_remote, &self.current_remote];
        let sections = applied.into_iter().flatten().flat_map(|one| &one.media);
        let named = sections.filter_map(|media| Some((media.mid()?, media.ice_ufrag()?)));
        named
            .map(|(mid, ufrag)| (mid.to_owned(), ufrag.to_owned()))
            .collect()
    }
}

const MODIFIED: Expected = Expected::Exception("InvalidModificationError");
const INVALID_STATE: Expected = Expected::Exception("InvalidStateError");
