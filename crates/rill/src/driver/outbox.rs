use std::{collections::BTreeMap, io, sync::Arc, time::Instant};

use rill_peer::{Path, PeerConnection, SocketId, Transmit};

use super::socket::Socket;

/// How many bytes are taken from the core before they are sent and arrivals are looked at.
const FILL: usize = 256 * 1024;

/// Datagrams on their way from the core to the sockets.
#[derive(Default)]
pub(crate) struct Outbox {
    trains: Vec<(Transmit, Vec<u8>)>,
    spare: Vec<Vec<u8>>,
}

impl Outbox {
    /// Takes datagrams from the core. Whether there may be more.
    pub(crate) fn fill(&mut self, peer: &mut PeerConnection, now: Instant) -> bool {
        let mut taken = 0;
        while taken < FILL {
            let mut buffer = self.spare.pop().unwrap_or_default();
            let Some(transmit) = peer.poll_transmit(now, &mut buffer) else {
                self.spare.push(buffer);
                return false;
            };
            taken += buffer.len();
            self.trains.push((transmit, buffer));
        }
        true
    }

    /// Sends everything. Says which paths are not to be had.
    pub(super) async fn send(
        &mut self,
        sockets: &BTreeMap<SocketId, Arc<Socket>>,
    ) -> Vec<(Path, io::Error)> {
        let mut failed = Vec::new();
        for (Transmit { to, segment }, buffer) in self.trains.drain(..) {
            if let Some(socket) = sockets.get(&to.socket) {
                match socket.send(to.remote, to.ecn, &buffer, segment).await {
                    Err(error) if is_unreachable(&error) => failed.push((to, error)),
                    // Anything else is a lost datagram, which every layer above expects.
                    Ok(()) | Err(_) => {}
                }
            }
            self.spare.push(buffer);
        }
        self.spare.truncate(4);
        failed
    }

    /// Sends everything that the sockets take at once.
    pub(crate) fn send_now(&mut self, sockets: &BTreeMap<SocketId, Arc<Socket>>) {
        for (Transmit { to, segment }, buffer) in self.trains.drain(..) {
            if let Some(socket) = sockets.get(&to.socket) {
                // A lost goodbye is noticed by the loss of consent.
                drop(socket.send_now(to.remote, to.ecn, &buffer, segment));
            }
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
