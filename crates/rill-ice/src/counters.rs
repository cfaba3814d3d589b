//! What was dropped and refused, for diagnosis.

/// Counts since the agent was made. They only grow.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Datagrams on sockets that the agent does not have (any more).
    pub unknown_socket: u64,
    /// Datagrams that claim to be STUN and are malformed, or have a wrong FINGERPRINT.
    pub malformed: u64,
    /// Requests that name another user, have no or a wrong MESSAGE-INTEGRITY, or come too early.
    pub unauthenticated: u64,
    /// STUN of other methods or classes than the agent takes.
    pub unexpected: u64,
    /// Responses that belong to no transaction, come from another address or fail verification.
    pub stray_responses: u64,
    /// Responses not sent because they would be larger than the request or too many wait.
    pub suppressed_responses: u64,
    /// Authenticated Binding requests.
    pub requests_received: u64,
    /// Error responses sent.
    pub errors_sent: u64,
    /// Checks sent, retransmissions and consent checks included.
    pub checks_sent: u64,
    /// Binding requests sent to servers, retransmissions included.
    pub server_requests_sent: u64,
    /// Remote candidates that no pair can be made with: names, other components or protocols,
    /// addresses that are no unicast address, port 0.
    pub unusable_candidates: u64,
    /// Remote candidates after the end of candidates, for generations gone by, or known already.
    pub ignored_candidates: u64,
    /// Candidates and pairs beyond a limit.
    pub over_limit: u64,
    /// Checks not sent because their address stayed silent for too many.
    pub withheld_checks: u64,
}
