use super::*;
use crate::testing::epoch;

const BASE: usize = 1112;
const RECORD: usize = 16_384;
/// Enough to search for.
const MUCH: usize = 100_000;
const TIMEOUT: Duration = Duration::from_millis(400);

/// A search, and a path that carries packets up to a size.
struct Path {
    mtu: PathMtu,
    now: Instant,
    carries: usize,
    peer_takes: Option<usize>,
    nonces: u64,
    /// The sizes of the probes.
    probed: Vec<usize>,
}

impl Path {
    fn new(carries: usize) -> Self {
        Self {
            mtu: PathMtu::new(BASE, RECORD),
            now: epoch(),
            carries,
            peer_takes: Some(RECORD),
            nonces: 0,
            probed: Vec::new(),
        }
    }

    fn poll(&mut self, waiting: usize) -> Option<Probe> {
        self.nonces += 1;
        let nonces = self.nonces;
        self.mtu.poll(self.now, waiting, TIMEOUT, || nonces)
    }

    /// Lets bulk leave for so long; the sizes that were probed.
    fn run(&mut self, time: Duration) -> Vec<usize> {
        let until = self.now + time;
        while self.now < until {
            if let Some(probe) = self.poll(MUCH) {
                self.probed.push(probe.size);
                if probe.size <= self.carries {
                    self.mtu.answered(probe);
                    if let Some(size) = self.peer_takes {
                        self.mtu.peer_takes(size);
                    }
                }
            }
            self.now += Duration::from_millis(100);
        }
        std::mem::take(&mut self.probed)
    }
}

const LONG: Duration = Duration::from_secs(60);

#[test]
fn sizes_are_those_of_ip_packets() {
    assert_eq!(SIZES, [1308, 1328, 1400, 1408, 8408]);
}

#[test]
fn what_the_path_carries_is_found() {
    for (carries, found) in [
        (RECORD, RECORD),
        (9000, 8408),
        (1408, 1408),
        (1407, 1400),
        (1399, 1328),
        (1308, 1308),
        (1200, BASE),
    ] {
        let mut path = Path::new(carries);
        let probed = path.run(LONG);
        assert_eq!(path.mtu.current(), found, "{probed:?}");
        assert!(matches!(path.mtu.state, State::Complete { .. }));
        let failed = probed.iter().filter(|&&size| size > carries).count();
        assert!(failed <= 9, "{carries}: {probed:?}");
    }
}

#[test]
fn a_path_that_carries_everything_is_known_after_three_probes() {
    let mut path = Path::new(RECORD);
    assert_eq!(path.run(LONG), [1408, 8408, RECORD]);
}

/// Larger records end the connection with some.
#[test]
fn a_peer_that_tells_nothing_gets_no_jumbo_packets() {
    let mut path = Path::new(RECORD);
    path.peer_takes = None;
    assert_eq!(path.run(LONG), [1408]);
    path.mtu.peer_takes(RECORD);
    assert_eq!(path.run(LONG), [8408, RECORD]);
    // Nor one that takes less than everyone.
    let mut path = Path::new(RECORD);
    path.peer_takes = Some(0);
    assert_eq!(path.run(LONG), [1408]);
}

#[test]
fn the_configuration_is_the_limit() {
    for (base, max, expected) in [
        (BASE, BASE, &[][..]),
        (BASE, 1300, &[1300]),
        (BASE, 3000, &[1408, 3000]),
        (600, 1408, &[1408]),
        (1408, 1408, &[]),
        (4000, 4000, &[]),
    ] {
        let mut path = Path::new(RECORD);
        path.mtu = PathMtu::new(base, max);
        assert_eq!(path.run(LONG), expected, "{base} {max}");
        assert_eq!(path.mtu.current(), max);
    }
}

#[test]
fn little_to_send_is_no_reason_to_search() {
    let mut path = Path::new(RECORD);
    for _ in 0..10 {
        assert_eq!(path.poll(BULK * BASE), None);
        path.now += LONG;
    }
    assert_eq!(path.mtu.state, State::Base);
}

/// RFC 8899 §5.1.1, §5.1.2.
#[test]
fn a_probe_is_tried_three_times_a_second_apart() {
    let mut path = Path::new(RECORD);
    let first = path.poll(MUCH).expect("a probe");
    assert_eq!(path.poll(MUCH), None, "one at a time");
    for _ in 1..MAX_PROBES {
        path.now += PROBE_TIMER - Duration::from_millis(1);
        assert_eq!(path.poll(MUCH), None);
        path.now += Duration::from_millis(1);
        assert_eq!(path.poll(MUCH), Some(first));
    }
    path.now += PROBE_TIMER;
    let other = path.poll(MUCH).expect("a probe");
    assert!(other.size < first.size && other.nonce != first.nonce);
    path.mtu.answered(first);
    assert_eq!(path.mtu.current(), BASE, "too late");
    path.mtu.answered(Probe { nonce: 0, ..other });
    assert_eq!(path.mtu.current(), BASE, "an answer to nothing");
    path.mtu.answered(other);
    assert_eq!(path.mtu.current(), other.size);
}

#[test]
fn what_is_found_is_tried_again_after_ten_minutes() {
    let mut path = Path::new(1408);
    path.run(LONG);
    path.carries = RECORD;
    assert_eq!(path.run(Duration::from_secs(500)), []);
    assert_eq!(path.run(Duration::from_secs(50)), [8408, RECORD]);
}

/// RFC 8899 §4.3.
#[test]
fn a_black_hole_is_left_at_once_and_the_path_searched_anew() {
    let mut path = Path::new(RECORD);
    path.run(LONG);
    path.carries = 1350;
    path.mtu.black_hole(path.now);
    assert_eq!(path.mtu.current(), BASE);
    path.run(LONG);
    assert_eq!(path.mtu.current(), 1328);
}

/// RFC 8899 §5.3.3.
#[test]
fn a_path_that_contradicts_itself_is_left_alone_for_a_while() {
    let mut path = Path::new(RECORD);
    let mut waits = Vec::new();
    for _ in 0..10 {
        let begun = path.now;
        while path.run(Duration::from_millis(100)).is_empty() {}
        waits.push((path.now - begun).as_secs());
        path.run(Duration::from_secs(1));
        assert_eq!(path.mtu.current(), RECORD);
        path.mtu.black_hole(path.now);
    }
    assert_eq!(waits, [0, 0, 10, 20, 40, 80, 160, 320, 600, 600]);
    // After a minute of peace all is forgotten.
    path.run(Duration::from_secs(600 + 60));
    assert_eq!(path.mtu.current(), RECORD);
    path.mtu.black_hole(path.now);
    assert_eq!(path.mtu.state, State::Base);
}

#[test]
fn another_path_is_searched_from_the_beginning() {
    let mut path = Path::new(RECORD);
    path.run(LONG);
    let before = path.poll(MUCH);
    assert_eq!(before, None);
    path.mtu.path_changed();
    assert_eq!(path.mtu.current(), BASE);
    assert_eq!(path.run(LONG), [1408, 8408, RECORD]);
}
