//! The names that are ours, and when to say so.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::time::{Duration, Instant};

use thiserror::Error;

use super::interface::{Interfaces, Link};
use super::message::{Message, Only, Question, Record};
use super::pace::Pace;
use super::{Name, Received, Transmit};

/// Names that can be registered at a time.
const MAX_NAMES: usize = 1024;

/// The usual lifetime of an address (RFC 6762 §10), in seconds.
pub(super) const TTL: u32 = 120;

/// The longest lifetime that a simple resolver is told (RFC 6762 §6.7), in seconds.
const LEGACY_TTL: u32 = 10;

/// A record is multicast on a link no more often (RFC 6762 §6).
const REST: Duration = Duration::from_secs(1);

/// What was not multicast for a quarter of its lifetime is multicast even to one who would take an
/// answer alone (RFC 6762 §5.4).
const RECENT: Duration = Duration::from_secs(TTL as u64 / 4);

/// Names of one datagram: 1092 bytes at most, which every link takes whole (RFC 6762 §17).
const MAX_RECORDS: usize = 12;

/// Answers to single askers, each second and after a rest. Somebody who asks in another's name
/// gets no more than these out of us.
const UNICASTS: u32 = 64;

/// A name cannot be registered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum RegisterError {
    /// 1024 names are registered.
    #[error("too many .local names are registered: close connections that are done with")]
    Full,
    /// The name stands for something already.
    #[error("the .local name is registered already: draw a new one")]
    Taken,
}

/// Answers for the registered names.
#[derive(Debug)]
pub(super) struct Responder {
    names: BTreeMap<Name, Registered>,
    /// What is about to be taken back, never more than [`MAX_NAMES`].
    leaving: BTreeMap<Name, Registered>,
    unicasts: Pace,
}

/// One name's record.
#[derive(Debug)]
struct Registered {
    address: IpAddr,
    shown: BTreeMap<Link, Shown>,
}

/// Where a record stands on one link.
#[derive(Clone, Copy, Debug, Default)]
struct Shown {
    /// When it was multicast last.
    last: Option<Instant>,
    /// When it is to be multicast.
    due: Option<Instant>,
}

impl Default for Responder {
    fn default() -> Self {
        Self {
            names: BTreeMap::new(),
            leaving: BTreeMap::new(),
            unicasts: Pace::new(Duration::from_secs(1) / UNICASTS, UNICASTS),
        }
    }
}

impl Responder {
    /// Starts to answer for a name. It is not probed for: that nobody else has it is certain enough
    /// (draft-ietf-mmusic-mdns-ice-candidates §3.1.1). Nor is it announced, against the draft and
    /// RFC 6762 §8.3: nobody can have known it before, and an announcement would hold back, by a
    /// second, the answer to the question that follows it when the candidate is signalled.
    pub(super) fn register(&mut self, name: Name, address: IpAddr) -> Result<(), RegisterError> {
        if self.names.contains_key(&name) {
            return Err(RegisterError::Taken);
        }
        if self.names.len() == MAX_NAMES {
            return Err(RegisterError::Full);
        }
        let shown = BTreeMap::new();
        self.names.insert(name, Registered { address, shown });
        Ok(())
    }

    /// Stops answering for a name, and takes it back where it was heard (RFC 6762 §10.1).
    pub(super) fn unregister(&mut self, now: Instant, name: Name) {
        let Some(mut registered) = self.names.remove(&name) else {
            return;
        };
        registered.shown.retain(|_, shown| shown.last.is_some());
        for shown in registered.shown.values_mut() {
            shown.due = Some(shown.earliest(now));
        }
        if self.leaving.len() < MAX_NAMES && !registered.shown.is_empty() {
            self.leaving.insert(name, registered);
        }
    }

    /// What a name of ours stands for.
    pub(super) fn address(&self, name: Name) -> Option<IpAddr> {
        Some(self.names.get(&name)?.address)
    }

    /// Whether nothing is registered and nothing is left to say.
    pub(super) fn is_idle(&self) -> bool {
        self.names.is_empty() && self.leaving.is_empty()
    }

    /// Forgets the links that are gone.
    pub(super) fn set_links(&mut self, links: &[Link]) {
        for registered in self.names.values_mut().chain(self.leaving.values_mut()) {
            registered.shown.retain(|link, _| links.contains(link));
        }
        self.leaving.retain(|_, registered| registered.is_due());
    }

