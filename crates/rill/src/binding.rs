//! For language bindings: the same connection, whose W3C tasks are polled one by one.
//!
//! The `wake` callback is called once for each task that became ready, from any thread; it must not
//! block or call back. Each time the binding polls one task, in a turn of its own language's event
//! loop, and dispatches its events. If it keeps the order in which the connections of a process call,
//! it keeps the order in which their tasks became ready.

use std::{sync::Arc, time::Instant};

use tokio::runtime::Handle as Runtime;

use crate::{
    Configuration, ConfigurationError, NewError, driver,
    shared::{Face, Handle, Shared},
};

pub use rill_peer::{
    ChannelId, DataChannelInfo, Event, Message, OperationId, PeerConnection as Core, SendError,
    Task,
};

/// A connection whose tasks are polled.
///
/// Dropping it closes the connection.
pub struct Connection {
    handle: Handle,
}

impl core::fmt::Debug for Connection {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Connection").finish_non_exhaustive()
    }
}

impl Connection {
    /// A connection driven by `runtime`.
    ///
    /// # Errors
    ///
    /// The configuration was refused.
    pub fn new(
        runtime: &Runtime,
        configuration: Configuration,
        wake: impl Fn() + Send + Sync + 'static,
    ) -> Result<Self, NewError> {
        let peer = configuration.make_peer()?;
        let face = Face::Binding {
            wake: Arc::new(wake),
            told: 0,
        };
        let shared = Shared::new(peer, face);
        runtime.spawn(driver::run(Arc::clone(&shared)));
        Ok(Self {
            handle: Handle(shared),
        })
    }

    /// The next W3C task. The getters of [`Self::read`] are as of it.
    #[must_use]
    pub fn poll_task(&self) -> Option<Task> {
        let shared = &self.handle.0;
        let mut state = shared.lock();
        let task = state.next_task(shared);
        if let Face::Binding { told, .. } = &mut state.face {
            *told = told.saturating_sub(1);
        }
        let message = task
            .iter()
            .flat_map(Task::events)
            .find_map(|event| match event {
                Event::Message(_, message) => Some(message.weight()),
                _ => None,
            });
        if let Some(weight) = message {
            state.consumed(shared, weight);
        }
        state.deliver(shared);
        task
    }

    /// Puts a configuration in the place of the one there is; no certificates means those there are.
    ///
    /// # Errors
    ///
    /// The connection is closed, a server cannot be read, or a member is changed that must not.
    pub fn set_configuration(
        &self,
        configuration: Configuration,
    ) -> Result<(), ConfigurationError> {
        self.handle.0.set_configuration(configuration)
    }

    /// Runs a command on the core; the driver acts on what it caused.
    pub fn command<R>(&self, run: impl FnOnce(&mut Core, Instant) -> R) -> R {
        self.handle.0.command(run)
    }

    /// Sends a message (webrtc-pc §6.2, `send`).
    ///
    /// # Errors
    ///
    /// As [`Core::send`].
    pub fn send(&self, id: ChannelId, message: Message) -> Result<(), SendError> {
        self.handle.0.send(id, message)
    }

    /// Reads getters.
    pub fn read<R>(&self, get: impl FnOnce(&Core) -> R) -> R {
        get(&self.handle.0.lock().peer)
    }

    /// Closes the connection at once.
    pub fn close(&self) {
        self.handle.0.close();
    }
}

#[cfg(test)]
mod tests;
