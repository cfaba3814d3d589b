//! A remote answer, final or provisional (RFC 9429 §5.10, §5.11).

use rill_ice::TransportId;
use rill_sdp::{Media, Session, Setup};

use super::{
    Jsep, RemoteSide, RemoteTransport, Section, SectionProblem, SetDescriptionError, Usage,
    bundle::{Bundles, check_groups, speakers},
    remote::{at, check_count, check_mids, check_roles, problem},
};
use crate::{
    media::{self, RtcpAttributes},
    transceiver::Direction,
    transport::DtlsTransport,
};

/// A remote answer that can be applied.
#[derive(Debug)]
pub(crate) struct AnswerPlan {
    /// The sections that hold once it is applied.
    pub(crate) sections: Vec<Section>,
    pub(crate) remote: RemoteSide,
}

impl Jsep {
    /// Plans a remote answer to the pending local offer. `associations` are those that may go on.
    pub(crate) fn plan_remote_answer(
        &self,
        session: &Session,
        associations: &[DtlsTransport],
    ) -> Result<AnswerPlan, SetDescriptionError> {
        let offered = &self.offered;
        let count = offered.len();
        check_count(session.media.len(), |actual| actual == count, count)?;
        check_mids(session)?;
        check_groups(session)?;
        let bundles = Bundles::of(session);
        let alone = speakers(offered, &[self.offered_group(offered)]);
        let mut sections = offered.clone();
        for (index, section) in sections.iter_mut().enumerate() {
            let transport = match bundles.is_grouped(index) {
                true => offered.get(bundles.tag(index)).and_then(Section::transport),
                // RFC 9143 §7.5.1: one that was offered only in a bundle cannot be taken out of it.
                false => section.transport().filter(|_| alone[index]),
            };
            let tagged = &session.media[bundles.tag(index)];
            answer_section(session, index, section, transport, tagged)?;
        }
        let remote = self.read_remote(session, &bundles, &sections)?;
        for transport in &remote.transports {
            self.check_answered_transport(transport)
                .map_err(|what| at(session, &sections, transport.id, what))?;
        }
        check_roles(&remote, associations, session, &sections)?;
        Ok(AnswerPlan { sections, remote })
    }

    /// RFC 8842 §5.3, RFC 9429 §5.10, §5.11.
    fn check_answered_transport(&self, transport: &RemoteTransport) -> Result<(), SectionProblem> {
        if !matches!(transport.setup, Setup::Active | Setup::Passive) {
            return Err(SectionProblem::Setup);
        }
        // RFC 9429 §5.11: what a provisional answer began goes on, unless ICE begins anew as well.
        let provisional = self.provisional.as_ref();
        let provisional = provisional.and_then(|side| side.transport(transport.id));
        let other =
            |before: &RemoteTransport| !transport.restarts(before) && transport.renews_dtls(before);
        if provisional.is_some_and(other) {
            return Err(SectionProblem::DtlsChanged);
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

/// What the answer leaves of a section that we offered.
fn answer_section(
    session: &Session,
    index: usize,
    section: &mut Section,
    transport: Option<TransportId>,
    tagged: &Media,
) -> Result<(), SetDescriptionError> {
    let media = &session.media[index];
    let wrong = |what| problem(media, index, what);
    let same_mid = media.mid().is_none_or(|mid| mid == section.mid);
    if section.kind != media.kind || !same_mid {
        return Err(wrong(SectionProblem::Mismatch));
    }
    if section.is_rejected() {
        return match media.port {
            0 => Ok(()),
            _ => Err(wrong(SectionProblem::Revived)),
        };
    }
    if media.port == 0 {
        section.reject();
        return Ok(());
    }
    section.set_transport(transport.ok_or_else(|| wrong(SectionProblem::NotBundled))?);
    let Usage::Media(own) = &mut section.usage else {
        return Ok(());
    };
    media::check(media, Some(tagged)).map_err(|what| wrong(SectionProblem::Media(what)))?;
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
