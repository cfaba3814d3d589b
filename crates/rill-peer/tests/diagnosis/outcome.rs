//! ICE connects, and what comes after it.

use rill_peer::{Cause, Kind};

use crate::scene::{ALICE, BOB, SECOND, Setting, TURN_URL, describing, ip, turn_server};

#[test]
fn a_direct_connection_is_told_with_its_way() {
    let mut scene = Setting::open().build();
    let said = scene.after(5 * SECOND);
    let Cause::Connected(route) = scene.diagnosis(scene.alice).cause else {
        panic!("{said}");
    };
    assert_eq!(route.server, None);
    let ((local, own), (remote, their)) = (&route.local, &route.remote);
    assert!(local.starts_with(ALICE) && remote.starts_with(BOB));
    assert_eq!((own, their), (&Kind::Host, &Kind::Host));
    assert_eq!(
        said,
        format!("Connected directly, from {local} (host) to {remote} (host).")
    );
    assert!(scene.bobs().starts_with("Connected directly"));
}

#[test]
fn a_relayed_connection_names_the_server_on_both_sides() {
    let setting = Setting::open().at_home().asking(TURN_URL);
    let mut scene = setting.relay_only().build();
    scene.add_turn(turn_server());
    let said = scene.after(10 * SECOND);
    assert!(
        said.starts_with("Connected through the TURN server turn:192.0.2.2, from 192.0.2.2:"),
        "{said}"
    );
    let bob = scene.bobs();
    assert!(
        bob.starts_with("Connected through a TURN server of the peer, from "),
        "{bob}"
    );
}

#[test]
fn the_certificate_is_not_the_announced_one() {
    let mut scene = Setting::open().build();
    scene.tamper[1] = describing(|sdp| {
        let zeros = vec!["00"; 32].join(":");
        let line = |line: &str| match line.strip_prefix("a=fingerprint:sha-256 ") {
            Some(_) => format!("a=fingerprint:sha-256 {zeros}\r\n"),
            None => format!("{line}\r\n"),
        };
        sdp.lines().map(line).collect()
    });
    assert_eq!(
        scene.after(5 * SECOND),
        "The peer's certificate is not the one that its description announces: signalling mixed up two peers or changed the description, or somebody listens in."
    );
}

#[test]
fn nobody_answers_the_handshake() {
    let mut scene = Setting::open().build();
    scene.sim.endpoint_mut(scene.bob).handshakes = false;
    scene.offer();
    scene.run(SECOND);
    assert_eq!(
        scene.alices(),
        "ICE connected and the encryption is being set up: wait a little."
    );
    scene.run(6 * SECOND);
    let said = scene.alices();
    assert_eq!(
        said,
        "ICE connected 7 s ago, but the peer does not answer the DTLS handshake: it may not have applied our description, or something on the way drops DTLS."
    );
}

#[test]
fn the_peer_goes_silent() {
    let mut scene = Setting::open().build();
    let said = scene.after(12 * SECOND);
    assert!(said.starts_with("Connected directly"), "{said}");
    scene.sim.partition(ip(ALICE), ip(BOB));
    scene.run(14 * SECOND);
    let Cause::PeerSilent {
        silent,
        given_up: false,
        ..
    } = scene.diagnosis(scene.alice).cause
    else {
        panic!("{}", scene.alices());
    };
    let silent = silent.as_secs_f64().round();
    assert_eq!(
        scene.alices(),
        format!(
            "The connection stood, but the peer's last answer came {silent} s ago: wait for its network to come back, or restart ICE."
        )
    );
    scene.run(30 * SECOND);
    let Cause::PeerSilent {
        stood,
        silent,
        given_up: true,
    } = scene.diagnosis(scene.alice).cause
    else {
        panic!("{}", scene.alices());
    };
    let (stood, silent) = (stood.as_secs_f64().round(), silent.as_secs_f64().round());
    assert!(
        (6.0..=12.0).contains(&stood) && silent >= 40.0,
        "{stood} {silent}"
    );
    assert_eq!(
        scene.alices(),
        format!(
            "The connection stood for {stood} s and the peer's last answer came {silent} s ago: it is gone or its network is; only an ICE restart or a new connection helps."
        )
    );
}

#[test]
fn the_peer_closes() {
    let mut scene = Setting::open().build();
    scene.after(5 * SECOND);
    scene.sim.with(scene.bob, |side, now| side.pc.close(now));
    scene.run(SECOND);
    assert_eq!(
        scene.alices(),
        "The peer closed the connection: make a new one if it is still wanted."
    );
}
