//! Keeping the allocation (RFC 8656 §8).

use rill_ice::turn::{Event, Failure};
use rill_stun::Method;

use crate::scene::Scene;
use crate::server::Server;

fn with_lifetime(lifetime: Option<u32>) -> Scene {
    let mut server = Server::new();
    server.lifetime = lifetime;
    Scene::allocated(server)
}

#[test]
fn it_is_refreshed_a_minute_before_its_end() {
    for (lifetime, seconds) in [
        (Some(600), 540),
        (Some(1200), 1140),
        (None, 540),
        (Some(100), 50),
    ] {
        let mut scene = with_lifetime(lifetime);
        scene.pass_seconds(3 * seconds);
        let expected = [1, 2, 3].map(|turn| u128::from(turn * seconds * 1000));
        assert_eq!(scene.times(Method::REFRESH), expected);
        assert_eq!(scene.event(), None);
    }
}

/// Reliability 15: crates/rill-ice/src/turn/allocation.rs: `stated.unwrap_or(DEFAULT).clamp(SHORTEST, LONGEST)`
#[test]
fn lifetimes_beyond_reason_are_bounded() {
    for (lifetime, seconds) in [(0, 10), (1, 10), (u32::MAX, 3540)] {
        let mut scene = with_lifetime(Some(lifetime));
        scene.pass_seconds(2 * seconds);
        let expected = [1, 2].map(|turn| u128::from(turn * seconds * 1000));
        assert_eq!(scene.times(Method::REFRESH), expected);
    }
}

#[test]
fn the_new_lifetime_is_the_servers() {
    let mut scene = with_lifetime(Some(600));
    scene.server.lifetime = Some(1200);
    scene.pass_seconds(540 + 1140);
    assert_eq!(scene.times(Method::REFRESH), [540_000, 1_680_000]);
}

#[test]
fn an_allocation_that_the_server_forgot_is_lost() {
    let mut scene = with_lifetime(Some(600));
    scene.server.allocated = false;
    scene.pass_seconds(540);
    assert_eq!(scene.loss(), Failure::Mismatch);
    assert_eq!(scene.client.poll_timeout(), None);
}

#[test]
fn a_server_that_fell_silent_is_lost_before_the_allocation_ends() {
    let mut scene = with_lifetime(Some(600));
    scene.connected = false;
    scene.pass_seconds(579);
    assert_eq!(scene.event(), None);
    scene.pass_seconds(1);
    assert_eq!(scene.loss(), Failure::Timeout);
    assert_eq!(scene.count(Method::REFRESH), 7);
}

#[test]
fn credentials_that_expired_lose_it() {
    let mut scene = with_lifetime(Some(600));
    scene.server.password = "another";
    scene.pass_seconds(540);
    assert!(matches!(
        scene.loss(),
        Failure::Unauthorized { code: 401, .. }
    ));
    assert_eq!(scene.count(Method::REFRESH), 1);
}

#[test]
fn a_server_in_trouble_is_asked_again_while_there_is_time() {
    let mut scene = with_lifetime(Some(600));
    scene.server.refuse(Method::REFRESH, 500, 2);
    scene.pass_seconds(590);
    assert_eq!(scene.times(Method::REFRESH), [540_000, 570_000, 585_000]);
    assert_eq!(scene.event(), None);
    scene.server.refuse(Method::REFRESH, 500, 1000);
    scene.pass_seconds(600);
    assert!(matches!(scene.loss(), Failure::Rejected { code: 500, .. }));
    assert!(scene.count(Method::REFRESH) < 10);
}

#[test]
fn a_nonce_that_grew_stale_does_not_lose_it() {
    let mut scene = with_lifetime(Some(600));
    scene.server.nonce = b"second nonce".to_vec();
    scene.pass_seconds(600);
    assert_eq!(scene.count(Method::REFRESH), 2);
    assert_eq!(scene.event(), None::<Event>);
}
