//! The transports of an agent, each with its generations.

use rand_chacha::ChaCha20Rng;

use crate::identifier::SessionKey;
use crate::pair::PairId;
use crate::session::Session;
use crate::{Credentials, GatheringState, Generation, Path, Traffic, TransportId, TransportState};

/// One W3C `RTCIceTransport`: it outlives its generations.
#[derive(Debug)]
pub(crate) struct Transport {
    pub(crate) id: TransportId,
    /// Oldest first; never empty, and never more than three (see `agent/restart.rs`).
    pub(crate) sessions: Vec<Session>,
    /// The generation that a restart goes back to when it is cancelled.
    pub(crate) confirmed: Generation,
    /// The number of the last generation that was begun; never given out again.
    pub(crate) generations: u32,
    /// The selected pair that was last reported.
    pub(crate) reported: Option<(Generation, PairId)>,
    /// How often that changed, to none and from none included.
    pub(crate) selection_changes: u32,
    /// What went over all pairs, those that are gone included.
    pub(crate) traffic: Traffic,
    pub(crate) state: TransportState,
    pub(crate) gathering: GatheringState,
}

impl Transport {
    pub(crate) fn new(id: TransportId, rng: &mut ChaCha20Rng) -> Self {
        let key = SessionKey {
            transport: id,
            generation: Generation(0),
        };
        Self {
            id,
            sessions: vec![Session::new(key, Credentials::generate(rng))],
            confirmed: key.generation,
            generations: key.generation.0,
            reported: None,
            selection_changes: 0,
            traffic: Traffic::default(),
            state: TransportState::New,
            gathering: GatheringState::New,
        }
    }

    pub(crate) fn newest(&self) -> &Session {
        self.sessions.last().expect("a transport has a generation")
    }

    pub(crate) fn newest_mut(&mut self) -> &mut Session {
        self.sessions
            .last_mut()
            .expect("a transport has a generation")
    }

    /// The newest session whose remote credentials are known.
    pub(crate) fn agreed(&self) -> Option<&Session> {
        self.sessions
            .iter()
            .rev()
            .find(|session| session.remote.key.is_some())
    }

    /// The session that carries data: the newest with a nominated pair, else with a selected one.
    /// During a restart the peer may not know our new credentials yet, and could not take what comes
    /// over a pair that only we found valid.
    pub(crate) fn carrier(&self) -> Option<&Session> {
        let newest_first = || self.sessions.iter().rev();
        let nominated = newest_first().find(|session| session.is_nominated());
        nominated.or_else(|| newest_first().find(|session| session.conclusion.selected.is_some()))
    }
}

/// Check lists whose pairs freeze and thaw each other (RFC 8445 §6.1.2.6).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CheckListSet {
    /// Those of the newest generations of all transports.
    Present,
    /// That of an older generation: a restart begins without its states (RFC 8445 §9).
    Past(SessionKey),
}

impl CheckListSet {
    /// Whether it holds a session, given the newest one of its transport.
    fn holds(self, key: SessionKey, newest: SessionKey) -> bool {
        match self {
            Self::Present => key == newest,
            Self::Past(past) => key == past,
        }
    }
}

/// All transports, in order of creation, which is the order of their check lists.
#[derive(Debug, Default)]
pub(crate) struct Transports {
    last: u32,
    list: Vec<Transport>,
}

impl Transports {
    /// Gives back what gathering and checking took while they were under way.
    pub(crate) fn rest(&mut self) {
        self.list.shrink_to_fit();
        for transport in &mut self.list {
            transport.sessions.shrink_to_fit();
            transport.sessions.iter_mut().for_each(Session::rest);
        }
    }

    pub(crate) fn add(&mut self, rng: &mut ChaCha20Rng) -> TransportId {
        self.last += 1;
        let id = TransportId(self.last);
        self.list.push(Transport::new(id, rng));
        id
    }

    pub(crate) fn remove(&mut self, id: TransportId) -> Option<Transport> {
        let index = self.list.iter().position(|transport| transport.id == id)?;
        Some(self.list.remove(index))
    }

    pub(crate) fn get(&self, id: TransportId) -> Option<&Transport> {
        self.list.iter().find(|transport| transport.id == id)
    }

    pub(crate) fn get_mut(&mut self, id: TransportId) -> Option<&mut Transport> {
        self.list.iter_mut().find(|transport| transport.id == id)
    }

    /// The check list set that a session's list is in.
    pub(crate) fn set_of(&self, key: SessionKey) -> CheckListSet {
        let transport = self.get(key.transport);
        if transport.is_some_and(|transport| transport.newest().key == key) {
            CheckListSet::Present
        } else {
            CheckListSet::Past(key)
        }
    }

    pub(crate) fn sessions_in(&self, set: CheckListSet) -> impl Iterator<Item = &Session> {
        self.list.iter().flat_map(move |transport| {
            let newest = transport.newest().key;
            let sessions = transport.sessions.iter();
            sessions.filter(move |session| set.holds(session.key, newest))
        })
    }

    pub(crate) fn sessions_in_mut(
        &mut self,
        set: CheckListSet,
    ) -> impl Iterator<Item = &mut Session> {
        self.list.iter_mut().flat_map(move |transport| {
            let newest = transport.newest().key;
            let sessions = transport.sessions.iter_mut();
            sessions.filter(move |session| set.holds(session.key, newest))
        })
    }

    /// Datagrams of the transport's owner leave over the pair of a path.
    pub(crate) fn count_sent(&mut self, key: SessionKey, path: Path, sent: &Traffic) {
        let Some(transport) = self.get_mut(key.transport) else {
            return;
        };
        transport.traffic.sent(sent);
        let mut sessions = transport.sessions.iter_mut();
        if let Some(session) = sessions.find(|session| session.key == key)
            && let Some(id) = session.checks.by_path(path.socket, path.remote)
            && let Some(pair) = session.checks.get_mut(id)
        {
            pair.counters.traffic.sent(sent);
        }
    }

    /// The sessions that a restart has put aside.
    pub(crate) fn past(&self) -> Vec<SessionKey> {
        let past = |transport: &Transport| transport.sessions.len() - 1;
        self.list
            .iter()
            .flat_map(|transport| &transport.sessions[..past(transport)])
            .map(|session| session.key)
            .collect()
    }

    pub(crate) fn iter_mut(&mut self) -> impl Iterator<Item = &mut Transport> {
        self.list.iter_mut()
    }

    pub(crate) fn session(&self, key: SessionKey) -> Option<&Session> {
        self.sessions().find(|session| session.key == key)
    }

    pub(crate) fn session_mut(&mut self, key: SessionKey) -> Option<&mut Session> {
        self.sessions_mut().find(|session| session.key == key)
    }

    pub(crate) fn sessions(&self) -> impl Iterator<Item = &Session> + Clone {
        self.list.iter().flat_map(|transport| &transport.sessions)
    }

    pub(crate) fn sessions_mut(&mut self) -> impl Iterator<Item = &mut Session> {
        self.list
            .iter_mut()
            .flat_map(|transport| &mut transport.sessions)
    }
}