    /// Answers a query: to the asker alone at once, or to all when that is due.
    pub(super) fn handle_query(
        &mut self,
        now: Instant,
        interfaces: &Interfaces,
        received: &Received,
        query: &Message,
    ) -> Option<Transmit> {
        let asker = received.from.ip();
        let link = Link::new(received.interface, asker);
        let near = interfaces.is_near(received.interface, asker);
        let simple = received.from.port() != super::PORT;
        // RFC 6762 §5.5, §11: no packet of ours leaves the link.
        if !near && (simple || !received.multicast) || !interfaces.links().contains(&link) {
            return None;
        }
        // RFC 6762 §15.1: what is sent to port 5353 of this machine reaches one of the processes
        // that share it, which need not be the asker.
        let alone = near && !interfaces.is_own(asker);
        let mut reply = Message {
            response: true,
            id: if simple { query.id } else { 0 },
            ..Message::default()
        };
        for question in &query.questions {
            let Some(registered) = self.names.get_mut(&question.name) else {
                continue;
            };
            // Who asks for the other family is told that there is none (RFC 6762 §6.1), with the
            // address besides: Chromium has no address until it knows about both.
            if question.kind.takes(registered.address)
                && is_known(query, question.name, registered.address)
            {
                continue;
            }
            let shown = registered.shown.entry(link).or_default();
            let direct = question.unicast || !received.multicast;
            if simple {
                answer_simply(&mut reply, question, registered.address);
            } else if direct && alone && shown.is_recent(now) && reply.records.len() < MAX_RECORDS {
                add(&mut reply, question.name, registered.address, TTL);
            } else {
                shown.ask(now);
            }
        }
        if reply.records.is_empty() || !self.unicasts.take(now) {
            return None;
        }
        Some(Transmit {
            destination: received.from,
            interface: received.interface,
            bytes: reply.to_bytes(),
        })
    }

    /// The next multicast message that is due.
    pub(super) fn poll_transmit(&mut self, now: Instant) -> Option<Transmit> {
        let link = self
            .dues()
            .filter(|(due, _)| *due <= now)
            .map(|(_, link)| link)
            .min()?;
        let mut message = Message {
            response: true,
            ..Message::default()
        };
        // RFC 6762 §6.4: whatever else is due goes along.
        for (ttl, names) in [(TTL, &mut self.names), (0, &mut self.leaving)] {
            for (name, registered) in names {
                if message.records.len() == MAX_RECORDS {
                    break;
                }
                if let Some(shown) = registered.shown.get_mut(&link)
                    && shown.take(now)
                {
                    add(&mut message, *name, registered.address, ttl);
                }
            }
        }
        self.leaving.retain(|_, registered| registered.is_due());
        Some(Transmit {
            destination: link.group(),
            interface: link.interface,
            bytes: message.to_bytes(),
        })
    }

    /// When there is something to multicast.
    pub(super) fn poll_timeout(&self) -> Option<Instant> {
        self.dues().map(|(due, _)| due).min()
    }

    fn dues(&self) -> impl Iterator<Item = (Instant, Link)> {
        let all = self.names.values().chain(self.leaving.values());
        all.flat_map(|registered| &registered.shown)
            .filter_map(|(link, shown)| Some((shown.due?, *link)))
    }
}

impl Registered {
    fn is_due(&self) -> bool {
        self.shown.values().any(|shown| shown.due.is_some())
    }
}

impl Shown {
    fn earliest(self, now: Instant) -> Instant {
        self.last.map_or(now, |last| now.max(last + REST))
    }

    fn is_recent(self, now: Instant) -> bool {
        self.last
            .is_some_and(|last| now.saturating_duration_since(last) < RECENT)
    }

    /// Is asked for. Who asks within the rest gets an answer at its end: not everyone asks twice.
    fn ask(&mut self, now: Instant) {
        let earliest = self.earliest(now);
        self.due = Some(self.due.map_or(earliest, |due| due.min(earliest)));
    }

    /// Is multicast now, if it is due.
    fn take(&mut self, now: Instant) -> bool {
        if self.due.is_none_or(|due| due > now) {
            return false;
        }
        self.last = Some(now);
        self.due = None;
        true
    }
}

/// A simple resolver gets its question back, a short lifetime and no bit that it does not know
/// (RFC 6762 §6.7).
fn answer_simply(reply: &mut Message, question: &Question, address: IpAddr) {
    if reply.records.len() < MAX_RECORDS && !reply.questions.contains(question) {
        reply.questions.push(*question);
        add(reply, question.name, address, LEGACY_TTL);
        reply
            .records
            .iter_mut()
            .for_each(|record| record.flush = false);
        reply.only.iter_mut().for_each(|only| only.flush = false);
    }
}

/// Says what a name stands for, and unless that is taken back, that it stands for nothing else.
fn add(message: &mut Message, name: Name, address: IpAddr, ttl: u32) {
    if message.records.iter().any(|record| record.name == name) {
        return;
    }
    let flush = true;
    message.records.push(Record {
        name,
        address,
        ttl,
        flush,
    });
    if ttl > 0 {
        message.only.push(Only {
            name,
            ipv6: address.is_ipv6(),
            ttl,
            flush,
        });
    }
}

/// Whether the asker knows the answer for long enough (RFC 6762 §7.1).
fn is_known(query: &Message, name: Name, address: IpAddr) -> bool {
    query
        .records
        .iter()
        .any(|known| known.name == name && known.address == address && known.ttl >= TTL / 2)
}

impl Transmit {
    /// Whether it goes to everyone on the link.
    pub fn is_multicast(&self) -> bool {
        let to: &SocketAddr = &self.destination;
        to.ip().is_multicast()
    }
}
