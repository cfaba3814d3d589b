use std::{
    cell::RefCell,
    collections::VecDeque,
    io,
    sync::Arc,
    task::{Context, Poll, ready},
    time::Instant,
};

use litemap::LiteMap;
use rill_peer::{Destination, Path, PeerConnection, SocketId, StreamId, Transmit};

use super::{socket::Socket, stream::Stream};

/// What the driver opened for the core.
#[derive(Clone, Default)]
pub(crate) struct Doors {
    pub(crate) sockets: LiteMap<SocketId, Arc<Socket>>,
    pub(crate) streams: LiteMap<StreamId, Arc<Stream>>,
}

/// How many bytes are taken from the core before they are sent and arrivals are looked at.
const FILL: usize = 256 * 1024;

/// How many buffers a thread keeps for the next trains.
const SPARE: usize = 8;

thread_local! {
    /// Buffers for the connections that a runtime thread drives.
    static BUFFERS: RefCell<Vec<Vec<u8>>> = const { RefCell::new(Vec::new()) };
}

fn take_buffer() -> Vec<u8> {
    BUFFERS.with_borrow_mut(Vec::pop).unwrap_or_default()
}

fn give_back(buffer: Vec<u8>) {
    BUFFERS.with_borrow_mut(|buffers| {
        if buffers.len() < SPARE {
            buffers.push(buffer);
        }
    });
}

/// Datagrams on their way from the core to the sockets.
#[derive(Default)]
pub(crate) struct Outbox {
    trains: VecDeque<(Transmit, Vec<u8>)>,
    /// How many bytes of the first were sent.
    sent: usize,
    /// The paths that are not to be had.
    failed: Vec<(Path, io::Error)>,
}

impl Outbox {
    /// Takes datagrams from the core. Whether there may be more.
    pub(crate) fn fill(&mut self, peer: &mut PeerConnection, now: Instant) -> bool {
        let mut taken = 0;
        while taken < FILL {
            let mut buffer = take_buffer();
            let Some(transmit) = peer.poll_transmit(now, &mut buffer) else {
                give_back(buffer);
                return false;
            };
            taken += buffer.len();
            self.trains.push_back((transmit, buffer));
        }
        true
    }

    /// Sends everything, as fast as the sockets take it. Says which paths are not to be had.
    pub(super) fn poll_send(
        &mut self,
        context: &mut Context<'_>,
        doors: &Doors,
    ) -> Poll<Vec<(Path, io::Error)>> {
        while let Some((Transmit { to, segment }, buffer)) = self.trains.front() {
            match to {
                Destination::Datagram(path) => {
                    if let Some(socket) = doors.sockets.get(&path.socket) {
                        let rest = &buffer[self.sent..];
                        match ready!(socket.poll_send(
                            context,
                            path,
                            rest,
                            *segment,
                            &mut self.sent
                        )) {
                            Err(error) if is_unreachable(&error) => {
                                self.failed.push((*path, error));
                            }
                            // Anything else is a lost datagram, which every layer above expects.
                            Ok(()) | Err(_) => {}
                        }
                    }
                }
                Destination::Stream(id) => doors.write(*id, buffer),
            }
            self.sent = 0;
            if let Some((_, buffer)) = self.trains.pop_front() {
                give_back(buffer);
            }
        }
        // An idle connection keeps no room for them.
        self.trains = VecDeque::new();
        Poll::Ready(std::mem::take(&mut self.failed))
    }

    /// Sends everything that the sockets take at once. Whether something is left to the driver: a stream
    /// keeps what it cannot write yet.
    pub(crate) fn send_now(&mut self, doors: &Doors) -> bool {
        let mut left = false;
        for (Transmit { to, segment }, buffer) in self.trains.drain(..) {
            match to {
                Destination::Datagram(path) => {
                    if let Some(socket) = doors.sockets.get(&path.socket) {
                        // What it does not take is as good as lost on the way.
                        drop(socket.send_now(path.remote, path.ecn, &buffer, segment));
                    }
                }
                Destination::Stream(id) => {
                    doors.write(id, &buffer);
                    left = true;
                }
            }
            give_back(buffer);
        }
        left
    }
}

impl Doors {
    /// Whoever reads from a stream that broke learns why.
    fn write(&self, id: StreamId, bytes: &[u8]) {
        if let Some(stream) = self.streams.get(&id) {
            drop(stream.send(bytes));
        }
    }
}

/// Whether the destination cannot be reached from this socket.
fn is_unreachable(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::NetworkUnreachable
            | io::ErrorKind::HostUnreachable
            | io::ErrorKind::AddrNotAvailable
            | io::ErrorKind::PermissionDenied
            | io::ErrorKind::InvalidInput
    )
}

#[cfg(test)]
mod tests;
