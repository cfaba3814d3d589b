//! createOffer and createAnswer (RFC 9429 §5.2, §5.3). They change nothing but the record of what
//! was created last.

use rill_sdp::{Attribute, Session};

use super::{Jsep, LocalParameters, Section, SectionRole};
use crate::{SdpType, SessionDescription};

/// A description that was created and may now be applied, unchanged.
#[derive(Clone, Debug)]
pub(crate) struct Created {
    /// As it was handed out.
    pub(crate) sdp: String,
    pub(crate) session: Session,
    /// The sections that hold once it is applied.
    pub(crate) sections: Vec<Section>,
}

impl Jsep {
    /// The sections of the next offer: those there are, in their order, and one for data channels
    /// when `data` asks for it and there is none.
    pub(crate) fn create_offer(
        &mut self,
        data: bool,
        parameters: &LocalParameters,
    ) -> SessionDescription {
        let mut sections = self.sections.clone();
        if data && !sections.iter().any(|section| section.transport().is_some()) {
            let mid = self.free_mid();
            sections.push(Section::data(mid, parameters.transport));
        }
        // RFC 9429 §5.2.1: both tokens, at session level.
        let options = vec!["trickle".to_owned(), "ice2".to_owned()];
        let created = self.create(sections, options, parameters);
        let description = SessionDescription::new(SdpType::Offer, created.sdp.clone());
        self.last_offer = Some(created);
        description
    }

    /// Answers the pending offer section by section; the caller has checked that there is one.
    pub(crate) fn create_answer(
        &mut self,
        offer: &Session,
        parameters: &LocalParameters,
    ) -> SessionDescription {
        // RFC 9429 §5.3.1: a token only if the offer has it.
        let options = ["trickle", "ice2"]
            .into_iter()
            .filter(|token| lists_ice_option(offer, token))
            .map(str::to_owned)
            .collect();
        let created = self.create(self.sections.clone(), options, parameters);
        let description = SessionDescription::new(SdpType::Answer, created.sdp.clone());
        self.last_answer = Some(created);
        description
    }

    fn create(
        &self,
        sections: Vec<Section>,
        ice_options: Vec<String>,
        parameters: &LocalParameters,
    ) -> Created {
        let mut session = Session::new(self.session_id, self.next_version());
        let mids = self.bundled_mids(&sections);
        if !mids.is_empty() {
            session.attributes.push(Attribute::Group {
                semantics: "BUNDLE".into(),
                mids,
            });
        }
        if !ice_options.is_empty() {
            session.attributes.push(Attribute::IceOptions(ice_options));
        }
        for section in &sections {
            let live = section.transport() == Some(parameters.transport);
            session
                .media
                .push(section.to_media(live.then_some(parameters)));
        }
        Created {
            sdp: session.to_string(),
            session,
            sections,
        }
    }

    /// The group of an answer holds only what the offer grouped (RFC 9143 §7.3).
    fn bundled_mids(&self, sections: &[Section]) -> Vec<String> {
        let offered = self.descriptions.pending_remote.as_ref().map(|offer| {
            offer
                .session
                .bundle_groups()
                .flatten()
                .cloned()
                .collect::<Vec<_>>()
        });
        sections
            .iter()
            .filter(|section| !matches!(section.role, SectionRole::Rejected))
            .map(|section| section.mid.clone())
            .filter(|mid| offered.as_ref().is_none_or(|offered| offered.contains(mid)))
            .collect()
    }

    /// A mid that no section has (RFC 9429 §5.2.1: any short unique token).
    fn free_mid(&self) -> String {
        let taken = |mid: &str| self.sections.iter().any(|section| section.mid == mid);
        (self.sections.len()..)
            .map(|number| number.to_string())
            .find(|mid| !taken(mid))
            .unwrap_or_default()
    }
}

/// Whether a token stands in any `a=ice-options` of a description.
fn lists_ice_option(session: &Session, token: &str) -> bool {
    let media = session.media.iter().flat_map(|media| &media.attributes);
    session
        .attributes
        .iter()
        .chain(media)
        .any(|attribute| match attribute {
            Attribute::IceOptions(tokens) => tokens.iter().any(|other| other == token),
            _ => false,
        })
}
