//! What the peer signalled is of no use.

use crate::{
    adapter::Signal,
    scene::{SECOND, Setting, Tamper, describing, ip, rewriting, with_word},
};

/// Candidates and their end are lost, descriptions are not.
fn losing_candidates() -> Tamper {
    Box::new(|signal| match signal {
        Signal::Description(_) => Some(signal),
        Signal::Candidate(_) => None,
    })
}

/// Nobody hears Bob either.
fn mute(scene: &mut crate::scene::Scene) {
    scene.tamper[0] = losing_candidates();
}

#[test]
fn the_peer_sends_neither_candidates_nor_their_end() {
    let mut scene = Setting::open().build();
    mute(&mut scene);
    scene.tamper[1] = losing_candidates();
    assert_eq!(
        scene.after(5 * SECOND),
        "The peer never sent candidates or end-of-candidates: check that signalling passes its candidates on, and that they are added here."
    );
}

#[test]
fn the_peer_does_not_trickle_and_sent_too_early() {
    let mut scene = Setting::open().build();
    mute(&mut scene);
    let mut lose = losing_candidates();
    let mut strip = describing(|sdp| {
        let kept = sdp
            .lines()
            .filter(|line| !line.starts_with("a=ice-options"));
        kept.map(|line| format!("{line}\r\n")).collect()
    });
    scene.tamper[1] = Box::new(move |signal| lose(signal).and_then(&mut strip));
    assert_eq!(
        scene.after(5 * SECOND),
        "The peer's description has no candidates and says that none will follow: let the peer gather before it sends its description."
    );
}

#[test]
fn the_peer_found_no_candidates() {
    let mut setting = Setting::open();
    setting.addresses[1].clear();
    assert_eq!(
        setting.build().after(5 * SECOND),
        "The peer found no candidates at all: it has no network, or it may use only relayed ones and its TURN server fails."
    );
}

const NAME: &str = "3d0e8f2c-5a4b-4c3d-9e8f-0a1b2c3d4e5f.local";

#[test]
fn the_peer_sends_only_local_names_and_nobody_answers_for_them() {
    let mut scene = Setting::open().build();
    mute(&mut scene);
    scene.tamper[1] = rewriting(|line| Some(with_word(line, 4, NAME)));
    assert_eq!(
        scene.after(5 * SECOND),
        format!(
            "The peer sent only .local names, and multicast DNS finds none of them (no such name: {NAME}): is it in another network? Give the peer a STUN or TURN server."
        )
    );
}

#[test]
fn the_peer_sends_only_local_names_and_multicast_is_blocked() {
    let mut scene = Setting::open().build();
    mute(&mut scene);
    scene.tamper[1] = rewriting(|line| Some(with_word(line, 4, NAME)));
    scene.sim.endpoint_mut(scene.alice).hears = false;
    assert_eq!(
        scene.after(3 * SECOND),
        "The peer sent only .local names, and they are being looked up: wait a little."
    );
    scene.run(2 * SECOND);
    assert_eq!(
        scene.alices(),
        "The peer sent only .local names, and multicast is blocked on this machine (not even our own questions are heard): let UDP port 5353 through its firewall, or give the peer a STUN or TURN server."
    );
}

#[test]
fn local_names_are_being_looked_up() {
    let mut scene = Setting::open().build();
    mute(&mut scene);
    scene.tamper[1] = rewriting(|line| Some(with_word(line, 4, NAME)));
    scene.name(NAME, 5 * SECOND, "198.51.100.77");
    assert_eq!(
        scene.after(2 * SECOND),
        "The peer sent only .local names, and they are being looked up: wait a little."
    );
}

#[test]
fn the_peer_sends_only_names_of_dns() {
    let mut scene = Setting::open().build();
    mute(&mut scene);
    scene.tamper[1] = rewriting(|line| Some(with_word(line, 4, "bob.example.org")));
    assert_eq!(
        scene.after(5 * SECOND),
        "The peer sent only host names, and none but .local names are looked up: have it send addresses."
    );
}

#[test]
fn the_peer_sends_only_tcp() {
    let mut scene = Setting::open().build();
    mute(&mut scene);
    scene.tamper[1] =
        rewriting(|line| Some(format!("{} tcptype active", with_word(line, 2, "tcp"))));
    assert_eq!(
        scene.after(5 * SECOND),
        "The peer sent only candidates for TCP, and this side speaks UDP: allow UDP at the peer, or give it a TURN server."
    );
}

#[test]
fn the_peer_has_only_the_other_family() {
    let mut setting = Setting::open();
    setting.addresses[1] = vec![ip("2001:db8::b")];
    assert_eq!(
        setting.clone().build().after(5 * SECOND),
        "The peer sent only IPv6 candidates, and this side has only IPv4: give one side a TURN server, which has both."
    );
    setting.addresses.reverse();
    assert_eq!(
        setting.build().after(5 * SECOND),
        "The peer sent only IPv4 candidates, and this side has only IPv6: give one side a TURN server, which has both."
    );
}

#[test]
fn nothing_may_be_sent_to_what_the_peer_sends() {
    let mut scene = Setting::open().build();
    mute(&mut scene);
    scene.tamper[1] = rewriting(|line| Some(with_word(line, 4, "224.0.0.1")));
    assert_eq!(
        scene.after(5 * SECOND),
        "The peer sent only candidates that nothing may be sent to, such as port 0 or multicast addresses: look at how it gathers."
    );
}
