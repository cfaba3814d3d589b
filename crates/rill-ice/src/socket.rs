//! The sockets bound for the agent.

use std::collections::BTreeMap;

use crate::SocketId;
use crate::identifier::SessionKey;

/// Which session each socket belongs to.
#[derive(Debug, Default)]
pub(crate) struct Sockets {
    last: u32,
    owners: BTreeMap<SocketId, SessionKey>,
}

impl Sockets {
    pub(crate) fn allocate(&mut self, owner: SessionKey) -> SocketId {
        self.last += 1;
        let socket = SocketId(self.last);
        self.owners.insert(socket, owner);
        socket
    }

    pub(crate) fn owner(&self, socket: SocketId) -> Option<SessionKey> {
        self.owners.get(&socket).copied()
    }

    /// Forgets a socket that could not be bound.
    pub(crate) fn remove(&mut self, socket: SocketId) {
        self.owners.remove(&socket);
    }

    pub(crate) fn release(&mut self, owner: SessionKey) -> Vec<SocketId> {
        let released: Vec<SocketId> = self
            .owners
            .iter()
            .filter(|(_, key)| **key == owner)
            .map(|(socket, _)| *socket)
            .collect();
        for socket in &released {
            self.owners.remove(socket);
        }
        released
    }
}
