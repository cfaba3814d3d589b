//! The selected pair as the candidates that signalling knows (webrtc-pc §5.6.2).

use std::sync::Arc;

use rill_ice::{CandidatePair, Kind, LocalCandidate, RemoteAddress, RemoteCandidate, TransportId};
use rill_sdp::{Candidate, CandidateAddress, Session};

use super::View;
use crate::{IceCandidate, candidate::to_line, jsep::Side};

impl View {
    /// Our candidate and the peer's. One that the peer never told has no text (webrtc-pc §4.8.1).
    pub(super) fn selected_candidates(
        &self,
        id: TransportId,
        pair: &CandidatePair,
    ) -> (Arc<IceCandidate>, Arc<IceCandidate>) {
        (
            self.selected_local(id, &pair.local),
            self.selected_remote(id, &pair.remote),
        )
    }

    fn selected_local(&self, id: TransportId, local: &LocalCandidate) -> Arc<IceCandidate> {
        let surfaced = self.transport(id).and_then(|transport| {
            let line = to_line(local).to_string();
            let mut surfaced = transport.local_candidates.iter();
            surfaced.find(|candidate| candidate.candidate == line)
        });
        if let Some(surfaced) = surfaced {
            return Arc::clone(surfaced);
        }
        let line = to_line(local);
        let is_it = |other: &Candidate| *other == line;
        let told = self.find(Side::Local, &is_it);
        let mut candidate = told.unwrap_or_else(|| IceCandidate {
            candidate: line.to_string(),
            ..self.unknown(Side::Local, id)
        });
        candidate.url.clone_from(&local.url);
        candidate.relay_protocol = local.relay_protocol;
        Arc::new(candidate)
    }

    fn selected_remote(&self, id: TransportId, remote: &RemoteCandidate) -> Arc<IceCandidate> {
        let is_it = |other: &Candidate| match (&remote.address, &other.address) {
            (RemoteAddress::Ip(address), CandidateAddress::Ip(ip)) => {
                (address.ip(), address.port()) == (*ip, other.port)
            }
            (RemoteAddress::Name { name, port }, CandidateAddress::Name(other_name)) => {
                (name, *port) == (other_name, other.port)
            }
            _ => false,
        };
        let told = self.find(Side::Remote, &is_it);
        let told = told
            .filter(|_| remote.kind != Kind::PeerReflexive)
            .unwrap_or_else(|| self.unknown(Side::Remote, id));
        let listed = self.transport(id).and_then(|transport| {
            let mut listed = transport.remote_candidates.iter();
            listed.find(|listed| ***listed == told)
        });
        listed.map_or_else(|| Arc::new(told.clone()), Arc::clone)
    }

    /// The line of a description that is the candidate, the newest first.
    fn find(&self, side: Side, is_it: &dyn Fn(&Candidate) -> bool) -> Option<IceCandidate> {
        let mut sessions = self.descriptions.sessions(side);
        sessions.find_map(|session| in_session(&session, is_it))
    }

    /// Without a text, in the newest generation of the transport.
    fn unknown(&self, side: Side, id: TransportId) -> IceCandidate {
        let transport = self.transport(id);
        let credentials = transport.and_then(|transport| match side {
            Side::Local => transport.local.as_ref(),
            Side::Remote => transport.remote.as_ref(),
        });
        let ufrag = credentials.map_or("", |credentials| &credentials.ufrag);
        let place = self.descriptions.sessions(side).find_map(|session| {
            let mut media = session.media.iter().enumerate();
            let (index, media) = media.find(|(_, media)| media.ice_ufrag() == Some(ufrag))?;
            Some((index, media.mid().unwrap_or_default().to_owned()))
        });
        let (index, mid) = place.unwrap_or_default();
        IceCandidate {
            candidate: String::new(),
            sdp_mid: mid,
            sdp_m_line_index: u16::try_from(index).unwrap_or(u16::MAX),
            username_fragment: ufrag.to_owned(),
            url: None,
            relay_protocol: None,
        }
    }
}

fn in_session(session: &Session, is_it: &dyn Fn(&Candidate) -> bool) -> Option<IceCandidate> {
    session.media.iter().enumerate().find_map(|(index, media)| {
        let candidate = media.candidates().find(|candidate| is_it(candidate))?;
        let section = session.section(index)?;
        Some(IceCandidate {
            candidate: candidate.to_string(),
            sdp_mid: media.mid().unwrap_or_default().to_owned(),
            sdp_m_line_index: u16::try_from(index).unwrap_or(u16::MAX),
            username_fragment: section.ice_ufrag().unwrap_or_default().to_owned(),
            url: None,
            relay_protocol: None,
        })
    })
}
