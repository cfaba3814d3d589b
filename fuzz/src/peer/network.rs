//! The two peers, their signalling, and the network between them.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use rill_peer::{
    ChannelId, DataChannelInit, DataChannelState, Message, OfferOptions, Path, PeerConnection,
    SdpType, SessionDescription, SetDescriptionError, SignalingState,
};

use super::side::Side;
use super::snapshot::{Snapshot, is_readable, without_candidates};
use crate::script::EPOCH;

pub(super) struct Network {
    pub(super) now: Instant,
    pub(super) sides: [Side; 2],
    /// Whether candidates are handed to the other side as they come.
    pub(super) trickles: bool,
}

impl Network {
    pub(super) fn new(flags: u8) -> Self {
        let now = *EPOCH;
        Self {
            now,
            sides: [Side::new(now, 1, flags >> 2), Side::new(now, 2, flags >> 4)],
            trickles: flags & 2 == 0,
        }
    }

    pub(super) fn create_channel(&mut self, side: usize, label: &str, init: DataChannelInit) {
        let side = &mut self.sides[side];
        if let Ok(id) = side.peer.create_data_channel(self.now, label, init) {
            side.channels.push(id);
        }
    }

    fn channel(&self, side: usize, choice: u8) -> Option<ChannelId> {
        let channels = &self.sides[side].channels;
        channels
            .get(usize::from(choice) % channels.len().max(1))
            .copied()
    }

    pub(super) fn send(&mut self, side: usize, channel: u8, message: Message) {
        let Some(id) = self.channel(side, channel) else {
            return;
        };
        let peer = &mut self.sides[side].peer;
        let is_open = peer.data_channel_state(id) == DataChannelState::Open;
        let sent = peer.send(self.now, id, message).is_ok();
        assert!(
            is_open || !sent,
            "a channel that is not open took a message"
        );
    }

    pub(super) fn close_channel(&mut self, side: usize, channel: u8) {
        if let Some(id) = self.channel(side, channel) {
            self.sides[side].peer.close_data_channel(self.now, id);
        }
    }

    /// An exchange as well-behaved users do it; in the wrong state it ends half-way.
    pub(super) fn exchange(&mut self, offerer: usize) {
        let agree = self.agree();
        let done = self
            .describe(offerer)
            .and_then(|()| self.describe(1 - offerer));
        if let Err(error) = done {
            assert!(!agree, "an exchange between agreeing peers failed: {error}");
        }
    }

    /// A side applies the description that fits and gives it to the other.
    fn describe(&mut self, from: usize) -> Result<(), SetDescriptionError> {
        let peer = &mut self.sides[from].peer;
        peer.set_local_description(self.now, None)?;
        self.settle();
        self.hand_over(from)
    }

    /// Gives the local description of a side to the other.
    pub(super) fn hand_over(&mut self, from: usize) -> Result<(), SetDescriptionError> {
        let description = self.sides[from].peer.local_description();
        if let Some(description) = description {
            let peer = &mut self.sides[1 - from].peer;
            peer.set_remote_description(self.now, &description)?;
            self.settle();
        }
        Ok(())
    }

    /// Whether the peers are at rest after the same exchange, so that the next one must succeed.
    fn agree(&self) -> bool {
        let stable = |side: &Side| side.peer.signaling_state() == SignalingState::Stable;
        let local = |side: &Side| side.peer.current_local_description();
        let remote = |side: &Side| side.peer.current_remote_description();
        let [one, other] = &self.sides;
        stable(one)
            && stable(other)
            && [(local(one), remote(other)), (local(other), remote(one))]
                .into_iter()
                .all(|(local, remote)| without_candidates(local) == without_candidates(remote))
    }

    /// Creates an offer, which changes nothing, and applies it, which cannot fail.
    pub(super) fn offer(&mut self, side: usize, options: OfferOptions) {
        self.settle();
        let peer = &mut self.sides[side].peer;
        let before = Snapshot::new(peer);
        if let Ok(offer) = peer.create_offer(options) {
            assert_eq!(Snapshot::new(peer), before, "an offer changes nothing");
            self.apply_own(side, offer);
        }
    }

    /// The same with an answer, final or provisional.
    pub(super) fn answer(&mut self, side: usize, kind: SdpType) {
        self.settle();
        let peer = &mut self.sides[side].peer;
        let before = Snapshot::new(peer);
        if let Ok(mut answer) = peer.create_answer() {
            assert_eq!(Snapshot::new(peer), before, "an answer changes nothing");
            answer.kind = kind;
            self.apply_own(side, answer);
        }
    }

