//! addIceCandidate (webrtc-pc §4.4.2): which sections a candidate is for.

use rill_ice::TransportId;
use rill_sdp::{Attribute, Candidate, Session};

use super::{AddIceCandidateError, Jsep, Section, Side};
use crate::{IceCandidateInit, SignalingState};

/// A candidate, or the end of candidates, that can be taken.
#[derive(Debug)]
pub(crate) struct CandidatePlan {
    /// `None` is end-of-candidates.
    pub(crate) candidate: Option<Candidate>,
    pub(crate) transports: Vec<TransportId>,
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
        let indices = section_indices(&remote.session, init)?;
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
            let Some(transport) = self.transport_of(&remote.session, index) else {
                continue;
            };
            if !transports.contains(&transport) {
                transports.push(transport);
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
        let mut places = Vec::new();
        for &index in indices {
            let mut known = self
                .descriptions
                .of(Side::Remote)
                .filter_map(|description| ufrag_of(&description.session, index));
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

    /// The transport of a section: its own, or the one it is bundled with (RFC 9143 §7).
    fn transport_of(&self, remote: &Session, index: usize) -> Option<TransportId> {
        let own = self.sections.get(index)?;
        own.transport().or_else(|| {
            let group = remote
                .bundle_groups()
                .find(|group| group.contains(&own.mid))?;
            let mut bundled = self.sections.iter().filter(|s| group.contains(&s.mid));
            bundled.find_map(Section::transport)
        })
    }
}

/// The sections that a candidate names. The mid decides where it is given, be the index as it may.
fn section_indices(
    remote: &Session,
    init: &IceCandidateInit,
) -> Result<Vec<usize>, AddIceCandidateError> {
    if let Some(mid) = &init.sdp_mid {
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
fn ufrag_of(session: &Session, index: usize) -> Option<&str> {
    let media = session.media.get(index)?;
    let tagged = || {
        let mid = media.mid()?;
        let group = session
            .bundle_groups()
            .find(|group| group.iter().any(|m| m == mid))?;
        let tag = group.first()?;
        session
            .media
            .iter()
            .find(|media| media.mid() == Some(tag))?
            .ice_ufrag()
    };
    media
        .ice_ufrag()
        .or_else(tagged)
        .or_else(|| session.ice_ufrag())
}
