use napi::{
    Either, Env, Result,
    bindgen_prelude::{ClassInstance, Function, Object, Uint8ArraySlice},
};
use napi_derive::napi;
use rill::{
    Exception, Message, SessionDescription, SetDescriptionError,
    binding::{ChannelId, Connection, Core, OperationId},
};

use crate::{
    certificate::NativeCertificate,
    configuration::NativeConfiguration,
    data_channel::{NativeChannel, NativeChannelInit},
    description::{NativeCandidateInit, NativeDescription, session_description},
    exception::{throw, throw_with},
    runtime, task,
    wake::Wake,
};

/// A connection, polled and commanded by TypeScript.
///
/// It is closed when JavaScript drops it, which the end of its worker does as well.
#[napi]
pub struct NativePeerConnection {
    connection: Connection,
    /// Gone when the connection is closed: nothing is left to tell.
    wake: Option<Wake>,
}

#[napi]
impl NativePeerConnection {
    #[napi(constructor)]
    pub fn new(
        env: Env,
        configuration: NativeConfiguration,
        certificate: Option<ClassInstance<'_, NativeCertificate>>,
        wake: Function<'_, (), ()>,
    ) -> Result<Self> {
        let runtime =
            runtime::handle().map_err(|error| throw(&env, Exception::Operation, error))?;
        let wake = Wake::new(&wake)?;
        let told = wake.clone();
        let configuration = configuration.with(certificate.as_deref());
        let connection = Connection::new(runtime, configuration, move || told.wake())
            .map_err(|error| throw(&env, error.exception(), &error))?;
        Ok(Self {
            connection,
            wake: Some(wake),
        })
    }

