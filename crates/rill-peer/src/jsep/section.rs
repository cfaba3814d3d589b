use rill_ice::{Credentials, TransportId};
use rill_sdp::{Attribute, Fingerprint, Media, Msid, Setup};

use super::set_default_candidate;
use crate::{
    media::{self, Codec, HeaderExtension, MediaKind, RtcpAttributes},
    transceiver::{Direction, Sender, TransceiverId},
};

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
    pub(crate) usage: Usage,
}

/// What a section is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Usage {
    /// Data channels.
    Data(TransportId),
    /// Audio or video.
    Media(MediaSection),
    /// Not used; keeps its place in the order (RFC 3264 §8.2), and the transceiver that had it.
    Rejected(Option<TransceiverId>),
}

/// An audio or video section.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct MediaSection {
    pub(crate) transceiver: TransceiverId,
    pub(crate) transport: TransportId,
    /// From our point of view.
    pub(crate) direction: Direction,
    /// None in common means that the answer will reject the section.
    pub(crate) codecs: Vec<Codec>,
    /// What the peer receives with, once it said so.
    pub(crate) send_codecs: Vec<Codec>,
    pub(crate) extensions: Vec<HeaderExtension>,
    pub(crate) rtcp: RtcpAttributes,
}

impl Section {
    /// A new section for data channels.
    pub(crate) fn data(mid: String, transport: TransportId) -> Self {
        Self {
            mid,
            kind: "application".into(),
            protocol: "UDP/DTLS/SCTP".into(),
            formats: vec!["webrtc-datachannel".into()],
            usage: Usage::Data(transport),
        }
    }

    /// A new section for a transceiver.
    pub(crate) fn media(mid: String, kind: MediaKind, media: MediaSection) -> Self {
        Self {
            mid,
            kind: kind.as_str().into(),
            protocol: "UDP/TLS/RTP/SAVPF".into(),
            formats: Vec::new(),
            usage: Usage::Media(media),
        }
    }

    /// The section of a remote description at this position.
    pub(crate) fn of_remote(media: &Media, index: usize, usage: Usage) -> Self {
        Self {
            mid: mid_of(media, index),
            kind: media.kind.clone(),
            protocol: media.protocol.clone(),
            formats: media.formats.clone(),
            usage,
        }
    }

    pub(crate) fn transport(&self) -> Option<TransportId> {
        match &self.usage {
            Usage::Data(transport) => Some(*transport),
            Usage::Media(media) => Some(media.transport),
            Usage::Rejected(_) => None,
        }
    }

    pub(crate) fn set_transport(&mut self, to: TransportId) {
        match &mut self.usage {
            Usage::Data(transport) => *transport = to,
            Usage::Media(media) => media.transport = to,
            Usage::Rejected(_) => {}
        }
    }

    pub(crate) fn set_transceiver(&mut self, to: Option<TransceiverId>) {
        match (&mut self.usage, to) {
            (Usage::Media(media), Some(to)) => media.transceiver = to,
            (Usage::Rejected(transceiver), to) => *transceiver = to,
            (Usage::Media(_), None) | (Usage::Data(_), _) => {}
        }
    }

    pub(crate) fn is_data(&self) -> bool {
        matches!(self.usage, Usage::Data(_))
    }

    pub(crate) fn is_rejected(&self) -> bool {
        matches!(self.usage, Usage::Rejected(_))
    }

    /// The transceiver that it is associated with, rejected or not.
    pub(crate) fn transceiver(&self) -> Option<TransceiverId> {
        match &self.usage {
            Usage::Media(media) => Some(media.transceiver),
            Usage::Rejected(transceiver) => *transceiver,
            Usage::Data(_) => None,
        }
    }

    pub(crate) fn as_media(&self) -> Option<&MediaSection> {
        match &self.usage {
            Usage::Media(media) => Some(media),
            Usage::Data(_) | Usage::Rejected(_) => None,
        }
    }

