use std::{
    ops::{Deref, DerefMut},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Instant,
};

use rill_peer::{
    ChannelId, ConfigurationError, CreateDataChannelError, DataChannelInit, Message,
    PeerConnection, SendError, Task,
};
use tokio::sync::Notify;

use crate::{
    Configuration,
    alarm::Alarm,
    driver::{Doors, Outbox},
    inbox::Inbox,
};

/// The longest message that is sent by its caller: a socket takes as much at once.
const ALONE: usize = 16 * 1024;

/// What the handles and the driver share: the core behind one short lock, never held across an await.
pub(crate) struct Shared {
    state: Mutex<State>,
    /// Something was commanded: the driver polls.
    pub(crate) commanded: Notify,
    /// The connection's event stream has something, or has ended.
    pub(crate) events: Notify,
}

pub(crate) struct State {
    pub(crate) peer: PeerConnection,
    pub(crate) face: Face,
    /// The driver's sockets and streams, for what must be sent before a call returns.
    pub(crate) doors: Doors,
    pub(crate) alarm: Alarm,
}

/// Who takes the tasks.
pub(crate) enum Face {
    /// The Rust API: all at once, into queues that handles read.
    Inbox(Inbox),
    /// A language binding: one for each time that it was told.
    Binding {
        wake: Arc<dyn Fn() + Send + Sync>,
        /// How often it was told and has not polled yet.
        told: usize,
    },
}

impl Shared {
    pub(crate) fn new(peer: PeerConnection, face: Face) -> Arc<Self> {
        Arc::new(Self {
            state: Mutex::new(State {
                peer,
                face,
                doors: Doors::default(),
                alarm: Alarm::default(),
            }),
            commanded: Notify::new(),
            events: Notify::new(),
        })
    }

    pub(crate) fn lock(&self) -> Locked<'_> {
        // A panic elsewhere left the core as it was between two calls; closing must still work.
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        Locked { state: Some(state) }
    }

    /// Runs a command on the core, hands out what it caused, and lets the driver act on it.
    pub(crate) fn command<R>(&self, run: impl FnOnce(&mut PeerConnection, Instant) -> R) -> R {
        let mut state = self.lock();
        let result = run(&mut state.peer, Instant::now());
        state.deliver(self);
        drop(state);
        self.commanded.notify_one();
        result
    }

    /// Sends a message. A short one that travels alone leaves before this returns: it need not wait until
    /// the driver has been woken. Others are the driver's, which sends them in trains.
    pub(crate) fn send(&self, id: ChannelId, message: Message) -> Result<(), SendError> {
        let mut state = self.lock();
        let now = Instant::now();
        let alone = message.len() <= ALONE && state.peer.is_sending_done();
        let result = state.peer.send(now, id, message);
        let mut outbox = Outbox::default();
        if alone {
            while outbox.fill(&mut state.peer, now) {}
            state.alarm.pass();
        }
        // Before it can arrive: what was sent is accounted for before it is received in the same process.
        state.deliver(self);
        let mut left = !alone || !state.alarm.covers(state.peer.poll_timeout());
        left |= outbox.send_now(&state.doors);
        drop(state);
        if left {
            self.commanded.notify_one();
        }
        result
    }

    /// Puts a configuration in the place of the one there is.
    pub(crate) fn set_configuration(
        &self,
        configuration: Configuration,
    ) -> Result<(), ConfigurationError> {
        self.command(|peer, now| {
            let configuration = configuration.replacing(peer.configuration());
            peer.set_configuration(now, configuration)
        })
    }

    /// Creates a channel, and its inbox before anything can arrive on it.
    pub(crate) fn create_data_channel(
        &self,
        label: &str,
        init: DataChannelInit,
    ) -> Result<ChannelId, CreateDataChannelError> {
        let mut state = self.lock();
        let created = state.peer.create_data_channel(Instant::now(), label, init);
        if let (Ok(id), Face::Inbox(inbox)) = (&created, &mut state.face) {
            inbox.channel(*id);
        }
        state.deliver(self);
        drop(state);
        self.commanded.notify_one();
        created
    }

    /// Closes a channel whose handle is gone, and keeps nothing of it.
    pub(crate) fn drop_data_channel(&self, id: ChannelId) {
        let mut state = self.lock();
        state.discard(id);
        state.deliver(self);
        drop(state);
        self.commanded.notify_one();
    }

    /// Closes the core, and sends its goodbye before this returns: the process may end right after.
    pub(crate) fn close(&self) {
        let mut state = self.lock();
        if state.peer.is_closed() {
            return;
        }
        let now = Instant::now();
        state.peer.close(now);
        let mut goodbye = Outbox::default();
        while goodbye.fill(&mut state.peer, now) {}
        goodbye.send_now(&state.doors);
        state.doors = Doors::default();
        state.deliver(self);
        drop(state);
        self.commanded.notify_one();
    }
}

