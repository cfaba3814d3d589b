//! Requests that await their responses (RFC 8489 §6.2.1).

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use litemap::LiteMap;
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::Rng;
use rill_stun::TransactionId;

use crate::gather::QueryId;
use crate::identifier::SessionKey;
use crate::pair::PairId;
use crate::{Path, Role};

/// When a request is sent again, and when it is given up.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Schedule {
    /// To the first retransmission; doubled each time.
    pub(crate) interval: Duration,
    /// The interval grows no further than this.
    pub(crate) interval_max: Duration,
    /// How often the request is sent.
    pub(crate) sends: u32,
    /// After the last one.
    pub(crate) final_wait: Duration,
}

impl Schedule {
    /// Sent once, and forgotten after `wait`.
    pub(crate) fn once(wait: Duration) -> Self {
        Self {
            interval: wait,
            interval_max: wait,
            sends: 1,
            final_wait: wait,
        }
    }

    /// How long to wait after the request was sent `sent` times.
    fn wait(&self, sent: u32) -> Duration {
        if sent >= self.sends {
            return self.final_wait;
        }
        let doublings = sent.saturating_sub(1).min(16);
        (self.interval * (1 << doublings)).min(self.interval_max)
    }
}

/// Why a check is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CheckKind {
    /// To validate the pair (RFC 8445 §7.2).
    Validation,
    /// To nominate it (RFC 8445 §8.1.1).
    Nomination,
    /// To see whether a silent valid pair still works.
    Probe,
    /// To keep consent (RFC 7675 §5.1).
    Consent,
}

/// A connectivity check, with what must be equal in its retransmissions.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Check {
    pub(crate) session: SessionKey,
    pub(crate) pair: PairId,
    pub(crate) kind: CheckKind,
    pub(crate) role: Role,
    pub(crate) tie_breaker: u64,
    /// The PRIORITY attribute.
    pub(crate) priority: u32,
    /// Whether it carries USE-CANDIDATE, and the number in NOMINATION; zero stands for none.
    pub(crate) nominates: Option<u32>,
}

/// Whom a transaction belongs to.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Owner {
    Check(Check),
    Server { session: SessionKey, query: QueryId },
}

impl Owner {
    pub(crate) fn session(&self) -> SessionKey {
        match self {
            Self::Check(check) => check.session,
            Self::Server { session, .. } => *session,
        }
    }
}

/// One request, sent at least once.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Transaction {
    pub(crate) owner: Owner,
    pub(crate) path: Path,
    pub(crate) schedule: Schedule,
    pub(crate) last_sent: Instant,
    pub(crate) sent: u32,
    /// Not sent again, and its failure means nothing; its success still does.
    pub(crate) cancelled: bool,
}

impl Transaction {
    pub(crate) fn new(owner: Owner, path: Path, schedule: Schedule, now: Instant) -> Self {
        Self {
            owner,
            path,
            schedule,
            last_sent: now,
            sent: 1,
            cancelled: false,
        }
    }

    /// When it is to be sent again or given up.
    pub(crate) fn due(&self) -> Instant {
        self.last_sent + self.schedule.wait(self.sent)
    }

    pub(crate) fn is_last(&self) -> bool {
        self.cancelled || self.sent >= self.schedule.sends
    }
}

/// The transactions of an agent. At most one validation, one nomination and one probe per pair,
/// a few consent checks, and one per server and socket.
#[derive(Debug, Default)]
pub(crate) struct Transactions {
    table: LiteMap<TransactionId, Box<Transaction>>,
    /// To be sent again: to addresses that have answered before …
    pub(crate) due: VecDeque<TransactionId>,
    /// … and to those that have not, which are paced.
    pub(crate) due_paced: VecDeque<TransactionId>,
}

impl Transactions {
    /// Gives back the room of what is over.
    pub(crate) fn rest(&mut self) {
        self.due.shrink_to_fit();
        self.due_paced.shrink_to_fit();
    }

    pub(crate) fn insert(
        &mut self,
        rng: &mut ChaCha20Rng,
        transaction: Transaction,
    ) -> TransactionId {
        let mut id = [0; 12];
        rng.fill_bytes(&mut id);
        self.table.insert(TransactionId(id), Box::new(transaction));
        TransactionId(id)
    }

    pub(crate) fn get(&self, id: TransactionId) -> Option<&Transaction> {
        self.table.get(&id).map(|transaction| &**transaction)
    }

    pub(crate) fn get_mut(&mut self, id: TransactionId) -> Option<&mut Transaction> {
        self.table
            .get_mut(&id)
            .map(|transaction| &mut **transaction)
    }

    pub(crate) fn remove(&mut self, id: TransactionId) -> Option<Transaction> {
        self.table.remove(&id).map(|transaction| *transaction)
    }

    /// Removes those that `gone` holds for, and gives their ids.
    pub(crate) fn remove_where(
        &mut self,
        gone: impl Fn(&Transaction) -> bool,
    ) -> Vec<TransactionId> {
        let ids: Vec<TransactionId> = self
            .table
            .iter()
            .filter(|(_, transaction)| gone(transaction))
            .map(|(id, _)| *id)
            .collect();
        for id in &ids {
            self.table.remove(id);
        }
        ids
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sends(schedule: Schedule) -> Vec<u128> {
        let mut at = Duration::ZERO;
        let mut times = vec![0];
        for sent in 1..=schedule.sends {
            at += schedule.wait(sent);
            times.push(at.as_millis());
        }
        times
    }

    #[test]
    fn checks_back_off_like_rfc_8489() {
        let schedule = Schedule {
            interval: Duration::from_millis(500),
            interval_max: Duration::MAX,
            sends: 7,
            final_wait: Duration::from_secs(8),
        };
        assert_eq!(
            sends(schedule),
            [0, 500, 1500, 3500, 7500, 15_500, 31_500, 39_500]
        );
    }

    #[test]
    fn a_capped_interval_stays() {
        let schedule = Schedule {
            interval: Duration::from_millis(200),
            interval_max: Duration::from_millis(400),
            sends: 5,
            final_wait: Duration::from_millis(400),
        };
        assert_eq!(sends(schedule), [0, 200, 600, 1000, 1400, 1800]);
    }
}
