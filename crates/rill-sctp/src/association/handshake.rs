//! The handshake (RFC 9260 §5).

use std::time::{Duration, Instant};

use super::{Association, output::Control};
use crate::event::{AbortReason, Event};
use crate::receive::Inbound;
use crate::state::State;
use crate::wire::{Cookie, Init, Tsn};

/// How often the INIT and the cookie are repeated at first; the interval doubles. RFC 9260 §16
/// says one second, for paths of which nothing is known; ours has just carried a DTLS handshake.
const INTERVAL: Duration = Duration::from_millis(500);
/// The longest interval: a path that comes back should be used soon.
const MAX_INTERVAL: Duration = Duration::from_secs(3);

/// Where the handshake is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Handshake {
    /// We have not asked.
    Idle,
    /// RFC 9260's COOKIE-WAIT.
    Waiting {
        repeat: Repeat,
    },
    /// RFC 9260's COOKIE-ECHOED.
    Echoing {
        cookie: Vec<u8>,
        repeat: Repeat,
    },
    Done,
}

/// When something is said again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Repeat {
    pub(super) due: Instant,
    pub(super) interval: Duration,
}

impl Repeat {
    fn new(now: Instant) -> Self {
        Self {
            due: now + INTERVAL,
            interval: INTERVAL,
        }
    }

    fn again(&self, now: Instant) -> Self {
        let interval = (self.interval * 2).min(MAX_INTERVAL);
        Self {
            due: now + interval,
            interval,
        }
    }
}

impl Handshake {
    pub(super) fn due(&self) -> Option<Instant> {
        match self {
            Self::Waiting { repeat } | Self::Echoing { repeat, .. } => Some(repeat.due),
            Self::Idle | Self::Done => None,
        }
    }
}

impl Association {
    pub(super) fn send_init(&mut self) {
        let local = self.local;
        self.push_control(Control::init(&local));
        self.handshake = Handshake::Waiting {
            repeat: Repeat::new(self.now),
        };
    }

    /// RFC 9260 §4, timers T1-init and T1-cookie. They never give up: whether the path is dead is
    /// decided by ICE consent.
    pub(super) fn handle_handshake_timeout(&mut self) {
        if self.handshake.due().is_none_or(|due| due > self.now) {
            return;
        }
        let local = self.local;
        match &mut self.handshake {
            Handshake::Waiting { repeat } => {
                *repeat = repeat.again(self.now);
                self.push_control(Control::init(&local));
            }
            Handshake::Echoing { cookie, repeat } => {
                *repeat = repeat.again(self.now);
                let cookie = cookie.clone();
                self.send_cookie(&cookie);
            }
            Handshake::Idle | Handshake::Done => {}
        }
    }

    fn send_cookie(&mut self, cookie: &[u8]) {
        if let Some(peer) = self.peer {
            self.push_control(Control::cookie_echo(peer.tag, cookie));
        }
    }

    /// RFC 9260 §5.1 B, §5.2.1, §5.2.2: an INIT is answered in every state and changes none.
    pub(super) fn handle_init(&mut self, value: &[u8]) {
        let Some(peer) = Init::parse(value) else {
            return;
        };
        let mut local = self.local;
        // There are peers that drop the whole answer for a parameter that they do not know (pion before
        // 1.8.7): only what they said themselves is said to them.
        local.zero_checksum &= peer.zero_checksum;
        let mut tie_tags = (0, 0);
        if self.handshake == Handshake::Done {
            // §5.2.2: a tag and number that it cannot take for those of the association.
            tie_tags = (self.local.tag, self.peer.map_or(0, |peer| peer.tag));
            local.tag = self.random.u32(1..);
            local.first_tsn = Tsn(self.random.u32(..));
        }
        let cookie = Cookie {
            at: self.age(),
            local_tag: local.tag,
            local_first_tsn: local.first_tsn,
            peer,
            tie_tags,
        };
        let sealed = cookie.seal(&self.key);
        self.push_control(Control::init_ack(peer.tag, &local, &sealed, value));
    }

