//! What a TURN server saw.

use std::collections::BTreeMap;

use rill_stun::Method;

/// Counts since the start; a restart keeps them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TurnCounters {
    pub(super) requests: BTreeMap<Method, usize>,
    pub(super) errors: BTreeMap<u16, usize>,
    /// Send indications, well formed or not.
    pub send_indications: usize,
    /// Payloads that clients had relayed.
    pub relayed_to_peers: usize,
    /// Payloads that peers had relayed.
    pub relayed_to_clients: usize,
    /// Payloads dropped in either direction for want of a permission.
    pub without_permission: usize,
    /// Refresh requests with a LIFETIME of 0 that succeeded.
    pub deallocations: usize,
    /// LIFETIME of the last Refresh request that succeeded, as the client asked for it.
    pub last_refresh: Option<u32>,
}

impl TurnCounters {
    /// How many requests of a method came.
    pub fn requests(&self, method: Method) -> usize {
        self.requests.get(&method).copied().unwrap_or(0)
    }

    /// How many requests got this error code.
    pub fn errors(&self, code: u16) -> usize {
        self.errors.get(&code).copied().unwrap_or(0)
    }
}
