//! The sections of an answer (RFC 9429 §5.3.1).

use rill_sdp::Session;

use super::{Jsep, Section, Usage, bundle::Bundles};
use crate::{BundlePolicy, media, transceiver::Transceivers};

impl Jsep {
    /// The sections of an answer to the pending remote offer.
    pub(crate) fn answer_sections(
        &self,
        offer: &Session,
        transceivers: &Transceivers,
        policy: BundlePolicy,
    ) -> Vec<Section> {
        let bundles = Bundles::of(offer);
        let mut sections = self.offered.clone();
        for (index, section) in sections.iter_mut().enumerate() {
            let accepted = accept_media(section, &offer.media[index], transceivers);
            if !accepted || !permits(policy, offer, &bundles, index) {
                section.reject();
            }
        }
        // RFC 9429 §5.3.1, RFC 9143 §7.3.3: the section that speaks for a group cannot be rejected
        // alone.
        for index in 0..sections.len() {
            if sections[bundles.tag(index)].is_rejected() {
                sections[index].reject();
            }
        }
        sections
    }
}

/// What is taken of a media section that was offered. Whether there is anything.
fn accept_media(
    section: &mut Section,
    offered: &rill_sdp::Media,
    transceivers: &Transceivers,
) -> bool {
    let Usage::Media(media) = &mut section.usage else {
        return true;
    };
    let Some(transceiver) = transceivers.get(media.transceiver) else {
        return false;
    };
    media.codecs = media::answer_codecs(transceiver.kind, &transceiver.preferences, offered);
    media.send_codecs = media::accepted_codecs(&media.codecs, offered);
    media.direction = media.direction.intersect(transceiver.direction);
    // webrtc-pc §5.4: one that is stopping, and not yet stopped, does not affect an answer.
    !transceiver.gone && !media.codecs.is_empty()
}

/// Whether the bundle policy lets a section of this offer have a transport (RFC 9429 §5.3.1).
fn permits(policy: BundlePolicy, offer: &Session, bundles: &Bundles, index: usize) -> bool {
    let live = |other: &usize| !offer.media[*other].is_rejected();
    let mut all = (0..offer.media.len()).filter(live);
    let first = match policy {
        BundlePolicy::MaxCompat => return true,
        BundlePolicy::MaxBundle => all.next(),
        BundlePolicy::Balanced => {
            all.find(|&other| offer.media[other].kind == offer.media[index].kind)
        }
    };
    first.is_none_or(|first| bundles.are_bundled(first, index))
}
