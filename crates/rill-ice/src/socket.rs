//! The sockets bound for the agent.

use litemap::LiteMap;

use crate::identifier::SessionKey;
use crate::map::shrink;
use crate::{SocketId, StreamId};

/// Which session each socket belongs to.
#[derive(Debug, Default)]
pub(crate) struct Sockets {
    last: u32,
    owners: LiteMap<SocketId, (SessionKey, Nature)>,
}

/// What a socket is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Nature {
    /// The driver's.
    Bound,
    /// It stands for a relayed address: the driver does not know it.
    Relayed,
}

impl Sockets {
    /// Gives back the room for more.
    pub(crate) fn rest(&mut self) {
        shrink(&mut self.owners);
    }

    /// A number for a stream, never used again.
    pub(crate) fn allocate_stream(&mut self) -> StreamId {
        self.last += 1;
        StreamId(self.last)
    }

    pub(crate) fn allocate(&mut self, owner: SessionKey, nature: Nature) -> SocketId {
        self.last += 1;
        let socket = SocketId(self.last);
        self.owners.insert(socket, (owner, nature));
        socket
    }

    /// The session of a socket that is not gone, and what it is.
    pub(crate) fn get(&self, socket: SocketId) -> Option<(SessionKey, Nature)> {
        self.owners.get(&socket).copied()
    }

    pub(crate) fn owner(&self, socket: SocketId) -> Option<SessionKey> {
        Some(self.get(socket)?.0)
    }

    /// Forgets a socket that could not be bound, or whose relay is gone.
    pub(crate) fn remove(&mut self, socket: SocketId) {
        self.owners.remove(&socket);
    }

    /// Forgets the sockets of a session, and gives those that the driver knows.
    pub(crate) fn release(&mut self, owner: SessionKey) -> Vec<SocketId> {
        let owned = self.owners.iter().filter(|(_, (key, _))| *key == owner);
        let bound = owned.filter(|(_, (_, nature))| *nature == Nature::Bound);
        let released = bound.map(|(socket, _)| *socket).collect();
        self.owners.retain(|_, (key, _)| *key != owner);
        released
    }
}