    fn apply_own(&mut self, side: usize, description: SessionDescription) {
        assert!(is_readable(&description.sdp), "{}", description.sdp);
        let peer = &mut self.sides[side].peer;
        let applied = peer.set_local_description(self.now, Some(description));
        if let Err(error) = applied {
            panic!("what was created here is refused: {error}");
        }
    }

    /// Tries something that may be refused, and then must have changed nothing.
    pub(super) fn attempt(&mut self, side: usize, run: impl FnOnce(&mut PeerConnection) -> bool) {
        self.settle();
        let peer = &mut self.sides[side].peer;
        let before = Snapshot::new(peer);
        if !run(peer) {
            assert!(
                peer.poll_task().is_none(),
                "what was refused has made a task"
            );
            assert_eq!(
                Snapshot::new(peer),
                before,
                "what was refused has changed something"
            );
        }
    }

    pub(super) fn take_datagram(&mut self, side: usize) -> Option<Vec<u8>> {
        self.sides[side]
            .wire
            .pop_front()
            .map(|(_, _, datagram)| datagram)
    }

    pub(super) fn drop_datagram(&mut self, side: usize) {
        self.sides[side].wire.pop_front();
    }

    pub(super) fn repeat_datagram(&mut self, side: usize) {
        let wire = &mut self.sides[side].wire;
        wire.extend(wire.front().cloned());
    }

    /// Gives the other side a datagram, as if this side had sent it.
    pub(super) fn inject(&mut self, side: usize, datagram: Vec<u8>) {
        if let Some((from, to)) = self.sides[side].addresses {
            self.deliver(side, from, to, datagram);
        }
    }

    fn deliver(&mut self, side: usize, from: SocketAddr, to: SocketAddr, mut datagram: Vec<u8>) {
        let receiver = &mut self.sides[1 - side];
        let socket = receiver.sockets.iter().find(|(_, address)| **address == to);
        if let Some((&socket, _)) = socket {
            let path = Path {
                socket,
                local_ip: None,
                remote: from,
                ecn: None,
            };
            receiver.peer.handle_datagram(self.now, path, &mut datagram);
        }
    }

    /// Lets time pass; the network delivers in no time.
    pub(super) fn pass(&mut self, time: Duration) {
        let until = self.now + time;
        for _ in 0..2000 {
            self.carry();
            let timeouts = self
                .sides
                .iter()
                .filter_map(|side| side.peer.poll_timeout());
            match timeouts.min().filter(|timeout| *timeout <= until) {
                Some(timeout) => self.now = self.now.max(timeout),
                None => {
                    self.now = until;
                    return;
                }
            }
            self.sides
                .iter_mut()
                .for_each(|side| side.peer.handle_timeout(self.now));
        }
        panic!("two thousand timeouts within {time:?}");
    }

    /// Delivers what is on the wire until nothing is.
    fn carry(&mut self) {
        for _ in 0..2000 {
            self.settle();
            if self.sides.iter().all(|side| side.wire.is_empty()) {
                return;
            }
            for side in [0, 1] {
                let datagrams = std::mem::take(&mut self.sides[side].wire);
                for (from, to, datagram) in datagrams {
                    self.deliver(side, from, to, datagram);
                }
            }
        }
        panic!("the peers do not come to rest");
    }

    /// Takes everything that the peers have to say, and hands candidates over.
    pub(super) fn settle(&mut self) {
        for side in [0, 1] {
            self.sides[side].poll(self.now, side);
        }
        if self.trickles {
            for side in [0, 1] {
                let candidates = std::mem::take(&mut self.sides[side].candidates);
                for candidate in candidates {
                    let other = &mut self.sides[1 - side].peer;
                    // The script may have brought the other side where it has no use for it.
                    let _ = other.add_ice_candidate(self.now, Some(&candidate));
                }
                self.sides[1 - side].poll(self.now, 1 - side);
            }
        }
    }

    /// What the getters show fits together.
    pub(super) fn check(&self) {
        for side in &self.sides {
            Snapshot::new(&side.peer).check();
        }
    }

    /// Closes a peer: it says no more, and closes its sockets.
    pub(super) fn close(&mut self, side: usize) {
        let side = &mut self.sides[side];
        side.peer.close(self.now);
        assert!(side.peer.is_closed());
        assert!(side.peer.poll_task().is_none(), "a task after the end");
        assert!(side.peer.poll_timeout().is_none(), "a timer after the end");
        Snapshot::new(&side.peer).check();
        let mut buffer = Vec::new();
        let farewell = std::iter::from_fn(|| side.peer.poll_transmit(self.now, &mut buffer));
        assert!(farewell.take(100).count() < 100, "a farewell without end");
        while let Some(request) = side.peer.poll_request() {
            side.carry_out(self.now, request, 0);
        }
        assert!(
            side.sockets.is_empty(),
            "sockets are left: {:?}",
            side.sockets
        );
    }
}
