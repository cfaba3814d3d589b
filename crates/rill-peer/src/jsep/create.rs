//! createOffer and createAnswer (RFC 9429 §5.2, §5.3). They change nothing but the record of what
//! was created last.

use std::collections::BTreeMap;

use rill_ice::{Credentials, TransportId};
use rill_sdp::{Attribute, Session};

use super::{Address, Jsep, LocalParameters, Section, bundle::speakers};
use crate::{
    SdpType, SessionDescription,
    transceiver::{Sender, Transceivers},
};

/// A description that was created and may now be applied, unchanged.
#[derive(Clone, Debug)]
pub(crate) struct Created {
    /// As it was handed out.
    pub(crate) sdp: String,
    pub(crate) session: Session,
    /// The sections that hold once it is applied.
    pub(crate) sections: Vec<Section>,
    /// The credentials of its transports; those that differ from the present ones restart ICE.
    pub(crate) credentials: Vec<(TransportId, Credentials)>,
    /// The offer that it answers.
    pub(crate) answered: Option<Session>,
    /// It was to restart ICE, and was not applied yet.
    restarts: bool,
}

/// What a description of ours is written from.
#[derive(Debug)]
pub(crate) struct Text<'a> {
    pub(crate) sections: Vec<Section>,
    /// Of every transport that a section uses.
    pub(crate) parameters: BTreeMap<TransportId, LocalParameters>,
    pub(crate) transceivers: &'a Transceivers,
}

/// What stands in offers, at session level (RFC 9429 §5.2.1, draft-thatcher-ice-renomination §3).
const ICE_OPTIONS: [&str; 3] = ["trickle", "ice2", "renomination"];

impl Jsep {
    pub(crate) fn create_offer(&mut self, text: &Text<'_>, restarts: bool) -> SessionDescription {
        let options = ICE_OPTIONS.map(str::to_owned).to_vec();
        let group = self.offered_group(&text.sections);
        let groups = if group.is_empty() {
            Vec::new()
        } else {
            vec![group]
        };
        let mut created = self.create(text, &groups, options);
        created.session.attributes.extend(text.lip_sync_groups());
        created.sdp = created.session.to_string();
        // RFC 9429 §5.2.2: another offer, another version.
        if self
            .last_offer
            .as_ref()
            .is_some_and(|last| last.sdp != created.sdp)
        {
            self.version += 1;
            created.session.origin.session_version = self.next_version();
            created.sdp = created.session.to_string();
        }
        let description = SessionDescription::new(SdpType::Offer, created.sdp.clone());
        created.restarts = restarts;
        self.last_offer = Some(Box::new(created));
        description
    }

    /// Whether the last created offer was to restart ICE and waits to be applied
    /// (webrtc-pc §4.4.2: an empty text means that one).
    pub(crate) fn offered_restart(&self) -> bool {
        self.last_offer.as_ref().is_some_and(|last| last.restarts)
    }

    /// It was applied; whoever wants another restart says so.
    pub(super) fn forget_offered_restart(&mut self) {
        if let Some(last) = &mut self.last_offer {
            last.restarts = false;
        }
    }

    /// The mids of every section, first those whose transport is established: one of them speaks for the
    /// group (RFC 9143 §7.5.1), and what is added moves nothing.
    pub(super) fn offered_group(&self, sections: &[Section]) -> Vec<String> {
        let before = self.stable_sections();
        let is_established = |section: &&Section| {
            let mut known = before.iter().filter_map(Section::transport);
            known.any(|transport| section.transport() == Some(transport))
        };
        let live = sections.iter().filter(|section| !section.is_rejected());
        let (known, new): (Vec<_>, Vec<_>) = live.partition(is_established);
        // RFC 9429 §5.2.2: what the peer wanted apart stays apart.
        let first = known.first().and_then(|section| section.transport());
        let bundled = known
            .into_iter()
            .filter(|section| section.transport() == first);
        let all = bundled.chain(new);
        all.map(|section| section.mid.clone()).collect()
    }

    /// Answers the pending offer section by section; the caller has checked that there is one.
    pub(crate) fn create_answer(&mut self, offer: &Session, text: &Text<'_>) -> SessionDescription {
        // RFC 9429 §5.3.1: a token only if the offer has it.
        let options = ICE_OPTIONS
            .into_iter()
            .filter(|token| offer.lists_ice_option(token))
            .map(str::to_owned)
            .collect();
        // RFC 9143 §7.3: the groups of the offer, without what is rejected.
        let lives = |mid: &&String| {
            let of_mid = |section: &&Section| section.mid == **mid;
            text.sections
                .iter()
                .find(of_mid)
                .is_some_and(|s| !s.is_rejected())
        };
        let groups: Vec<Vec<String>> = offer
            .bundle_groups()
            .map(|group| group.iter().filter(lives).cloned().collect())
            .filter(|group: &Vec<String>| !group.is_empty())
            .collect();
        let mut created = self.create(text, &groups, options);
        for (media, offered) in created.session.media.iter_mut().zip(&offer.media) {
            if offered.mid().is_none() {
                media.remove_attribute("mid");
            }
        }
        let offered_sync = offer.groups().filter(|(semantics, _)| *semantics == "LS");
        let answered = offered_sync.filter_map(|(_, mids)| text.answered_lip_sync(mids));
        created.session.attributes.extend(answered);
        created.sdp = created.session.to_string();
        created.answered = Some(offer.clone());
        let description = SessionDescription::new(SdpType::Answer, created.sdp.clone());
        self.last_answer = Some(Box::new(created));
        description
    }

