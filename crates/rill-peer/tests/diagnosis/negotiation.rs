//! What is missing before ICE has anything to do.

use std::time::Duration;

use crate::scene::{SECOND, Setting};

#[test]
fn nothing_was_begun() {
    let scene = Setting::open().build();
    assert_eq!(
        scene.alices(),
        "Nothing was negotiated yet: make an offer and apply it, or apply the peer's."
    );
}

#[test]
fn the_answer_is_lost() {
    let mut scene = Setting::open().build();
    scene.tamper[1] = Box::new(|_| None);
    assert_eq!(
        scene.after(5 * SECOND),
        "Our offer is not answered: check that it reached the peer, and that the peer's answer came back and was applied."
    );
}

#[test]
fn the_offer_is_not_answered() {
    let mut scene = Setting::open().build();
    scene.sim.endpoint_mut(scene.bob).answers = false;
    scene.offer();
    scene.run(SECOND);
    assert_eq!(
        scene.bobs(),
        "The peer's offer was applied but not answered: make an answer, apply it and send it."
    );
}

#[test]
fn the_descriptions_carry_nothing() {
    let mut scene = Setting::open().build();
    scene.sim.with(scene.alice, crate::adapter::Side::describe);
    scene.run(SECOND);
    assert_eq!(
        scene.alices(),
        "The descriptions have no data channel and no media in common: create a channel before the offer is made."
    );
}

#[test]
fn the_connection_was_closed() {
    let mut scene = Setting::open().build();
    scene.offer();
    scene.run(Duration::from_millis(50));
    scene.sim.with(scene.alice, |side, now| side.pc.close(now));
    assert_eq!(
        scene.alices(),
        "The connection was closed on this side: make a new one."
    );
}
