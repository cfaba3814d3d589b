use napi::{Env, Result};
use napi_derive::napi;
use rill::{
    CodecCapability, Direction, Exception, HeaderExtension, TransceiverId, TransceiverInfo,
    TransceiverInit, binding::Core,
};

use crate::{
    codec::{NativeCodec, NativeCodecCapability, media_kind},
    connection::NativePeerConnection,
    exception::throw,
};

/// An RTCRtpTransceiverInit, whose streams and track are their ids.
#[napi(object, object_to_js = false, use_nullable = true)]
pub struct NativeTransceiverInit {
    pub direction: String,
    pub streams: Vec<String>,
    pub track: Option<String>,
}

/// What the attributes of a transceiver, its sender and its receiver show.
#[derive(Clone)]
#[napi(object, object_from_js = false, use_nullable = true)]
pub struct NativeTransceiver {
    pub kind: &'static str,
    pub mid: Option<String>,
    pub direction: &'static str,
    pub current_direction: Option<&'static str>,
    pub stopped: bool,
    pub sender_streams: Vec<String>,
    pub receiver_track: String,
    pub receiver_streams: Vec<String>,
    pub muted: bool,
    pub transport: Option<u32>,
    pub send_codecs: Vec<NativeCodec>,
    pub receive_codecs: Vec<NativeCodec>,
    pub header_extensions: Vec<NativeHeaderExtension>,
}

/// A negotiated header extension.
#[derive(Clone)]
#[napi(object, object_from_js = false)]
pub struct NativeHeaderExtension {
    pub id: u16,
    pub uri: String,
}

impl From<TransceiverInfo> for NativeTransceiver {
    fn from(info: TransceiverInfo) -> Self {
        let codecs = |codecs: Vec<rill::Codec>| codecs.into_iter().map(Into::into).collect();
        Self {
            kind: info.kind.as_str(),
            mid: info.mid,
            direction: info.direction.as_str(),
            current_direction: info.current_direction.map(Direction::as_str),
            stopped: info.stopped,
            sender_streams: info.sender_streams,
            receiver_track: info.receiver_track,
            receiver_streams: info.receiver_streams,
            muted: info.muted,
            transport: info.transport.map(rill::TransportId::value),
            send_codecs: codecs(info.send_codecs),
            receive_codecs: codecs(info.receive_codecs),
            header_extensions: info.header_extensions.into_iter().map(Into::into).collect(),
        }
    }
}

impl From<HeaderExtension> for NativeHeaderExtension {
    fn from(HeaderExtension { id, uri }: HeaderExtension) -> Self {
        Self { id, uri }
    }
}

/// Transceivers are known by a handle, which is never reused.
#[napi]
impl NativePeerConnection {
    #[napi]
    pub fn transceivers(&self) -> Vec<u32> {
        self.read(
            |core| {
                core.transceivers()
                    .into_iter()
                    .map(TransceiverId::value)
                    .collect()
            },
            |closed| closed.transceivers.keys().copied().collect(),
        )
    }

    /// Also for one that has left the set; null for a handle that never was.
    #[napi]
    pub fn transceiver(&self, handle: u32) -> Option<NativeTransceiver> {
        let id = TransceiverId::from_value(handle);
        self.read(
            |core| core.transceiver(id).map(Into::into),
            |closed| closed.transceivers.get(&handle).cloned(),
        )
    }

    #[napi]
    pub fn add_transceiver(
        &self,
        env: Env,
        kind: String,
        init: NativeTransceiverInit,
    ) -> Result<u32> {
        let kind = media_kind(&env, &kind)?;
        let init = TransceiverInit {
            direction: direction(&env, &init.direction)?,
            streams: init.streams,
            track: init.track,
        };
        let added = self
            .open(&env)?
            .command(|core, now| core.add_transceiver(now, kind, init));
        added
            .map(TransceiverId::value)
            .map_err(|error| throw(&env, error.exception(), error))
    }

    #[napi]
    pub fn add_track(
        &self,
        env: Env,
        kind: String,
        track: String,
        streams: Vec<String>,
    ) -> Result<u32> {
        let kind = media_kind(&env, &kind)?;
        let added = self
            .open(&env)?
            .command(|core, now| core.add_track(now, kind, &track, streams));
        added
            .map(TransceiverId::value)
            .map_err(|error| throw(&env, error.exception(), error))
    }

    #[napi]
    pub fn remove_track(&self, env: Env, handle: u32) -> Result<()> {
        self.on_transceiver(&env, handle, |core, id, now| core.remove_track(now, id))
    }

    #[napi]
    pub fn transceiver_set_direction(
        &self,
        env: Env,
        handle: u32,
        direction: String,
    ) -> Result<()> {
        let direction = self::direction(&env, &direction)?;
        self.on_transceiver(&env, handle, |core, id, now| {
            core.set_direction(now, id, direction)
        })
    }

    #[napi]
    pub fn transceiver_stop(&self, env: Env, handle: u32) -> Result<()> {
        self.on_transceiver(&env, handle, |core, id, now| core.stop_transceiver(now, id))
    }

    #[napi]
    pub fn transceiver_set_codec_preferences(
        &self,
        env: Env,
        handle: u32,
        codecs: Vec<NativeCodecCapability>,
    ) -> Result<()> {
        let codecs: Vec<CodecCapability> = codecs.into_iter().map(Into::into).collect();
        self.on_transceiver(&env, handle, |core, id, _| {
            core.set_codec_preferences(id, codecs)
        })
    }

    #[napi]
    pub fn transceiver_replace_track(
        &self,
        env: Env,
        handle: u32,
        track: Option<String>,
    ) -> Result<()> {
        self.on_transceiver(&env, handle, |core, id, _| core.replace_track(id, track))
    }

    #[napi]
    pub fn transceiver_set_streams(
        &self,
        env: Env,
        handle: u32,
        streams: Vec<String>,
    ) -> Result<()> {
        self.on_transceiver(&env, handle, |core, id, now| {
            core.set_streams(now, id, streams)
        })
    }

    fn on_transceiver(
        &self,
        env: &Env,
        handle: u32,
        run: impl FnOnce(
            &mut Core,
            TransceiverId,
            std::time::Instant,
        ) -> std::result::Result<(), rill::TransceiverError>,
    ) -> Result<()> {
        let id = TransceiverId::from_value(handle);
        let done = self.open(env)?.command(|core, now| run(core, id, now));
        done.map_err(|error| throw(env, error.exception(), error))
    }
}

fn direction(env: &Env, direction: &str) -> Result<Direction> {
    let all = [
        Direction::SendRecv,
        Direction::SendOnly,
        Direction::RecvOnly,
        Direction::Inactive,
        Direction::Stopped,
    ];
    let found = all.into_iter().find(|known| known.as_str() == direction);
    found.ok_or_else(|| {
        throw(
            env,
            Exception::Type,
            format!("`{direction}` is not a direction"),
        )
    })
}
