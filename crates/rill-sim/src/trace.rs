//! What happened, packet by packet.

use std::fmt;
use std::net::SocketAddr;
use std::time::Duration;

/// Entries kept; later ones are only counted.
const MAX_ENTRIES: usize = 200_000;

/// What became of a packet at one point of its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Fate {
    /// It left its host.
    Sent,
    /// It arrived; addresses are as the receiver sees them.
    Delivered,
    /// The operating system refused to send it.
    Refused,
    /// A link lost it.
    Lost,
    /// It exceeded a link's MTU.
    TooLarge,
    /// A link's queue was full.
    QueueFull,
    /// The path is partitioned, or the interface is gone.
    Partitioned,
    /// Nobody has the destination.
    NoRoute,
    /// The destination is a dead address.
    Dead,
    /// A NAT did not let it in.
    Filtered,
    /// A firewall dropped it.
    Blocked,
    /// A firewall refused it and told its sender.
    Rejected,
    /// The test's interceptor dropped it.
    Intercepted,
}

/// One line of the trace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Entry {
    /// Something happened to a packet.
    Packet {
        /// Time since the start.
        at: Duration,
        /// Number of the packet, in the order of sending.
        packet: u64,
        /// The node that sent it, or `injected`.
        sender: String,
        /// Its source at this point.
        source: SocketAddr,
        /// Its destination at this point.
        destination: SocketAddr,
        /// Bytes of payload.
        length: usize,
        /// STUN, DTLS, ChannelData, RTP or `other` (RFC 7983 §7); of a stream SYN, SYN-ACK, TCP, TLS,
        /// FIN or RST.
        protocol: &'static str,
        /// What happened.
        fate: Fate,
    },
    /// A remark of the test.
    Note {
        /// Time since the start.
        at: Duration,
        /// The remark.
        text: String,
    },
}

impl fmt::Display for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Packet {
                at,
                packet,
                sender,
                source,
                destination,
                length,
                protocol,
                fate,
            } => {
                let at = at.as_secs_f64();
                write!(f, "{at:10.4} #{packet} {sender}: {source} > {destination} ")?;
                write!(f, "{protocol} {length} {fate:?}")
            }
            Self::Note { at, text } => write!(f, "{:10.4} {text}", at.as_secs_f64()),
        }
    }
}

/// All that happened, in order; as text, one line per entry. It keeps 200,000 entries and counts
/// the rest.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Trace {
    entries: Vec<Entry>,
    left_out: usize,
}

impl Trace {
    /// The entries kept.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// How many entries were not kept.
    pub fn left_out(&self) -> usize {
        self.left_out
    }

    /// How many packets met this fate, among the entries kept.
    pub fn count(&self, wanted: Fate) -> usize {
        let met = |entry: &&Entry| matches!(entry, Entry::Packet { fate, .. } if *fate == wanted);
        self.entries.iter().filter(met).count()
    }

    /// What the node `sender` sent to any address but `allowed`: the proof that a policy holds. What
    /// its host refused to send does not count. A TURN server's relayed datagrams are its own.
    ///
    /// # Panics
    ///
    /// If entries were not kept, since the proof may be among them.
    pub fn sent_elsewhere(&self, sender: &str, allowed: &[SocketAddr]) -> Vec<&Entry> {
        assert_eq!(self.left_out, 0, "the trace is not whole");
        let elsewhere = |entry: &&Entry| match entry {
            Entry::Packet {
                sender: by,
                destination,
                fate: Fate::Sent,
                ..
            } => by == sender && !allowed.contains(destination),
            _ => false,
        };
        self.entries.iter().filter(elsewhere).collect()
    }

    /// The last `lines` lines.
    pub fn tail(&self, lines: usize) -> String {
        let start = self.entries.len().saturating_sub(lines);
        self.entries[start..]
            .iter()
            .map(|entry| format!("{entry}\n"))
            .collect()
    }

    pub(crate) fn push(&mut self, entry: impl FnOnce() -> Entry) {
        if self.entries.len() < MAX_ENTRIES {
            self.entries.push(entry());
        } else {
            self.left_out += 1;
        }
    }
}

impl fmt::Display for Trace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.entries
            .iter()
            .try_for_each(|entry| writeln!(f, "{entry}"))?;
        if self.left_out > 0 {
            writeln!(f, "({} more)", self.left_out)?;
        }
        Ok(())
    }
}

/// The protocol of a payload by its first byte (RFC 7983 §7).
pub(crate) fn protocol(payload: &[u8]) -> &'static str {
    match payload.first() {
        Some(0..=3) => "STUN",
        Some(20..=63) => "DTLS",
        Some(64..=79) => "ChannelData",
        Some(128..=191) => "RTP",
        _ => "other",
    }
}
