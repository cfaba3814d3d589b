//! Multicast DNS, once for the whole process.
//!
//! Port 5353 is shared by everybody on a machine, and what is sent to it alone reaches one of them
//! (RFC 6762 §15.1), so a process should hold it once: whichever runtimes its connections live on,
//! one thread with a runtime of its own serves them all. It starts with the first name that is
//! registered or looked for, and ends when there has been none for a while.

mod interfaces;
mod service;
mod socket;
#[cfg(test)]
mod tests;

use std::{
    future::Future,
    net::IpAddr,
    sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError},
};

use rill_peer::{Response, mdns::Name};
use thiserror::Error;
use tokio::sync::{
    mpsc::{UnboundedSender, error::SendError, unbounded_channel},
    oneshot,
};

use service::Command;

/// Answers for names and looks for names. Clones are the same.
#[derive(Clone, Default)]
pub(crate) struct Mdns {
    shared: Arc<Shared>,
}

/// Why a name was not found.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub(crate) enum Unfound {
    /// Nobody answers for it, or it is not looked for.
    #[error("{0}")]
    Absent(String),
    /// Multicast DNS hears nothing here, or cannot be spoken at all.
    #[error("{0}")]
    Deaf(String),
}

/// A name is answered for until this is dropped.
pub(crate) struct Registration {
    mdns: Mdns,
    name: Name,
}

/// What the thread and the handles share.
#[derive(Default)]
struct Shared {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// To the thread, if there is one.
    commands: Option<UnboundedSender<Command>>,
}

impl Mdns {
    /// The one of this process.
    pub(crate) fn process() -> &'static Self {
        static PROCESS: OnceLock<Mdns> = OnceLock::new();
        PROCESS.get_or_init(Self::default)
    }

    /// Looks for a name, for four seconds at most. Fails at once, with the reason, for what is not
    /// the name of a candidate and where there is no multicast.
    pub(crate) fn resolve(
        &self,
        name: &str,
    ) -> impl Future<Output = Result<Vec<IpAddr>, Unfound>> + Send + use<> {
        let (answer, answered) = oneshot::channel();
        let asked = match name.parse() {
            Ok(name) => self
                .command(Command::Resolve { name, answer })
                .map_err(Unfound::Deaf),
            Err(error) => Err(Unfound::Absent(format!("{error}"))),
        };
        async move {
            asked?;
            let lost = |_| Err(Unfound::Deaf("multicast DNS ended early".to_owned()));
            answered.await.unwrap_or_else(lost)
        }
    }

    /// Answers for a name from when the future resolves: who is told of it sooner asks in vain, and
    /// Chromium asks once. That it cannot is not told: a candidate is offered under its
    /// name all the same, so that nobody can tell by it what the network is like
    /// (draft-ietf-mmusic-mdns-ice-candidates §3.1.1).
    pub(crate) fn register(
        &self,
        name: Name,
        address: IpAddr,
    ) -> (Registration, impl Future<Output = ()> + Send + use<>) {
        let (done, ready) = oneshot::channel();
        let command = Command::Register {
            name,
            address,
            done,
        };
        if let Err(error) = self.command(command) {
            tracing::debug!(error, "a name is not answered for");
        }
        let registration = Registration {
            mdns: self.clone(),
            name,
        };
        // It is dropped where there is no thread to say so.
        (registration, async move { drop(ready.await) })
    }

    /// Tells the thread, and starts it if there is none.
    fn command(&self, command: Command) -> Result<(), String> {
        let mut state = self.shared.lock();
        let unheard = match &state.commands {
            Some(commands) => match commands.send(command) {
                Ok(()) => return Ok(()),
                Err(SendError(command)) => command,
            },
            None => command,
        };
        let (commands, received) = unbounded_channel();
        service::start(Arc::clone(&self.shared), received)
            .map_err(|error| format!("no thread for multicast DNS: {error}"))?;
        // Its receiver waits for the lock at the earliest.
        drop(commands.send(unheard));
        state.commands = Some(commands);
        Ok(())
    }
}

impl From<Unfound> for Response {
    fn from(unfound: Unfound) -> Self {
        match unfound {
            Unfound::Absent(reason) => Self::Failed(reason),
            Unfound::Deaf(reason) => Self::Unheard(reason),
        }
    }
}

impl Drop for Registration {
    fn drop(&mut self) {
        let state = self.mdns.shared.lock();
        if let Some(commands) = &state.commands {
            drop(commands.send(Command::Unregister { name: self.name }));
        }
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
