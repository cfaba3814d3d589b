//! Everything that one who talks to the server could make grow, and how far it may.

use std::time::Duration;

/// Sessions at a time; each has a peer connection with a few sockets.
pub(super) const SESSIONS: usize = 64;
/// TCP connections at a time that are not sessions.
pub(super) const CONNECTIONS: usize = 128;
/// How long a TCP connection may take to send a request's head, and may idle between two.
pub(super) const REQUEST_TIME: Duration = Duration::from_secs(10);
/// Bytes of a request's head. Cookies of every program on this host name arrive too.
pub(super) const REQUEST_BYTES: usize = 32 * 1024;
/// Bytes of one signalling message; a browser's offer of a data channel has about 1,000.
pub(super) const MESSAGE_BYTES: usize = 64 * 1024;
/// Signalling messages in one session; connecting takes about 20.
pub(super) const MESSAGES: u32 = 4096;
/// Signalling messages of one session that may be refused before it ends.
pub(super) const MISTAKES: u32 = 16;
/// Data channels of one session that are served.
pub(super) const CHANNELS: usize = 64;
/// Bytes that an echo may have waiting to leave before it stops reading.
pub(super) const ECHO_BUFFER: usize = 1024 * 1024;
/// Candidate pairs that the page is told of.
pub(super) const PAIRS: usize = 100;
/// Throughput runs of one session at a time: one that is ending, and the next.
pub(super) const RUNS: usize = 2;
/// Bytes of one message of a throughput run; what both browsers accept.
pub(super) const RUN_MESSAGE_BYTES: usize = 256 * 1024;
/// Bytes that a throughput run may have waiting to leave before it stops sending.
pub(super) const RUN_BUFFER: usize = 1024 * 1024;
/// How long a throughput run may be told to send, in seconds.
pub(super) const RUN_SECONDS: u64 = 30;
/// How long after its time a throughput run still takes what the page sends.
pub(super) const RUN_GRACE: Duration = Duration::from_secs(2);
/// How long a page may take to read one message of ours.
pub(super) const WRITE_TIME: Duration = Duration::from_secs(5);
/// From the session's start to its first offer.
pub(super) const OFFER_TIME: Duration = Duration::from_secs(15);
/// How often the server pings the page; a browser answers by itself.
pub(super) const PING_INTERVAL: Duration = Duration::from_secs(5);
/// Nothing heard for this long, not even an answer to a ping: the page is silent.
pub(super) const SILENCE: Duration = Duration::from_secs(20);
/// How long a session may be without a connected peer: more than the 39.5 s of RFC 8863.
pub(super) const UNCONNECTED: Duration = Duration::from_secs(120);
/// How old a session may get.
pub(super) const LIFETIME: Duration = Duration::from_secs(60 * 60);
/// How long the server waits for its sessions to close when it is told to stop.
pub(super) const FAREWELL: Duration = Duration::from_secs(2);
