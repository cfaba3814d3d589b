//! The tree that the sentence rests on.

use rill_peer::Configuration;

use crate::scene::{SECOND, Setting, TURN_URL, server, turn_server};

/// A scene in which everything has something to tell.
fn json() -> (String, String) {
    let mut setting = Setting::open().behind_symmetric_nats();
    setting.configurations[0] = Configuration {
        ice_servers: vec![server(TURN_URL, "wrong")],
        ..Configuration::default()
    };
    let mut scene = setting.build();
    scene.add_turn(turn_server());
    scene.after(20 * SECOND);
    let diagnosis = scene.diagnosis(scene.alice);
    (diagnosis.to_json(), diagnosis.to_string())
}

#[test]
fn json_has_the_sentence_the_cause_and_what_they_rest_on() {
    let (json, _) = json();
    for part in [
        "{\"sentence\":\"The TURN server turn:192.0.2.2 answered 401: wrong username or password?\"",
        "\"cause\":\"server\"",
        "\"trouble\":true",
        "\"signalingState\":\"stable\"",
        "\"hasRemoteDescription\":true",
        "\"interfaces\":[{\"name\":\"eth0\",\"address\":\"10.0.0.1\",\"loopback\":false}]",
        "\"outcome\":\"rejected\",\"text\":\"answered 401",
        "\"remoteEndOfCandidates\":\"said\"",
        "\"answersReceived\":0,\"checksReceived\":0",
        "\"checksSent\":7,",
        "\"unauthenticated\":0",
    ] {
        assert!(json.contains(part), "{part} in {json}");
    }
    assert_eq!(
        json.matches(['{', '[']).count(),
        json.matches(['}', ']']).count()
    );
}

#[test]
fn the_text_begins_with_the_sentence() {
    let (_, text) = json();
    let mut lines = text.lines();
    assert_eq!(
        lines.next(),
        Some("The TURN server turn:192.0.2.2 answered 401: wrong username or password?")
    );
    for part in [
        "server turn:192.0.2.2 answered 401",
        "theirs host  10.1.0.1:",
        "sent, 0 answered",
    ] {
        assert!(text.contains(part), "{part} in {text}");
    }
}

/// Reports are shown to others: no password, ours, the peer's or the server's.
#[test]
fn no_secret_is_told() {
    let mut scene = Setting::open().asking(TURN_URL).build();
    scene.add_turn(turn_server());
    scene.after(5 * SECOND);
    let side = scene.sim.endpoint(scene.alice);
    let diagnosis = scene.diagnosis(scene.alice);
    let told = format!("{} {diagnosis} {diagnosis:?}", diagnosis.to_json());
    let descriptions = [side.pc.local_description(), side.pc.remote_description()];
    let secrets = descriptions.into_iter().flatten().flat_map(|description| {
        let lines = description
            .sdp
            .lines()
            .map(str::to_owned)
            .collect::<Vec<_>>();
        lines
            .into_iter()
            .filter_map(|line| line.strip_prefix("a=ice-pwd:").map(str::to_owned))
    });
    let secrets: Vec<String> = secrets.chain(["secret".to_owned()]).collect();
    assert!(secrets.len() >= 3);
    for secret in secrets {
        assert!(!told.contains(&secret), "{secret} in {told}");
    }
}
