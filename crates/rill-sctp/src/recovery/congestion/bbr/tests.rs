use super::*;
use crate::testing::epoch;

const RTT: Duration = Duration::from_millis(40);
const MTU: usize = 1200;
/// How many acknowledgements a round has if nothing gathers them.
const ACKS: u32 = 20;
/// Bytes a second: no more than these are delivered.
const LINK: u64 = 10_000_000;

/// A sender with always enough to send.
struct Sender {
    now: Instant,
    bbr: Bbr,
    delivered: u64,
    acks: u32,
    limited_by_application: bool,
    limited_by_peer: bool,
}

impl Sender {
    fn new(seed: u64) -> Self {
        Self {
            now: epoch(),
            bbr: Bbr::new(MTU, seed),
            delivered: 0,
            acks: ACKS,
            limited_by_application: false,
            limited_by_peer: false,
        }
    }

    /// A round at this rate. Of its acknowledgements but the first so many find as much lost as they acknowledge.
    fn round(&mut self, rate: u64, losses: u32) {
        for number in 0..self.acks {
            self.now += RTT / self.acks;
            let bytes = (rate as f64 * RTT.as_secs_f64() / f64::from(self.acks)) as usize;
            self.delivered += bytes as u64;
            let in_flight = self.in_flight();
            self.bbr.acked(&Acked {
                now: self.now,
                bytes,
                lost: if (1..=losses).contains(&number) {
                    bytes
                } else {
                    0
                },
                in_flight_before: in_flight,
                in_flight,
                rtt: Some(RTT),
                smoothed_rtt: RTT,
                min_rtt: RTT,
                delivered: self.delivered,
                round_started: number == 0,
                rate: Some(RateSample {
                    rate,
                    limited_by_application: self.limited_by_application,
                    limited_by_peer: self.limited_by_peer,
                    in_flight_then: in_flight,
                }),
                limited_by_window: true,
            });
        }
    }

    /// What is sent is held to the pace.
    fn in_flight(&self) -> usize {
        let paced = self.bbr.product().map_or(f64::INFINITY, |product| {
            (product * self.bbr.pacing_gain()).ceil()
        });
        self.bbr.window().min(paced as usize)
    }

    /// What the window is of the bandwidth-delay product.
    fn share(&self) -> f64 {
        let product = self.bbr.product().expect("a rate was measured");
        self.bbr.window() as f64 / product
    }
}

#[test]
fn start_up_ends_when_the_rate_grows_no_more() {
    let mut sender = Sender::new(1);
    for _ in 0..4 {
        assert_eq!(sender.bbr.mode, Mode::Startup);
        sender.round(LINK, 0);
    }
    assert_ne!(sender.bbr.mode, Mode::Startup);
}

/// Too little to send says nothing of the path, but start-up's window must not stay on its way because the
/// peer has room for no more.
#[test]
fn start_up_lasts_while_the_application_limits_it_and_not_while_the_peer_does() {
    for (application, peer, ends) in [(true, false, false), (false, true, true)] {
        let mut sender = Sender::new(1);
        sender.round(LINK, 0);
        sender.limited_by_application = application;
        sender.limited_by_peer = peer;
        for _ in 0..4 {
            sender.round(LINK / 2, 0);
        }
        assert_eq!(sender.bbr.mode != Mode::Startup, ends, "{application}");
        assert_eq!(
            sender.bbr.rates.get(),
            Some(LINK),
            "the rate is not forgotten"
        );
    }
}

/// A queue that is full is so before three rounds show it.
#[test]
fn start_up_ends_when_too_much_is_lost() {
    for (losses, ends) in [
        (1, false),
        (STARTUP_LOSSES - 1, false),
        (STARTUP_LOSSES, true),
    ] {
        let mut sender = Sender::new(1);
        for rate in [LINK / 4, LINK / 2] {
            sender.round(rate, 0);
        }
        sender.round(LINK, losses);
        sender.round(2 * LINK, 0);
        assert_eq!(sender.bbr.mode != Mode::Startup, ends, "{losses}");
        assert_eq!(sender.bbr.ceiling.is_some(), ends, "{losses}");
    }
}

#[test]
fn the_window_is_larger_in_start_up_and_while_more_is_asked_for() {
    let mut sender = Sender::new(1);
    sender.round(LINK, 0);
    sender.round(LINK, 0);
    assert_eq!(sender.bbr.mode, Mode::Startup);
    let share = sender.share();
    assert!((1.75..2.0).contains(&share), "{share}");
    let (mut asking, mut cruising) = (Vec::new(), Vec::new());
    for _ in 0..40 {
        sender.round(LINK, 0);
        match sender.bbr.mode {
            Mode::Cycle { phase: ASK, .. } => asking.push(sender.share()),
            Mode::Cycle { .. } => cruising.push(sender.share()),
            _ => {}
        }
    }
    assert!(
        asking.iter().any(|share| (1.4..1.6).contains(share)),
        "{asking:?}"
    );
    assert!(
        cruising.iter().all(|share| (1.05..1.25).contains(share)),
        "{cruising:?}"
    );
}

/// What a radio link gathers for half a round trip must be on its way on top.
#[test]
fn the_window_has_room_for_bursts_as_long_as_there_are_some() {
    let mut sender = Sender::new(1);
    let mut cruising = |rate, acks| {
        sender.acks = acks;
        (0..12).for_each(|_| sender.round(rate, 0));
        let shares = (0..8).map(|_| {
            sender.round(rate, 0);
            sender.share()
        });
        shares.fold(f64::INFINITY, f64::min)
    };
    let smooth = cruising(LINK, ACKS);
    let gathered = cruising(LINK, 2);
    let room = gathered - smooth;
    assert!((0.4..0.5).contains(&room), "{smooth} {gathered}");
    let again = cruising(LINK / 2, ACKS);
    assert!((again - smooth).abs() < 0.1, "{smooth} {again}");
}

/// Flows that ask at the same time do not find out what the others could leave.
#[test]
fn cycles_are_as_long_as_the_seed_says() {
    let asked = |seed| {
        let mut sender = Sender::new(seed);
        let mut rounds = Vec::new();
        for round in 0..120 {
            sender.round(LINK, 0);
            if let Mode::Cycle { phase: ASK, .. } = sender.bbr.mode {
                rounds.push(round);
            }
        }
        rounds
    };
    let [one, same, other] = [1, 1, 2].map(asked);
    assert!(one.len() > 8, "{one:?}");
    assert_eq!(one, same);
    assert_ne!(one, other);
}
