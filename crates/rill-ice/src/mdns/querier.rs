//! The names that are looked for.

use std::collections::{BTreeMap, VecDeque};
use std::net::IpAddr;
use std::time::{Duration, Instant};

use thiserror::Error;

use super::interface::Link;
use super::message::{Kind, Message, Question, Record};
use super::pace::Pace;
use super::{Event, Name, QueryId, Transmit};

/// Names that can be looked for at a time.
const MAX_NAMES: usize = 1024;

/// Queries that can wait for names at a time.
const MAX_QUERIES: usize = 4096;

/// Addresses of a name that are taken. It has one by the rules
/// (draft-ietf-mmusic-mdns-ice-candidates §3.1.1).
const MAX_ADDRESSES: usize = 4;

/// Answers that are remembered.
const MAX_KNOWN: usize = 256;

/// The time from each question to the next. The first alone asks for an answer by unicast, as the
/// draft wants (§3.2.1). Chromium drops such a question unread, so the usual series, whose gaps
/// are those of RFC 6762 §5.2, begins before a second has passed.
const GAPS: [Duration; 3] = [
    Duration::from_millis(100),
    Duration::from_millis(1000),
    Duration::from_millis(2000),
];

/// A name that nobody has answered for by then is not there.
const PATIENCE: Duration = Duration::from_secs(4);

/// How long an address of the other family may come after the first.
const SETTLE: Duration = Duration::from_millis(20);

/// A unicast answer is good for so long after a question that asked for it (RFC 6762 §6).
const UNICAST_WINDOW: Duration = Duration::from_secs(2);

/// An answer is remembered no longer than this.
const MAX_REMEMBERED: Duration = Duration::from_secs(120);

/// A thousand names of a hostile peer become a trickle on the network: one name each.
const PACE: Duration = Duration::from_millis(2);

/// So many names are asked for at once.
const BURST: u32 = 16;

/// A name cannot be looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum ResolveError {
    /// 1024 names are being looked for, by 4096 queries at most.
    #[error("too many .local names are being looked for: wait until some are found")]
    Full,
}

/// Looks for names.
#[derive(Debug)]
pub(super) struct Querier {
    /// Whether unicast to our port reaches us.
    unicast: bool,
    last: u64,
    waiting: BTreeMap<QueryId, Name>,
    searches: BTreeMap<Name, Search>,
    known: BTreeMap<Name, Known>,
    events: VecDeque<Event>,
    /// Of the name that is being asked for.
    questions: VecDeque<Transmit>,
    pace: Pace,
    /// When anything was received last.
    heard: Option<Instant>,
}

/// One name, whoever wants it.
#[derive(Debug)]
struct Search {
    /// The next question's number.
    question: usize,
    due: Option<Instant>,
    began: Instant,
    /// Until when a unicast answer is taken.
    unicast_until: Option<Instant>,
    found: Vec<IpAddr>,
    /// The shortest lifetime of what was found.
    ttl: Duration,
    settled: Option<Instant>,
}

#[derive(Debug)]
struct Known {
    addresses: Vec<IpAddr>,
    until: Instant,
}

impl Querier {
    pub(super) const fn new(unicast: bool) -> Self {
        Self {
            unicast,
            last: 0,
            waiting: BTreeMap::new(),
            searches: BTreeMap::new(),
            known: BTreeMap::new(),
            events: VecDeque::new(),
            questions: VecDeque::new(),
            pace: Pace::new(PACE, BURST),
            heard: None,
        }
    }

    /// Looks for a name. One that is `own` or that was found lately is not asked for.
    pub(super) fn resolve(
        &mut self,
        now: Instant,
        name: Name,
        own: Option<IpAddr>,
    ) -> Result<QueryId, ResolveError> {
        self.known.retain(|_, known| known.until > now);
        let known = self.known.get(&name).map(|known| known.addresses.clone());
        let answer = own.map(|address| vec![address]).or(known);
        if self.waiting.len() + self.events.len() >= MAX_QUERIES {
            return Err(ResolveError::Full);
        }
        if answer.is_none()
            && self.searches.len() == MAX_NAMES
            && !self.searches.contains_key(&name)
        {
            return Err(ResolveError::Full);
        }
        self.last += 1;
        let query = QueryId(self.last);
        if let Some(addresses) = answer {
            self.events.push_back(Event::Resolved { query, addresses });
        } else {
            self.waiting.insert(query, name);
            let first = usize::from(!self.unicast);
            let search = || Search::new(now, first);
            self.searches.entry(name).or_insert_with(search);
        }
        Ok(query)
    }

    /// Nobody wants to know any more.
    pub(super) fn cancel(&mut self, query: QueryId) {
        self.events.retain(|event| event.query() != query);
        if let Some(name) = self.waiting.remove(&query)
            && !self.waiting.values().any(|other| *other == name)
        {
            self.searches.remove(&name);
        }
    }

    /// A name was registered here.
    pub(super) fn registered(&mut self, name: Name, address: IpAddr) {
        if self.searches.remove(&name).is_some() {
            self.conclude(name, |query| resolved(query, &[address]));
        }
    }

    /// A datagram came in, whatever it says.
    pub(super) fn hear(&mut self, now: Instant) {
        self.heard = Some(now);
    }

    /// Takes a record of a response. Says whether it answers anything.
    pub(super) fn handle_record(&mut self, now: Instant, multicast: bool, record: &Record) -> bool {
        if record.ttl == 0 {
            // RFC 6762 §10.1: it is taken back.
            self.known.remove(&record.name);
            return false;
        }
        let Some(search) = self.searches.get_mut(&record.name) else {
            return false;
        };
        // RFC 6762 §6: a unicast answer only if we asked for it, and not long ago.
        if !multicast && search.unicast_until.is_none_or(|until| until < now) {
            return false;
        }
        search.find(now, record)
    }