/// The state under its lock. Readers are woken after it was let go: before, they would only wait for it.
pub(crate) struct Locked<'a> {
    state: Option<MutexGuard<'a, State>>,
}

const HELD: &str = "only dropping lets go of the lock";

impl Deref for Locked<'_> {
    type Target = State;

    fn deref(&self) -> &State {
        self.state.as_ref().expect(HELD)
    }
}

impl DerefMut for Locked<'_> {
    fn deref_mut(&mut self) -> &mut State {
        self.state.as_mut().expect(HELD)
    }
}

impl Drop for Locked<'_> {
    fn drop(&mut self) {
        let woken = match &mut self.face {
            Face::Inbox(inbox) => inbox.take_woken(),
            Face::Binding { .. } => Vec::new(),
        };
        self.state = None;
        for reader in woken {
            reader.notify_waiters();
        }
    }
}

impl State {
    /// Closes and forgets a channel that nobody will read.
    fn discard(&mut self, id: ChannelId) {
        let now = Instant::now();
        let unread = match &mut self.face {
            Face::Inbox(inbox) => inbox.forget(id),
            Face::Binding { .. } => 0,
        };
        self.peer.close_data_channel(now, id);
        self.peer.consumed(now, unread);
        self.peer.forget_data_channel(id);
    }

    /// The application took messages of this weight.
    pub(crate) fn consumed(&mut self, shared: &Shared, weight: usize) {
        if self.peer.consumed(Instant::now(), weight) {
            self.deliver(shared);
            shared.commanded.notify_one();
        }
    }

    /// Takes the next task for whoever hands it out.
    pub(crate) fn next_task(&mut self, shared: &Shared) -> Option<Task> {
        let task = self.peer.poll_task()?;
        if task.events().next().is_none() && task.completed.is_none() {
            // It may have discarded a message for a channel that is closed. What waits for the room
            // that this makes need not wait for the next packet.
            if self.peer.consumed(Instant::now(), 0) {
                shared.commanded.notify_one();
            }
        }
        Some(task)
    }

    /// Hands out the tasks that wait.
    pub(crate) fn deliver(&mut self, shared: &Shared) {
        while matches!(self.face, Face::Inbox(_)) {
            let Some(task) = self.next_task(shared) else {
                break;
            };
            let Face::Inbox(inbox) = &mut self.face else {
                break;
            };
            let refused: Vec<_> = task
                .into_events()
                .filter_map(|event| inbox.take(event, &self.peer))
                .collect();
            refused.into_iter().for_each(|id| self.discard(id));
        }
        match &mut self.face {
            Face::Inbox(inbox) => {
                if self.peer.is_closed() {
                    inbox.end();
                }
                if inbox.take_news() {
                    shared.events.notify_waiters();
                }
            }
            Face::Binding { wake, told } => {
                for _ in *told..self.peer.waiting_tasks() {
                    *told += 1;
                    wake();
                }
            }
        }
    }
}

/// The last handle that is dropped closes the connection.
pub(crate) struct Handle(pub(crate) Arc<Shared>);

impl Drop for Handle {
    fn drop(&mut self) {
        self.0.close();
    }
}

#[cfg(test)]
mod tests;
