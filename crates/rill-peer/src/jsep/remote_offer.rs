//! A remote offer (RFC 9429 §5.10).

use rill_ice::TransportId;
use rill_sdp::{Media, Session};

use super::{
    Jsep, MediaSection, RemoteSide, RemoteTransport, Section, SectionProblem, SetDescriptionError,
    Usage,
    bundle::{Bundles, check_groups},
    remote::{check_count, check_mids, check_offered_setup, check_roles, problem},
    section::mid_of,
};
use crate::{
    media::{self, MediaKind, RtcpAttributes},
    transceiver::{Direction, Origin, TransceiverId, Transceivers},
    transport::{DtlsTransport, Peer},
};

/// A remote offer that can be applied.
#[derive(Debug)]
pub(crate) struct OfferPlan {
    /// The sections that hold once it is applied.
    pub(crate) sections: Vec<Section>,
    pub(crate) remote: RemoteSide,
    /// The transports on which the peer restarts ICE.
    pub(crate) restarts: Vec<TransportId>,
    /// The transceivers that come with it, in the order of their names.
    pub(crate) transceivers: Vec<MediaKind>,
}

/// The plan while it is made.
struct Draft<'a> {
    session: &'a Session,
    bundles: Bundles,
    /// The sections that it must continue.
    before: &'a [Section],
    /// Those of the last stable state: what is connected is theirs.
    stable: &'a [Section],
    established: &'a RemoteSide,
    transceivers: &'a Transceivers,
    spares: &'a [TransportId],
    /// For each section that speaks for a transport, which one.
    transports: Vec<(usize, TransportId)>,
    sections: Vec<Section>,
    new: Vec<MediaKind>,
}

impl Jsep {
    /// Plans a remote offer. New transports are taken from `spares`, of which there is one for each
    /// section. `associations` are those that may go on.
    pub(crate) fn plan_remote_offer(
        &self,
        session: &Session,
        spares: &[TransportId],
        transceivers: &Transceivers,
        associations: &[DtlsTransport],
    ) -> Result<OfferPlan, SetDescriptionError> {
        // webrtc-pc §4.4.1.5: an offer in the place of an offer continues that one.
        let before = self.remotely_offered();
        let before = before.unwrap_or_else(|| self.stable_sections());
        let count = session.media.len();
        check_count(count, |actual| actual >= before.len(), before.len())?;
        check_mids(session)?;
        check_groups(session)?;
        let mut draft = Draft {
            session,
            bundles: Bundles::of(session),
            before,
            stable: self.stable_sections(),
            established: &self.established,
            transceivers,
            spares,
            transports: Vec::new(),
            sections: Vec::with_capacity(count),
            new: Vec::new(),
        };
        for index in 0..count {
            let usage = draft.usage(index)?;
            let section = Section::of_remote(&session.media[index], index, usage);
            draft.sections.push(section);
        }
        let remote = self.read_remote(session, &draft.bundles, &draft.sections)?;
        check_offered_setup(&remote, session, &draft.sections)?;
        check_roles(&remote, associations, session, &draft.sections)?;
        self.check_offered_dtls(&remote, session, &draft.sections)?;
        let restarts = remote.transports.iter().filter(|t| self.restarts(t));
        Ok(OfferPlan {
            restarts: restarts.map(|transport| transport.id).collect(),
            sections: draft.sections,
            remote,
            transceivers: draft.new,
        })
    }
}

impl<'a> Draft<'a> {
    fn usage(&mut self, index: usize) -> Result<Usage, SetDescriptionError> {
        let media = &self.session.media[index];
        check_continues(self.before.get(index), media, index)?;
        let known = self.known(index).and_then(Section::transceiver);
        if media.is_rejected() {
            return Ok(Usage::Rejected(known));
        }
        if media.is_data() {
            return Ok(if self.sections.iter().any(Section::is_data) {
                Usage::Rejected(None)
            } else {
                Usage::Data(self.transport(index))
            });
        }
        let Some(kind) = MediaKind::of(media) else {
            return Ok(Usage::Rejected(known));
        };
        let tagged = self.session.media.get(self.bundles.tag(index));
        media::check(media, tagged)
            .map_err(|what| problem(media, index, SectionProblem::Media(what)))?;
        let section = self
            .session
            .section(index)
            .expect("the index is of this session");
        let offered = Direction::of_sdp(section.direction());
        let direction = offered.reversed();
        let transceiver = known.unwrap_or_else(|| self.transceiver(kind, direction));
        let preferences = self.transceivers.get(transceiver);
        let preferences = preferences.map_or(&[][..], |transceiver| &transceiver.preferences);
        Ok(Usage::Media(MediaSection {
            transceiver,
            transport: self.transport(index),
            direction,
            codecs: media::answer_codecs(kind, preferences, media),
            send_codecs: Vec::new(),
            extensions: media::answer_extensions(kind, section),
            rtcp: RtcpAttributes::answer(media),
        }))
    }

