//! The client, seen from outside.

use std::collections::{BTreeMap, VecDeque};
use std::net::SocketAddr;
use std::time::Instant;

use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::Rng;
use rill_stun::{
    ChannelData, Padding, SEND_INDICATION_OVERHEAD, TransactionId, wrap_send_indication,
};
use thiserror::Error;

use super::allocation::Allocation;
use super::authentication::Authentication;
use super::channels::Channels;
use super::permissions::Permissions;
use super::stream::Stream;
use super::timers::{Timer, Timers};
use super::transaction::{Request, Transaction};
use super::{Config, Data, Event, Failure, Families, Transport};

/// Longest USERNAME (RFC 8489 §14.3).
const MAX_USERNAME: usize = 508;

/// Longest datagram of UDP over IPv4.
const MAX_DATAGRAM: usize = 65_507;

/// One allocation on one server.
///
/// Methods are of four kinds: `handle_*` take what happened, `permit`, `bind_channel` and `close` are
/// wishes, [`wrap`](Self::wrap) prepares data for the server, and `poll_*` give what came of it all. After
/// each of the former take everything out of [`poll_transmit`](Self::poll_transmit) and
/// [`poll_event`](Self::poll_event), then look at [`poll_timeout`](Self::poll_timeout).
#[derive(Debug)]
pub struct Client {
    pub(super) config: Config,
    pub(super) rng: ChaCha20Rng,
    pub(super) state: State,
    pub(super) authentication: Authentication,
    /// At most one for the allocation, each permission and each channel.
    pub(super) transactions: BTreeMap<TransactionId, Transaction>,
    /// Those to be sent.
    pub(super) outbox: VecDeque<TransactionId>,
    pub(super) timers: Timers,
    pub(super) permissions: Permissions,
    pub(super) channels: Channels,
    pub(super) stream: Stream,
    pub(super) events: VecDeque<Event>,
}

/// How far the allocation is.
#[derive(Debug)]
pub(super) enum State {
    /// The families that are asked for.
    Allocating(Families),
    Allocated(Allocation),
    /// The server is told that we leave; after a failure that is no event.
    Closing {
        is_failure: bool,
    },
    Ended,
}

impl State {
    /// Whether nothing new begins.
    pub(super) fn is_over(&self) -> bool {
        matches!(self, Self::Closing { .. } | Self::Ended)
    }
}

/// Why data cannot go to a peer now. They are left as they were.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum WrapError {
    /// There is no permission: ask for it by [`Client::permit`] and wait for [`Event::Permitted`].
    #[error("the TURN server has not permitted this peer yet")]
    NotPermitted,
    /// There is no allocation, not yet or no more.
    #[error("there is no allocation on the TURN server")]
    NotAllocated,
    /// Longer than a datagram can be.
    #[error("these {length} bytes and the header of TURN do not fit in a datagram: send less")]
    TooLarge {
        /// Bytes of the data.
        length: usize,
    },
}

impl Client {
    /// Begins to ask for an allocation. The randomness must be unpredictable to others.
    pub fn new(now: Instant, config: Config, rng: ChaCha20Rng) -> Self {
        let authentication = Authentication::new(config.username.clone(), config.password.clone());
        let mut client = Self {
            state: State::Allocating(config.families),
            config,
            rng,
            authentication,
            transactions: BTreeMap::new(),
            outbox: VecDeque::new(),
            timers: Timers::default(),
            permissions: Permissions::default(),
            channels: Channels::default(),
            stream: Stream::default(),
            events: VecDeque::new(),
        };
        let length = client.config.username.len();
        if length > MAX_USERNAME {
            let (code, reason) = (
                400,
                format!("a username has {MAX_USERNAME} bytes at most, not {length}"),
            );
            client.end(Event::Failed(Failure::Rejected { code, reason }));
        } else {
            client.start(now, Request::Allocate, 0);
        }
        client
    }

