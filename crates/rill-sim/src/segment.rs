//! A piece of a stream on its way.

use std::time::{Duration, Instant};

/// Bytes of a stream that travel together: what fits in the smallest MTU of IPv6.
pub(crate) const MAX_SEGMENT: usize = 1200;

/// What a lost segment costs at least (a usual least retransmission timeout; RFC 6298 §2.4 has more).
const LEAST_RETRANSMISSION: Duration = Duration::from_millis(200);

/// After which time without success a stream is given up.
const PATIENCE: Duration = Duration::from_secs(60);

/// Who of the two ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    Client,
    Server,
}

impl Side {
    pub(crate) fn other(self) -> Self {
        match self {
            Self::Client => Self::Server,
            Self::Server => Self::Client,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Syn,
    SynAck,
    /// The client's first words in TLS, which ask for the server's name.
    Hello,
    /// The server's certificate: its name, or nothing from a server that does not speak TLS.
    Certificate,
    /// The client has checked the certificate.
    Finished,
    Data,
    Fin,
    /// The only one outside of the sequence.
    Reset,
}

#[derive(Clone, Debug)]
pub(crate) struct Segment {
    pub(crate) connection: u64,
    pub(crate) from: Side,
    pub(crate) kind: Kind,
    /// Number of the segment in its direction.
    pub(crate) sequence: u64,
    pub(crate) tls: bool,
    pub(crate) round_trip: Duration,
    pub(crate) first_sent: Instant,
    /// When it was sent the last time.
    pub(crate) sent: Instant,
    /// How often it was lost.
    pub(crate) losses: u32,
}

impl Segment {
    /// The segment was lost: when its sender tries again, or gives up.
    pub(crate) fn lose(&mut self, now: Instant) -> Instant {
        self.losses += 1;
        let wait = self.round_trip.max(LEAST_RETRANSMISSION) * self.losses;
        (now + wait).min(self.first_sent + PATIENCE)
    }

    /// Whether its sender has no patience left.
    pub(crate) fn is_given_up(&self, now: Instant) -> bool {
        now >= self.first_sent + PATIENCE
    }

    /// For the trace.
    pub(crate) fn label(&self) -> &'static str {
        match self.kind {
            Kind::Syn => "SYN",
            Kind::SynAck => "SYN-ACK",
            Kind::Reset => "RST",
            Kind::Fin => "FIN",
            Kind::Hello | Kind::Certificate | Kind::Finished => "TLS",
            Kind::Data if self.tls => "TLS",
            Kind::Data => "TCP",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn segment(now: Instant, round_trip: u64) -> Segment {
        Segment {
            connection: 1,
            from: Side::Client,
            kind: Kind::Syn,
            sequence: 0,
            tls: false,
            round_trip: Duration::from_millis(round_trip),
            first_sent: now,
            sent: now,
            losses: 0,
        }
    }

    #[test]
    fn every_loss_costs_more() {
        let now = Instant::now();
        let mut near = segment(now, 50);
        let waits: Vec<_> = (0..3).map(|_| (near.lose(now) - now).as_millis()).collect();
        assert_eq!(waits, [200, 400, 600]);
        assert_eq!(
            segment(now, 350).lose(now) - now,
            Duration::from_millis(350)
        );
    }

    #[test]
    fn patience_ends_after_a_minute() {
        let start = Instant::now();
        let (mut segment, mut now) = (segment(start, 7_000), start);
        while !segment.is_given_up(now) {
            now = segment.lose(now);
        }
        assert_eq!(now - start, PATIENCE);
    }
}
