//! Candidates of both sides in the descriptions that have their generation (RFC 8838, RFC 8840).

use rill_ice::{RelayProtocol, TransportId};
use rill_sdp::{Attribute, Candidate, Media};

use super::{Events, View};
use crate::{
    Event, IceCandidate, OperationId,
    jsep::{Description, Side, set_default_candidate},
};

/// A remote candidate that was taken.
#[derive(Debug)]
pub(crate) struct RemoteCandidateAdded {
    pub(crate) operation: OperationId,
    /// The line to add, per section: its username fragment, its position, the attribute.
    pub(crate) lines: Vec<(String, usize, Attribute)>,
    /// The transport of each generation.
    pub(crate) transports: Vec<(TransportId, String)>,
}

/// A local candidate of one generation, or that there are no more.
#[derive(Debug)]
pub(crate) struct LocalCandidateFound {
    pub(crate) transport: TransportId,
    pub(crate) ufrag: String,
    pub(crate) candidate: Option<Candidate>,
    pub(crate) url: Option<String>,
    pub(crate) relay_protocol: Option<RelayProtocol>,
}

impl View {
    /// What the newest remote description brought along.
    pub(super) fn collect_remote_candidates(&mut self) {
        let Some(description) = self.descriptions.remote() else {
            return;
        };
        let session = description.session();
        for (index, section) in session.sections().enumerate() {
            let media = section.media();
            let Some(ufrag) = section.ice_ufrag() else {
                continue;
            };
            let own = self.transports.iter_mut().find(|transport| {
                let remote = transport.remote.as_ref();
                remote.is_some_and(|remote| remote.ufrag == ufrag)
            });
            if let Some(transport) = own {
                media.candidates().for_each(|line| {
                    transport.add_remote(told(line, ufrag, media.mid(), index));
                });
            }
        }
    }

    /// Adds the candidates that were surfaced since a local description was created (webrtc-pc
    /// §4.4.1.5).
    pub(super) fn complete(&self, description: &mut Description) {
        let before: Vec<_> = self.descriptions.sessions(Side::Local).collect();
        for media in &mut description.session_mut().media {
            let Some(ufrag) = media.ice_ufrag() else {
                continue;
            };
            let surfaced = before
                .iter()
                .flat_map(|session| &session.media)
                .find(|other| other.ice_ufrag() == Some(ufrag));
            for line in surfaced.into_iter().flat_map(|other| &other.attributes) {
                if matches!(line, Attribute::Candidate(_) | Attribute::EndOfCandidates) {
                    insert(media, line);
                }
            }
            set_default_candidate(media);
        }
    }

    /// The line is mirrored into every description that has its generation (webrtc-pc §4.4.2).
    pub(crate) fn add_remote_candidate(&mut self, added: &RemoteCandidateAdded) {
        for description in self.descriptions.of_mut(Side::Remote) {
            for (ufrag, index, line) in &added.lines {
                let Some(media) = description.session_mut().media.get_mut(*index) else {
                    continue;
                };
                if media.ice_ufrag().is_none_or(|own| own == ufrag) {
                    insert(media, line);
                }
            }
        }
        for (ufrag, index, line) in &added.lines {
            let Attribute::Candidate(line) = line else {
                continue;
            };
            let mid = self
                .descriptions
                .sessions(Side::Remote)
                .find_map(|session| {
                    let media = session.media.get(*index)?;
                    let own = media.ice_ufrag().is_none_or(|own| own == ufrag);
                    own.then(|| media.mid().map(str::to_owned))
                });
            let candidate = told(line, ufrag, mid.flatten().as_deref(), *index);
            let of_generation = added.transports.iter().find(|(_, own)| own == ufrag);
            if let Some((id, _)) = of_generation
                && let Some(transport) = self.transport_mut(*id)
            {
                transport.add_remote(candidate);
            }
        }
    }

    /// Puts the candidate, or `a=end-of-candidates`, into its description, then says so. One whose
    /// generation is in no applied description is discarded (RFC 9429 §4.1.10).
    pub(crate) fn surface(&mut self, found: LocalCandidateFound, events: &mut Events) {
        if self.transport(found.transport).is_none() {
            return;
        }
        let line = found.candidate.clone();
        let line = line.map_or(Attribute::EndOfCandidates, Attribute::from);
        let Some((mid, index)) = self.insert_local(&found.ufrag, &line) else {
            return;
        };
        let candidate = IceCandidate {
            candidate: found
                .candidate
                .map_or_else(String::new, |candidate| candidate.to_string()),
            sdp_mid: mid,
            sdp_m_line_index: index,
            username_fragment: found.ufrag,
            url: found.url,
            relay_protocol: found.relay_protocol,
        };
        if let Some(transport) = self.transport_mut(found.transport) {
            transport.surface(&candidate);
        }
        events.push(Event::IceCandidate(Some(candidate)));
    }

    /// Adds a line to the sections of a generation; says where in the newest description.
    fn insert_local(&mut self, ufrag: &str, line: &Attribute) -> Option<(String, u16)> {
        let mut place = None;
        for description in self.descriptions.of_mut(Side::Local) {
            let sections = description.session_mut().media.iter_mut().enumerate();
            for (index, media) in sections
                .filter(|(_, m)| m.ice_ufrag() == Some(ufrag))
                .take(1)
            {
                insert(media, line);
                set_default_candidate(media);
                let mid = media.mid().unwrap_or_default().to_owned();
                let index = u16::try_from(index).unwrap_or(u16::MAX);
                place.get_or_insert((mid, index));
            }
        }
        place
    }
}

/// A candidate of the peer, as it was told in a section.
fn told(line: &Candidate, ufrag: &str, mid: Option<&str>, index: usize) -> IceCandidate {
    IceCandidate {
        candidate: line.to_string(),
        sdp_mid: mid.unwrap_or_default().to_owned(),
        sdp_m_line_index: u16::try_from(index).unwrap_or(u16::MAX),
        username_fragment: ufrag.to_owned(),
        url: None,
        relay_protocol: None,
    }
}

/// Adds a candidate, or their end, in its place; what is there already, or too much, is left out.
fn insert(media: &mut Media, line: &Attribute) {
    match line {
        Attribute::Candidate(candidate) => drop(media.insert_candidate((**candidate).clone())),
        _ => media.insert_end_of_candidates(),
    }
}
