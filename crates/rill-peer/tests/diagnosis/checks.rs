//! Checks that are not answered, and why.

use std::time::Duration;

use rill_peer::{Cause, PairState};
use rill_sim::{Firewall, Link, StunServer};

use crate::scene::{
    ALICE, BOB, SECOND, STUN, Setting, TURN_URL, describing, ip, rewriting, turn_server, with_word,
};

#[test]
fn two_nats_let_nothing_through() {
    let mut scene = Setting::open().behind_symmetric_nats().build();
    let said = scene.after(60 * SECOND);
    let Cause::Unanswered { sent, relayed } = scene.diagnosis(scene.alice).cause else {
        panic!("{said}");
    };
    assert!(!relayed && sent >= 5, "{sent} checks");
    assert_eq!(
        said,
        format!(
            "{sent} checks were sent, none was answered and none arrived: a firewall or two NATs let nothing through directly; configure a TURN server."
        )
    );
}

#[test]
fn a_relay_does_not_help_if_the_peer_is_gone() {
    let mut scene = Setting::open()
        .behind_symmetric_nats()
        .asking(TURN_URL)
        .build();
    scene.add_turn(turn_server());
    scene.tamper[0] = Box::new(|signal| match signal {
        crate::adapter::Signal::Description(_) => Some(signal),
        crate::adapter::Signal::Candidate(_) => None,
    });
    scene
        .sim
        .set_host_firewall(scene.bob, Firewall::udp_blocked());
    let said = scene.after(60 * SECOND);
    assert!(
        said.ends_with(
            "sent, also over a relay, none was answered and none arrived: the peer is gone, or signalling delivered old candidates."
        ),
        "{said}"
    );
}

#[test]
fn it_is_too_early_to_say() {
    let mut scene = Setting::open().build();
    scene.sim.partition(ip(ALICE), ip(BOB));
    assert_eq!(
        scene.after(Duration::from_millis(300)),
        "One candidate pair is being checked and no answer came yet: wait a little."
    );
}

#[test]
fn udp_is_blocked() {
    let stun = format!("stun:{STUN}");
    let mut setting = Setting::open().asking(&stun);
    setting.firewalls[0] = Firewall::udp_blocked();
    let mut scene = setting.build();
    scene.add_stun(StunServer::new(STUN.parse().expect("a literal address")));
    let said = "No server and no check is answered: UDP seems to be blocked in this network; configure a TURN server over TCP or TLS (turns:…:443).";
    assert_eq!(scene.after(10 * SECOND), said);
    scene.run(60 * SECOND);
    assert_eq!(scene.alices(), said, "after the failure too");
}

#[test]
fn what_this_side_sends_is_lost() {
    let mut scene = Setting::open().build();
    scene.sim.partition_one_way(ip(ALICE), ip(BOB));
    assert_eq!(
        scene.after(10 * SECOND),
        "The peer's checks arrive, but our answers and checks do not reach it: something on the way drops what this side sends; look at firewalls, or configure a TURN server."
    );
    let bob = scene.diagnosis(scene.bob).cause;
    assert!(
        matches!(bob, Cause::Unanswered { relayed: false, .. }),
        "{bob}"
    );
}

#[test]
fn the_peers_checks_are_for_another_session() {
    let mut scene = Setting::open().build();
    // Bob gets Alice's offer with the username fragment of another one.
    scene.tamper[0] = fragment("stale");
    assert_eq!(
        scene.after(10 * SECOND),
        "Checks arrive for another username fragment than ours: signalling mixed up two sessions, or one side has an old description."
    );
}

#[test]
fn the_peers_checks_come_from_another_session() {
    let mut scene = Setting::open().build();
    scene.tamper[1] = fragment("stale");
    assert_eq!(
        scene.after(10 * SECOND),
        "Checks arrive from another username fragment than the peer's description has: signalling mixed up two sessions, or one side has an old description."
    );
}

#[test]
fn the_peers_checks_have_another_password() {
    let mut scene = Setting::open().build();
    scene.tamper[0] = describing(|sdp| {
        let line = |line: &str| match line.strip_prefix("a=ice-pwd:") {
            Some(_) => "a=ice-pwd:0123456789abcdefghijkl\r\n".to_owned(),
            None => format!("{line}\r\n"),
        };
        sdp.lines().map(line).collect()
    });
    assert_eq!(
        scene.after(10 * SECOND),
        "Checks arrive with another password than ours: signalling mixed up two sessions, or one side has an old description."
    );
}

/// Descriptions and candidates name this username fragment.
fn fragment(ufrag: &'static str) -> crate::scene::Tamper {
    let mut describe = describing(move |sdp| {
        let line = |line: &str| match line.strip_prefix("a=ice-ufrag:") {
            Some(_) => format!("a=ice-ufrag:{ufrag}\r\n"),
            None => format!("{line}\r\n"),
        };
        sdp.lines().map(line).collect()
    });
    Box::new(move |signal| match describe(signal)? {
        crate::adapter::Signal::Candidate(Some(mut init)) => {
            init.username_fragment = Some(ufrag.to_owned());
            Some(crate::adapter::Signal::Candidate(Some(init)))
        }
        other => Some(other),
    })
}

#[test]
fn the_system_has_no_route() {
    let mut scene = Setting::open().build();
    let nowhere = "192.0.2.99";
    scene.sim.add_unreachable_address(ip(nowhere));
    scene.tamper[0] = Box::new(|signal| match signal {
        crate::adapter::Signal::Description(_) => Some(signal),
        crate::adapter::Signal::Candidate(_) => None,
    });
    scene.tamper[1] = rewriting(move |line| Some(with_word(line, 4, nowhere)));
    assert_eq!(
        scene.after(5 * SECOND),
        "The system refuses to send to every candidate of the peer: there is no route from this network; configure a TURN server."
    );
    let pairs = &scene.diagnosis(scene.alice).transports[0].ice.generations[0].pairs;
    assert!(
        pairs
            .iter()
            .all(|pair| pair.info.state == PairState::Failed)
    );
}

#[test]
fn a_slow_link_is_not_yet_a_broken_one() {
    let mut scene = Setting::open().build();
    let slow = Link {
        delay: Duration::from_millis(400),
        ..Link::default()
    };
    scene.sim.set_link(ip(BOB), &slow);
    let said = scene.after(Duration::from_millis(700));
    assert!(said.contains("wait a little"), "{said}");
    scene.run(10 * SECOND);
    assert!(scene.alices().starts_with("Connected directly"));
}
