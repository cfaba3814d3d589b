//! A victim, its hostile peer, and a connection beside theirs that must not notice.

use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};

use rill_peer::{ChannelId, DataChannelInit, Message, SctpTransportState, SdpType};
use rill_sim::{Datagram, Endpoint, HostConfig, HostId, Link, Seed, Simulation};

use crate::{
    intruder::Intruder,
    peer::{
        COOKIE_ACK, COOKIE_ECHO, DATA, I_DATA, INIT_ACK, TAG, TSN, chunk, cookie_of, init, packet,
        sack, word, words,
    },
    side::{Reading, Side},
};

/// `rill_sctp::Config::receive_window`.
const WINDOW: usize = 16 << 20;
/// What the score card gives beside it.
const BESIDE: usize = 1_000_000;
/// How many datagrams are under way at a time.
const BATCH: usize = 200;
/// Longer than the way there and back.
pub(crate) const WHILE: Duration = Duration::from_millis(25);

/// A whole message that waits for no other.
pub(crate) const UNORDERED: u8 = 7;
pub(crate) const DCEP: u32 = 50;
pub(crate) const TEXT: u32 = 51;
/// The victim is the DTLS server (RFC 8832 §6).
pub(crate) const CHAT: u16 = 1;

enum End {
    Side(Box<Side>),
    Intruder(Box<Intruder>),
}

pub(crate) struct Scene {
    sim: Simulation<End>,
    victim: HostId,
    intruder: HostId,
    /// The two ends of the other connection, the first of which is the victim's.
    others: [HostId; 2],
    /// The victim's channel to the intruder, and to the other.
    pub(crate) chat: ChannelId,
    beside: ChannelId,
    queued: usize,
    interleaving: bool,
    /// The victim's tag, and the numbers that come next.
    pub(crate) tag: u32,
    pub(crate) theirs: u32,
    pub(crate) tsn: u32,
}

impl Scene {
    /// With the DTLS handshake done.
    pub(crate) fn secure() -> Self {
        let mut sim = Simulation::new(Seed::from_env_or(28));
        let now = sim.now();
        let mut add = |name: &str, address: &str, make: &dyn Fn(rill_sim::Host) -> End| {
            let address = address.parse().expect("a literal");
            sim.add_host(
                HostConfig::new(name).address(address, Link::default()),
                make,
            )
        };
        let side = |seed| move |host| End::Side(Box::new(Side::new(host, now, seed)));
        let victim = add("victim", "198.51.100.1", &side(1));
        let intruder = add("intruder", "198.51.100.2", &|host| {
            End::Intruder(Box::new(Intruder::new(host)))
        });
        let others = [
            add("victim beside", "198.51.100.3", &side(3)),
            add("other", "198.51.100.4", &side(4)),
        ];
        let mut scene = Self {
            sim,
            victim,
            intruder,
            others,
            chat: ChannelId::from_value(0),
            beside: ChannelId::from_value(0),
            queued: 0,
            interleaving: false,
            tag: 0,
            theirs: 0,
            tsn: TSN,
        };
        scene.connect();
        scene
    }

    /// With the association established, and the victim's channel open.
    pub(crate) fn joined(interleaving: bool) -> Self {
        let mut scene = Self::secure();
        let cookie = scene.cookie(interleaving);
        scene.say(&[chunk(COOKIE_ECHO, 0, &cookie)]);
        scene.run(WHILE);
        let heard = scene.heard();
        assert!(heard.iter().any(|(kind, _)| *kind == COOKIE_ACK));
        scene.agree(&heard);
        scene.message(CHAT, DCEP, &[2]);
        scene.run(WHILE);
        let chat = scene.chat;
        assert!(scene.victim().is_open(chat));
        scene.heard();
        let side = scene.sim.endpoint_mut(scene.victim).side();
        side.held.begin();
        side.sent = 0;
        scene
    }