    /// A response said that a name which it has an address of has no others.
    pub(super) fn handle_only(&mut self, now: Instant, name: Name) {
        if let Some(search) = self.searches.get_mut(&name)
            && let Some(settled) = &mut search.settled
        {
            *settled = now.min(*settled);
        }
    }

    pub(super) fn handle_timeout(&mut self, now: Instant) {
        let over = self.searches.iter();
        let over = over.filter(|(_, search)| search.end() <= now);
        let over: Vec<Name> = over.map(|(name, _)| *name).collect();
        for name in over {
            if let Some(search) = self.searches.remove(&name) {
                let heard = self.heard.is_some_and(|heard| heard >= search.began);
                self.conclude(name, |query| search.outcome(query, heard));
                self.remember(now, name, search);
            }
        }
    }

    /// The next question that is due. One message has one question: Chromium reads no others.
    pub(super) fn poll_transmit(&mut self, now: Instant, links: &[Link]) -> Option<Transmit> {
        loop {
            if let Some(transmit) = self.questions.pop_front() {
                return Some(transmit);
            }
            let (due, name) = self.next_question()?;
            if due > now || !self.pace.take(now) {
                return None;
            }
            let search = self.searches.get_mut(&name)?;
            let unicast = search.ask(now);
            for kind in [Kind::A, Kind::Aaaa] {
                let query = Message {
                    questions: vec![Question {
                        name,
                        kind,
                        unicast,
                    }],
                    ..Message::default()
                };
                self.questions.extend(links.iter().map(|link| Transmit {
                    destination: link.group(),
                    interface: link.interface,
                    bytes: query.to_bytes(),
                }));
            }
        }
    }

    pub(super) fn poll_event(&mut self) -> Option<Event> {
        self.events.pop_front()
    }

    pub(super) fn poll_timeout(&self, now: Instant) -> Option<Instant> {
        let question = self.next_question();
        let question = question.map(|(due, _)| due.max(self.pace.ready(now)));
        let ends = self.searches.values().map(Search::end);
        ends.chain(question).min()
    }

    /// Whether nobody waits for anything.
    pub(super) fn is_idle(&self) -> bool {
        self.waiting.is_empty() && self.events.is_empty()
    }

    fn next_question(&self) -> Option<(Instant, Name)> {
        let searches = self.searches.iter();
        searches
            .filter_map(|(name, search)| Some((search.due?, *name)))
            .min()
    }

    /// Tells all who wait for a name.
    fn conclude(&mut self, name: Name, outcome: impl Fn(QueryId) -> Event) {
        let waiting = self.waiting.iter().filter(|(_, wanted)| **wanted == name);
        let waiting: Vec<QueryId> = waiting.map(|(query, _)| *query).collect();
        for query in waiting {
            self.waiting.remove(&query);
            self.events.push_back(outcome(query));
        }
    }

    fn remember(&mut self, now: Instant, name: Name, search: Search) {
        if self.known.len() == MAX_KNOWN {
            self.known.retain(|_, known| known.until > now);
        }
        if self.known.len() < MAX_KNOWN && !search.found.is_empty() {
            let known = Known {
                addresses: search.found,
                until: now + search.ttl,
            };
            self.known.insert(name, known);
        }
    }
}

impl Search {
    fn new(now: Instant, question: usize) -> Self {
        Self {
            question,
            due: Some(now),
            began: now,
            unicast_until: None,
            found: Vec::new(),
            ttl: MAX_REMEMBERED,
            settled: None,
        }
    }

    /// Asks, and plans the next question. Says whether to ask for a unicast answer.
    fn ask(&mut self, now: Instant) -> bool {
        // RFC 6762 §5.4: only the first question.
        let unicast = self.question == 0;
        if unicast {
            self.unicast_until = Some(now + UNICAST_WINDOW);
        }
        self.due = GAPS.get(self.question).map(|gap| now + *gap);
        self.question += 1;
        unicast
    }

    fn find(&mut self, now: Instant, record: &Record) -> bool {
        if !is_usable(record.address) || self.found.len() == MAX_ADDRESSES {
            return false;
        }
        if !self.found.contains(&record.address) {
            self.found.push(record.address);
        }
        self.ttl = self.ttl.min(Duration::from_secs(record.ttl.into()));
        self.due = None;
        let both = self.found.iter().any(IpAddr::is_ipv4) && self.found.iter().any(IpAddr::is_ipv6);
        let settled = *self.settled.get_or_insert(now + SETTLE);
        self.settled = Some(if both { settled.min(now) } else { settled });
        true
    }

    fn outcome(&self, query: QueryId, heard: bool) -> Event {
        if self.found.is_empty() {
            Event::Failed { query, heard }
        } else {
            resolved(query, &self.found)
        }
    }

    fn end(&self) -> Instant {
        self.settled.unwrap_or(self.began + PATIENCE)
    }
}

fn resolved(query: QueryId, addresses: &[IpAddr]) -> Event {
    let addresses = addresses.to_vec();
    Event::Resolved { query, addresses }
}

/// Whether a host can have an address.
fn is_usable(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => !v4.is_unspecified() && !v4.is_multicast() && !v4.is_broadcast(),
        IpAddr::V6(v6) => {
            !v6.is_unspecified() && !v6.is_multicast() && v6.to_ipv4_mapped().is_none()
        }
    }
}
