//! What a remote description asks for: every check is made here, and nothing is changed
//! (RFC 9429 §5.10).

use rill_ice::TransportId;
use rill_sdp::{Media, Session, Setup};

use super::{
    Jsep, RemoteTransport, Section, SectionProblem, SetDescriptionError, Usage,
    bundle::Bundles,
    section::{SCTP_PORT, mid_of},
};
use crate::transport::DtlsTransport;

/// What the peer says of its transports and of the data section.
#[derive(Clone, Debug, Default)]
pub(crate) struct RemoteSide {
    pub(crate) transports: Vec<RemoteTransport>,
    pub(crate) data: Option<RemoteData>,
}

impl RemoteSide {
    pub(crate) fn transport(&self, id: TransportId) -> Option<&RemoteTransport> {
        self.transports.iter().find(|transport| transport.id == id)
    }
}

/// What the peer says of the data section.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct RemoteData {
    pub(crate) transport: TransportId,
    pub(crate) sctp_port: u16,
    /// The largest message the peer accepts; zero is no limit (RFC 8841 §6.1).
    pub(crate) max_message_size: u64,
}

impl RemoteData {
    pub(super) fn read(
        media: &Media,
        index: usize,
        transport: TransportId,
    ) -> Result<Self, SetDescriptionError> {
        let sctp_port = media.sctp_port().unwrap_or(SCTP_PORT);
        if sctp_port == 0 {
            return Err(problem(media, index, SectionProblem::SctpPort));
        }
        Ok(Self {
            transport,
            sctp_port,
            // RFC 8841 §6.1: 64 KiB where nothing is said.
            max_message_size: media.max_message_size().unwrap_or(65536),
        })
    }
}

impl RemoteData {
    /// The longest message that the peer accepts.
    pub(crate) fn limit(&self) -> usize {
        match self.max_message_size {
            0 => usize::MAX,
            limit => usize::try_from(limit).unwrap_or(usize::MAX),
        }
    }
}

impl Jsep {
    /// What the peer said of the transports and data of these sections, the transports read once.
    pub(super) fn read_remote(
        &self,
        session: &Session,
        bundles: &Bundles,
        sections: &[Section],
    ) -> Result<RemoteSide, SetDescriptionError> {
        let mut side = RemoteSide::default();
        for (index, section) in sections.iter().enumerate() {
            let Some(id) = section.transport() else {
                continue;
            };
            if side.transport(id).is_none() {
                let transport = RemoteTransport::read(session, bundles, index, id)?;
                side.transports.push(transport);
            }
            if let Usage::Data(transport) = section.usage {
                side.data = Some(RemoteData::read(&session.media[index], index, transport)?);
            }
        }
        Ok(side)
    }

    /// RFC 9429 §5.11: another DTLS association needs an ICE restart.
    pub(super) fn check_offered_dtls(
        &self,
        side: &RemoteSide,
        session: &Session,
        sections: &[Section],
    ) -> Result<(), SetDescriptionError> {
        let renews = |transport: &&RemoteTransport| {
            let before = self.established.transport(transport.id);
            before.is_some_and(|before| transport.renews_dtls(before)) && !self.restarts(transport)
        };
        match side.transports.iter().find(renews) {
            Some(transport) => Err(at(
                session,
                sections,
                transport.id,
                SectionProblem::DtlsChanged,
            )),
            None => Ok(()),
        }
    }

    /// Whether the peer restarts a transport that is established.
    pub(super) fn restarts(&self, transport: &RemoteTransport) -> bool {
        self.established
            .transport(transport.id)
            .is_some_and(|before| transport.restarts(before))
    }
}

/// The role that a section's `a=setup` leaves us in an offer (RFC 8842 §5.2).
pub(super) fn check_offered_setup(
    side: &RemoteSide,
    session: &Session,
    sections: &[Section],
) -> Result<(), SetDescriptionError> {
    let holds = |id| {
        side.transport(id)
            .is_some_and(|transport| transport.setup == Setup::HoldConn)
    };
    match sections
        .iter()
        .position(|s| s.transport().is_some_and(holds))
    {
        Some(index) => Err(problem(&session.media[index], index, SectionProblem::Setup)),
        None => Ok(()),
    }
}

/// RFC 8842 §5.3, §5.5: a DTLS association that goes on keeps its roles.
pub(super) fn check_roles(
    side: &RemoteSide,
    associations: &[DtlsTransport],
    session: &Session,
    sections: &[Section],
) -> Result<(), SetDescriptionError> {
    let contradicts = |transport: &&RemoteTransport| {
        let mut own = associations.iter().filter(|own| own.id() == transport.id);
        own.any(|own| !own.permits(transport.setup, &transport.dtls_peer()))
    };
    match side.transports.iter().find(contradicts) {
        Some(transport) => Err(at(session, sections, transport.id, SectionProblem::Setup)),
        None => Ok(()),
    }
}

pub(super) fn check_count(
    actual: usize,
    fits: impl Fn(usize) -> bool,
    expected: usize,
) -> Result<(), SetDescriptionError> {
    if fits(actual) {
        Ok(())
    } else {
        Err(SetDescriptionError::SectionCount { actual, expected })
    }
}

/// RFC 9143 §7: the mids of a description are unique.
pub(super) fn check_mids(session: &Session) -> Result<(), SetDescriptionError> {
    for (index, media) in session.media.iter().enumerate() {
        let mid = mid_of(media, index);
        let before = session.media[..index].iter().enumerate();
        if before.map(|(i, m)| mid_of(m, i)).any(|other| other == mid) {
            return Err(problem(media, index, SectionProblem::DuplicateMid));
        }
    }
    Ok(())
}

/// The error for the first section of a transport.
pub(super) fn at(
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

pub(super) fn problem(media: &Media, index: usize, problem: SectionProblem) -> SetDescriptionError {
    let mid = media.mid().unwrap_or_default().to_owned();
    SetDescriptionError::Section {
        index,
        mid,
        problem,
    }
}
