//! Transceivers (webrtc-pc §5): what the application set, and what getters show.

mod direction;
mod negotiation;
mod set;
mod shown;

use rand_chacha::{ChaCha20Rng, rand_core::Rng};
use rill_ice::TransportId;

pub use self::direction::Direction;
pub(crate) use self::{
    set::Transceivers,
    shown::{MediaChange, Shown, TrackEvents},
};
use crate::{
    Exception,
    media::{Codec, CodecCapability, HeaderExtension, MediaKind},
};

/// Names one transceiver of a connection; never reused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TransceiverId(pub(crate) u32);

impl TransceiverId {
    /// The bare number, for bindings that carry it through another language.
    #[must_use]
    pub const fn value(self) -> u32 {
        self.0
    }

    /// The name behind a number that [`Self::value`] gave.
    #[must_use]
    pub const fn from_value(value: u32) -> Self {
        Self(value)
    }
}

/// How a transceiver is to begin (webrtc-pc, `RTCRtpTransceiverInit`).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TransceiverInit {
    /// Which way media may flow; not `Stopped`.
    pub direction: Direction,
    /// The ids of the streams that the sent track belongs to.
    pub streams: Vec<String>,
    /// The id of the track to send, if there is one already.
    pub track: Option<String>,
}

/// What getters tell of a transceiver, as of the last polled task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TransceiverInfo {
    /// Audio or video.
    pub kind: MediaKind,
    /// The mid of its section, once a description with it was applied.
    pub mid: Option<String>,
    /// What the application wants.
    pub direction: Direction,
    /// What the last exchange settled.
    pub current_direction: Option<Direction>,
    /// Whether it was stopped for good.
    pub stopped: bool,
    /// The id of the track it sends.
    pub sender_track: Option<String>,
    /// The ids of the streams of the sent track.
    pub sender_streams: Vec<String>,
    /// The id of the track it receives.
    pub receiver_track: String,
    /// The ids of the peer's streams that the received track belongs to.
    pub receiver_streams: Vec<String>,
    /// Whether the received track is muted; always, as long as no media flows.
    pub muted: bool,
    /// The transport of its section.
    pub transport: Option<TransportId>,
    /// The codecs that the last answer settled for sending.
    pub send_codecs: Vec<Codec>,
    /// The codecs that can be received.
    pub receive_codecs: Vec<Codec>,
    /// The header extensions of its section.
    pub header_extensions: Vec<HeaderExtension>,
}

/// Why a call on a transceiver, or for a new one, was refused. Nothing changed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TransceiverError {
    /// The connection is closed.
    #[error("the connection is closed")]
    Closed,
    /// The transceiver was stopped.
    #[error("the transceiver is stopped")]
    Stopped,
    /// There is none of that name.
    #[error("there is no such transceiver")]
    Unknown,
    /// `stopped` was asked for as a direction.
    #[error("a direction cannot be set to `stopped`; stop the transceiver")]
    StoppedDirection,
    /// A stream's id cannot be written in a description.
    #[error("`{0}` cannot be the id of a stream: 1 to 64 letters, digits and !#$%&'*+-.^_`{{|}}~")]
    StreamId(String),
    /// Another sender sends the track.
    #[error("a sender has track `{0}` already; remove it there first")]
    TrackInUse(String),
    /// A codec preference is not among the capabilities, or none of them carries media.
    #[error(
        "the codec preferences hold a codec that is not among the capabilities, or none but \
         retransmission"
    )]
    Codecs,
}

impl TransceiverError {
    /// The exception that W3C gives for it.
    #[must_use]
    pub const fn exception(&self) -> Exception {
        match self {
            Self::Closed | Self::Stopped => Exception::InvalidState,
            Self::Unknown | Self::TrackInUse(_) => Exception::InvalidAccess,
            Self::StoppedDirection | Self::StreamId(_) => Exception::Type,
            Self::Codecs => Exception::InvalidModification,
        }
    }
}

/// One transceiver.
#[derive(Debug)]
pub(crate) struct Transceiver {
    pub(crate) id: TransceiverId,
    pub(crate) kind: MediaKind,
    /// As the application set it.
    pub(crate) direction: Direction,
    /// `[[Stopping]]`
    pub(crate) stopping: bool,
    pub(crate) sender: Sender,
    /// The id of the received track.
    pub(crate) receiver_track: String,
    pub(crate) preferences: Vec<CodecCapability>,
    pub(crate) origin: Origin,
    /// It has left the set of transceivers.
    pub(crate) gone: bool,
    pub(crate) shown: Shown,
}

