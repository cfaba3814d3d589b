//! createOffer and createAnswer (webrtc-pc §4.4.2, RFC 9429 §5.2, §5.3).

use std::collections::BTreeMap;

use rill_ice::{Credentials, TransportId};
use rill_sdp::{Attribute, Setup};

use crate::{
    CreateAnswerError, CreateOfferError, PeerConnection, SessionDescription, SignalingState,
    fingerprint,
    jsep::{LocalParameters, OfferInput, Section, Side, Text},
    transport::{DtlsRole, DtlsTransport},
};

/// How an offer is to be made (webrtc-pc, `RTCOfferOptions`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OfferOptions {
    /// Begin ICE anew on every transport.
    pub ice_restart: bool,
}

impl PeerConnection {
    /// Makes an offer (webrtc-pc §4.4.2, `createOffer`). It changes nothing but the record of the
    /// last created offer.
    ///
    /// # Errors
    ///
    /// The connection is closed, or a remote offer is pending.
    pub fn create_offer(
        &mut self,
        options: OfferOptions,
    ) -> Result<SessionDescription, CreateOfferError> {
        match self.jsep.descriptions.signaling_state {
            SignalingState::Closed => return Err(CreateOfferError::Closed),
            SignalingState::Stable | SignalingState::HaveLocalOffer => {}
            state => return Err(CreateOfferError::WrongState(state)),
        }
        // One for each section that may be new: those of transceivers, and that of data.
        self.provide_spares(self.transceivers.living().count() + 1);
        let sections = self.jsep.offer_sections(OfferInput {
            transceivers: &self.transceivers,
            data: self.channels.is_used(),
            policy: self.configuration.bundle_policy,
            spares: &self.spares,
        });
        let parameters = self.parameters(&sections, |peer, id| {
            (Setup::ActPass, peer.offered_credentials(id, options))
        });
        let text = Text {
            sections,
            parameters,
            transceivers: &self.transceivers,
        };
        Ok(self.jsep.create_offer(&text, options.ice_restart))
    }

    /// Makes an answer to the pending remote offer (webrtc-pc §4.4.2, `createAnswer`).
    ///
    /// # Errors
    ///
    /// The connection is closed, or no remote offer is pending.
    pub fn create_answer(&mut self) -> Result<SessionDescription, CreateAnswerError> {
        let state = self.jsep.descriptions.signaling_state;
        let offer = match (state, &self.jsep.descriptions.pending_remote) {
            (SignalingState::Closed, _) => return Err(CreateAnswerError::Closed),
            (SignalingState::HaveRemoteOffer | SignalingState::HaveLocalPranswer, Some(offer)) => {
                offer.session().into_owned()
            }
            _ => return Err(CreateAnswerError::NoOffer(state)),
        };
        let policy = self.configuration.bundle_policy;
        let sections = self
            .jsep
            .answer_sections(&offer, &self.transceivers, policy);
        let parameters = self.parameters(&sections, |peer, id| {
            (peer.answer_setup(id), peer.credentials(id))
        });
        let text = Text {
            sections,
            parameters,
            transceivers: &self.transceivers,
        };
        Ok(self.jsep.create_answer(&offer, &text))
    }

    /// What a description of ours says of each transport that it uses.
    fn parameters(
        &mut self,
        sections: &[Section],
        of: impl Fn(&mut Self, TransportId) -> (Setup, Credentials),
    ) -> BTreeMap<TransportId, LocalParameters> {
        let mut parameters = BTreeMap::new();
        for id in sections.iter().filter_map(Section::transport) {
            if parameters.contains_key(&id) {
                continue;
            }
            let (setup, credentials) = of(self, id);
            let certificates = self.configuration.certificates.iter();
            let own = LocalParameters {
                gathered: self.gathered(&credentials.ufrag),
                credentials,
                fingerprints: certificates.map(fingerprint::of_certificate).collect(),
                setup,
                tls_id: self.tls_id(id),
            };
            parameters.insert(id, own);
        }
        parameters
    }

    fn credentials(&self, id: TransportId) -> Credentials {
        let newest = self.agent.local_credentials(id);
        newest.map_or_else(
            || Credentials {
                ufrag: String::new(),
                pwd: String::new(),
            },
            |(_, own)| own.clone(),
        )
    }

    /// The credentials of a transport in an offer: new ones restart ICE (RFC 9429 §5.2.3.1).
    fn offered_credentials(&mut self, id: TransportId, options: OfferOptions) -> Credentials {
        let present = self.credentials(id);
        let in_use = self.transport(id).is_some();
        if in_use && (options.ice_restart || self.restart.is_wanted(&present)) {
            return self.rng.draw(Credentials::generate);
        }
        present
    }

    /// The candidates of a generation that were surfaced (RFC 9429 §5.2.2).
    fn gathered(&self, ufrag: &str) -> Vec<Attribute> {
        let surfaced = |attribute: &&Attribute| {
            matches!(
                attribute,
                Attribute::Candidate(_) | Attribute::EndOfCandidates
            )
        };
        let mut sessions = self.view.descriptions.sessions(Side::Local);
        let gathered = sessions.find_map(|session| {
            let mut media = session.media.iter();
            let media = media.find(|media| media.ice_ufrag() == Some(ufrag))?;
            Some(media.attributes.iter().filter(surfaced).cloned().collect())
        });
        gathered.unwrap_or_default()
    }

    /// RFC 8842 §5.3: we are the client unless the peer wants to be, or DTLS runs already and goes on.
    fn answer_setup(&self, id: TransportId) -> Setup {
        let offered = self
            .jsep
            .pending
            .as_ref()
            .and_then(|side| side.transport(id));
        let running = self
            .transport(id)
            .filter(|_| !self.renews_dtls(id))
            .and_then(DtlsTransport::role);
        match (running, offered.map(|offered| offered.setup)) {
            (Some(DtlsRole::Client), _) => Setup::Active,
            (Some(DtlsRole::Server), _) | (None, Some(Setup::Active)) => Setup::Passive,
            (None, _) => Setup::Active,
        }
    }

    /// Whether the pending remote offer asks for another DTLS association.
    fn renews_dtls(&self, id: TransportId) -> bool {
        let pending = self
            .jsep
            .pending
            .as_ref()
            .and_then(|side| side.transport(id));
        let before = self.transport(id).and_then(DtlsTransport::peer);
        pending
            .zip(before)
            .is_some_and(|(now, before)| !now.dtls_peer().is_same(before))
    }

    /// RFC 8842 §4: one DTLS association, one id. It is that of the last description, unless the peer
    /// asks for another association.
    fn tls_id(&self, id: TransportId) -> String {
        let transport = self.transport(id);
        let kept = transport.and_then(DtlsTransport::tls_id);
        match kept.filter(|_| !self.renews_dtls(id)) {
            Some(kept) => kept.to_owned(),
            None => {
                let associations = transport.map_or(0, DtlsTransport::associations);
                let next = associations + u32::from(self.renews_dtls(id));
                format!("{}{:x}-{next}", self.tls_id, id.value())
            }
        }
    }

    /// Makes sure that there are transports for this many new sections.
    pub(super) fn provide_spares(&mut self, count: usize) {
        while self.spares.len() < count {
            self.spares.push(self.agent.add_transport());
        }
    }
}
