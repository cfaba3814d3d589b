use napi::{
    Env, Result,
    bindgen_prelude::{ClassInstance, Function, Object},
};
use napi_derive::napi;
use rill::{
    Exception, OfferOptions, SessionDescription, SetDescriptionError,
    binding::{Connection, Core, OperationId},
};

use crate::{
    candidate::NativeCandidateInit,
    certificate::NativeCertificate,
    closed::Closed,
    configuration::NativeConfiguration,
    description::{NativeDescription, session_description},
    exception::{throw, throw_with},
    open::Open,
    runtime, task,
    wake::Wake,
};

/// A connection, polled and commanded by TypeScript.
///
/// It is closed when JavaScript drops it, which the end of its worker does as well.
#[napi]
pub struct NativePeerConnection {
    state: State,
}

enum State {
    Open { connection: Connection, wake: Wake },
    Closed(Box<Closed>),
}

#[napi]
impl NativePeerConnection {
    #[napi(constructor)]
    pub fn new(
        env: Env,
        configuration: NativeConfiguration,
        certificates: Vec<ClassInstance<'_, NativeCertificate>>,
        wake: Function<'_, bool, ()>,
    ) -> Result<Self> {
        let runtime =
            runtime::handle().map_err(|error| throw(&env, Exception::Operation, error))?;
        let wake = Wake::new(&env, &wake)?;
        let certificates = certificates.iter().map(|native| native.certificate.clone());
        let configuration = configuration
            .with(certificates.collect())
            .map_err(|error| throw(&env, Exception::Type, error))?;
        let connection = Connection::new(runtime, configuration, wake.waker())
            .map_err(|error| throw(&env, error.exception(), &error))?;
        Ok(Self {
            state: State::Open { connection, wake },
        })
    }