    fn connect(&mut self) {
        let init = DataChannelInit::default;
        self.chat = self.with_victim(|side, now| side.create(now, init()));
        let offer = self.with_victim(|side, now| side.describe(now).sdp);
        let answer = self
            .sim
            .with(self.intruder, |end, now| end.intruder().answer(now, &offer));
        self.with_victim(|side, now| side.take(now, SdpType::Answer, &answer));

        let [one, other] = self.others;
        let (beside, offer) = self.sim.with(one, |end, now| {
            let side = end.side();
            (side.create(now, init()), side.describe(now).sdp)
        });
        self.beside = beside;
        let answer = self.sim.with(other, |end, now| {
            let side = end.side();
            side.take(now, SdpType::Offer, &offer);
            side.describe(now).sdp
        });
        self.sim.with(one, |end, now| {
            end.side().take(now, SdpType::Answer, &answer);
        });
        let (intruder, limit) = (self.intruder, Duration::from_secs(10));
        let ready = self.sim.run_until(limit, |sim| {
            let is_open = sim.endpoint_mut(one).side().is_open(beside);
            is_open && sim.endpoint_mut(intruder).intruder().is_secure
        });
        assert!(ready.is_some(), "all connect");
        self.run(Duration::from_millis(100));
    }

    /// Asks for a cookie, and learns the victim's tag and number.
    pub(crate) fn cookie(&mut self, interleaving: bool) -> Vec<u8> {
        self.interleaving = interleaving;
        self.give(0, &[init(TAG, interleaving)]);
        self.run(WHILE);
        let heard = self.heard();
        let answer = heard.iter().find(|(kind, _)| *kind == INIT_ACK);
        let (_, value) = answer.expect("an answer to INIT");
        self.tag = word(value, 0);
        self.theirs = word(value, 12);
        cookie_of(value)
    }

    pub(crate) fn victim(&mut self) -> &mut Side {
        self.sim.endpoint_mut(self.victim).side()
    }

    pub(crate) fn with_victim<T>(&mut self, act: impl FnOnce(&mut Side, Instant) -> T) -> T {
        self.sim.with(self.victim, |end, now| act(end.side(), now))
    }

    pub(crate) fn say(&mut self, chunks: &[Vec<u8>]) {
        self.give(self.tag, chunks);
    }

    /// Says chunks under this tag. They may be under way for a while.
    pub(crate) fn give(&mut self, tag: u32, chunks: &[Vec<u8>]) {
        let packet = packet(tag, chunks);
        self.say_packet(&packet);
    }

    pub(crate) fn say_packet(&mut self, packet: &[u8]) {
        self.sim.with(self.intruder, |end, now| {
            end.intruder().say(now, packet);
        });
        self.queued += 1;
        if self.queued == BATCH {
            self.run(WHILE);
        }
    }

    /// A message in one piece, under the next number.
    pub(crate) fn message(&mut self, stream: u16, ppid: u32, payload: &[u8]) {
        let message = self.next_message(stream, ppid, payload);
        self.say(&[message]);
    }

    pub(crate) fn next_message(&mut self, stream: u16, ppid: u32, payload: &[u8]) -> Vec<u8> {
        let number = self.tsn;
        self.tsn = number.wrapping_add(1);
        let place = u32::from(stream) << 16;
        let (kind, mut value) = match self.interleaving {
            true => (I_DATA, words(&[number, place, 0, ppid])),
            false => (DATA, words(&[number, place, ppid])),
        };
        value.extend(payload);
        chunk(kind, UNORDERED, &value)
    }

    /// What the victim said since this was asked last.
    pub(crate) fn heard(&mut self) -> Vec<(u8, Vec<u8>)> {
        let intruder = self.sim.endpoint_mut(self.intruder).intruder();
        intruder.heard.drain(..).collect()
    }

    /// Acknowledges the data in what was heard.
    pub(crate) fn agree(&mut self, heard: &[(u8, Vec<u8>)]) {
        let numbers = heard
            .iter()
            .filter(|(kind, _)| [DATA, I_DATA].contains(kind))
            .map(|(_, value)| word(value, 0));
        if let Some(last) = numbers.max_by_key(|number| number.wrapping_sub(self.theirs)) {
            self.say(&[sack(last, 1 << 20, &[])]);
        }
    }

