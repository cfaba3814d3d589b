//! Reports, made from what holds now and what the sessions wrote down.

use std::net::{IpAddr, SocketAddr};
use std::time::Instant;

use rill_stun::Message;

use crate::gather::Server;
use crate::pair::{Pair, PairId};
use crate::report::{
    AskedServer, GenerationReport, NameFate, PairReport, RemoteEnd, RemoteReport, TransportReport,
};
use crate::session::Session;
use crate::{Agent, Path, RemoteAddress, RemoteCandidate, Response, Service, TransportId};

impl Agent {
    /// What there is to know of a transport at `now`, for whoever asks why it does not connect.
    /// `None` if it does not exist.
    pub fn report(&self, now: Instant, id: TransportId) -> Option<TransportReport> {
        let now = self.ctx.latest.map_or(now, |latest| latest.max(now));
        let transport = self.transports.get(id)?;
        let sessions = transport.sessions.iter();
        Some(TransportReport {
            id,
            state: transport.state,
            generations: sessions
                .map(|session| session.generation_report(now))
                .collect(),
        })
    }
}

impl Session {
    fn generation_report(&self, now: Instant) -> GenerationReport {
        let since = |at: Instant| now.saturating_duration_since(at);
        let remote = self.remote.key.as_ref();
        let servers = self.gatherer.servers.iter().enumerate();
        let pairs = self.checks.iter();
        GenerationReport {
            generation: self.key.generation,
            ufrag: self.local.key.credentials.ufrag.clone(),
            remote_ufrag: remote.map(|key| key.credentials.ufrag.clone()),
            remote_lite: self.remote.lite,
            gathering: self.gatherer.state,
            gathering_for: self.gatherer.started.map(since),
            interfaces: self.notes.interfaces.clone(),
            bases: self
                .gatherer
                .bases
                .iter()
                .map(|base| base.address)
                .collect(),
            problems: self.notes.problems().to_vec(),
            servers: servers
                .map(|(index, server)| self.asked_server(index, server))
                .collect(),
            local_candidates: self.local.candidates.known().cloned().collect(),
            local_ended: self.local.ended,
            remote_candidates: self.remote_reports(),
            remote_end: match (self.remote.ended, self.remote.presumed_ended) {
                (true, _) => RemoteEnd::Said,
                (false, true) => RemoteEnd::Presumed,
                (false, false) => RemoteEnd::Open,
            },
            pairs: pairs
                .filter_map(|(id, pair)| self.pair_report(now, id, pair))
                .collect(),
            refused: self.notes.refused,
            unsendable: self.notes.unsendable,
            checking_for: self.notes.checked.map(since),
            connected_for: self.notes.connected.map(since),
            failed: self.conclusion.failed,
        }
    }

    fn asked_server(&self, index: usize, server: &Server) -> AskedServer {
        AskedServer {
            url: server.config.url.clone(),
            relay: match &server.config.service {
                Service::Stun => None,
                Service::Turn(access) => Some(access.protocol),
            },
            addresses: server.addresses.clone(),
            outcomes: self.notes.outcomes_of(index),
            lost: self.notes.was_lost(index),
            refused_peers: self.notes.refused_peers_of(index),
        }
    }

    fn remote_reports(&self) -> Vec<RemoteReport> {
        let signalled = self.remote.candidates.signalled();
        let ids = self.remote.candidates.ids().into_iter();
        let discovered = ids
            .filter(|id| {
                self.remote
                    .candidates
                    .find_discovered(|own| own == *id)
                    .is_some()
            })
            .filter_map(|id| Some(self.remote.candidates.get(id)?.view()));
        let report = |candidate: RemoteCandidate| RemoteReport {
            name: match &candidate.address {
                RemoteAddress::Ip(_) => None,
                RemoteAddress::Name { name, .. } => Some(self.notes.fate(name)),
            },
            candidate,
        };
        signalled.chain(discovered).map(report).collect()
    }

    fn pair_report(&self, now: Instant, id: PairId, pair: &Pair) -> Option<PairReport> {
        Some(PairReport {
            info: self.pair_info(id, pair)?,
            remote: pair.path.remote,
            answered_ago: pair.answered.map(|at| now.saturating_duration_since(at)),
            silent: pair.silent,
            consent_lost: pair.consent_lost,
        })
    }

    /// The driver could not list the interfaces.
    pub(super) fn interfaces_unlisted(&mut self, response: &Response) {
        self.gatherer.outstanding -= 1;
        let problem = format!("the interfaces were not listed{}", because(response));
        self.notes.problem(problem);
    }

    /// No socket could be bound to an address.
    pub(super) fn note_unbound(&mut self, address: IpAddr, response: &Response) {
        let reason = because(response);
        let problem = format!("no socket could be bound to {address}{reason}");
        self.notes.problem(problem);
    }

    /// A name of the peer's is being looked up.
    pub(super) fn note_name(&mut self, candidate: &RemoteCandidate) {
        if let RemoteAddress::Name { name, .. } = &candidate.address {
            self.notes.name(name, NameFate::Asked);
        }
    }

    /// A check was dropped. Which rule it broke is told without computing its integrity again.
    pub(super) fn note_refusal(&mut self, path: Path, message: &Message<'_>) {
        let remote_part = message
            .username()
            .and_then(|username| self.local.key.remote_part(username));
        let remote = self.remote.key.as_ref();
        let is_foreign =
            |own: &[u8]| remote.is_some_and(|key| key.credentials.ufrag.as_bytes() != own);
        let pair = self.checks.by_path(path.socket, path.remote);
        let is_lost = pair
            .and_then(|id| self.checks.get(id))
            .is_some_and(|pair| pair.consent_lost);
        let is_open = self.local.candidates.is_surfaced(path.socket);
        let refused = &mut self.notes.refused;
        let count = match remote_part {
            None => &mut refused.stranger,
            Some(own) if is_foreign(own) => &mut refused.foreign,
            Some(_) if !is_open || is_lost || self.conclusion.failed => &mut refused.untimely,
            Some(_) => &mut refused.forged,
        };
        *count += 1;
    }

    /// A lookup ended: what it found, and whether it is of use.
    pub(super) fn note_lookup(
        &mut self,
        candidate: &RemoteCandidate,
        found: Option<SocketAddr>,
        response: &Response,
    ) {
        let RemoteAddress::Name { name, .. } = &candidate.address else {
            return;
        };
        let fate = match (found, response) {
            (Some(address), _) => NameFate::Resolved(address),
            (None, Response::Failed(reason)) => NameFate::Failed(reason.clone()),
            (None, Response::Unheard(reason)) => NameFate::Unheard(reason.clone()),
            (None, _) => NameFate::Failed("it stands for no address that is of use".to_owned()),
        };
        self.notes.name(name, fate);
    }
}

/// The reason of a failure, as the end of a sentence.
fn because(response: &Response) -> String {
    match response {
        Response::Failed(reason) => format!(": {reason}"),
        _ => String::new(),
    }
}
