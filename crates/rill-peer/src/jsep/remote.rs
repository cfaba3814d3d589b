//! What a remote description asks for: every check is made here, and nothing is changed
//! (RFC 9429 §5.10).

use rill_ice::{Credentials, TransportId};
use rill_sdp::{Attribute, Candidate, Fingerprint, Media, Session, Setup};

use super::{
    Jsep, Section, SectionProblem, SectionRole, SetDescriptionError,
    section::{SCTP_PORT, mid_of},
};
use crate::fingerprint;

/// A remote description that can be applied.
#[derive(Debug)]
pub(crate) struct RemotePlan {
    /// The sections that hold once it is applied.
    pub(crate) sections: Vec<Section>,
    /// What the peer says of the transport of the data section.
    pub(crate) data: Option<RemoteData>,
}

/// What the peer says of the data section and its transport.
#[derive(Clone, Debug)]
pub(crate) struct RemoteData {
    pub(crate) transport: TransportId,
    pub(crate) credentials: Credentials,
    pub(crate) lite: bool,
    pub(crate) fingerprints: Vec<Fingerprint>,
    pub(crate) setup: Setup,
    pub(crate) sctp_port: u16,
    /// The largest message the peer accepts; zero is no limit (RFC 8841 §6.1).
    pub(crate) max_message_size: u64,
    pub(crate) candidates: Vec<Candidate>,
    pub(crate) end_of_candidates: bool,
}

impl Jsep {
    /// Plans a remote offer. `spare` is the transport that a new data section would take.
    pub(crate) fn plan_remote_offer(
        &self,
        session: &Session,
        spare: TransportId,
    ) -> Result<RemotePlan, SetDescriptionError> {
        let before = self.stable_sections();
        check_count(
            session.media.len(),
            |actual| actual >= before.len(),
            before.len(),
        )?;
        let mut sections: Vec<Section> = Vec::with_capacity(session.media.len());
        let mut data = None;
        for (index, media) in session.media.iter().enumerate() {
            let known = before.get(index);
            check_continues(known, media, index)?;
            let transport = known.and_then(Section::transport).unwrap_or(spare);
            let role = if data.is_none() && is_data(media) {
                let remote = RemoteData::read(session, index, transport)?;
                check_offered_setup(&remote, media, index)?;
                self.check_no_restart(&remote, media, index)?;
                data = Some(remote);
                SectionRole::Data(transport)
            } else {
                SectionRole::Rejected
            };
            let section = Section::of_remote(media, index, role);
            if sections.iter().any(|other| other.mid == section.mid) {
                return Err(problem(media, index, SectionProblem::DuplicateMid));
            }
            sections.push(section);
        }
        Ok(RemotePlan { sections, data })
    }

    /// Plans a remote answer to the pending local offer.
    pub(crate) fn plan_remote_answer(
        &self,
        session: &Session,
    ) -> Result<RemotePlan, SetDescriptionError> {
        let offered = &self.sections;
        check_count(
            session.media.len(),
            |actual| actual == offered.len(),
            offered.len(),
        )?;
        let mut sections = offered.clone();
        let mut data = None;
        for (index, (section, media)) in sections.iter_mut().zip(&session.media).enumerate() {
            let same_mid = media.mid().is_none_or(|mid| mid == section.mid);
            if section.kind != media.kind || !same_mid {
                return Err(problem(media, index, SectionProblem::Mismatch));
            }
            let Some(transport) = section.transport() else {
                continue;
            };
            if media.is_rejected() {
                section.role = SectionRole::Rejected;
                continue;
            }
            let remote = RemoteData::read(session, index, transport)?;
            // RFC 8842 §5.3: an answer decides.
            if !matches!(remote.setup, Setup::Active | Setup::Passive) {
                return Err(problem(media, index, SectionProblem::Setup));
            }
            self.check_no_restart(&remote, media, index)?;
            data = Some(remote);
        }
        Ok(RemotePlan { sections, data })
    }

    fn check_no_restart(
        &self,
        remote: &RemoteData,
        media: &Media,
        index: usize,
    ) -> Result<(), SetDescriptionError> {
        let known = self
            .established
            .as_ref()
            .filter(|known| known.transport == remote.transport);
        if known.is_some_and(|known| known.credentials != remote.credentials) {
            return Err(problem(media, index, SectionProblem::Restart));
        }
        Ok(())
    }
}

