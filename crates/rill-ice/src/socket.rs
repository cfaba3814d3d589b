//! The sockets bound for the agent.

use std::collections::{BTreeMap, BTreeSet};

use crate::identifier::SessionKey;
use crate::{SocketId, StreamId};

/// Which session each socket belongs to.
#[derive(Debug, Default)]
pub(crate) struct Sockets {
    last: u32,
    owners: BTreeMap<SocketId, SessionKey>,
    relayed: BTreeSet<SocketId>,
}

impl Sockets {
    /// A number for a stream, never used again.
    pub(crate) fn allocate_stream(&mut self) -> StreamId {
        self.last += 1;
        StreamId(self.last)
    }

    /// A socket that stands for a relayed address: the driver does not know it.
    pub(crate) fn allocate_relayed(&mut self, owner: SessionKey) -> SocketId {
        let socket = self.allocate(owner);
        self.relayed.insert(socket);
        socket
    }

    pub(crate) fn is_relayed(&self, socket: SocketId) -> bool {
        self.relayed.contains(&socket)
    }

    pub(crate) fn allocate(&mut self, owner: SessionKey) -> SocketId {
        self.last += 1;
        let socket = SocketId(self.last);
        self.owners.insert(socket, owner);
        socket
    }

    pub(crate) fn owner(&self, socket: SocketId) -> Option<SessionKey> {
        self.owners.get(&socket).copied()
    }

    /// Forgets a socket that could not be bound, or whose relay is gone.
    pub(crate) fn remove(&mut self, socket: SocketId) {
        self.owners.remove(&socket);
        self.relayed.remove(&socket);
    }

    /// Forgets the sockets of a session, and gives those that the driver knows.
    pub(crate) fn release(&mut self, owner: SessionKey) -> Vec<SocketId> {
        let owned = self.owners.iter().filter(|(_, key)| **key == owner);
        let mut released: Vec<SocketId> = owned.map(|(socket, _)| *socket).collect();
        released.retain(|socket| {
            self.owners.remove(socket);
            !self.relayed.remove(socket)
        });
        released
    }
}
