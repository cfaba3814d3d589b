//! When a session has to end by itself: a state machine without a clock.

use std::time::Instant;

use thiserror::Error;

use super::limits::{
    LIFETIME, MESSAGES, MISTAKES, OFFER_TIME, SESSIONS, SILENCE, UNCONNECTED, WRITE_TIME,
};

/// Why a session ended; `Display` is the sentence the page shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub(super) enum End {
    #[error("The page closed the session.")]
    Left,
    #[error("The page has gone silent and its peer is gone.")]
    Silent,
    #[error("No offer came within {} seconds.", OFFER_TIME.as_secs())]
    NoOffer,
    #[error("The peers have not been connected for {} seconds.", UNCONNECTED.as_secs())]
    Unconnected,
    #[error("A session lasts at most {} minutes.", LIFETIME.as_secs() / 60)]
    TooOld,
    #[error("The page sent more than {MESSAGES} messages.")]
    TooManyMessages,
    #[error("The page sent {MISTAKES} messages that could not be used.")]
    TooManyMistakes,
    #[error("The page did not read for {} seconds.", WRITE_TIME.as_secs())]
    NotRead,
    #[error("All {SESSIONS} sessions are taken: close another page and connect again.")]
    Full,
    #[error("rill was stopped.")]
    Stopped,
    #[error("The Rust peer could not be made.")]
    NoPeer,
}

/// Watches one session; told what happens, asked whether it may go on.
#[derive(Debug)]
pub(super) struct Vigil {
    opened: Instant,
    heard: Instant,
    offered: bool,
    peer: PeerSeen,
    messages: u32,
    mistakes: u32,
}

#[derive(Clone, Copy, Debug)]
enum PeerSeen {
    Connected,
    /// Not connected since then.
    Away(Instant),
}

impl Vigil {
    pub(super) fn new(now: Instant) -> Self {
        Self {
            opened: now,
            heard: now,
            offered: false,
            peer: PeerSeen::Away(now),
            messages: 0,
            mistakes: 0,
        }
    }

    /// Anything came over the WebSocket, be it the answer to a ping.
    pub(super) fn heard(&mut self, now: Instant) {
        self.heard = now;
    }

    /// A signalling message came.
    pub(super) fn message(&mut self) -> Result<(), End> {
        self.messages += 1;
        if self.messages > MESSAGES {
            Err(End::TooManyMessages)
        } else {
            Ok(())
        }
    }

    /// A signalling message was of no use.
    pub(super) fn mistake(&mut self) -> Result<(), End> {
        self.mistakes += 1;
        if self.mistakes >= MISTAKES {
            Err(End::TooManyMistakes)
        } else {
            Ok(())
        }
    }

    pub(super) fn offered(&mut self) {
        self.offered = true;
    }

    /// The peer connection is, or is not, connected.
    pub(super) fn peer(&mut self, now: Instant, connected: bool) {
        match (self.peer, connected) {
            (PeerSeen::Away(_), false) => {}
            (_, true) => self.peer = PeerSeen::Connected,
            (PeerSeen::Connected, false) => self.peer = PeerSeen::Away(now),
        }
    }

    /// When to ask [`Self::check`] again if nothing happens before.
    pub(super) fn deadline(&self) -> Instant {
        let mut deadline = self.opened + LIFETIME;
        if !self.offered {
            deadline = deadline.min(self.opened + OFFER_TIME);
        }
        if let PeerSeen::Away(since) = self.peer {
            deadline = deadline.min(self.heard + SILENCE).min(since + UNCONNECTED);
        }
        deadline
    }

    /// Whether the session may go on at this time.
    pub(super) fn check(&self, now: Instant) -> Result<(), End> {
        if now >= self.opened + LIFETIME {
            return Err(End::TooOld);
        }
        if !self.offered && now >= self.opened + OFFER_TIME {
            return Err(End::NoOffer);
        }
        match self.peer {
            // A page whose peer still answers is only asleep.
            PeerSeen::Connected => Ok(()),
            PeerSeen::Away(_) if now >= self.heard + SILENCE => Err(End::Silent),
            PeerSeen::Away(since) if now >= since + UNCONNECTED => Err(End::Unconnected),
            PeerSeen::Away(_) => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    const SECOND: Duration = Duration::from_secs(1);

    /// Asserts that the deadline is where the verdict changes, and gives the verdict there.
    fn at_deadline(vigil: &Vigil) -> End {
        let deadline = vigil.deadline();
        assert_eq!(vigil.check(deadline - Duration::from_millis(1)), Ok(()));
        vigil
            .check(deadline)
            .expect_err("the deadline is a verdict")
    }

    #[test]
    fn a_session_without_an_offer_ends() {
        let start = Instant::now();
        let vigil = Vigil::new(start);
        assert_eq!(vigil.deadline(), start + OFFER_TIME);
        assert_eq!(at_deadline(&vigil), End::NoOffer);
    }

    #[test]
    fn a_silent_page_without_a_peer_ends() {
        let start = Instant::now();
        let mut vigil = Vigil::new(start);
        vigil.offered();
        vigil.heard(start + SECOND);
        assert_eq!(vigil.deadline(), start + SECOND + SILENCE);
        assert_eq!(at_deadline(&vigil), End::Silent);
    }

    #[test]
    fn a_silent_page_with_a_connected_peer_goes_on_until_the_peer_is_gone() {
        let start = Instant::now();
        let mut vigil = Vigil::new(start);
        vigil.offered();
        vigil.peer(start, true);
        assert_eq!(vigil.check(start + SILENCE * 10), Ok(()));
        let gone = start + SILENCE * 10;
        vigil.peer(gone, false);
        assert_eq!(vigil.check(gone), Err(End::Silent));
    }

    #[test]
    fn a_page_that_answers_pings_but_never_connects_ends() {
        let start = Instant::now();
        let mut vigil = Vigil::new(start);
        vigil.offered();
        let mut now = start;
        while vigil.check(now).is_ok() {
            vigil.heard(now);
            // Told again and again, the first moment counts.
            vigil.peer(now, false);
            now += SECOND;
        }
        assert_eq!(now, start + UNCONNECTED);
        assert_eq!(vigil.check(now), Err(End::Unconnected));
    }

    #[test]
    fn the_best_session_ends_with_its_lifetime() {
        let start = Instant::now();
        let mut vigil = Vigil::new(start);
        vigil.offered();
        vigil.peer(start, true);
        assert_eq!(vigil.deadline(), start + LIFETIME);
        assert_eq!(at_deadline(&vigil), End::TooOld);
    }

    #[test]
    fn messages_and_mistakes_are_counted() {
        let mut vigil = Vigil::new(Instant::now());
        for _ in 0..MESSAGES {
            assert_eq!(vigil.message(), Ok(()));
        }
        assert_eq!(vigil.message(), Err(End::TooManyMessages));
        for _ in 1..MISTAKES {
            assert_eq!(vigil.mistake(), Ok(()));
        }
        assert_eq!(vigil.mistake(), Err(End::TooManyMistakes));
    }
}