    /// Most bytes that [`wrap`](Self::wrap) adds to a datagram.
    pub const fn max_overhead() -> usize {
        SEND_INDICATION_OVERHEAD
    }

    /// Turns a datagram for a peer into what goes to the server, in place: ChannelData if there
    /// is a channel, else a Send indication.
    ///
    /// # Errors
    ///
    /// Why it cannot go; it is left as it was.
    pub fn wrap(&mut self, peer: SocketAddr, datagram: &mut Vec<u8>) -> Result<(), WrapError> {
        if !matches!(self.state, State::Allocated(_)) {
            return Err(WrapError::NotAllocated);
        }
        let length = datagram.len();
        let too_large = WrapError::TooLarge { length };
        if length > MAX_DATAGRAM - SEND_INDICATION_OVERHEAD {
            return Err(too_large);
        }
        if let Some(channel) = self.channels.bound_to(peer) {
            let padding = match self.config.transport {
                Transport::Datagram => Padding::None,
                Transport::Stream => Padding::ToFourBytes,
            };
            return ChannelData::wrap(channel, datagram, padding).map_err(|_| too_large);
        }
        // RFC 8656 §11.1: nothing is sent to whom we did not ask for.
        if !self.permissions.is_installed(peer.ip()) {
            return Err(WrapError::NotPermitted);
        }
        let id = self.transaction_id();
        wrap_send_indication(id, peer, datagram).map_err(|_| too_large)
    }

    /// Writes the next message to the server; `false` when there is none.
    pub fn poll_transmit(&mut self, now: Instant, buffer: &mut Vec<u8>) -> bool {
        while let Some(id) = self.outbox.pop_front() {
            let Some(transaction) = self.transactions.get_mut(&id) else {
                continue;
            };
            transaction.sent += 1;
            let due = transaction.due(now, self.config.transport, &self.config.timing);
            self.timers.set(Timer::Transaction(id), due);
            buffer.clear();
            buffer.extend_from_slice(&transaction.message);
            return true;
        }
        false
    }

    /// The next datagram that came in a stream: its bytes go to `buffer`.
    pub fn poll_stream_data(&mut self, buffer: &mut Vec<u8>) -> Option<Data> {
        self.stream.fetch(buffer)
    }

    /// What happened since.
    pub fn poll_event(&mut self) -> Option<Event> {
        self.events.pop_front()
    }

    /// When [`handle_timeout`](Self::handle_timeout) wants to be called.
    pub fn poll_timeout(&self) -> Option<Instant> {
        self.timers.next()
    }

    /// The time has come.
    pub fn handle_timeout(&mut self, now: Instant) {
        while let Some(timer) = self.timers.pop(now) {
            match timer {
                Timer::Transaction(id) => self.transaction_due(now, id),
                Timer::Refresh => self.refresh_due(now),
                Timer::Permission(peer) => self.permission_due(now, peer),
                Timer::Channel(number) => self.channel_due(now, number),
            }
        }
    }

    /// Gives the allocation up. The server is told, a few times if it does not answer; then comes
    /// [`Event::Closed`].
    pub fn close(&mut self, now: Instant) {
        let is_known = match self.state {
            // What was asked for may have been given.
            State::Allocating(_) => self.authentication.signature().is_some(),
            State::Allocated(_) => true,
            State::Closing { .. } | State::Ended => return,
        };
        if is_known {
            self.release(now, false);
        } else {
            self.end(Event::Closed);
        }
    }

    /// The last event.
    pub(super) fn end(&mut self, event: Event) {
        self.stop();
        self.events.push_back(event);
    }

    pub(super) fn stop(&mut self) {
        self.state = State::Ended;
        self.transactions.clear();
        self.outbox.clear();
        self.timers.clear_all();
    }

    pub(super) fn transaction_id(&mut self) -> TransactionId {
        let mut id = [0; 12];
        self.rng.fill_bytes(&mut id);
        TransactionId(id)
    }
}
