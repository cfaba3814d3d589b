//! The sections of the next offer (RFC 9429 §5.2.1, §5.2.2): which there are, where they stand,
//! what they hold and how they share transports.

use rill_ice::TransportId;

use super::{Jsep, MediaSection, Section, Usage};
use crate::{
    BundlePolicy,
    media::{self, PayloadTypes, RtcpAttributes},
    transceiver::{Transceiver, Transceivers},
};

/// What an offer is made from.
#[derive(Clone, Copy, Debug)]
pub(crate) struct OfferInput<'a> {
    pub(crate) transceivers: &'a Transceivers,
    /// A data channel was created.
    pub(crate) data: bool,
    pub(crate) policy: BundlePolicy,
    /// Transports for new sections, in the order in which they are taken; enough of them.
    pub(crate) spares: &'a [TransportId],
}

/// The offer while its sections are put together.
struct Draft<'a> {
    jsep: &'a Jsep,
    input: OfferInput<'a>,
    sections: Vec<Section>,
    /// How many spare transports were taken.
    taken: usize,
}

impl Jsep {
    pub(crate) fn offer_sections(&self, input: OfferInput<'_>) -> Vec<Section> {
        let mut draft = Draft {
            jsep: self,
            input,
            sections: self.sections.clone(),
            taken: 0,
        };
        draft.refresh();
        for transceiver in input.transceivers.living() {
            if !transceiver.stopping && !self.is_associated(transceiver) {
                draft.add_media(transceiver);
            }
        }
        if input.data && !draft.sections.iter().any(Section::is_data) {
            draft.add_data();
        }
        draft.sections
    }

    fn is_associated(&self, transceiver: &Transceiver) -> bool {
        self.sections
            .iter()
            .any(|section| section.transceiver() == Some(transceiver.id))
    }

    /// Whether a section's place is free for another (RFC 9429 §5.2.2): rejected by either side in the
    /// exchange that holds.
    fn is_recyclable(&self, index: usize) -> bool {
        let rejected = |media: &rill_sdp::Media| media.is_rejected();
        let mut current = self.descriptions.current();
        current.any(|session| session.media.get(index).is_some_and(rejected))
    }

    /// A mid that no section has or had (RFC 9429 §5.2.1: short, and from a counter).
    fn free_mid(&self, sections: &[Section]) -> String {
        let taken = |mid: &str| {
            let all = sections.iter().chain(&self.sections);
            all.chain(self.stable_sections()).any(|s| s.mid == mid)
        };
        (sections.len()..)
            .map(|number| number.to_string())
            .find(|mid| !taken(mid))
            .unwrap_or_default()
    }
}

impl Draft<'_> {
    /// The sections there are, as the transceivers want them by now.
    fn refresh(&mut self) {
        for index in 0..self.sections.len() {
            let Some(id) = self.sections[index].transceiver() else {
                continue;
            };
            let Some(transceiver) = self.input.transceivers.get(id) else {
                continue;
            };
            if transceiver.stopping || transceiver.gone {
                self.sections[index].reject();
                continue;
            }
            let taken = self.taken_payload_types(index);
            // RFC 9429 §5.1.2: whatever the peer calls it.
            if self.sections[index].as_media().is_some() {
                self.sections[index].protocol = "UDP/TLS/RTP/SAVPF".into();
            }
            if let Usage::Media(media) = &mut self.sections[index].usage {
                media.direction = transceiver.direction;
                media.codecs = media::offer_codecs(
                    transceiver.kind,
                    &transceiver.preferences,
                    &media.codecs,
                    &taken,
                );
            }
        }
    }

    /// What the other sections use: in a bundle a number has one meaning (RFC 9143 §9.1).
    fn taken_payload_types(&self, except: usize) -> PayloadTypes {
        let mut taken = self.jsep.payload_types.clone();
        for (index, section) in self.sections.iter().enumerate() {
            if let (Some(media), true) = (section.as_media(), index != except) {
                taken.record(&media.codecs);
            }
        }
        taken
    }

    fn add_media(&mut self, transceiver: &Transceiver) {
        let kind = transceiver.kind;
        let taken = self.taken_payload_types(usize::MAX);
        let mut ids = self.jsep.extension_ids.clone();
        for media in self.sections.iter().filter_map(Section::as_media) {
            ids.record(&media.extensions);
        }
        let before = self.taken;
        let media = MediaSection {
            transceiver: transceiver.id,
            transport: self.transport_for(kind.as_str()),
            direction: transceiver.direction,
            codecs: media::offer_codecs(kind, &transceiver.preferences, &[], &taken),
            send_codecs: Vec::new(),
            extensions: media::offer_extensions(kind, None, &ids),
            rtcp: RtcpAttributes::first_offer(self.taken > before),
        };
        let mid = self.jsep.free_mid(&self.sections);
        self.place(Section::media(mid, kind, media));
    }

    fn add_data(&mut self) {
        let transport = self.transport_for("application");
        let mid = self.jsep.free_mid(&self.sections);
        self.place(Section::data(mid, transport));
    }

    fn place(&mut self, section: Section) {
        let free = (0..self.sections.len())
            .find(|&index| self.sections[index].is_rejected() && self.jsep.is_recyclable(index));
        match free {
            Some(index) => self.sections[index] = section,
            None => self.sections.push(section),
        }
    }

    /// The transport of a new section of this kind (RFC 9429 §4.1.1, RFC 9143 §7.2).
    fn transport_for(&mut self, kind: &str) -> TransportId {
        let mut live = self
            .sections
            .iter()
            .filter(|section| !section.is_rejected());
        let shared = match self.input.policy {
            BundlePolicy::MaxBundle => live.next(),
            BundlePolicy::Balanced => live.find(|section| section.kind == kind),
            BundlePolicy::MaxCompat => None,
        };
        shared.and_then(Section::transport).unwrap_or_else(|| {
            let spare = self.input.spares[self.taken];
            self.taken += 1;
            spare
        })
    }
}
