//! Giving the allocation up (RFC 8656 §8).

use rill_ice::turn::Event;
use rill_stun::Method;

use crate::scene::Scene;
use crate::server::{Server, address};

#[test]
fn the_server_is_told() {
    let mut scene = Scene::allocated(Server::new());
    scene.client.permit(scene.now, address("192.0.2.1:1").ip());
    scene.client.close(scene.now);
    scene.client.close(scene.now);
    scene.settle();
    assert_eq!(scene.last().lifetime(), Some(0));
    assert_eq!(
        scene.count(Method::CREATE_PERMISSION),
        0,
        "nothing else matters now"
    );
    assert_eq!(scene.event(), Some(Event::Closed));
    assert!(!scene.server.allocated);
    scene.client.permit(scene.now, address("192.0.2.2:1").ip());
    scene.pass_seconds(1000);
    assert_eq!((scene.sent.len(), scene.event()), (3, None));
}

#[test]
fn a_silent_server_is_told_a_few_times() {
    let mut scene = Scene::allocated(Server::new());
    scene.connected = false;
    scene.client.close(scene.now);
    scene.pass_seconds(10);
    assert_eq!(scene.times(Method::REFRESH), [0, 500, 1500]);
    assert_eq!(scene.event(), Some(Event::Closed));
    assert_eq!(scene.client.poll_timeout(), None);
}

#[test]
fn an_allocation_that_is_gone_already_is_closed() {
    let mut scene = Scene::allocated(Server::new());
    scene.server.allocated = false;
    scene.client.close(scene.now);
    scene.settle();
    assert_eq!(scene.event(), Some(Event::Closed));
}

#[test]
fn a_stale_nonce_does_not_keep_it() {
    let mut scene = Scene::allocated(Server::new());
    scene.server.nonce = b"second nonce".to_vec();
    scene.client.close(scene.now);
    scene.settle();
    assert!(!scene.server.allocated);
    assert_eq!(scene.event(), Some(Event::Closed));
}

#[test]
fn what_was_asked_for_and_not_given_yet_is_given_up_too() {
    let mut scene = Scene::new(Server::new());
    let mut buffer = Vec::new();
    assert!(scene.client.poll_transmit(scene.now, &mut buffer));
    let challenge = scene.server.answer(&buffer);
    scene.receive(&challenge);
    assert!(scene.client.poll_transmit(scene.now, &mut buffer));
    scene.server.answer(&buffer);
    assert!(scene.server.allocated, "its answer is lost");
    scene.client.close(scene.now);
    scene.settle();
    assert!(!scene.server.allocated);
    assert_eq!(scene.event(), Some(Event::Closed));
}

#[test]
fn before_the_challenge_there_is_nothing_to_give_up() {
    let mut scene = Scene::new(Server::new());
    scene.client.close(scene.now);
    scene.settle();
    assert_eq!((scene.sent.len(), scene.event()), (0, Some(Event::Closed)));
}
