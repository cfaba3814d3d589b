use super::*;
use crate::testing::epoch;

const RTT: Duration = Duration::from_millis(40);
const MTU: usize = 1200;
/// How many acknowledgements a round has.
const ACKS: u32 = 20;
/// Bytes a second: no more than these are delivered.
const LINK: u64 = 10_000_000;

/// A sender whose window is always in use.
struct Sender {
    now: Instant,
    bbr: Bbr,
    delivered: u64,
    limited_by_application: bool,
    limited_by_peer: bool,
}

impl Sender {
    fn new() -> Self {
        Self {
            now: epoch(),
            bbr: Bbr::new(MTU),
            delivered: 0,
            limited_by_application: false,
            limited_by_peer: false,
        }
    }

    /// A round at this rate. Of its acknowledgements but the first so many find as much lost as they acknowledge.
    fn round(&mut self, rate: u64, losses: u32) {
        for number in 0..ACKS {
            self.now += RTT / ACKS;
            let bytes = (rate as f64 * RTT.as_secs_f64() / f64::from(ACKS)) as usize;
            self.delivered += bytes as u64;
            let window = self.bbr.window();
            self.bbr.acked(&Acked {
                now: self.now,
                bytes,
                lost: if (1..=losses).contains(&number) {
                    bytes
                } else {
                    0
                },
                in_flight_before: window,
                in_flight: window,
                rtt: Some(RTT),
                smoothed_rtt: RTT,
                min_rtt: RTT,
                delivered: self.delivered,
                round_started: number == 0,
                rate: Some(RateSample {
                    rate,
                    limited_by_application: self.limited_by_application,
                    limited_by_peer: self.limited_by_peer,
                    in_flight_then: window,
                }),
                limited_by_window: true,
            });
        }
    }

    /// What the window is of the bandwidth-delay product.
    fn share(&self) -> f64 {
        let product = self.bbr.product().expect("a rate was measured");
        self.bbr.window() as f64 / product
    }
}

#[test]
fn start_up_ends_when_the_rate_grows_no_more() {
    let mut sender = Sender::new();
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
        let mut sender = Sender::new();
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
        let mut sender = Sender::new();
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
fn the_window_is_larger_in_start_up_than_after_it() {
    let mut sender = Sender::new();
    sender.round(LINK, 0);
    sender.round(LINK, 0);
    assert_eq!(sender.bbr.mode, Mode::Startup);
    let share = sender.share();
    assert!((1.75..2.0).contains(&share), "{share}");
    for _ in 0..10 {
        sender.round(LINK, 0);
    }
    let share = sender.share();
    assert!((1.5..1.7).contains(&share), "{share}");
}
