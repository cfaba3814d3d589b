//! A remote answer, final or provisional (RFC 9429 §5.10, §5.11).

use rill_ice::TransportId;
use rill_sdp::{Session, Setup};

use super::{
    Jsep, RemoteSide, RemoteTransport, Section, SectionProblem, SetDescriptionError, Usage,
    bundle::{group_of, speakers, tag_index},
    remote::{check_count, check_mids, problem},
};
use crate::{
    media::{self, RtcpAttributes},
    transceiver::Direction,
};

/// A remote answer that can be applied.
#[derive(Debug)]
pub(crate) struct AnswerPlan {
    /// The sections that hold once it is applied.
    pub(crate) sections: Vec<Section>,
    pub(crate) remote: RemoteSide,
}

impl Jsep {
    /// Plans a remote answer to the pending local offer.
    pub(crate) fn plan_remote_answer(
        &self,
        session: &Session,
    ) -> Result<AnswerPlan, SetDescriptionError> {
        let offered = &self.offered;
        let count = offered.len();
        check_count(session.media.len(), |actual| actual == count, count)?;
        check_mids(session)?;
        let mut sections = offered.clone();
        for (index, section) in sections.iter_mut().enumerate() {
            self.answer_section(session, index, section)?;
        }
        let remote = self.read_remote(session, &sections)?;
        for transport in &remote.transports {
            self.check_answered_transport(transport)
                .map_err(|what| at(session, &sections, transport.id, what))?;
        }
        Ok(AnswerPlan { sections, remote })
    }

    /// What the answer leaves of a section that we offered.
    fn answer_section(
        &self,
        session: &Session,
        index: usize,
        section: &mut Section,
    ) -> Result<(), SetDescriptionError> {
        let media = &session.media[index];
        let wrong = |what| problem(media, index, what);
        let same_mid = media.mid().is_none_or(|mid| mid == section.mid);
        if section.kind != media.kind || !same_mid {
            return Err(wrong(SectionProblem::Mismatch));
        }
        if section.is_rejected() {
            return Ok(());
        }
        if media.port == 0 {
            section.reject();
            return Ok(());
        }
        let transport = self.answered_transport(session, index);
        section.set_transport(transport.ok_or_else(|| wrong(SectionProblem::NotBundled))?);
        let Usage::Media(own) = &mut section.usage else {
            return Ok(());
        };
        let tagged = session.media.get(tag_index(session, index));
        media::check(media, tagged).map_err(|what| wrong(SectionProblem::Media(what)))?;
        let answered = session
            .section(index)
            .expect("the index is of this session");
        own.direction = Direction::of_sdp(answered.direction()).reversed();
        own.send_codecs = media::accepted_codecs(&own.codecs, media);
        own.codecs = media::received_codecs(&own.codecs, media);
        own.extensions = media::accepted_extensions(&own.extensions, answered);
        own.rtcp = RtcpAttributes::later_offer(media);
        Ok(())
    }

    /// The transport of a section in an answer: that of its bundle, else its own. None for a section
    /// that was offered only in a bundle and was taken out of it (RFC 9143 §7.5.1).
    fn answered_transport(&self, session: &Session, index: usize) -> Option<TransportId> {
        let own = self.offered.get(index)?.transport();
        if group_of(session, &session.media[index]).is_some() {
            return self.offered.get(tag_index(session, index))?.transport();
        }
        let group: Vec<_> = self
            .offered
            .iter()
            .map(|section| section.mid.clone())
            .collect();
        speakers(&self.offered, &[group])[index]
            .then_some(own)
            .flatten()
    }

    /// RFC 8842 §5.3, RFC 9429 §5.10, §5.11.
    fn check_answered_transport(&self, transport: &RemoteTransport) -> Result<(), SectionProblem> {
        if !matches!(transport.setup, Setup::Active | Setup::Passive) {
            return Err(SectionProblem::Setup);
        }
        let Some(before) = self.established.transport(transport.id) else {
            return Ok(());
        };
        let we_restarted = self.restarts.contains(&transport.id);
        match (we_restarted, transport.restarts(before)) {
            (true, false) => Err(SectionProblem::RestartUnanswered),
            (false, true) => Err(SectionProblem::RestartUnasked),
            (false, false) if transport.renews_dtls(before) => Err(SectionProblem::DtlsChanged),
            _ => Ok(()),
        }
    }
}

/// The error for the first section of a transport.
fn at(
    session: &Session,
    sections: &[Section],
    id: TransportId,
    what: SectionProblem,
) -> SetDescriptionError {
    let index = sections
        .iter()
        .position(|section| section.transport() == Some(id));
    let index = index.unwrap_or_default();
    problem(&session.media[index], index, what)
}
