//! Requests that are lost, and servers that fall silent (RFC 8489 §6.2.1, §6.2.2).

use std::time::Duration;

use rill_ice::turn::{Config, Failure, Timing, Transport};
use rill_stun::Method;

use crate::scene::{Scene, config};
use crate::server::{Server, address};

#[test]
fn a_silent_server_is_given_up_after_the_patience() {
    let mut scene = Scene::new(Server::new());
    scene.connected = false;
    scene.pass(Duration::from_millis(1799));
    assert_eq!(scene.event(), None);
    assert_eq!(scene.times(Method::ALLOCATE), [0, 500, 1500]);
    let first = scene.sent[0].1.clone();
    assert!(
        scene.sent.iter().all(|(_, bytes)| *bytes == first),
        "the same transaction"
    );
    scene.pass(Duration::from_millis(1));
    assert_eq!(scene.failure(), Failure::Timeout);
    assert_eq!(Failure::Timeout.code(), None);
    assert_eq!(scene.client.poll_timeout(), None);
}

#[test]
fn the_whole_schedule_is_that_of_rfc_8489() {
    let timing = Timing {
        patience: Duration::from_secs(100),
        ..Timing::default()
    };
    let mut scene = Scene::with(Server::new(), Config { timing, ..config() });
    scene.connected = false;
    scene.pass(Duration::from_millis(39_499));
    assert_eq!(
        scene.times(Method::ALLOCATE),
        [0, 500, 1500, 3500, 7500, 15_500, 31_500]
    );
    assert_eq!(scene.event(), None);
    scene.pass(Duration::from_millis(1));
    assert_eq!(scene.failure(), Failure::Timeout);
}

#[test]
fn a_stream_repeats_nothing() {
    let mut scene = Scene::stream(Server::new());
    scene.connected = false;
    scene.pass_seconds(10);
    assert_eq!(scene.times(Method::ALLOCATE), [0]);
    assert_eq!(scene.failure(), Failure::Timeout);
}

#[test]
fn a_lost_challenge_is_asked_for_again() {
    let mut scene = Scene::new(Server::new());
    scene.connected = false;
    scene.pass(Duration::from_millis(400));
    scene.connected = true;
    scene.pass(Duration::from_millis(200));
    assert_eq!(scene.times(Method::ALLOCATE), [0, 500, 500]);
    assert!(scene.event().is_some());
}

#[test]
fn with_an_allocation_there_is_more_patience() {
    for transport in [Transport::Datagram, Transport::Stream] {
        let mut scene = Scene::with(
            Server::new(),
            Config {
                transport,
                ..config()
            },
        );
        scene.settle();
        scene.events.clear();
        scene.connected = false;
        scene.client.permit(scene.now, address("192.0.2.1:1").ip());
        scene.pass(Duration::from_millis(39_499));
        assert_eq!(scene.event(), None);
        let sends = match transport {
            Transport::Datagram => 7,
            Transport::Stream => 1,
        };
        assert_eq!(scene.count(Method::CREATE_PERMISSION), sends);
        scene.pass(Duration::from_millis(1));
        assert_eq!(scene.loss(), Failure::Timeout);
    }
}

#[test]
fn a_late_answer_to_a_request_sent_twice_counts_once() {
    let mut scene = Scene::new(Server::new());
    scene.connected = false;
    scene.pass(Duration::from_millis(600));
    assert_eq!(scene.sent.len(), 2);
    let challenge = scene.server.answer(&scene.sent[0].1.clone());
    scene.receive(&challenge);
    scene.receive(&challenge);
    scene.connected = true;
    scene.settle();
    assert_eq!(scene.count(Method::ALLOCATE), 3);
    assert_eq!(scene.events.len(), 1);
}
