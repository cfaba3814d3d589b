//! The state of an association.

/// Where an association is in its life (RFC 9260 §4, seen from outside).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Not connected yet. A peer's INIT is answered also in this state.
    New,
    /// Connecting: INIT is sent.
    Connecting,
    /// Established.
    Connected,
    /// No new messages are accepted; those accepted are still delivered.
    ShuttingDown,
    /// Ended. Received messages can still be read.
    Closed,
}
