use rill_ice::{Credentials, TransportId};
use rill_sdp::{Attribute, Fingerprint, Media, Setup};

use super::set_default_candidate;

/// What rill announces and accepts (RFC 8841 §6.1); the value of every browser.
pub(crate) const MAX_MESSAGE_SIZE: u64 = 256 * 1024;
/// RFC 8841 §5.1; the port of every browser.
pub(crate) const SCTP_PORT: u16 = 5000;

/// A media section as negotiated so far. Its position in the list is its m-line index.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Section {
    pub(crate) mid: String,
    /// `application`, `audio`, `video`.
    pub(crate) kind: String,
    pub(crate) protocol: String,
    pub(crate) formats: Vec<String>,
    pub(crate) role: SectionRole,
}

/// What a section is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SectionRole {
    /// Data channels, over this transport.
    Data(TransportId),
    /// Not used; keeps its place in the order (RFC 3264 §8.2).
    Rejected,
}

impl Section {
    /// A new section for data channels.
    pub(crate) fn data(mid: String, transport: TransportId) -> Self {
        Self {
            mid,
            kind: "application".into(),
            protocol: "UDP/DTLS/SCTP".into(),
            formats: vec!["webrtc-datachannel".into()],
            role: SectionRole::Data(transport),
        }
    }

    /// The section of a remote description at this position.
    pub(crate) fn of_remote(media: &Media, index: usize, role: SectionRole) -> Self {
        Self {
            mid: mid_of(media, index),
            kind: media.kind.clone(),
            protocol: media.protocol.clone(),
            formats: media.formats.clone(),
            role,
        }
    }

    pub(crate) fn transport(&self) -> Option<TransportId> {
        match self.role {
            SectionRole::Data(transport) => Some(transport),
            SectionRole::Rejected => None,
        }
    }

    /// The section as text: with parameters it is offered or accepted, without it is rejected.
    pub(crate) fn to_media(&self, parameters: Option<&LocalParameters>) -> Media {
        let formats: Vec<_> = self.formats.iter().map(String::as_str).collect();
        let mut media = Media::new(&self.kind, 9, &self.protocol, &formats);
        media.push(Attribute::Mid(self.mid.clone()));
        let Some(parameters) = parameters else {
            // RFC 9429 §5.3.1: port zero rejects; nothing else is negotiated.
            media.port = 0;
            return media;
        };
        media.attributes.extend([
            Attribute::SctpPort(SCTP_PORT),
            Attribute::MaxMessageSize(MAX_MESSAGE_SIZE),
            Attribute::Setup(parameters.setup),
            Attribute::TlsId(parameters.tls_id.clone()),
            Attribute::IceUfrag(parameters.credentials.ufrag.clone()),
            Attribute::IcePwd(parameters.credentials.pwd.clone().into()),
            Attribute::Fingerprint(parameters.fingerprint.clone()),
        ]);
        media.attributes.extend(parameters.gathered.iter().cloned());
        set_default_candidate(&mut media);
        media
    }
}

/// The mid of a section, or its position for a peer that knows no mids.
pub(crate) fn mid_of(media: &Media, index: usize) -> String {
    media.mid().map_or_else(|| index.to_string(), str::to_owned)
}

/// What a description of ours says of one transport.
#[derive(Clone, Debug)]
pub(crate) struct LocalParameters {
    pub(crate) transport: TransportId,
    pub(crate) credentials: Credentials,
    pub(crate) fingerprint: Fingerprint,
    pub(crate) setup: Setup,
    pub(crate) tls_id: String,
    /// The candidates surfaced so far, and their end.
    pub(crate) gathered: Vec<Attribute>,
}