impl RemoteData {
    /// Reads the section at `index`. What it leaves out is in the tagged section of its bundle, or
    /// at session level (RFC 9143 §7.1.3, RFC 8839 §5.4).
    fn read(
        session: &Session,
        index: usize,
        transport: TransportId,
    ) -> Result<Self, SetDescriptionError> {
        let media = &session.media[index];
        let wrong = |what| problem(media, index, what);
        let places = places(session, index);
        let ufrag = find(&places, |attribute| match attribute {
            Attribute::IceUfrag(ufrag) => Some(ufrag.clone()),
            _ => None,
        });
        let pwd = find(&places, |attribute| match attribute {
            Attribute::IcePwd(pwd) => Some(pwd.as_str().to_owned()),
            _ => None,
        });
        let (Some(ufrag), Some(pwd)) = (ufrag, pwd) else {
            return Err(wrong(SectionProblem::Credentials));
        };
        let fingerprints = places.iter().map(|place| fingerprints(place));
        let fingerprints = fingerprints.into_iter().find(|found| !found.is_empty());
        let fingerprints = fingerprints
            .filter(|found| fingerprint::is_verifiable(found))
            .ok_or_else(|| wrong(SectionProblem::Fingerprint))?;
        let setup = find(&places, |attribute| match attribute {
            Attribute::Setup(setup) => Some(*setup),
            _ => None,
        });
        let sctp_port = media.sctp_port().unwrap_or(SCTP_PORT);
        if sctp_port == 0 {
            return Err(wrong(SectionProblem::SctpPort));
        }
        Ok(Self {
            transport,
            credentials: Credentials { ufrag, pwd },
            lite: session.attributes.contains(&Attribute::IceLite),
            fingerprints,
            setup: setup.ok_or_else(|| wrong(SectionProblem::Setup))?,
            sctp_port,
            // RFC 8841 §6.1: 64 KiB where nothing is said.
            max_message_size: media.max_message_size().unwrap_or(65536),
            candidates: bundled(session, index)
                .flat_map(Media::candidates)
                .cloned()
                .collect(),
            end_of_candidates: places
                .iter()
                .any(|place| place.contains(&Attribute::EndOfCandidates)),
        })
    }
}

/// Whether a section offers data channels (RFC 8841 §4), used or bundled without a port.
fn is_data(media: &Media) -> bool {
    media.is_data() && !media.is_rejected()
}

/// The attribute lists in which a section's transport parameters may stand, nearest first.
fn places(session: &Session, index: usize) -> Vec<&[Attribute]> {
    let own = &session.media[index];
    let tagged = tag_of(session, own).filter(|tagged| !std::ptr::eq(*tagged, own));
    let mut places = vec![&own.attributes[..]];
    places.extend(tagged.map(|tagged| &tagged.attributes[..]));
    places.push(&session.attributes);
    places
}

/// The first section of the bundle group that a section is in (RFC 9143 §7.1).
fn tag_of<'a>(session: &'a Session, media: &Media) -> Option<&'a Media> {
    let mid = media.mid()?;
    let group = session
        .bundle_groups()
        .find(|group| group.iter().any(|other| other == mid))?;
    let tag = group.first()?;
    session.media.iter().find(|media| media.mid() == Some(tag))
}

/// A section and those bundled with it: a candidate of any is one of their transport.
fn bundled(session: &Session, index: usize) -> impl Iterator<Item = &Media> {
    let own = &session.media[index];
    let group = own.mid().and_then(|mid| {
        session
            .bundle_groups()
            .find(|group| group.iter().any(|other| other == mid))
    });
    session.media.iter().filter(move |media| {
        let grouped = || group.is_some_and(|group| group.iter().any(|m| media.mid() == Some(m)));
        std::ptr::eq(*media, own) || grouped()
    })
}

fn find<T>(places: &[&[Attribute]], pick: impl Fn(&Attribute) -> Option<T>) -> Option<T> {
    places.iter().find_map(|place| place.iter().find_map(&pick))
}

fn fingerprints(attributes: &[Attribute]) -> Vec<Fingerprint> {
    let pick = |attribute: &Attribute| match attribute {
        Attribute::Fingerprint(fingerprint) => Some(fingerprint.clone()),
        _ => None,
    };
    attributes.iter().filter_map(pick).collect()
}

/// RFC 8842 §5.2: an offer leaves the choice, or makes it.
fn check_offered_setup(
    remote: &RemoteData,
    media: &Media,
    index: usize,
) -> Result<(), SetDescriptionError> {
    match remote.setup {
        Setup::ActPass | Setup::Active | Setup::Passive => Ok(()),
        Setup::HoldConn => Err(problem(media, index, SectionProblem::Setup)),
    }
}

fn check_count(
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

/// RFC 9429 §5.10: a section keeps its kind and mid, unless it was rejected and its place is free.
fn check_continues(
    known: Option<&Section>,
    media: &Media,
    index: usize,
) -> Result<(), SetDescriptionError> {
    let Some(known) = known.filter(|known| known.transport().is_some()) else {
        return Ok(());
    };
    if known.kind == media.kind && known.mid == mid_of(media, index) {
        return Ok(());
    }
    Err(problem(media, index, SectionProblem::Mismatch))
}

fn problem(media: &Media, index: usize, problem: SectionProblem) -> SetDescriptionError {
    let mid = media.mid().unwrap_or_default().to_owned();
    SetDescriptionError::Section {
        index,
        mid,
        problem,
    }
}