/// What is to be sent.
#[derive(Debug)]
pub(crate) struct Sender {
    pub(crate) track: Option<String>,
    pub(crate) streams: Vec<String>,
    /// What descriptions call its track: older stacks refuse an `a=msid` without it. It says nothing of
    /// the track.
    pub(crate) msid: String,
}

/// Where a transceiver came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    /// `addTransceiver`
    Transceiver,
    /// `addTrack`: the only ones that a remote section takes up (RFC 9429 §5.10).
    Track,
    /// A remote description.
    Remote,
}

impl Transceiver {
    pub(crate) fn new(
        id: TransceiverId,
        kind: MediaKind,
        init: TransceiverInit,
        origin: Origin,
        rng: &mut ChaCha20Rng,
    ) -> Self {
        Self {
            id,
            kind,
            direction: init.direction,
            stopping: false,
            sender: Sender {
                track: init.track,
                streams: distinct(init.streams),
                msid: uuid(rng),
            },
            receiver_track: uuid(rng),
            preferences: Vec::new(),
            origin,
            gone: false,
            shown: Shown::new(origin != Origin::Remote),
        }
    }

    pub(crate) fn info(&self) -> TransceiverInfo {
        let shown = &self.shown;
        TransceiverInfo {
            kind: self.kind,
            mid: shown.mid.clone(),
            direction: if self.stopping {
                Direction::Stopped
            } else {
                self.direction
            },
            current_direction: if shown.stopped {
                Some(Direction::Stopped)
            } else {
                shown.current_direction
            },
            stopped: shown.stopped,
            sender_track: self.sender.track.clone(),
            sender_streams: self.sender.streams.clone(),
            receiver_track: self.receiver_track.clone(),
            receiver_streams: shown.streams.clone(),
            muted: true,
            transport: shown.transport,
            send_codecs: shown.send_codecs.clone(),
            receive_codecs: shown.receive_codecs.clone(),
            header_extensions: shown.extensions.clone(),
        }
    }

    /// webrtc-pc §5.1, `addTrack`: from now on it sends this track.
    pub(crate) fn send(&mut self, track: &str, streams: Vec<String>) {
        self.sender.track = Some(track.to_owned());
        self.sender.streams = distinct(streams);
        self.direction = Direction::of(true, self.direction.receives());
        self.origin = Origin::Track;
    }

    /// webrtc-pc §5.4, "stop sending and receiving".
    pub(crate) fn stop_sending_and_receiving(&mut self) {
        self.direction = Direction::Inactive;
        self.stopping = true;
    }
}

/// RFC 8830 §2: ids of streams stand in descriptions.
pub(crate) fn check_streams(streams: &[String]) -> Result<(), TransceiverError> {
    let is_token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`{|}~".contains(&byte);
    let is_id = |id: &&String| (1..=64).contains(&id.len()) && id.bytes().all(is_token);
    match streams.iter().find(|id| !is_id(id)) {
        Some(wrong) => Err(TransceiverError::StreamId(wrong.chars().take(64).collect())),
        None => Ok(()),
    }
}

/// Each once, in the order given.
pub(crate) fn distinct(streams: Vec<String>) -> Vec<String> {
    let mut kept: Vec<String> = Vec::with_capacity(streams.len());
    for stream in streams {
        if !kept.contains(&stream) {
            kept.push(stream);
        }
    }
    kept
}

/// A random UUID (RFC 9562 §5.4), as the ids of tracks are.
pub(crate) fn uuid(rng: &mut ChaCha20Rng) -> String {
    let mut bytes = [0_u8; 16];
    rng.fill_bytes(&mut bytes);
    bytes[6] = bytes[6] & 0x0f | 0x40;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let mut text = String::with_capacity(36);
    for (index, byte) in bytes.iter().enumerate() {
        if matches!(index, 4 | 6 | 8 | 10) {
            text.push('-');
        }
        text.push_str(&format!("{byte:02x}"));
    }
    text
}