    /// The next W3C task, or null.
    #[napi]
    pub fn poll_task<'env>(&self, env: &'env Env) -> Result<Option<Object<'env>>> {
        let task = self.opened(env).and_then(|open| open.poll_task());
        task.map(|task| task::object(env, task)).transpose()
    }

    /// Whether the process stays alive for this connection.
    #[napi]
    pub fn set_referenced(&self, env: Env, referenced: bool) -> Result<()> {
        match &self.state {
            State::Open { wake, .. } => wake.set_referenced(&env, referenced),
            State::Closed(_) => Ok(()),
        }
    }

    #[napi]
    pub fn begin_operation(&self, env: Env) -> Result<()> {
        self.open(&env)?.command(|core, _| core.begin_operation());
        Ok(())
    }

    #[napi]
    pub fn end_operation(&self, env: Env) -> Result<()> {
        self.open(&env)?.command(|core, _| core.end_operation());
        Ok(())
    }

    #[napi]
    pub fn create_offer(&self, env: Env, ice_restart: bool) -> Result<NativeDescription> {
        let options = OfferOptions { ice_restart };
        let offer = self
            .open(&env)?
            .command(|core, _| core.create_offer(options));
        offer
            .map(Into::into)
            .map_err(|error| throw(&env, error.exception(), error))
    }

    #[napi]
    pub fn create_answer(&self, env: Env) -> Result<NativeDescription> {
        let answer = self.open(&env)?.command(|core, _| core.create_answer());
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
            .open(&env)?
            .command(|core, now| core.set_local_description(now, description));
        applied
            .map(operation_number)
            .map_err(|error| throw_description(&env, &error))
    }

    #[napi]
    pub fn set_remote_description(&self, env: Env, kind: String, sdp: String) -> Result<f64> {
        let description = session_description(&env, &kind, sdp)?;
        let applied = self
            .open(&env)?
            .command(|core, now| core.set_remote_description(now, &description));
        applied
            .map(operation_number)
            .map_err(|error| throw_description(&env, &error))
    }

    #[napi]
    pub fn add_ice_candidate(&self, env: Env, init: Option<NativeCandidateInit>) -> Result<f64> {
        let init = init.map(Into::into);
        let added = self
            .open(&env)?
            .command(|core, now| core.add_ice_candidate(now, init.as_ref()));
        added
            .map(operation_number)
            .map_err(|error| throw(&env, error.exception(), &error))
    }

    #[napi]
    pub fn restart_ice(&self, env: Env) -> Result<()> {
        self.open(&env)?.command(Core::restart_ice);
        Ok(())
    }

    /// The certificates stay what they were.
    #[napi]
    pub fn set_configuration(&self, env: Env, configuration: NativeConfiguration) -> Result<()> {
        let configuration = configuration
            .with(Vec::new())
            .map_err(|error| throw(&env, Exception::Type, error))?;
        self.open(&env)?
            .set_configuration(configuration)
            .map_err(|error| throw(&env, error.exception(), &error))
    }

    /// Closes the connection and lets the process end.
    #[napi]
    pub fn close(&mut self, env: Env) -> Result<()> {
        let State::Open { connection, wake } = &self.state else {
            return Ok(());
        };
        wake.set_referenced(&env, false)?;
        connection.close();
        let closed = Box::new(connection.read(Closed::new));
        self.state = State::Closed(closed);
        Ok(())
    }

    #[napi(getter)]
    pub fn signaling_state(&self) -> &'static str {
        self.read(|core| core.signaling_state().as_str(), |_| "closed")
    }

    #[napi(getter)]
    pub fn ice_gathering_state(&self) -> &'static str {
        self.read(
            |core| core.ice_gathering_state().as_str(),
            |closed| closed.ice_gathering_state,
        )
    }

    #[napi(getter)]
    pub fn ice_connection_state(&self) -> &'static str {
        self.read(|core| core.ice_connection_state().as_str(), |_| "closed")
    }

    #[napi(getter)]
    pub fn connection_state(&self) -> &'static str {
        self.read(|core| core.connection_state().as_str(), |_| "closed")
    }

    #[napi(getter)]
    pub fn can_trickle_ice_candidates(&self) -> Option<bool> {
        self.read(Core::can_trickle_ice_candidates, |closed| {
            closed.can_trickle_ice_candidates
        })
    }

    #[napi(getter)]
    pub fn local_description(&self) -> Option<NativeDescription> {
        self.description(Core::local_description, Closed::local)
    }

    #[napi(getter)]
    pub fn current_local_description(&self) -> Option<NativeDescription> {
        self.description(Core::current_local_description, |closed| {
            closed.current_local.clone()
        })
    }

    #[napi(getter)]
    pub fn pending_local_description(&self) -> Option<NativeDescription> {
        self.description(Core::pending_local_description, |closed| {
            closed.pending_local.clone()
        })
    }

    #[napi(getter)]
    pub fn remote_description(&self) -> Option<NativeDescription> {
        self.description(Core::remote_description, Closed::remote)
    }

    #[napi(getter)]
    pub fn current_remote_description(&self) -> Option<NativeDescription> {
        self.description(Core::current_remote_description, |closed| {
            closed.current_remote.clone()
        })
    }

    #[napi(getter)]
    pub fn pending_remote_description(&self) -> Option<NativeDescription> {
        self.description(Core::pending_remote_description, |closed| {
            closed.pending_remote.clone()
        })
    }

    /// The connection, unless it is closed, which TypeScript looks at before.
    pub(crate) fn open<'call>(&'call self, env: &'call Env) -> Result<Open<'call>> {
        self.opened(env)
            .ok_or_else(|| throw(env, Exception::InvalidState, "the connection is closed"))
    }

    fn opened<'call>(&'call self, env: &'call Env) -> Option<Open<'call>> {
        match &self.state {
            State::Open { connection, wake } => Some(Open::new(connection, wake, env)),
            State::Closed(_) => None,
        }
    }

    pub(crate) fn read<R>(
        &self,
        of_core: impl FnOnce(&Core) -> R,
        of_closed: impl FnOnce(&Closed) -> R,
    ) -> R {
        match &self.state {
            State::Open { connection, .. } => connection.read(of_core),
            State::Closed(closed) => of_closed(closed),
        }
    }

    fn description(
        &self,
        of_core: impl FnOnce(&Core) -> Option<SessionDescription>,
        of_closed: impl FnOnce(&Closed) -> Option<NativeDescription>,
    ) -> Option<NativeDescription> {
        self.read(|core| of_core(core).map(Into::into), of_closed)
    }
}

fn operation_number(operation: OperationId) -> f64 {
    task::number(operation.value())
}

fn throw_description(env: &Env, error: &SetDescriptionError) -> napi::Error {
    throw_with(env, error.exception(), error, error.line())
}
