//! Permissions (RFC 8656 §9, §10).

use std::net::{IpAddr, Ipv4Addr};

use rill_ice::turn::{Event, Failure, Families, WrapError};
use rill_stun::Method;

use crate::scene::Scene;
use crate::server::{Server, address};

fn ip(last: u32) -> IpAddr {
    Ipv4Addr::from(0xc000_0200 + last).into()
}

fn refused(event: Option<Event>) -> (IpAddr, u16) {
    match event {
        Some(Event::PermissionRefused { peer, code, .. }) => (peer, code),
        other => panic!("not refused: {other:?}"),
    }
}

#[test]
fn they_are_asked_for_once_and_again_every_four_minutes() {
    let mut scene = Scene::allocated(Server::new());
    for _ in 0..3 {
        scene.client.permit(scene.now, ip(1));
        scene.settle();
    }
    assert_eq!(scene.event(), Some(Event::Permitted(ip(1))));
    scene.pass_seconds(720);
    assert_eq!(
        scene.times(Method::CREATE_PERMISSION),
        [0, 240_000, 480_000, 720_000]
    );
    assert_eq!(scene.event(), None, "it is told once");
    assert!(scene.server.permissions.contains(&ip(1)));
}

#[test]
fn those_wanted_early_are_asked_for_with_the_allocation() {
    let mut scene = Scene::new(Server::new());
    scene.client.permit(scene.now, ip(1));
    let peer = address("192.0.2.1:9");
    assert_eq!(
        scene.client.wrap(peer, &mut vec![1]),
        Err(WrapError::NotAllocated)
    );
    scene.settle();
    assert!(matches!(scene.event(), Some(Event::Allocated { .. })));
    assert_eq!(scene.event(), Some(Event::Permitted(ip(1))));
}

#[test]
fn a_refusal_concerns_one_peer() {
    let mut scene = Scene::allocated(Server::new());
    scene.server.refuse(Method::CREATE_PERMISSION, 403, 1);
    scene.client.permit(scene.now, ip(1));
    scene.client.permit(scene.now, ip(2));
    scene.settle();
    assert_eq!(refused(scene.event()), (ip(1), 403));
    assert_eq!(scene.event(), Some(Event::Permitted(ip(2))));
    let mut data = b"data".to_vec();
    let wrapped = scene.client.wrap(address("192.0.2.1:9"), &mut data);
    assert_eq!(
        (wrapped, &data[..]),
        (Err(WrapError::NotPermitted), &b"data"[..])
    );
}

#[test]
fn one_that_was_refused_may_be_asked_for_again() {
    let mut scene = Scene::allocated(Server::new());
    scene.server.refuse(Method::CREATE_PERMISSION, 508, 1);
    scene.client.permit(scene.now, ip(1));
    scene.settle();
    assert_eq!(refused(scene.event()), (ip(1), 508));
    scene.client.permit(scene.now, ip(1));
    scene.settle();
    assert_eq!(scene.event(), Some(Event::Permitted(ip(1))));
}

#[test]
fn one_that_is_refused_later_is_over() {
    let mut scene = Scene::allocated(Server::new());
    scene.client.permit(scene.now, ip(1));
    scene.pass_seconds(1);
    scene.server.refuse(Method::CREATE_PERMISSION, 403, 1);
    scene.pass_seconds(240);
    assert_eq!(scene.event(), Some(Event::Permitted(ip(1))));
    assert_eq!(refused(scene.event()), (ip(1), 403));
    assert!(
        scene
            .client
            .wrap(address("192.0.2.1:9"), &mut vec![1])
            .is_err()
    );
    scene.pass_seconds(300);
    assert_eq!(scene.count(Method::CREATE_PERMISSION), 2);
}

#[test]
fn a_peer_of_another_family_is_not_asked_for() {
    let mut scene = Scene::families(Server::new(), Families::V4);
    scene
        .client
        .permit(scene.now, address("[2001:db8::1]:1").ip());
    scene.settle();
    assert!(matches!(scene.event(), Some(Event::Allocated { .. })));
    assert_eq!(refused(scene.event()).1, 443);
    assert_eq!(scene.count(Method::CREATE_PERMISSION), 0);
}

#[test]
fn there_are_256_at_most() {
    let mut scene = Scene::allocated(Server::new());
    for last in 0..300 {
        scene.client.permit(scene.now, ip(last));
        scene.settle();
    }
    let permitted = scene
        .events
        .iter()
        .filter(|event| matches!(event, Event::Permitted(_)));
    assert_eq!(permitted.count(), 256);
    assert_eq!(refused(scene.events.pop_back()), (ip(299), 508));
    assert_eq!(scene.count(Method::CREATE_PERMISSION), 256);
}

#[test]
fn no_allocation_to_ask_in_means_that_it_is_lost() {
    let mut scene = Scene::allocated(Server::new());
    scene.server.allocated = false;
    scene.client.permit(scene.now, ip(1));
    scene.settle();
    assert_eq!(scene.loss(), Failure::Mismatch);
}