    pub(crate) fn reject(&mut self) {
        if let Usage::Media(media) = &self.usage
            && self.formats.is_empty()
        {
            // An m= line has a format, used or not.
            let format = media.codecs.first().map_or(0, |codec| codec.payload_type);
            self.formats = vec![format.to_string()];
        }
        self.usage = Usage::Rejected(self.transceiver());
    }

    /// The section as text (RFC 9429 §5.2.1, §5.3.1).
    pub(crate) fn to_media(&self, address: Address<'_>, sender: Option<&Sender>) -> Media {
        let formats: Vec<_> = self.formats.iter().map(String::as_str).collect();
        let mut media = Media::new(&self.kind, 9, &self.protocol, &formats);
        media.push(Attribute::Mid(self.mid.clone()));
        match &self.usage {
            // RFC 9429 §5.3.1: port zero rejects; nothing else is negotiated.
            Usage::Rejected(transceiver) => {
                media.port = 0;
                // webrtc-pc §5.4: a stopped transceiver is inactive.
                let inactive = Attribute::Direction(Direction::Inactive.to_sdp());
                media.attributes.extend(transceiver.map(|_| inactive));
                return media;
            }
            Usage::Data(_) => media.attributes.extend([
                Attribute::SctpPort(SCTP_PORT),
                Attribute::MaxMessageSize(MAX_MESSAGE_SIZE),
            ]),
            Usage::Media(section) => section.write(&mut media, sender),
        }
        match address {
            Address::Own(parameters) => parameters.write(&mut media),
            Address::Bundled => {}
            Address::BundleOnly => {
                media.port = 0;
                media.push(Attribute::BundleOnly);
            }
        }
        media
    }
}

impl MediaSection {
    fn write(&self, media: &mut Media, sender: Option<&Sender>) {
        media.push(Attribute::Direction(self.direction.to_sdp()));
        if let Some(sender) = sender {
            // RFC 8830 §2: `-` says that there is a track and no stream.
            let none = ["-".to_owned()];
            let ids = if sender.streams.is_empty() {
                &none[..]
            } else {
                &sender.streams
            };
            let msid = |id: &String| {
                Attribute::Msid(Msid {
                    id: id.clone(),
                    appdata: Some(sender.msid.clone()),
                })
            };
            media.attributes.extend(ids.iter().map(msid));
        }
        media::write(media, &self.codecs, &self.extensions, self.rtcp);
    }
}

/// How a section says where it is reached.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Address<'a> {
    /// It carries the parameters of its transport.
    Own(&'a LocalParameters),
    /// Another section of its bundle does (RFC 9143 §7.1.3).
    Bundled,
    /// The same, and the peer must not use it otherwise (RFC 9143 §6).
    BundleOnly,
}

/// The mid of a section, or its position for a peer that knows no mids.
pub(crate) fn mid_of(media: &Media, index: usize) -> String {
    media.mid().map_or_else(|| index.to_string(), str::to_owned)
}

/// What a description of ours says of one transport.
#[derive(Clone, Debug)]
pub(crate) struct LocalParameters {
    pub(crate) credentials: Credentials,
    pub(crate) fingerprints: Vec<Fingerprint>,
    pub(crate) setup: Setup,
    pub(crate) tls_id: String,
    /// The candidates surfaced so far, and their end.
    pub(crate) gathered: Vec<Attribute>,
}

impl LocalParameters {
    fn write(&self, media: &mut Media) {
        media.attributes.extend([
            Attribute::Setup(self.setup),
            Attribute::TlsId(self.tls_id.clone()),
            Attribute::IceUfrag(self.credentials.ufrag.clone()),
            Attribute::IcePwd(self.credentials.pwd.clone().into()),
        ]);
        let fingerprints = self.fingerprints.iter().cloned();
        media
            .attributes
            .extend(fingerprints.map(Attribute::Fingerprint));
        media.attributes.extend(self.gathered.iter().cloned());
        set_default_candidate(media);
    }
}
