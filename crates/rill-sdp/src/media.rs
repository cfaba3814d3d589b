//! A media description (RFC 8866 §5.14).

use std::fmt;

use crate::attribute::{Attribute, Direction, Fingerprint, Rtpmap, Setup};
use crate::candidate::Candidate;
use crate::connection::{Bandwidth, Connection};
use crate::limits::MAX_CANDIDATES;
use crate::line::Line;
use crate::session::{remove, write_lines};

/// A media description, also called an m-section.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Media {
    /// `audio`, `video`, `application`, …
    pub kind: String,
    /// The port; 9 if there is no default destination, 0 if the section is rejected or, with
    /// `bundle-only`, offered only within its group.
    pub port: u16,
    /// The number of ports, which WebRTC does not use.
    pub port_count: Option<u32>,
    /// `UDP/TLS/RTP/SAVPF`, `UDP/DTLS/SCTP`, …
    pub protocol: String,
    /// Payload types, or `webrtc-datachannel`; at least one.
    pub formats: Vec<String>,
    /// `i=`, `k=`, and each `c=` after the first, word for word. Those of another kind are not
    /// written.
    pub lines: Vec<Line>,
    /// The first `c=`.
    pub connection: Option<Connection>,
    /// `b=`
    pub bandwidths: Vec<Bandwidth>,
    /// `a=`, in their order.
    pub attributes: Vec<Attribute>,
}

/// What became of a candidate that was to be inserted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Insertion {
    /// It is there now.
    Added,
    /// It was there already.
    Present,
    /// There are [`MAX_CANDIDATES`] already; nothing was changed.
    Full,
}

impl Media {
    /// A media description without attributes, with `c=IN IP4 0.0.0.0` (RFC 9429 §5.2.1).
    #[must_use]
    pub fn new(kind: &str, port: u16, protocol: &str, formats: &[&str]) -> Self {
        Self {
            kind: kind.into(),
            port,
            port_count: None,
            protocol: protocol.into(),
            formats: formats.iter().copied().map(Into::into).collect(),
            lines: Vec::new(),
            connection: Some(Connection::unspecified()),
            bandwidths: Vec::new(),
            attributes: Vec::new(),
        }
    }

    /// Adds an attribute after those that are there.
    pub fn push(&mut self, attribute: Attribute) {
        self.attributes.push(attribute);
    }

    /// Removes all attributes of this name, and says how many there were.
    pub fn remove_attribute(&mut self, name: &str) -> usize {
        remove(&mut self.attributes, name)
    }

    /// Adds a candidate after the last one, and so before `end-of-candidates`; or, if there is
    /// none yet, at the end.
    pub fn insert_candidate(&mut self, candidate: Candidate) -> Insertion {
        if self.candidates().any(|other| *other == candidate) {
            return Insertion::Present;
        }
        if self.candidates().count() >= MAX_CANDIDATES {
            return Insertion::Full;
        }
        let is_candidate = |attribute: &Attribute| matches!(attribute, Attribute::Candidate(_));
        let is_end = |attribute: &Attribute| *attribute == Attribute::EndOfCandidates;
        let place = match self.attributes.iter().rposition(is_candidate) {
            Some(last) => last + 1,
            None => self
                .attributes
                .iter()
                .position(is_end)
                .unwrap_or(self.attributes.len()),
        };
        self.attributes.insert(place, candidate.into());
        Insertion::Added
    }

    /// Adds `end-of-candidates` after the last candidate, or at the end. Does nothing if it is
    /// there.
    pub fn insert_end_of_candidates(&mut self) {
        if self.end_of_candidates() {
            return;
        }
        let is_candidate = |attribute: &Attribute| matches!(attribute, Attribute::Candidate(_));
        let last = self.attributes.iter().rposition(is_candidate);
        let place = last.map_or(self.attributes.len(), |last| last + 1);
        self.attributes.insert(place, Attribute::EndOfCandidates);
    }

    /// Whether the section is rejected, or was stopped: port 0, and not `bundle-only`
    /// (RFC 9143 §6, RFC 9429 §5.3.1).
    #[must_use]
    pub fn is_rejected(&self) -> bool {
        self.port == 0 && !self.bundle_only()
    }

    /// Whether it describes data channels: SCTP over DTLS (RFC 8841 §4.1, RFC 9429 §5.1.2).
    #[must_use]
    pub fn is_data(&self) -> bool {
        self.kind == "application"
            && matches!(self.protocol.as_str(), "UDP/DTLS/SCTP" | "TCP/DTLS/SCTP")
            && self
                .formats
                .iter()
                .any(|format| format == "webrtc-datachannel")
    }

    /// Its mid.
    #[must_use]
    pub fn mid(&self) -> Option<&str> {
        self.attributes
            .iter()
            .find_map(|attribute| match attribute {
                Attribute::Mid(mid) => Some(mid.as_str()),
                _ => None,
            })
    }

    /// Its user name fragment, without what the session says.
    #[must_use]
    pub fn ice_ufrag(&self) -> Option<&str> {
        self.attributes.iter().find_map(Attribute::as_ice_ufrag)
    }

    /// Its password, without what the session says.
    #[must_use]
    pub fn ice_pwd(&self) -> Option<&str> {
        self.attributes.iter().find_map(Attribute::as_ice_pwd)
    }