    /// The section that this one continues.
    fn known(&self, index: usize) -> Option<&'a Section> {
        let mid = mid_of(&self.session.media[index], index);
        self.before.get(index).filter(|section| section.mid == mid)
    }

    /// The transport of the section's bundle: the one it has, or a new one.
    fn transport(&mut self, index: usize) -> TransportId {
        let tag = self.bundles.tag(index);
        if let Some((_, transport)) = self.transports.iter().find(|(other, _)| *other == tag) {
            return *transport;
        }
        let is_free = |id: &TransportId| self.transports.iter().all(|(_, other)| other != id);
        let own = self.known_transports(tag).find(is_free);
        let known = own.or_else(|| self.transport_of_bundle(tag).filter(is_free));
        let transport = known.unwrap_or_else(|| {
            let free = self.spares.iter().find(|id| is_free(id));
            *free.expect("there is a spare for each section")
        });
        self.transports.push((tag, transport));
        transport
    }

    /// The transports that a section has: of the stable state first, which is the connected one, then
    /// of the offer before.
    fn known_transports(&self, index: usize) -> impl Iterator<Item = TransportId> {
        let mid = mid_of(&self.session.media[index], index);
        let all = [self.stable.get(index), self.before.get(index)];
        let known = all.into_iter().flatten();
        let known = known.filter(move |section| section.mid == mid);
        known.filter_map(Section::transport)
    }

    /// The transport of a bundle for which a new section speaks: that of one before it, restarted or
    /// not (RFC 9143 §7.5.1, webrtc-pc §5.6). Another DTLS association is another transport.
    fn transport_of_bundle(&self, tag: usize) -> Option<TransportId> {
        let words = self.session.section(tag)?;
        let association = Peer {
            fingerprints: words.fingerprints().cloned().collect(),
            tls_id: words.tls_id().map(str::to_owned),
        };
        let goes_on = |id: &TransportId| {
            let peer = self.established.transport(*id);
            peer.is_none_or(|peer| association.is_same(&peer.dtls_peer()))
        };
        let speaks_for = |other: usize, id| {
            let is_tag = other != tag && self.bundles.tag(other) == other;
            let lives = !self.session.media[other].is_rejected();
            is_tag && lives && self.known_transports(other).any(|own| own == id)
        };
        let is_claimed = |id: &TransportId| (0..self.before.len()).any(|i| speaks_for(i, *id));
        let bundled = (0..self.before.len()).filter(|other| self.bundles.are_bundled(tag, *other));
        let bundled = bundled.flat_map(|other| self.known_transports(other));
        // One that was bundled in offers only, which the peer took back, has the words of one that was
        // not: the same credentials are the same transport (RFC 8839 §4.4.1.1.1).
        let is_spoken_of =
            |peer: &&RemoteTransport| words.ice_ufrag() == Some(&peer.credentials.ufrag);
        let spoken_of = self.established.transports.iter().filter(is_spoken_of);
        let mut known = bundled.chain(spoken_of.map(|peer| peer.id));
        known.find(|id| goes_on(id) && !is_claimed(id))
    }

    /// The transceiver for a section that has none (RFC 9429 §5.10).
    fn transceiver(&mut self, kind: MediaKind, direction: Direction) -> TransceiverId {
        let is_associated = |id| {
            let all = self.sections.iter().chain(self.before);
            all.filter_map(Section::transceiver)
                .any(|other| other == id)
        };
        // The peer receives: one that the application wants to send with.
        let found = self.transceivers.living().find(|transceiver| {
            transceiver.origin == Origin::Track
                && transceiver.kind == kind
                && !transceiver.stopping
                && !is_associated(transceiver.id)
        });
        if let (Some(found), true) = (found, direction.sends()) {
            return found.id;
        }
        let next =
            self.transceivers.next_id().0 + u32::try_from(self.new.len()).unwrap_or(u32::MAX);
        self.new.push(kind);
        TransceiverId(next)
    }
}

/// RFC 9429 §5.10: a section keeps its kind and mid, unless it was rejected and its place is free.
fn check_continues(
    known: Option<&Section>,
    media: &Media,
    index: usize,
) -> Result<(), SetDescriptionError> {
    let Some(known) = known.filter(|known| !known.is_rejected()) else {
        return Ok(());
    };
    if known.kind == media.kind && known.mid == mid_of(media, index) {
        return Ok(());
    }
    Err(problem(media, index, SectionProblem::Mismatch))
}
