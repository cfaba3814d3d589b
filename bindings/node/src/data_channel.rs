use napi::{Either, Env, Result, bindgen_prelude::Uint8ArraySlice};
use napi_derive::napi;
use rill::{
    DataChannelInit, Message,
    binding::{ChannelId, Core, DataChannelInfo},
};

use crate::{connection::NativePeerConnection, exception::throw};

/// An RTCDataChannelInit; TypeScript has converted the numbers to unsigned shorts.
#[napi(object, object_to_js = false, use_nullable = true)]
pub struct NativeChannelInit {
    pub ordered: bool,
    pub max_packet_life_time: Option<u32>,
    pub max_retransmits: Option<u32>,
    pub protocol: String,
    pub negotiated: bool,
    pub id: Option<u32>,
}

impl From<NativeChannelInit> for DataChannelInit {
    fn from(init: NativeChannelInit) -> Self {
        let short = |number: Option<u32>| number.and_then(|number| u16::try_from(number).ok());
        Self {
            ordered: init.ordered,
            max_packet_life_time: short(init.max_packet_life_time),
            max_retransmits: short(init.max_retransmits),
            protocol: init.protocol,
            negotiated: init.negotiated,
            id: short(init.id),
        }
    }
}

/// What never changes about a channel.
#[napi(object, object_from_js = false, use_nullable = true)]
pub struct NativeChannel {
    pub label: String,
    pub protocol: String,
    pub ordered: bool,
    pub max_packet_life_time: Option<u16>,
    pub max_retransmits: Option<u16>,
    pub negotiated: bool,
}

impl From<DataChannelInfo> for NativeChannel {
    fn from(DataChannelInfo { label, init, .. }: DataChannelInfo) -> Self {
        Self {
            label,
            protocol: init.protocol,
            ordered: init.ordered,
            max_packet_life_time: init.max_packet_life_time,
            max_retransmits: init.max_retransmits,
            negotiated: init.negotiated,
        }
    }
}

/// Channels are known by a handle. Nothing is asked of them any more when the connection is closed.
#[napi]
impl NativePeerConnection {
    #[napi]
    pub fn create_data_channel(
        &self,
        env: Env,
        label: String,
        init: NativeChannelInit,
    ) -> Result<u32> {
        let created = self
            .open(&env)?
            .command(|core, now| core.create_data_channel(now, &label, init.into()));
        created
            .map(ChannelId::value)
            .map_err(|error| throw(&env, error.exception(), &error))
    }

    /// What never changes about a channel; null when it was forgotten.
    #[napi]
    pub fn channel(&self, env: Env, handle: u32) -> Result<Option<NativeChannel>> {
        let id = ChannelId::from_value(handle);
        Ok(self
            .open(&env)?
            .read(|core| core.data_channel(id))
            .map(Into::into))
    }

    #[napi]
    pub fn channel_id(&self, env: Env, handle: u32) -> Result<Option<u16>> {
        let id = ChannelId::from_value(handle);
        Ok(self.open(&env)?.read(|core| core.data_channel_stream(id)))
    }

    #[napi]
    pub fn channel_ready_state(&self, env: Env, handle: u32) -> Result<&'static str> {
        let id = ChannelId::from_value(handle);
        Ok(self
            .open(&env)?
            .read(|core| core.data_channel_state(id))
            .as_str())
    }

    #[napi]
    pub fn channel_buffered_amount(&self, env: Env, handle: u32) -> Result<f64> {
        let id = ChannelId::from_value(handle);
        Ok(bytes(
            self.open(&env)?.read(|core| core.buffered_amount(id)),
        ))
    }

    #[napi]
    pub fn channel_send(
        &self,
        env: Env,
        handle: u32,
        data: Either<String, Uint8ArraySlice<'_>>,
    ) -> Result<()> {
        let message = match data {
            Either::A(text) => Message::Text(text),
            // JavaScript may change its buffer as soon as this returns.
            Either::B(bytes) => Message::Binary(bytes.to_vec().into()),
        };
        let id = ChannelId::from_value(handle);
        let sent = self.open(&env)?.send(id, message);
        sent.map_err(|error| throw(&env, error.exception(), &error))
    }

    #[napi]
    pub fn channel_close(&self, env: Env, handle: u32) -> Result<()> {
        let id = ChannelId::from_value(handle);
        self.open(&env)?
            .command(|core, now| core.close_data_channel(now, id));
        Ok(())
    }

    /// Nothing more will be asked of a channel.
    #[napi]
    pub fn channel_forget(&self, env: Env, handle: u32) -> Result<()> {
        let id = ChannelId::from_value(handle);
        self.open(&env)?
            .command(|core, _| core.forget_data_channel(id));
        Ok(())
    }

    #[napi]
    pub fn channel_set_buffered_amount_low_threshold(
        &self,
        env: Env,
        handle: u32,
        bytes: u32,
    ) -> Result<()> {
        let (id, bytes) = (ChannelId::from_value(handle), bytes as usize);
        self.open(&env)?
            .command(|core, _| core.set_buffered_amount_low_threshold(id, bytes));
        Ok(())
    }

    /// The longest message that the peer takes, in bytes; null while nothing is negotiated.
    #[napi]
    pub fn sctp_max_message_size(&self, env: Env) -> Result<Option<f64>> {
        Ok(self.open(&env)?.read(Core::max_message_size).map(bytes))
    }
}

/// An amount for JavaScript, whose numbers are exact up to 2^53.
#[expect(clippy::cast_precision_loss, reason = "no buffer has that many bytes")]
fn bytes(amount: usize) -> f64 {
    amount as f64
}