    fn create(&self, text: &Text<'_>, groups: &[Vec<String>], ice_options: Vec<String>) -> Created {
        let mut session = Session::new(self.session_id, self.next_version());
        session
            .attributes
            .extend(groups.iter().map(|mids| Attribute::Group {
                semantics: "BUNDLE".into(),
                mids: mids.clone(),
            }));
        if !ice_options.is_empty() {
            session.attributes.push(Attribute::IceOptions(ice_options));
        }
        let speakers = speakers(&text.sections, groups);
        let live = |index: &usize| !text.sections[*index].is_rejected();
        if (0..text.sections.len())
            .filter(live)
            .any(|index| !speakers[index])
        {
            // Firefox takes a bundled section without a fingerprint only if the session has one.
            let fingerprints = text.parameters.values().next().map(|own| &own.fingerprints);
            let fingerprints = fingerprints.into_iter().flatten().cloned();
            session
                .attributes
                .extend(fingerprints.map(Attribute::Fingerprint));
        }
        for (index, section) in text.sections.iter().enumerate() {
            let parameters = section.transport().and_then(|id| text.parameters.get(&id));
            let address = match parameters {
                Some(parameters) if speakers[index] => Address::Own(parameters),
                _ if self.is_bundled(index, section) => Address::Bundled,
                _ => Address::BundleOnly,
            };
            session
                .media
                .push(section.to_media(address, self.told_sender(text, section)));
        }
        let credentials = text
            .parameters
            .iter()
            .map(|(id, parameters)| (*id, parameters.credentials.clone()));
        Created {
            sdp: String::new(),
            session,
            sections: text.sections.clone(),
            credentials: credentials.collect(),
            answered: None,
            restarts: false,
        }
    }

    /// The sender that a section speaks of: one that is to send (RFC 9429 §5.2.1, §5.3.1), or that the
    /// description before spoke of (§5.2.2). A section that could change its mind asks no new question.
    fn told_sender<'a>(&self, text: &'a Text<'_>, section: &Section) -> Option<&'a Sender> {
        let transceiver = text.transceivers.get(section.transceiver()?)?;
        let is_msid = |attribute: &Attribute| matches!(attribute, Attribute::Msid(_));
        let current = self.descriptions.current_local.as_ref();
        let told = current.is_some_and(|current| {
            let current = current.session();
            let before = current.media_by_mid(&section.mid);
            before.is_some_and(|media| media.attributes.iter().any(is_msid))
        });
        let speaks = transceiver.direction.sends() || told;
        speaks.then_some(&transceiver.sender)
    }

    /// Whether the peer knows that this section shares its transport: it was negotiated, or the peer
    /// offered it.
    fn is_bundled(&self, index: usize, section: &Section) -> bool {
        let known = |sections: &[Section]| {
            sections.get(index).is_some_and(|other| {
                other.mid == section.mid && other.transport() == section.transport()
            })
        };
        known(self.stable_sections()) || (self.pending.is_some() && known(&self.offered))
    }
}

impl Text<'_> {
    fn streams(&self, section: &Section) -> &[String] {
        let transceiver = section.transceiver();
        let transceiver = transceiver.and_then(|id| self.transceivers.get(id));
        transceiver.map_or(&[], |transceiver| &transceiver.sender.streams)
    }

    /// RFC 9429 §5.2.1: for each stream with several sections, a group.
    fn lip_sync_groups(&self) -> Vec<Attribute> {
        let sending = || {
            let sends =
                |section: &&Section| section.as_media().is_some_and(|m| m.direction.sends());
            self.sections.iter().filter(sends)
        };
        let mut streams: Vec<&String> = Vec::new();
        for stream in sending().flat_map(|section| self.streams(section)) {
            if !streams.contains(&stream) {
                streams.push(stream);
            }
        }
        let mids = |stream: &String| {
            let of_stream = |section: &&Section| self.streams(section).contains(stream);
            let mids = sending()
                .filter(of_stream)
                .map(|section| section.mid.clone());
            mids.collect::<Vec<_>>()
        };
        let groups = streams.into_iter().map(mids).filter(|mids| mids.len() > 1);
        groups.map(lip_sync).collect()
    }

    /// RFC 9429 §5.3.1: those of an offered group that have a stream in common, or none at all.
    fn answered_lip_sync(&self, offered: &[String]) -> Option<Attribute> {
        let live = |mid: &&String| {
            let of_mid = |section: &&Section| section.mid == **mid && !section.is_rejected();
            self.sections.iter().find(of_mid)
        };
        let sections: Vec<_> = offered.iter().filter_map(|mid| live(&mid)).collect();
        let first = sections
            .iter()
            .find_map(|section| self.streams(section).first());
        let belongs = |section: &&&Section| {
            let streams = self.streams(section);
            streams.is_empty() || first.is_some_and(|first| streams.contains(first))
        };
        let mids: Vec<_> = sections
            .iter()
            .filter(belongs)
            .map(|section| section.mid.clone())
            .collect();
        (mids.len() > 1).then(|| lip_sync(mids))
    }
}

fn lip_sync(mids: Vec<String>) -> Attribute {
    Attribute::Group {
        semantics: "LS".into(),
        mids,
    }
}