    /// Its fingerprints, without those of the session.
    pub fn fingerprints(&self) -> impl Iterator<Item = &Fingerprint> {
        self.attributes.iter().filter_map(Attribute::as_fingerprint)
    }

    /// Its DTLS role, without what the session says.
    #[must_use]
    pub fn setup(&self) -> Option<Setup> {
        self.attributes.iter().find_map(Attribute::as_setup)
    }

    /// Its tls-id, without what the session says.
    #[must_use]
    pub fn tls_id(&self) -> Option<&str> {
        self.attributes.iter().find_map(Attribute::as_tls_id)
    }

    /// Its direction, without what the session says.
    #[must_use]
    pub fn direction(&self) -> Option<Direction> {
        self.attributes.iter().find_map(Attribute::as_direction)
    }

    /// Its candidates.
    pub fn candidates(&self) -> impl Iterator<Item = &Candidate> {
        self.attributes
            .iter()
            .filter_map(|attribute| match attribute {
                Attribute::Candidate(candidate) => Some(&**candidate),
                _ => None,
            })
    }

    /// Whether it says that no further candidates follow.
    #[must_use]
    pub fn end_of_candidates(&self) -> bool {
        self.attributes.contains(&Attribute::EndOfCandidates)
    }

    /// The SCTP port.
    #[must_use]
    pub fn sctp_port(&self) -> Option<u16> {
        self.attributes
            .iter()
            .find_map(|attribute| match attribute {
                Attribute::SctpPort(port) => Some(*port),
                _ => None,
            })
    }

    /// The longest message that its sender accepts, in bytes, 0 meaning any; `None` stands for
    /// 65,536 (RFC 8841 §6.1).
    #[must_use]
    pub fn max_message_size(&self) -> Option<u64> {
        self.attributes
            .iter()
            .find_map(|attribute| match attribute {
                Attribute::MaxMessageSize(size) => Some(*size),
                _ => None,
            })
    }

    /// Whether it is offered only within its BUNDLE group.
    #[must_use]
    pub fn bundle_only(&self) -> bool {
        self.attributes.contains(&Attribute::BundleOnly)
    }

    /// Whether RTP and RTCP share a port.
    #[must_use]
    pub fn rtcp_mux(&self) -> bool {
        self.attributes.contains(&Attribute::RtcpMux)
    }

    /// What its payload types stand for.
    pub fn rtpmaps(&self) -> impl Iterator<Item = &Rtpmap> {
        self.attributes
            .iter()
            .filter_map(|attribute| match attribute {
                Attribute::Rtpmap(rtpmap) => Some(rtpmap),
                _ => None,
            })
    }
}

impl fmt::Display for Media {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "m={} {}", self.kind, self.port)?;
        self.port_count
            .iter()
            .try_for_each(|count| write!(f, "/{count}"))?;
        write!(f, " {}", self.protocol)?;
        self.formats
            .iter()
            .try_for_each(|format| write!(f, " {format}"))?;
        f.write_str("\r\n")?;
        write_lines(&self.lines, "i", f)?;
        self.connection
            .iter()
            .try_for_each(|connection| write!(f, "c={connection}\r\n"))?;
        write_lines(&self.lines, "c", f)?;
        self.bandwidths
            .iter()
            .try_for_each(|bandwidth| write!(f, "b={bandwidth}\r\n"))?;
        write_lines(&self.lines, "k", f)?;
        self.attributes
            .iter()
            .try_for_each(|attribute| write!(f, "a={attribute}\r\n"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::candidate::CandidateKind;

    fn candidate(port: u16) -> Candidate {
        let address = std::net::Ipv4Addr::new(192, 0, 2, 1).into();
        Candidate::new("1", 1, address, port, CandidateKind::Host)
    }

    fn names(media: &Media) -> Vec<&str> {
        media.attributes.iter().map(Attribute::name).collect()
    }

    #[test]
    fn candidates_stay_together_and_before_their_end() {
        let mut media = Media::new("application", 9, "UDP/DTLS/SCTP", &["webrtc-datachannel"]);
        media.push(Attribute::Mid("0".into()));
        assert_eq!(media.insert_candidate(candidate(1)), Insertion::Added);
        media.push(Attribute::SctpPort(5000));
        media.insert_end_of_candidates();
        media.insert_end_of_candidates();
        assert_eq!(media.insert_candidate(candidate(2)), Insertion::Added);
        assert_eq!(media.insert_candidate(candidate(1)), Insertion::Present);
        assert_eq!(
            names(&media),
            [
                "mid",
                "candidate",
                "candidate",
                "end-of-candidates",
                "sctp-port"
            ]
        );
        assert_eq!(media.remove_attribute("candidate"), 2);
        assert_eq!(media.insert_candidate(candidate(3)), Insertion::Added);
        assert_eq!(
            names(&media),
            ["mid", "candidate", "end-of-candidates", "sctp-port"]
        );
    }

    #[test]
    fn the_limit_refuses_the_new_candidate() {
        let mut media = Media::new("application", 9, "UDP/DTLS/SCTP", &["webrtc-datachannel"]);
        for port in (1..).take(MAX_CANDIDATES) {
            assert_eq!(media.insert_candidate(candidate(port)), Insertion::Added);
        }
        let before = media.clone();
        assert_eq!(media.insert_candidate(candidate(65535)), Insertion::Full);
        assert_eq!(media.insert_candidate(candidate(1)), Insertion::Present);
        assert_eq!(media, before);
    }
}
