//! The pace of checks (RFC 8445 §14).

use std::net::SocketAddr;
use std::time::Duration;

use rill_ice::{Config, Credentials, Pacer, Role, TransportId};

use crate::subject::{PASSWORD, Subject, address};

/// Adds a transport with the peer's credentials and no candidate of the peer.
fn idle_transport(subject: &mut Subject) -> TransportId {
    let transport = subject.agent.add_transport();
    subject.agent.gather(subject.now, transport);
    let remote = Credentials {
        ufrag: "them".into(),
        pwd: PASSWORD.into(),
    };
    subject
        .agent
        .set_remote_credentials(subject.now, transport, remote);
    subject.drive();
    transport
}

fn crowd(subject: &mut Subject) {
    for last in 1..=60 {
        subject.add(address(last), 1000 + u32::from(last));
    }
}

/// Both sides of a machine with one pacer.
fn pair_of_agents(pacers: [Pacer; 2]) -> [Subject; 2] {
    let mut subjects = pacers.map(|pacer| {
        let config = Config {
            pacer,
            ..Config::default()
        };
        let mut subject = Subject::unpolled(Role::Controlling, config);
        subject.drive();
        crowd(&mut subject);
        subject
    });
    // One clock.
    subjects[0].now = subjects[1].now;
    subjects
}

/// How many checks the two begin within some milliseconds, whose turn it may be.
fn begun(subjects: &mut [Subject; 2], milliseconds: u32) -> [usize; 2] {
    let mut begun = [0, 0];
    for _ in 0..milliseconds {
        for (subject, begun) in subjects.iter_mut().zip(&mut begun) {
            *begun += subject.requests().len();
            subject.advance(Duration::from_millis(1));
        }
    }
    begun
}

/// Trickle F2: crates/rill-ice/src/agent/transmit.rs: `let mut checks = sessions().filter_map(|session| {` => `let mut checks = sessions().take(9).filter_map(|session| {`
#[test]
fn empty_check_lists_do_not_slow_down_a_full_one() {
    let mut subject = Subject::new(Role::Controlling);
    for _ in 0..9 {
        idle_transport(&mut subject);
    }
    crowd(&mut subject);
    assert_eq!(subject.requests().len(), 20);
    let mut times = 0;
    for _ in 0..100 {
        subject.advance(Duration::from_millis(1));
        times += subject.requests().len();
    }
    assert_eq!(times, 20, "one per 5 ms");
}

/// Trickle F22: crates/rill-ice/src/context.rs: `config.pacer.join(config.timing.pace, config.timing.burst)` => `crate::Pacer::default().join(config.timing.pace, config.timing.burst)`
#[test]
fn agents_of_a_process_share_the_pace() {
    let pacer = Pacer::default();
    let mut shared = pair_of_agents([pacer.clone(), pacer]);
    let [first, second] = begun(&mut shared, 100);
    assert!((39..=41).contains(&(first + second)), "{first} + {second}");
    assert!(second > 0, "the second one has its turns too: {first}");
    let apart = begun(
        &mut pair_of_agents([Pacer::default(), Pacer::default()]),
        100,
    );
    assert!(
        apart.iter().all(|begun| (39..=41).contains(begun)),
        "{apart:?}"
    );
}

/// The agent that has to wait is told until when.
///
/// Trickle F22: crates/rill-ice/src/context.rs: `config.pacer.join(config.timing.pace, config.timing.burst)`
#[test]
fn a_pace_used_up_by_another_agent_is_waited_for() {
    let pacer = Pacer::default();
    let mut shared = pair_of_agents([pacer.clone(), pacer]);
    assert_eq!(shared[0].requests().len(), 20);
    assert_eq!(shared[1].requests().len(), 0);
    let at = shared[1]
        .agent
        .poll_timeout()
        .expect("it has checks to send");
    // The other one, which waits already, goes first.
    assert_eq!(at - shared[1].now, Duration::from_millis(10));
}

/// A bench, a test, a gateway and its worker on one machine: no network carries it.
#[test]
fn checks_of_our_own_address_wait_for_nobody() {
    let pacer = Pacer::default();
    let mut shared = pair_of_agents([pacer.clone(), pacer]);
    assert_eq!(shared[0].requests().len(), 20);
    let own = SocketAddr::from(([198, 51, 100, 1], 7000));
    shared[1].add(own, 2_000_000_000);
    let asked: Vec<SocketAddr> = shared[1].requests().iter().map(|(to, _)| *to).collect();
    assert_eq!(asked, [own]);
}

/// What has answered before needs no leave: consent goes on whatever others do.
#[test]
fn a_crowd_elsewhere_does_not_hold_up_consent() {
    let pacer = Pacer::default();
    let config = Config {
        pacer: pacer.clone(),
        ..Config::default()
    };
    let mut living = Subject::unpolled(Role::Controlling, config);
    living.drive();
    living.add(address(1), 1000);
    living.answer_checks(&[address(1)]);
    let [mut crowded, _] = pair_of_agents([pacer, Pacer::default()]);
    assert!(!crowded.requests().is_empty());
    living.advance(Duration::from_secs(6));
    crowded.advance(Duration::from_secs(6));
    while !crowded.requests().is_empty() {}
    let asked: Vec<SocketAddr> = living.requests().iter().map(|(to, _)| *to).collect();
    assert_eq!(asked, [address(1)]);
}
