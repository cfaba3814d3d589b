//! For language bindings: the same connection, whose W3C tasks are polled one by one.
//!
//! The `wake` callback says only that there are tasks; it is called from any thread and must not
//! block or call back. The binding then polls one task at a time, each in a turn of its own language's
//! event loop, and dispatches its events.

use std::{sync::Arc, time::Instant};

use tokio::runtime::Handle as Runtime;

use crate::{
    Configuration, NewError, driver,
    peer_connection::make_peer,
    shared::{Face, Handle, Shared},
};

pub use rill_peer::{ChannelId, DataChannelInfo, Event, OperationId, PeerConnection as Core, Task};

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
        let peer = make_peer(configuration)?;
        let face = Face::Binding {
            wake: Arc::new(wake),
            told: false,
        };
        let shared = Shared::new(peer, face);
        runtime.spawn(driver::run(Arc::clone(&shared)));
        Ok(Self {
            handle: Handle(shared),
        })
    }

    /// The next W3C task. The getters of [`Self::read`] are as of it. `None`: `wake` will be called
    /// when there is one.
    #[must_use]
    pub fn poll_task(&self) -> Option<Task> {
        let mut state = self.handle.0.lock();
        let task = state.peer.poll_task();
        let Some(task) = task else {
            if let Face::Binding { told, .. } = &mut state.face {
                *told = false;
            }
            return None;
        };
        let message = task.events().find_map(|event| match event {
            Event::Message(_, message) => Some(message.weight()),
            _ => None,
        });
        if let Some(weight) = message {
            state.peer.consumed(Instant::now(), weight);
            drop(state);
            // The receive window may have opened: the peer is to be told.
            self.handle.0.commanded.notify_one();
        }
        Some(task)
    }

    /// Runs a command on the core; the driver acts on what it caused.
    pub fn command<R>(&self, run: impl FnOnce(&mut Core, Instant) -> R) -> R {
        self.handle.0.command(run)
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