    /// RFC 9260 §5.1 C; in other states than COOKIE-WAIT it is ignored (§5.2.3).
    pub(super) fn handle_init_ack(&mut self, value: &[u8]) {
        let (Handshake::Waiting { .. }, Some(peer), Some(cookie)) =
            (&self.handshake, Init::parse(value), Init::cookie(value))
        else {
            return;
        };
        self.agree(&peer);
        self.handshake = Handshake::Echoing {
            cookie: cookie.to_vec(),
            repeat: Repeat::new(self.now),
        };
        self.send_cookie(cookie);
    }

    /// RFC 9260 §5.1 D, §5.2.4. `tag` is that of the packet. Whether what follows in the packet
    /// belongs to the association.
    pub(super) fn handle_cookie_echo(&mut self, tag: u32, value: &[u8]) -> bool {
        let Some(cookie) = Cookie::open(&self.key, self.age(), value) else {
            return false;
        };
        if tag != cookie.local_tag {
            return false;
        }
        let ours = cookie.local_tag == self.local.tag;
        let known = self.peer.map(|peer| peer.tag);
        let tied = cookie.tie_tags == (self.local.tag, known.unwrap_or(0));
        match (ours, known == Some(cookie.peer.tag)) {
            // D.
            (true, true) => {}
            // No association yet, or B: the peer's is another now. Nothing of it was used before the
            // handshake was done.
            (true, false) if self.handshake != Handshake::Done => self.agree(&cookie.peer),
            // A: the peer has begun anew.
            (false, false) if tied && self.handshake == Handshake::Done => {
                self.restarted(&cookie);
                return false;
            }
            _ => return false,
        }
        self.push_control(Control::cookie_ack(cookie.peer.tag));
        self.established();
        true
    }

    /// WebRTC has no use for an association in the place of another: messages would be lost unseen.
    fn restarted(&mut self, cookie: &Cookie) {
        self.push_control(Control::abort(
            cookie.peer.tag,
            &crate::wire::Cause::UserAbort,
        ));
        self.close(Event::Aborted {
            reason: AbortReason::Restarted,
        });
    }

    /// RFC 9260 §5.1 E.
    pub(super) fn handle_cookie_ack(&mut self) {
        if matches!(self.handshake, Handshake::Echoing { .. }) {
            self.established();
        }
    }

    /// RFC 9260 §5.2.6: the cookie took too long; another is asked for.
    pub(super) fn handle_stale_cookie(&mut self) {
        if matches!(self.handshake, Handshake::Echoing { .. }) && self.state == State::Connecting {
            self.peer = None;
            self.inbound = None;
            self.send_init();
        }
    }

    /// What the peer said is what holds.
    fn agree(&mut self, peer: &Init) {
        let interleaved = peer.interleaving && self.local.interleaving;
        self.peer = Some(*peer);
        self.inbound = Some(Inbound::new(
            peer.first_tsn,
            interleaved,
            self.config.effective_window(),
            self.config.max_message_size,
        ));
        self.outbound
            .agree(interleaved, peer.partial_reliability, peer.window);
        self.reconfig.agree(peer.first_tsn);
        // RFC 9260 §5.1.1.
        let incoming = self.local.max_inbound_streams.min(peer.outbound_streams);
        let outgoing = self.local.outbound_streams.min(peer.max_inbound_streams);
        self.max_streams = Some((incoming, outgoing));
    }

    pub(super) fn is_interleaved(&self) -> bool {
        self.peer.is_some_and(|peer| peer.interleaving)
    }

    /// The tag of a packet that belongs to the association.
    pub(super) fn is_our_tag(&self, tag: u32) -> bool {
        tag == self.local.tag
    }

    /// The tag that the peer has chosen; for what has no packet of ours to answer.
    pub(super) fn peer_tag(&self) -> Option<u32> {
        self.peer.map(|peer| peer.tag)
    }
}
