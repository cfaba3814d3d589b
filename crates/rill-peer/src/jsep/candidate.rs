//! addIceCandidate (webrtc-pc §4.4.2): which sections a candidate is for.

use rill_ice::TransportId;
use rill_sdp::{Attribute, Candidate, Session};

use super::{AddIceCandidateError, Jsep, Section, Side, bundle::Bundles};
use crate::{IceCandidateInit, SignalingState};

/// A candidate, or the end of candidates, that can be taken.
#[derive(Debug)]
pub(crate) struct CandidatePlan {
    /// `None` is end-of-candidates.
    pub(crate) candidate: Option<Candidate>,
    /// The transports it is for, each with the generation's username fragment.
    pub(crate) transports: Vec<(TransportId, String)>,
    /// Where the line is mirrored: username fragment, section, line.
    pub(crate) lines: Vec<(String, usize, Attribute)>,
}

impl Jsep {
    pub(crate) fn plan_candidate(
        &self,
        init: &IceCandidateInit,
    ) -> Result<CandidatePlan, AddIceCandidateError> {
        let named = init.sdp_mid.is_some() || init.sdp_m_line_index.is_some();
        // Before everything else, a closed connection included.
        if !init.candidate.is_empty() && !named {
            return Err(AddIceCandidateError::NoSection);
        }
        if self.descriptions.signaling_state == SignalingState::Closed {
            return Err(AddIceCandidateError::Closed);
        }
        let Some(remote) = self.descriptions.remote() else {
            return Err(AddIceCandidateError::NoRemoteDescription);
        };
        let indices = section_indices(&remote.session(), init)?;
        let candidate = match &*init.candidate {
            "" => None,
            text => Some(Candidate::parse(text)?),
        };
        let inside = candidate.as_ref().and_then(Candidate::ufrag);
        if let (Some(inside), Some(given)) = (inside, &init.username_fragment)
            && inside != given
        {
            return Err(AddIceCandidateError::UnknownUfrag(inside.to_owned()));
        }
        let wanted = init.username_fragment.as_deref().or(inside);
        let places = self.generations(&indices, wanted)?;
        let line = candidate
            .clone()
            .map_or(Attribute::EndOfCandidates, Attribute::from);
        let mut transports = Vec::new();
        let mut lines = Vec::new();
        for (index, ufrag) in places {
            // A section that is not used: the candidate is taken and has no effect.
            let Some(transport) = self.sections.get(index).and_then(Section::transport) else {
                continue;
            };
            let place = (transport, ufrag.clone());
            if !transports.contains(&place) {
                transports.push(place);
            }
            lines.push((ufrag, index, line.clone()));
        }
        Ok(CandidatePlan {
            candidate,
            transports,
            lines,
        })
    }

    /// For each section the generation that is meant: the newest, or the one that was named, which
    /// must be in an applied description of that very section.
    fn generations(
        &self,
        indices: &[usize],
        wanted: Option<&str>,
    ) -> Result<Vec<(usize, String)>, AddIceCandidateError> {
        let sessions: Vec<_> = self
            .descriptions
            .sessions(Side::Remote)
            .map(|session| {
                let bundles = Bundles::of(&session);
                (session, bundles)
            })
            .collect();
        let mut places = Vec::new();
        for &index in indices {
            let mut known = sessions
                .iter()
                .filter_map(|(session, bundles)| ufrag_of(session, bundles, index));
            let found = match wanted {
                Some(wanted) => known.find(|&known| known == wanted),
                None => known.next(),
            };
            places.extend(found.map(|ufrag| (index, ufrag.to_owned())));
        }
        match wanted {
            Some(wanted) if places.is_empty() => Err(AddIceCandidateError::UnknownUfrag(
                wanted.chars().take(256).collect(),
            )),
            _ => Ok(places),
        }
    }
}

/// The sections that a candidate names. The mid decides where it is given, be the index as it may.
fn section_indices(
    remote: &Session,
    init: &IceCandidateInit,
) -> Result<Vec<usize>, AddIceCandidateError> {
    // No section can have an empty mid; pion and its ports write one and mean the index, as browsers
    // take it.
    let by_index = init.sdp_m_line_index.is_some();
    let mid = init.sdp_mid.as_ref();
    if let Some(mid) = mid.filter(|mid| !mid.is_empty() || !by_index) {
        let found = remote
            .media
            .iter()
            .position(|media| media.mid() == Some(mid));
        return match found {
            Some(index) => Ok(vec![index]),
            None => Err(AddIceCandidateError::UnknownMid(
                mid.chars().take(256).collect(),
            )),
        };
    }
    if let Some(index) = init.sdp_m_line_index {
        return if usize::from(index) < remote.media.len() {
            Ok(vec![usize::from(index)])
        } else {
            Err(AddIceCandidateError::UnknownIndex(index))
        };
    }
    Ok((0..remote.media.len()).collect())
}

/// The username fragment that holds for a section: its own, its bundle's, or the session's.
fn ufrag_of<'a>(session: &'a Session, bundles: &Bundles, index: usize) -> Option<&'a str> {
    let own = session.media.get(index)?.ice_ufrag();
    own.or_else(|| session.section(bundles.tag(index))?.ice_ufrag())
}
