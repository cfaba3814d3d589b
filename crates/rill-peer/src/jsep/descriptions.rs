use std::borrow::Cow;

use rill_sdp::Session;

use super::Description;
use crate::{SdpType, SignalingState};

/// Which side a description describes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    /// Ours.
    Local,
    /// The peer's.
    Remote,
}

/// The four description slots and the signaling state, which change only together
/// (webrtc-pc §4.4.1.5).
#[derive(Clone, Debug)]
pub(crate) struct Descriptions {
    pub(crate) signaling_state: SignalingState,
    pub(crate) current_local: Option<Description>,
    pub(crate) pending_local: Option<Description>,
    pub(crate) current_remote: Option<Description>,
    pub(crate) pending_remote: Option<Description>,
}

impl Default for Descriptions {
    fn default() -> Self {
        Self {
            signaling_state: SignalingState::Stable,
            current_local: None,
            pending_local: None,
            current_remote: None,
            pending_remote: None,
        }
    }
}

impl Descriptions {
    /// The state after a description is applied, or `None` where webrtc-pc allows no such step.
    pub(crate) fn next_state(&self, side: Side, kind: SdpType) -> Option<SignalingState> {
        use SignalingState as S;
        match (side, kind, self.signaling_state) {
            (Side::Local, SdpType::Offer, S::Stable | S::HaveLocalOffer) => Some(S::HaveLocalOffer),
            (Side::Remote, SdpType::Offer, S::Stable | S::HaveRemoteOffer) => {
                Some(S::HaveRemoteOffer)
            }
            (Side::Local, SdpType::Answer, S::HaveRemoteOffer | S::HaveLocalPranswer)
            | (Side::Remote, SdpType::Answer, S::HaveLocalOffer | S::HaveRemotePranswer)
            | (_, SdpType::Rollback, S::HaveLocalOffer | S::HaveRemoteOffer) => Some(S::Stable),
            (Side::Local, SdpType::Pranswer, S::HaveRemoteOffer | S::HaveLocalPranswer) => {
                Some(S::HaveLocalPranswer)
            }
            (Side::Remote, SdpType::Pranswer, S::HaveLocalOffer | S::HaveRemotePranswer) => {
                Some(S::HaveRemotePranswer)
            }
            _ => None,
        }
    }

    /// Puts a description into its slot. The caller has asked [`Self::next_state`] before.
    pub(crate) fn apply(&mut self, side: Side, description: Description) {
        let Some(state) = self.next_state(side, description.kind) else {
            return;
        };
        self.signaling_state = state;
        match (side, description.kind) {
            (_, SdpType::Rollback) => {
                self.pending_local = None;
                self.pending_remote = None;
            }
            (Side::Local, SdpType::Offer | SdpType::Pranswer) => {
                self.pending_local = Some(description);
            }
            (Side::Remote, SdpType::Offer | SdpType::Pranswer) => {
                self.pending_remote = Some(description);
            }
            (Side::Local, SdpType::Answer) => {
                self.current_local = Some(description);
                self.current_remote = self.pending_remote.take();
                self.pending_local = None;
            }
            (Side::Remote, SdpType::Answer) => {
                self.current_remote = Some(description);
                self.current_local = self.pending_local.take();
                self.pending_remote = None;
            }
        }
    }

    /// Keeps less of what nobody is asking for.
    pub(crate) fn rest(&mut self) {
        let descriptions = [
            &mut self.current_local,
            &mut self.pending_local,
            &mut self.current_remote,
            &mut self.pending_remote,
        ];
        for description in descriptions.into_iter().flatten() {
            description.rest();
        }
    }

    /// The pending local description, else the current one (`localDescription`).
    pub(crate) fn local(&self) -> Option<&Description> {
        self.pending_local.as_ref().or(self.current_local.as_ref())
    }

    /// The pending remote description, else the current one (`remoteDescription`).
    pub(crate) fn remote(&self) -> Option<&Description> {
        self.pending_remote
            .as_ref()
            .or(self.current_remote.as_ref())
    }

    /// Every applied description of a side, the newest first.
    pub(crate) fn of_mut(&mut self, side: Side) -> impl Iterator<Item = &mut Description> {
        let (pending, current) = match side {
            Side::Local => (&mut self.pending_local, &mut self.current_local),
            Side::Remote => (&mut self.pending_remote, &mut self.current_remote),
        };
        pending.iter_mut().chain(current)
    }

    /// Every applied description of a side, the newest first.
    pub(crate) fn of(&self, side: Side) -> impl Iterator<Item = &Description> {
        let (pending, current) = match side {
            Side::Local => (&self.pending_local, &self.current_local),
            Side::Remote => (&self.pending_remote, &self.current_remote),
        };
        pending.iter().chain(current)
    }

    /// What every applied description of a side says, the newest first.
    pub(crate) fn sessions(&self, side: Side) -> impl Iterator<Item = Cow<'_, Session>> {
        self.of(side).map(Description::session)
    }

    /// What both descriptions of the exchange that holds say.
    pub(crate) fn current(&self) -> impl Iterator<Item = Cow<'_, Session>> {
        let current = [&self.current_local, &self.current_remote];
        current
            .into_iter()
            .flatten()
            .map(|description| description.session())
    }

    /// Whether the peer can trickle: null before a remote description, then by the token alone
    /// (RFC 9429 §5.10, §4.1.17).
    pub(crate) fn can_trickle(&self) -> Option<bool> {
        self.remote()
            .map(|description| description.session().lists_trickle())
    }
}
