//! Multicast DNS for the names of host candidates, without sockets and clock.
//!
//! [`Mdns`] answers for names that stand for our addresses and looks for those of others. One of
//! it serves a whole process: whoever owns it passes in the time, the addresses of the interfaces
//! and the datagrams of port 5353, and takes out datagrams, events and the next deadline. It knows
//! nothing of the agent.
//!
//! # Standards
//!
//! - draft-ietf-mmusic-mdns-ice-candidates-03: names are random UUIDs that are not probed for; only
//!   names of that form are looked for.
//! - RFC 6762: messages, questions for unicast answers, simple resolvers, one multicast a second of
//!   each record on each link, goodbyes, the source address check, and that a name
//!   has no address of the other family.
//! - Not followed: §8.3 and the draft's §3.1.1, announcements (they would hold back the first answer
//!   by a second); §7.3 and §7.4, silence when somebody else asked or answered; §9, conflicts (122
//!   random bits have none, and a name that an attacker claims too is not given up for it); §14,
//!   addresses only on the interface that has them (a name is answered for on all, since the asker
//!   may be on any).
//!
//! # Example
//!
//! ```
//! use std::time::Instant;
//! use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng};
//! use rill_ice::mdns::{Event, Mdns, Name};
//!
//! let now = Instant::now();
//! let mut mdns = Mdns::new(true);
//! let name = Name::random(&mut ChaCha20Rng::seed_from_u64(1));
//! let address = "192.0.2.7".parse()?;
//! mdns.register(name, address)?;
//!
//! let query = mdns.resolve(now, name)?;
//! assert_eq!(mdns.poll_event(), Some(Event::Resolved { query, addresses: vec![address] }));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod interface;
mod message;
mod name;
mod pace;
mod querier;
mod reader;
mod responder;
mod writer;

use std::collections::VecDeque;
use std::net::{IpAddr, SocketAddr};
use std::time::Instant;

pub use interface::{GROUP_V4, GROUP_V6, InterfaceAddress, InterfaceId, PORT};
pub use message::{Kind, Message, Only, ParseError, Question, Record};
pub use name::{Name, NotAName};
pub use querier::ResolveError;
pub use responder::RegisterError;

use interface::Interfaces;
use querier::Querier;
use responder::Responder;

/// Answers to single askers that wait to be sent.
const MAX_REPLIES: usize = 64;

/// Ties an [`Event`] to its [`Mdns::resolve`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct QueryId(pub u64);

/// Where a datagram came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Received {
    /// The sender.
    pub from: SocketAddr,
    /// The interface that it came in on.
    pub interface: InterfaceId,
    /// Whether it was sent to the group, not to us.
    pub multicast: bool,
}

/// A datagram to be sent, from port 5353, with 255 as its hop limit (RFC 6762 §11).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transmit {
    /// The group of either family, or one asker.
    pub destination: SocketAddr,
    /// The interface to send on.
    pub interface: InterfaceId,
    /// The message.
    pub bytes: Vec<u8>,
}

/// What became of a query.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// The name was found.
    Resolved {
        /// Which query.
        query: QueryId,
        /// One to four addresses.
        addresses: Vec<IpAddr>,
    },
    /// Nobody answered for the name within four seconds.
    Failed {
        /// Which query.
        query: QueryId,
        /// Whether any datagram came meanwhile. Where multicast is let through, at least our own
        /// question does.
        heard: bool,
    },
}

impl Event {
    const fn query(&self) -> QueryId {
        match self {
            Self::Resolved { query, .. } | Self::Failed { query, .. } => *query,
        }
    }
}

/// What was sent and received, for diagnosis.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Questions sent: one for each family of address, on each link.
    pub questions_sent: u64,
    /// Answers sent.
    pub responses_sent: u64,
    /// Queries received.
    pub queries_received: u64,
    /// Responses received, whoever asked.
    pub responses_received: u64,
    /// Records received that answered a question of ours.
    pub answers: u64,
    /// Datagrams that were malformed, or that came from where nothing may come.
    pub ignored: u64,
}

/// Answers for names and looks for names.
#[derive(Debug)]
pub struct Mdns {
    interfaces: Interfaces,
    responder: Responder,
    querier: Querier,
    replies: VecDeque<Transmit>,
    counters: Counters,
}

impl Mdns {
    /// Nothing is registered and nothing looked for. `unicast` says that datagrams to port 5353 of
    /// this machine come here. If another process had the port before, it may be the one that gets
    /// them; then no answers by unicast are asked for (RFC 6762 §15.1).
    pub fn new(unicast: bool) -> Self {
        Self {
            interfaces: Interfaces::default(),
            responder: Responder::default(),
            querier: Querier::new(unicast),
            replies: VecDeque::new(),
            counters: Counters::default(),
        }
    }

