use super::*;
use crate::testing::epoch;

const OURS: Tsn = Tsn(50);
const PEERS: Tsn = Tsn(u32::MAX);
const WAIT: Duration = Duration::from_millis(400);

fn reconfiguration() -> Reconfiguration {
    let mut reconfiguration = Reconfiguration::new(OURS);
    reconfiguration.agree(PEERS);
    reconfiguration
}

/// With one request sent, for stream 1.
fn asked(now: Instant) -> Reconfiguration {
    let mut reconfiguration = reconfiguration();
    reconfiguration.resets.add(StreamId(1));
    assert!(reconfiguration.ask(now, Tsn(9), WAIT, |_| false));
    assert_eq!(sequences(&mut reconfiguration, now), [OURS.0]);
    reconfiguration
}

/// The sequence numbers of what leaves.
fn sequences(reconfiguration: &mut Reconfiguration, now: Instant) -> Vec<u32> {
    std::iter::from_fn(|| reconfiguration.poll(now))
        .map(|part| match part {
            Reconfig::Request { sequence, .. } | Reconfig::Response { sequence, .. } => sequence,
        })
        .collect()
}

#[test]
fn a_request_is_repeated_until_it_is_answered() {
    let now = epoch();
    let mut reconfiguration = asked(now);
    assert!(!reconfiguration.is_ready(now));
    let mut due = now;
    for wait in [WAIT, 2 * WAIT, 4 * WAIT, 2 * MAX_WAIT] {
        let next = reconfiguration.poll_timeout().expect("it is repeated");
        assert_eq!(next - due, wait.min(MAX_WAIT));
        due = next;
        assert_eq!(sequences(&mut reconfiguration, due), [OURS.0]);
    }
    let done = reconfiguration.handle_response(due, OURS.0, Outcome::Performed);
    assert!(matches!(done, Some(Answered::Done { .. })));
    assert_eq!(reconfiguration.poll_timeout(), None);
    let again = reconfiguration.handle_response(due, OURS.0, Outcome::Performed);
    assert_eq!(again, None);
}

#[test]
fn one_request_at_a_time() {
    let now = epoch();
    let mut reconfiguration = asked(now);
    reconfiguration.resets.add(StreamId(2));
    assert!(!reconfiguration.ask(now, Tsn(9), WAIT, |_| false));
    reconfiguration.handle_response(now, OURS.0, Outcome::Performed);
    assert!(
        !reconfiguration.ask(now, Tsn(9), WAIT, |_| true),
        "it waits"
    );
    assert!(reconfiguration.ask(now, Tsn(9), WAIT, |_| false));
    assert_eq!(sequences(&mut reconfiguration, now), [OURS.0 + 1]);
}

#[test]
fn a_refusal_is_told() {
    for outcome in [Outcome::Denied, Outcome::WrongStream, Outcome::BadSequence] {
        let now = epoch();
        let mut reconfiguration = asked(now);
        let refused = reconfiguration.handle_response(now, OURS.0, outcome);
        assert_eq!(refused, Some(Answered::Refused(vec![StreamId(1)])));
        assert!(!reconfiguration.resets.contains(StreamId(1)));
    }
}

/// RFC 6525 §5.2.7 H2.
#[test]
fn what_is_in_progress_is_asked_again_later() {
    let now = epoch();
    let mut reconfiguration = asked(now);
    let answer = reconfiguration.handle_response(now, OURS.0, Outcome::InProgress);
    assert_eq!(answer, None);
    assert!(!reconfiguration.is_ready(now));
    let due = reconfiguration.poll_timeout().expect("it is asked again");
    assert!(due > now);
    let sequence = sequences(&mut reconfiguration, due)[0];
    let done = reconfiguration.handle_response(due, sequence, Outcome::Performed);
    assert!(matches!(done, Some(Answered::Done { .. })));
}

/// RFC 6525 §5.2.1: the last request again has its answer again, others are out of turn.
#[test]
fn the_peers_requests_are_done_once() {
    let now = epoch();
    let mut reconfiguration = reconfiguration();
    assert_eq!(reconfiguration.handle_request(PEERS.0), Duty::Perform);
    reconfiguration.answer(Outcome::Performed);
    assert_eq!(reconfiguration.handle_request(PEERS.0), Duty::None);
    assert_eq!(reconfiguration.handle_request(7), Duty::None);
    assert_eq!(reconfiguration.handle_request(0), Duty::Perform, "wrapped");
    reconfiguration.answer(Outcome::Denied);
    let answer = |sequence, outcome| Reconfig::Response { sequence, outcome };
    let answers: Vec<_> = std::iter::from_fn(|| reconfiguration.poll(now)).collect();
    let expected = [
        answer(PEERS.0, Outcome::Performed),
        answer(PEERS.0, Outcome::Performed),
        answer(7, Outcome::BadSequence),
        answer(0, Outcome::Denied),
    ];
    assert_eq!(answers, expected);
}

#[test]
fn answers_do_not_pile_up() {
    let mut reconfiguration = reconfiguration();
    (5..1000).for_each(|sequence| {
        reconfiguration.handle_request(sequence);
    });
    assert_eq!(sequences(&mut reconfiguration, epoch()).len(), ANSWERS);
}
