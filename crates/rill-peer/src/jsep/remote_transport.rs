//! What the peer says of one transport (RFC 8839 §5.4, RFC 8842 §5, RFC 9143 §7.1.3).

use rill_ice::{Credentials, TransportId};
use rill_sdp::{Attribute, Candidate, Fingerprint, Session, Setup};

use super::{SectionProblem, SetDescriptionError, bundle::Bundles, remote::problem};
use crate::{fingerprint, transport::Peer};

/// The peer's side of one transport.
#[derive(Clone, Debug)]
pub(crate) struct RemoteTransport {
    pub(crate) id: TransportId,
    pub(crate) credentials: Credentials,
    pub(crate) lite: bool,
    /// It takes numbered nominations (draft-thatcher-ice-renomination §3).
    pub(crate) renominates: bool,
    pub(crate) fingerprints: Vec<Fingerprint>,
    pub(crate) setup: Setup,
    pub(crate) tls_id: Option<String>,
    /// Until ICE has them.
    pub(crate) candidates: Vec<Candidate>,
    pub(crate) end_of_candidates: bool,
}

impl RemoteTransport {
    /// Reads the transport that the section at `index` uses. The section that speaks for its bundle
    /// says it, or the session does.
    pub(super) fn read(
        session: &Session,
        bundles: &Bundles,
        index: usize,
        id: TransportId,
    ) -> Result<Self, SetDescriptionError> {
        let index = bundles.tag(index);
        let media = &session.media[index];
        let wrong = |what| problem(media, index, what);
        let section = session
            .section(index)
            .expect("the index is of this session");
        let (Some(ufrag), Some(pwd)) = (section.ice_ufrag(), section.ice_pwd()) else {
            return Err(wrong(SectionProblem::Credentials));
        };
        let fingerprints: Vec<_> = section.fingerprints().cloned().collect();
        if !fingerprint::is_verifiable(&fingerprints) {
            return Err(wrong(SectionProblem::Fingerprint));
        }
        let credentials = Credentials {
            ufrag: ufrag.to_owned(),
            pwd: pwd.to_owned(),
        };
        let ended = [&media.attributes, &session.attributes];
        Ok(Self {
            id,
            lite: session.ice_lite(),
            renominates: session.lists_ice_option("renomination"),
            fingerprints,
            setup: section
                .setup()
                .ok_or_else(|| wrong(SectionProblem::Setup))?,
            tls_id: section.tls_id().map(str::to_owned),
            candidates: candidates(session, bundles, index, &credentials.ufrag),
            end_of_candidates: ended
                .iter()
                .any(|place| place.contains(&Attribute::EndOfCandidates)),
            credentials,
        })
    }

    /// Whether the peer began its side of ICE anew (RFC 8839 §4.4.1.1.1).
    pub(super) fn restarts(&self, before: &Self) -> bool {
        self.credentials != before.credentials
    }

    /// Whether the peer wants another DTLS association (RFC 8842 §4, §5.5).
    pub(crate) fn renews_dtls(&self, before: &Self) -> bool {
        !self.dtls_peer().is_same(&before.dtls_peer())
    }

    pub(crate) fn dtls_peer(&self) -> Peer {
        Peer {
            fingerprints: self.fingerprints.clone(),
            tls_id: self.tls_id.clone(),
        }
    }
}

/// The candidates of a section and of those bundled with it: each is one of their transport, as far
/// as it is of the same generation.
fn candidates(session: &Session, bundles: &Bundles, index: usize, ufrag: &str) -> Vec<Candidate> {
    let shares = |other: &usize| {
        let own = session.media[*other].ice_ufrag();
        bundles.are_bundled(index, *other) && own.is_none_or(|own| own == ufrag)
    };
    (0..session.media.len())
        .filter(shares)
        .flat_map(|other| session.media[other].candidates())
        .cloned()
        .collect()
}