    /// The next W3C task, or null.
    #[napi]
    pub fn poll_task<'env>(&self, env: &'env Env) -> Result<Option<Object<'env>>> {
        self.connection
            .poll_task()
            .map(|task| task::object(env, task))
            .transpose()
    }

    /// Whether the process stays alive for this connection.
    #[napi]
    pub fn set_referenced(&self, env: Env, referenced: bool) -> Result<()> {
        match &self.wake {
            Some(wake) if referenced => wake.refer(&env),
            Some(wake) => wake.unref(&env),
            None => Ok(()),
        }
    }

    #[napi]
    pub fn begin_operation(&self) {
        self.connection.command(|core, _| core.begin_operation());
    }

    #[napi]
    pub fn end_operation(&self) {
        self.connection.command(|core, _| core.end_operation());
    }

    #[napi]
    pub fn create_offer(&self, env: Env) -> Result<NativeDescription> {
        let offer = self.connection.command(|core, _| core.create_offer());
        offer
            .map(Into::into)
            .map_err(|error| throw(&env, error.exception(), error))
    }

    #[napi]
    pub fn create_answer(&self, env: Env) -> Result<NativeDescription> {
        let answer = self.connection.command(|core, _| core.create_answer());
        answer
            .map(Into::into)
            .map_err(|error| throw(&env, error.exception(), error))
    }

    /// The number that the task which completes it will carry; so for the two after it.
    #[napi]
    pub fn set_local_description(
        &self,
        env: Env,
        kind: Option<String>,
        sdp: Option<String>,
    ) -> Result<f64> {
        let description = match kind {
            Some(kind) => Some(session_description(&env, &kind, sdp.unwrap_or_default())?),
            None => None,
        };
        let applied = self
            .connection
            .command(|core, now| core.set_local_description(now, description));
        applied
            .map(operation_number)
            .map_err(|error| throw_description(&env, &error))
    }

    #[napi]
    pub fn set_remote_description(&self, env: Env, kind: String, sdp: String) -> Result<f64> {
        let description = session_description(&env, &kind, sdp)?;
        let applied = self
            .connection
            .command(|core, now| core.set_remote_description(now, &description));
        applied
            .map(operation_number)
            .map_err(|error| throw_description(&env, &error))
    }

    #[napi]
    pub fn add_ice_candidate(&self, env: Env, init: Option<NativeCandidateInit>) -> Result<f64> {
        let init = init.map(Into::into);
        let added = self
            .connection
            .command(|core, now| core.add_ice_candidate(now, init.as_ref()));
        added
            .map(operation_number)
            .map_err(|error| throw(&env, error.exception(), &error))
    }

    /// Closes the connection and lets the process end.
    #[napi]
    pub fn close(&mut self, env: Env) -> Result<()> {
        self.connection.close();
        self.wake.take().map_or(Ok(()), |wake| wake.unref(&env))
    }

    #[napi]
    pub fn create_data_channel(
        &self,
        env: Env,
        label: String,
        init: NativeChannelInit,
    ) -> Result<u32> {
        let created = self
            .connection
            .command(|core, now| core.create_data_channel(now, &label, init.into()));
        created
            .map(ChannelId::value)
            .map_err(|error| throw(&env, error.exception(), &error))
    }

    /// What never changes about a channel; null when it was forgotten.
    #[napi]
    pub fn channel(&self, handle: u32) -> Option<NativeChannel> {
        let id = ChannelId::from_value(handle);
        self.connection
            .read(|core| core.data_channel(id))
            .map(Into::into)
    }

    #[napi]
    pub fn channel_id(&self, handle: u32) -> Option<u16> {
        self.connection
            .read(|core| core.data_channel_stream(ChannelId::from_value(handle)))
    }

    #[napi]
    pub fn channel_ready_state(&self, handle: u32) -> &'static str {
        let id = ChannelId::from_value(handle);
        self.connection
            .read(|core| core.data_channel_state(id))
            .as_str()
    }

    #[napi]
    pub fn channel_buffered_amount(&self, handle: u32) -> f64 {
        bytes(
            self.connection
                .read(|core| core.buffered_amount(ChannelId::from_value(handle))),
        )
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
        let sent = self
            .connection
            .command(|core, now| core.send(now, id, message));
        sent.map_err(|error| throw(&env, error.exception(), &error))
    }

    #[napi]
    pub fn channel_close(&self, handle: u32) {
        let id = ChannelId::from_value(handle);
        self.connection
            .command(|core, now| core.close_data_channel(now, id));
    }

    /// Nothing more will be asked of a channel.
    #[napi]
    pub fn channel_forget(&self, handle: u32) {
        let id = ChannelId::from_value(handle);
        self.connection
            .command(|core, _| core.forget_data_channel(id));
    }

    #[napi]
    pub fn channel_set_buffered_amount_low_threshold(&self, handle: u32, bytes: u32) {
        let (id, bytes) = (ChannelId::from_value(handle), bytes as usize);
        self.connection
            .command(|core, _| core.set_buffered_amount_low_threshold(id, bytes));
    }

    #[napi(getter)]
    pub fn signaling_state(&self) -> &'static str {
        self.connection.read(Core::signaling_state).as_str()
    }

    #[napi(getter)]
    pub fn ice_gathering_state(&self) -> &'static str {
        self.connection.read(Core::ice_gathering_state).as_str()
    }

    #[napi(getter)]
    pub fn ice_connection_state(&self) -> &'static str {
        self.connection.read(Core::ice_connection_state).as_str()
    }

    #[napi(getter)]
    pub fn connection_state(&self) -> &'static str {
        self.connection.read(Core::connection_state).as_str()
    }

    #[napi(getter)]
    pub fn can_trickle_ice_candidates(&self) -> Option<bool> {
        self.connection.read(Core::can_trickle_ice_candidates)
    }

    #[napi(getter)]
    pub fn local_description(&self) -> Option<NativeDescription> {
        self.description(Core::local_description)
    }

    #[napi(getter)]
    pub fn current_local_description(&self) -> Option<NativeDescription> {
        self.description(Core::current_local_description)
    }

    #[napi(getter)]
    pub fn pending_local_description(&self) -> Option<NativeDescription> {
        self.description(Core::pending_local_description)
    }

    #[napi(getter)]
    pub fn remote_description(&self) -> Option<NativeDescription> {
        self.description(Core::remote_description)
    }

    #[napi(getter)]
    pub fn current_remote_description(&self) -> Option<NativeDescription> {
        self.description(Core::current_remote_description)
    }

    #[napi(getter)]
    pub fn pending_remote_description(&self) -> Option<NativeDescription> {
        self.description(Core::pending_remote_description)
    }

    /// Bytes; null while nothing is negotiated.
    #[napi(getter)]
    pub fn sctp_max_message_size(&self) -> Option<f64> {
        self.connection.read(Core::max_message_size).map(bytes)
    }

    fn description(
        &self,
        get: impl FnOnce(&Core) -> Option<SessionDescription>,
    ) -> Option<NativeDescription> {
        self.connection.read(get).map(Into::into)
    }
}

fn operation_number(operation: OperationId) -> f64 {
    task::number(operation.value())
}

/// An amount for JavaScript, whose numbers are exact up to 2^53.
#[expect(clippy::cast_precision_loss, reason = "no buffer has that many bytes")]
fn bytes(amount: usize) -> f64 {
    amount as f64
}

fn throw_description(env: &Env, error: &SetDescriptionError) -> napi::Error {
    throw_with(env, error.exception(), error, error.line())
}
