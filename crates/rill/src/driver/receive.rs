use std::{cell::RefCell, io::IoSliceMut, time::Instant};

use quinn_udp::RecvMeta;
use rill_peer::{Path, SocketId};

use super::Driver;
use crate::shared::Shared;

/// How many trains are received in one call.
const BATCH: usize = 8;
/// The kernel joins up to 64 KiB of datagrams from one sender.
const TRAIN: usize = 64 * 1024;
/// How many calls before others get their turn.
const ROUNDS: usize = 4;

thread_local! {
    /// One slab for every connection that a runtime thread drives.
    static SLAB: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

impl Driver {
    /// Hands everything that waits on these sockets to the core.
    pub(super) fn receive(&self, ready: &[SocketId]) {
        SLAB.with_borrow_mut(|slab| {
            slab.resize(BATCH * TRAIN, 0);
            for id in ready {
                for _ in 0..ROUNDS {
                    if !self.receive_batch(*id, slab) {
                        break;
                    }
                }
            }
        });
    }

    /// Whether the socket may have more.
    fn receive_batch(&self, id: SocketId, slab: &mut [u8]) -> bool {
        let Some(socket) = self.doors.sockets.get(&id) else {
            return false;
        };
        let mut meta = [RecvMeta::default(); BATCH];
        let count = {
            let mut trains = slab.chunks_exact_mut(TRAIN);
            let mut buffers: [IoSliceMut<'_>; BATCH] =
                std::array::from_fn(|_| IoSliceMut::new(trains.next().unwrap_or_default()));
            // An error here is an earlier datagram's ICMP answer, or that nothing is left.
            match socket.receive(&mut buffers, &mut meta) {
                Ok(count) => count,
                Err(_) => return false,
            }
        };
        let mut state = self.shared.lock();
        let now = Instant::now();
        for (meta, train) in meta.iter().zip(slab.chunks_exact_mut(TRAIN)).take(count) {
            let path = Path {
                socket: id,
                local_ip: None,
                remote: meta.addr,
                ecn: meta.ecn.map(|ecn| ecn as u8),
            };
            let datagrams = &mut train[..meta.len];
            state
                .peer
                .handle_datagrams(now, path, datagrams, meta.stride);
        }
        state.deliver(&self.shared);
        count == BATCH
    }
}

impl Shared {
    /// Tells the core something and hands out what it caused.
    pub(super) fn feed(&self, tell: impl FnOnce(&mut rill_peer::PeerConnection, Instant)) {
        let mut state = self.lock();
        tell(&mut state.peer, Instant::now());
        state.deliver(self);
    }
}