    /// The addresses of the interfaces to speak on, 64 at most.
    pub fn set_interfaces(&mut self, addresses: Vec<InterfaceAddress>) {
        self.interfaces.set(addresses);
        self.responder.set_links(self.interfaces.links());
    }

    /// Answers for a name from now on, on every interface.
    ///
    /// # Errors
    ///
    /// [`RegisterError::Taken`] if the name is registered, [`RegisterError::Full`] if 1024 names
    /// are.
    pub fn register(&mut self, name: Name, address: IpAddr) -> Result<(), RegisterError> {
        self.responder.register(name, address)?;
        self.querier.registered(name, address);
        Ok(())
    }

    /// Answers for a name no longer.
    pub fn unregister(&mut self, now: Instant, name: Name) {
        self.responder.unregister(now, name);
    }

    /// Looks for a name: at once if it is registered here or was found lately, else on the
    /// network, with one series of four questions however many want to know.
    ///
    /// # Errors
    ///
    /// [`ResolveError::Full`] if 1024 names are being looked for, or by 4096 queries.
    pub fn resolve(&mut self, now: Instant, name: Name) -> Result<QueryId, ResolveError> {
        let own = self.responder.address(name);
        self.querier.resolve(now, name, own)
    }

    /// Ends a query. It has no event any more.
    pub fn cancel(&mut self, query: QueryId) {
        self.querier.cancel(query);
    }

    /// Takes a datagram. Whatever is wrong with it is counted.
    pub fn handle_datagram(&mut self, now: Instant, received: &Received, bytes: &[u8]) {
        self.querier.hear(now);
        match Message::parse(bytes) {
            Ok(message) if message.response => self.handle_response(now, received, &message),
            Ok(message) => {
                self.counters.queries_received += 1;
                let reply = self
                    .responder
                    .handle_query(now, &self.interfaces, received, &message);
                if self.replies.len() < MAX_REPLIES {
                    self.replies.extend(reply);
                }
            }
            Err(_) => self.counters.ignored += 1,
        }
    }

    /// The time has come.
    pub fn handle_timeout(&mut self, now: Instant) {
        self.querier.handle_timeout(now);
    }

    /// The next datagram to send. A caller polls until there is none after each other call.
    pub fn poll_transmit(&mut self, now: Instant) -> Option<Transmit> {
        let response = self.replies.pop_front();
        if let Some(transmit) = response.or_else(|| self.responder.poll_transmit(now)) {
            self.counters.responses_sent += 1;
            return Some(transmit);
        }
        let links = self.interfaces.links();
        let transmit = self.querier.poll_transmit(now, links)?;
        self.counters.questions_sent += 1;
        Some(transmit)
    }

    /// What became of a query.
    pub fn poll_event(&mut self) -> Option<Event> {
        self.querier.poll_event()
    }

    /// When to call [`Self::handle_timeout`] and then [`Self::poll_transmit`].
    pub fn poll_timeout(&self, now: Instant) -> Option<Instant> {
        let querier = self.querier.poll_timeout(now);
        querier
            .into_iter()
            .chain(self.responder.poll_timeout())
            .min()
    }

    /// Whether nobody needs it: nothing is registered, looked for, or left to say.
    pub fn is_idle(&self) -> bool {
        self.replies.is_empty() && self.responder.is_idle() && self.querier.is_idle()
    }

    /// What was sent and received.
    pub const fn counters(&self) -> Counters {
        self.counters
    }

    fn handle_response(&mut self, now: Instant, received: &Received, response: &Message) {
        let Received {
            from,
            interface,
            multicast,
        } = *received;
        // RFC 6762 §6: responses come from port 5353; §11: and from the link.
        if from.port() != PORT || !(multicast || self.interfaces.is_near(interface, from.ip())) {
            self.counters.ignored += 1;
            return;
        }
        self.counters.responses_received += 1;
        // Another machine's loopback is not ours.
        let own = self.interfaces.is_own(from.ip());
        for record in &response.records {
            if (own || !record.address.is_loopback())
                && self.querier.handle_record(now, multicast, record)
            {
                self.counters.answers += 1;
            }
        }
        for only in &response.only {
            self.querier.handle_only(now, only.name);
        }
        // Both families may have come, or one alone; then there is nothing to wait for.
        self.querier.handle_timeout(now);
    }
}
