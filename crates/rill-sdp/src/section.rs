//! A media description together with what it inherits from the session.

use crate::attribute::{Attribute, Direction, Extmap, Fingerprint, Setup};
use crate::media::Media;

/// A media description, seen with what it inherits from its session: what the session says holds
/// for every media description that says nothing itself (RFC 8839 §5.4, RFC 8122 §5, RFC 4145 §4,
/// RFC 8866 §6.7).
#[derive(Clone, Copy, Debug)]
pub struct Section<'a> {
    /// The attributes at session level.
    session: &'a [Attribute],
    media: &'a Media,
}

impl<'a> Section<'a> {
    pub(crate) const fn new(session: &'a [Attribute], media: &'a Media) -> Self {
        Self { session, media }
    }

    /// The media description itself.
    #[must_use]
    pub const fn media(&self) -> &'a Media {
        self.media
    }

    /// Its user name fragment.
    #[must_use]
    pub fn ice_ufrag(&self) -> Option<&'a str> {
        self.media
            .ice_ufrag()
            .or_else(|| self.session.iter().find_map(Attribute::as_ice_ufrag))
    }

    /// Its password.
    #[must_use]
    pub fn ice_pwd(&self) -> Option<&'a str> {
        self.media
            .ice_pwd()
            .or_else(|| self.session.iter().find_map(Attribute::as_ice_pwd))
    }

    /// The tokens of its ICE options, or of the session's if it has none.
    pub fn ice_options(&self) -> impl Iterator<Item = &'a str> + use<'a> {
        let is_options = |attribute: &Attribute| matches!(attribute, Attribute::IceOptions(_));
        let own = self.media.attributes.iter().any(is_options);
        let level = if own {
            self.media.attributes.as_slice()
        } else {
            self.session
        };
        level
            .iter()
            .flat_map(|attribute| match attribute {
                Attribute::IceOptions(tokens) => tokens.as_slice(),
                _ => &[],
            })
            .map(String::as_str)
    }

    /// Its fingerprints, or the session's if it has none.
    pub fn fingerprints(&self) -> impl Iterator<Item = &'a Fingerprint> + use<'a> {
        let own = self.media.fingerprints().next().is_some();
        let level = if own {
            self.media.attributes.as_slice()
        } else {
            self.session
        };
        level.iter().filter_map(Attribute::as_fingerprint)
    }

    /// Its DTLS role.
    #[must_use]
    pub fn setup(&self) -> Option<Setup> {
        self.media
            .setup()
            .or_else(|| self.session.iter().find_map(Attribute::as_setup))
    }

    /// Its tls-id.
    #[must_use]
    pub fn tls_id(&self) -> Option<&'a str> {
        self.media
            .tls_id()
            .or_else(|| self.session.iter().find_map(Attribute::as_tls_id))
    }

    /// Its direction; `sendrecv` if nobody says anything.
    #[must_use]
    pub fn direction(&self) -> Direction {
        self.media
            .direction()
            .or_else(|| self.session.iter().find_map(Attribute::as_direction))
            .unwrap_or_default()
    }

    /// Its header extensions, and after them those that the session maps for all (RFC 8285 §6).
    pub fn extmaps(&self) -> impl Iterator<Item = &'a Extmap> + use<'a> {
        let all = self.media.attributes.iter().chain(self.session);
        all.filter_map(|attribute| match attribute {
            Attribute::Extmap(extmap) => Some(extmap),
            _ => None,
        })
    }

    /// Whether no further candidates follow for it: at session level this holds for all
    /// (RFC 8840 §8.1).
    #[must_use]
    pub fn end_of_candidates(&self) -> bool {
        self.media.end_of_candidates() || self.session.contains(&Attribute::EndOfCandidates)
    }
}