    /// Answers and waits for more, until nothing comes.
    pub(crate) fn settle(&mut self) {
        loop {
            self.run(WHILE);
            let heard = self.heard();
            if heard.is_empty() {
                return;
            }
            self.agree(&heard);
        }
    }

    pub(crate) fn run(&mut self, time: Duration) {
        self.queued = 0;
        self.sim.run_for(time);
    }

    /// That the association goes on, in both directions.
    pub(crate) fn assert_alive(&mut self) {
        self.victim().reading = Reading::Eager;
        self.run(Duration::from_secs(1));
        let chat = self.chat;
        assert!(self.victim().is_open(chat));
        self.message(CHAT, TEXT, b"alive");
        self.run(WHILE);
        let alive = Message::Text("alive".to_owned());
        assert_eq!(self.victim().last, Some((chat, alive)));
        self.with_victim(|side, now| side.send(now, chat, "as ever"));
        self.run(Duration::from_secs(1));
        let heard = self.heard();
        assert!(
            heard.iter().any(|(_, value)| value.ends_with(b"as ever")),
            "{heard:?}"
        );
    }

    /// That it ended, as an error of its channel.
    pub(crate) fn assert_ended(&mut self) {
        let chat = self.chat;
        let victim = self.victim();
        let state = victim.pc.sctp_transport().map(|sctp| sctp.state);
        assert_eq!(state, Some(SctpTransportState::Closed));
        assert_eq!(victim.failed, [chat]);
        assert_eq!(victim.closed, [chat]);
    }

    /// That the other connection goes on, and that the victim needed no more than its window and a little.
    pub(crate) fn finish(self) {
        self.finish_within(WINDOW + BESIDE);
    }

    pub(crate) fn finish_within(mut self, limit: usize) {
        let (beside, [one, other]) = (self.beside, self.others);
        self.sim.with(one, |end, now| {
            end.side().send(now, beside, "beside");
        });
        self.run(Duration::from_secs(1));
        let theirs = self.sim.endpoint_mut(other).side().announced[0];
        self.sim.with(other, |end, now| {
            end.side().send(now, theirs, "beside");
        });
        self.run(Duration::from_secs(1));
        for (host, channel) in [(one, beside), (other, theirs)] {
            let side = self.sim.endpoint_mut(host).side();
            let text = Message::Text("beside".to_owned());
            assert_eq!(side.last, Some((channel, text)));
            assert!(side.closed.is_empty());
        }
        let peak = self.victim().held.peak();
        println!("{peak} bytes at most, {} datagrams", self.victim().sent);
        assert!(peak <= limit, "{peak} bytes were held");
    }
}

impl End {
    fn side(&mut self) -> &mut Side {
        match self {
            Self::Side(side) => side,
            Self::Intruder(_) => panic!("it is the intruder"),
        }
    }

    fn intruder(&mut self) -> &mut Intruder {
        match self {
            Self::Intruder(intruder) => intruder,
            Self::Side(_) => panic!("it is honest"),
        }
    }

    fn endpoint(&mut self) -> &mut dyn Endpoint {
        match self {
            Self::Side(side) => side,
            Self::Intruder(intruder) => intruder,
        }
    }
}

impl Endpoint for End {
    fn handle_datagram(
        &mut self,
        now: Instant,
        local: SocketAddr,
        remote: SocketAddr,
        bytes: &mut [u8],
    ) {
        self.endpoint().handle_datagram(now, local, remote, bytes);
    }

    fn handle_timeout(&mut self, now: Instant) {
        self.endpoint().handle_timeout(now);
    }

    fn poll_transmit(&mut self, now: Instant) -> Option<Datagram> {
        self.endpoint().poll_transmit(now)
    }

    fn poll_timeout(&mut self) -> Option<Instant> {
        self.endpoint().poll_timeout()
    }
}
