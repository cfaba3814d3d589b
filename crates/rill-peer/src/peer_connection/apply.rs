//! setLocalDescription and setRemoteDescription: parse and plan (RFC 9429 §5). What follows cannot
//! fail, and is in `commit`.

use std::time::Instant;

use rill_sdp::Session;

use crate::{
    OfferOptions, OperationId, PeerConnection, SdpType, SessionDescription, SetDescriptionError,
    SignalingState,
    jsep::{Description, Side},
};

impl PeerConnection {
    /// Applies a local description (webrtc-pc §4.4.2, `setLocalDescription`). `None`, or an empty
    /// text, is the one that fits, as it would be created now.
    ///
    /// The operation has its effect now; getters follow when its task is polled.
    ///
    /// # Errors
    ///
    /// The description does not fit; the connection is as it was.
    pub fn set_local_description(
        &mut self,
        now: Instant,
        description: Option<SessionDescription>,
    ) -> Result<OperationId, SetDescriptionError> {
        if self.is_closed() {
            return Err(SetDescriptionError::Closed);
        }
        let description = description.unwrap_or_else(|| self.implied_description());
        let kind = description.kind;
        if kind == SdpType::Rollback {
            self.jsep.check_step(Side::Local, kind)?;
            return Ok(self.roll_back(now, Side::Local));
        }
        // webrtc-pc §4.4.2: a text that was not created here is refused before the state is asked.
        let given = match &*description.sdp {
            "" => None,
            _ => Some(self.jsep.plan_local(&description)?),
        };
        self.jsep.check_step(Side::Local, kind)?;
        let plan = match given {
            Some(plan) => plan,
            None => {
                self.create_implied(kind);
                self.jsep.plan_local(&description)?
            }
        };
        if !plan.fits(self.jsep.descriptions.pending_remote.as_ref()) {
            return Err(SetDescriptionError::Modified(kind));
        }
        Ok(self.commit_local(now, plan))
    }

    /// Applies a remote description (webrtc-pc §4.4.2, `setRemoteDescription`). An offer takes back
    /// a pending offer of our own.
    ///
    /// # Errors
    ///
    /// The description is malformed or does not fit; the connection is as it was.
    pub fn set_remote_description(
        &mut self,
        now: Instant,
        description: &SessionDescription,
    ) -> Result<OperationId, SetDescriptionError> {
        if self.is_closed() {
            return Err(SetDescriptionError::Closed);
        }
        let kind = description.kind;
        // webrtc-pc §4.4.1.5: an offer that meets ours rolls ours back.
        let implied_rollback = kind == SdpType::Offer
            && self.jsep.descriptions.signaling_state == SignalingState::HaveLocalOffer;
        if !implied_rollback {
            self.jsep.check_step(Side::Remote, kind)?;
        }
        if kind == SdpType::Rollback {
            return Ok(self.roll_back(now, Side::Remote));
        }
        let mut session = Session::parse(&description.sdp)?;
        if kind != SdpType::Offer {
            // RFC 9143 §6: it means nothing in an answer, and port zero is a rejection there.
            for media in &mut session.media {
                media.remove_attribute("bundle-only");
            }
            let plan = self.jsep.plan_remote_answer(&session, &self.transports)?;
            return Ok(self.commit_remote_answer(now, Description::new(kind, session), plan));
        }
        self.provide_spares(session.media.len());
        let plan = self.jsep.plan_remote_offer(
            &session,
            &self.spares,
            &self.transceivers,
            &self.transports,
        )?;
        if implied_rollback {
            self.commit_rollback(now, Side::Local, None);
        }
        Ok(self.commit_remote_offer(now, Description::new(kind, session), plan))
    }

    /// What `setLocalDescription()` without arguments means (webrtc-pc §4.4.2).
    fn implied_description(&self) -> SessionDescription {
        let kind = match self.jsep.descriptions.signaling_state {
            SignalingState::HaveRemoteOffer | SignalingState::HaveLocalPranswer => SdpType::Answer,
            _ => SdpType::Offer,
        };
        SessionDescription::new(kind, "")
    }

    fn create_implied(&mut self, kind: SdpType) {
        // Created afresh: what changed since the last creation is in it. Both can only fail in
        // states that were checked before.
        let options = OfferOptions {
            ice_restart: self.jsep.offered_restart(),
        };
        let created = match kind {
            SdpType::Offer => self.create_offer(options).is_ok(),
            _ => self.create_answer().is_ok(),
        };
        debug_assert!(created, "the signaling state was checked");
    }
}
