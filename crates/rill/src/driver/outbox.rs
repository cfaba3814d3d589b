use std::{cell::RefCell, collections::BTreeMap, io, sync::Arc, time::Instant};

use rill_peer::{Destination, Path, PeerConnection, SocketId, StreamId, Transmit};

use super::{socket::Socket, stream::Stream};

/// What the driver opened for the core.
#[derive(Clone, Default)]
pub(crate) struct Doors {
    pub(crate) sockets: BTreeMap<SocketId, Arc<Socket>>,
    pub(crate) streams: BTreeMap<StreamId, Arc<Stream>>,
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
    trains: Vec<(Transmit, Vec<u8>)>,
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
            self.trains.push((transmit, buffer));
        }
        true
    }

    /// Sends everything. Says which paths are not to be had.
    pub(super) async fn send(&mut self, doors: &Doors) -> Vec<(Path, io::Error)> {
        let mut failed = Vec::new();
        for (Transmit { to, segment }, buffer) in self.trains.drain(..) {
            match to {
                Destination::Datagram(path) => {
                    if let Some(socket) = doors.sockets.get(&path.socket) {
                        match socket.send(path.remote, path.ecn, &buffer, segment).await {
                            Err(error) if is_unreachable(&error) => failed.push((path, error)),
                            // Anything else is a lost datagram, which every layer above expects.
                            Ok(()) | Err(_) => {}
                        }
                    }
                }
                Destination::Stream(id) => doors.write(id, &buffer),
            }
            give_back(buffer);
        }
        failed
    }

    /// Sends everything that the sockets take at once.
    pub(crate) fn send_now(&mut self, doors: &Doors) {
        for (Transmit { to, segment }, buffer) in self.trains.drain(..) {
            match to {
                Destination::Datagram(path) => {
                    if let Some(socket) = doors.sockets.get(&path.socket) {
                        // A lost goodbye is noticed by the loss of consent.
                        drop(socket.send_now(path.remote, path.ecn, &buffer, segment));
                    }
                }
                Destination::Stream(id) => doors.write(id, &buffer),
            }
        }
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
