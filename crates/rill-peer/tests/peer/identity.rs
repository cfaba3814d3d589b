//! Who the peer is: fingerprints, and addresses that ICE has not proved.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
    time::Duration,
};

use aws_lc_rs::digest;
use rill_peer::{
    ConnectionState, DataChannelInit, DataChannelState, DtlsTransportState, Event, SdpType,
    Security, SignalingState, TransportError,
};
use rill_sim::{Datagram, Realm, Verdict};

use crate::{
    adapter::{Adapter, certificate},
    offer::value_of,
    scene::{ALICE, BOB, LONG, Scene, Setting, ip},
    signal::{Signal, rewriting},
};

const BOTH: [Security; 2] = [Security::SimulationOnly, Security::Dtls];

fn secured(security: Security) -> Setting {
    Setting {
        security,
        ..Setting::default()
    }
}

/// The certificate of a third party.
fn foreign() -> String {
    certificate(2).fingerprints()[0].to_string()
}

/// Puts these lines in the place of the fingerprint.
fn with_fingerprints(sdp: &str, values: &[String]) -> String {
    let own = value_of(sdp, "fingerprint").expect("it has one");
    let lines = values.iter().map(|value| format!("a=fingerprint:{value}"));
    let lines: Vec<_> = lines.collect();
    sdp.replace(&format!("a=fingerprint:{own}"), &lines.join("\r\n"))
}

const KINDS: [SdpType; 2] = [SdpType::Offer, SdpType::Answer];

/// Side 0 is Alice, whose description is the offer.
fn replace_fingerprints(scene: &mut Scene, side: usize, values: Vec<String>) {
    scene.tamper[side] = rewriting(KINDS[side], move |sdp| with_fingerprints(sdp, &values));
}

fn is_fingerprint_error(event: &Event) -> bool {
    matches!(event, Event::TransportError(_, TransportError::Fingerprint))
}

#[test]
fn a_certificate_that_was_not_announced_ends_the_session() {
    for security in BOTH {
        for liar in 0..2 {
            let mut scene = secured(security).build();
            replace_fingerprints(&mut scene, liar, vec![foreign()]);
            let hosts = scene.hosts();
            let channels = hosts.map(|host| scene.create(host, "own", DataChannelInit::default()));
            scene.offer(scene.alice);
            let failed = scene.run_until(LONG, |alice, bob| {
                let deceived = [bob, alice][liar];
                deceived.pc.connection_state() == ConnectionState::Failed
            });
            assert!(failed.is_some(), "{security:?}: the deceived side fails");
            scene.run_for(Duration::from_secs(5));
            let deceived = 1 - liar;
            check_deceived(scene.side(hosts[deceived]), channels[deceived]);
            for host in hosts {
                let side = scene.side(host);
                assert_eq!(side.received.len() + side.announced.len(), 0);
            }
        }
    }
}

fn check_deceived(side: &Adapter, channel: rill_peer::ChannelId) {
    let entry = side
        .diary
        .find(is_fingerprint_error)
        .expect("the error is told");
    assert_eq!(entry.getters().dtls, Some(DtlsTransportState::Failed));
    assert_eq!(side.pc.dtls_state(), Some(DtlsTransportState::Failed));
    assert_eq!(side.pc.connection_state(), ConnectionState::Failed);
    assert_eq!(
        side.pc.data_channel_state(channel),
        DataChannelState::Closed
    );
    let number = channel.value();
    let words = side.diary.channel_words(channel);
    let expected = [
        format!("error {number} sctp-failure"),
        format!("close {number}"),
    ];
    assert_eq!(words, expected);
}

/// RFC 8842 §5.3: under the same tls-id the roles stay, although nothing is left of the association.
#[test]
fn an_answer_after_a_failure_keeps_the_roles() {
    let mut scene = Setting::default().build();
    scene.tamper[1] = Box::new(|signal| match signal {
        Signal::Description(mut description) => {
            description.sdp = with_fingerprints(&description.sdp, &[foreign()]);
            Some(Signal::Description(description))
        }
        other => Some(other),
    });
    scene.create(scene.alice, "own", DataChannelInit::default());
    scene.offer(scene.alice);
    let is_failed =
        |alice: &Adapter, _: &Adapter| alice.pc.connection_state() == ConnectionState::Failed;
    assert!(
        scene.run_until(LONG, is_failed).is_some(),
        "she is deceived"
    );
    let local = |side: &Adapter| side.pc.local_description().expect("it is applied").sdp;
    let tls_id = value_of(&local(scene.alice()), "tls-id").map(str::to_owned);
    scene.restart(scene.bob);
    scene.run_for(Duration::from_secs(1));
    let answer = local(scene.alice());
    assert_eq!(value_of(&answer, "tls-id").map(str::to_owned), tls_id);
    assert_eq!(value_of(&answer, "setup"), Some("passive"));
    for host in scene.hosts() {
        assert_eq!(
            scene.side(host).pc.signaling_state(),
            SignalingState::Stable
        );
    }
}

/// The other side learns nothing, and must not believe that it is connected for long.
#[test]
fn the_other_side_gets_no_channel_either() {
    for security in BOTH {
        let mut scene = secured(security).build();
        replace_fingerprints(&mut scene, 0, vec![foreign()]);
        let channel = scene.create(scene.alice, "own", DataChannelInit::default());
        scene.offer(scene.alice);
        scene.run_for(Duration::from_secs(10));
        let state = scene.alice().pc.data_channel_state(channel);
        assert_ne!(state, DataChannelState::Open, "{security:?}");
    }
}

/// The certificate of a side, in DER, as the stand-in for DTLS shows it.
fn der_of(side: usize) -> Vec<u8> {
    let mut scene = Setting::default().build();
    let hellos = [Vec::new(), Vec::new()];
    let hellos = Arc::new(Mutex::new(hellos));
    let seen = Arc::clone(&hellos);
    scene.sim.intercept(move |_, datagram: &mut Datagram| {
        if let [22, 1 | 2, der @ ..] = &datagram.bytes[..] {
            let sender = usize::from(datagram.local.ip() == ip(BOB));
            seen.lock().expect("not poisoned")[sender] = der.to_vec();
        }
        Verdict::Pass
    });
    scene.connect();
    let hellos = hellos.lock().expect("not poisoned");
    hellos[side].clone()
}

fn fingerprint(name: &str, algorithm: &'static digest::Algorithm, der: &[u8]) -> String {
    let value = digest::digest(algorithm, der);
    let hex: Vec<_> = value
        .as_ref()
        .iter()
        .map(|byte| format!("{byte:02X}"))
        .collect();
    format!("{name} {}", hex.join(":"))
}

/// Every hash function that is accepted, with Alice's value.
fn of_alice() -> [String; 4] {
    let der = der_of(0);
    [
        fingerprint("sha-1", &digest::SHA1_FOR_LEGACY_USE_ONLY, &der),
        fingerprint("sha-256", &digest::SHA256, &der),
        fingerprint("sha-384", &digest::SHA384, &der),
        fingerprint("sha-512", &digest::SHA512, &der),
    ]
}

#[test]
fn every_acceptable_hash_function_verifies() {
    let [sha1, sha256, sha384, sha512] = of_alice();
    assert_eq!(sha256, certificate(0).fingerprints()[0].to_string());
    let lower = sha512.to_lowercase();
    for announced in [sha1, sha384, sha512, lower] {
        let mut scene = Setting::secure().build();
        replace_fingerprints(&mut scene, 0, vec![announced]);
        let channel = scene.connect();
        scene.check_echo(&channel);
    }
}

/// RFC 8122 §5: any of one hash function may match; of several functions the best one decides.
#[test]
fn of_several_fingerprints_one_of_the_best_function_counts() {
    let [sha1, sha256, _, sha512] = of_alice();
    let wrong_512 = fingerprint("sha-512", &digest::SHA512, b"another certificate");
    let md5 = "md5 00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF".to_owned();
    for (announced, fits) in [
        (vec![foreign(), sha256.clone()], true),
        (vec![sha256.clone(), foreign()], true),
        (vec![md5, sha256.clone()], true),
        (vec![sha1, sha256.clone(), sha512.clone()], true),
        (vec![foreign(), sha512], true),
        (vec![sha256, wrong_512], false),
    ] {
        let mut scene = Setting::secure().build();
        replace_fingerprints(&mut scene, 0, announced.clone());
        if fits {
            let channel = scene.connect();
            scene.check_echo(&channel);
            continue;
        }
        scene.create(scene.alice, "own", DataChannelInit::default());
        scene.offer(scene.alice);
        scene.run_for(Duration::from_secs(5));
        assert!(
            scene.bob().diary.find(is_fingerprint_error).is_some(),
            "{announced:?}"
        );
        assert_eq!(scene.bob().pc.connection_state(), ConnectionState::Failed);
    }
}

/// The DTLS datagrams of a client with another certificate, in order.
fn foreign_flight() -> Vec<Vec<u8>> {
    let mut scene = Setting::secure().build();
    let flight = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&flight);
    scene.sim.intercept(move |_, datagram: &mut Datagram| {
        let from_client = datagram.local.ip() == ip(BOB);
        if from_client && matches!(datagram.bytes.first(), Some(20..=63)) {
            seen.lock()
                .expect("not poisoned")
                .push(datagram.bytes.clone());
        }
        Verdict::Pass
    });
    scene.connect();
    let flight = flight.lock().expect("not poisoned");
    assert!(flight.len() >= 2, "a hello and the rest of the handshake");
    flight.clone()
}

/// A client at an address that ICE did not prove speaks to Alice, the server, every millisecond;
/// Bob's handshake is lost for the time of `silence`.
fn run_besieged(attacker: SocketAddr, until: Duration, silence: Duration) {
    let flight = foreign_flight();
    let mut scene = Setting::secure().build();
    let heard = scene.sim.start() + silence;
    scene.sim.intercept(move |now, datagram: &mut Datagram| {
        let is_hello = datagram.local.ip() == ip(BOB) && datagram.bytes[0] == 22;
        if is_hello && now < heard {
            Verdict::Drop
        } else {
            Verdict::Pass
        }
    });
    let ours = scene.create(scene.alice, "chat", DataChannelInit::default());
    scene.offer(scene.alice);
    let step = Duration::from_millis(1);
    let mut injected = 0;
    while scene.sim.elapsed() < until {
        scene.run_for(step);
        let targets: Vec<_> = scene.alice().driver.sockets().values().copied().collect();
        for target in targets {
            for bytes in &flight {
                let datagram = Datagram {
                    local: attacker,
                    remote: target,
                    bytes: bytes.clone(),
                };
                scene.sim.inject(Realm::INTERNET, datagram);
                injected += 1;
            }
        }
    }
    assert!(injected > 20, "{injected}");
    let open = scene.run_until(LONG, |alice, _| {
        alice.pc.data_channel_state(ours) == DataChannelState::Open
    });
    let words = scene.alice().diary.words();
    assert!(
        open.is_some_and(|time| time < Duration::from_millis(700)),
        "{open:?} {words:#?}"
    );
    assert!(scene.alice().pc.dropped() > 0, "they are counted");
    assert_eq!(
        scene
            .alice()
            .diary
            .find(is_fingerprint_error)
            .map(|entry| entry.at),
        None
    );
    assert!(
        scene
            .run_until(LONG, |_, bob| !bob.announced.is_empty())
            .is_some()
    );
}

#[test]
fn dtls_from_a_third_address_does_not_disturb() {
    let attacker = "192.0.2.66:4444".parse().expect("a literal");
    for until in [5, 15, 25, 45, 80] {
        run_besieged(attacker, Duration::from_millis(until), Duration::ZERO);
    }
}

/// The honest hello is lost, and the foreign one would be the first that Alice's DTLS sees.
#[test]
fn a_foreign_hello_does_not_take_the_place_of_a_lost_one() {
    for attacker in ["192.0.2.66:4444", "198.51.100.2:4444"] {
        let attacker = attacker.parse().expect("a literal");
        let silence = Duration::from_millis(150);
        run_besieged(attacker, Duration::from_millis(200), silence);
    }
}

/// Another port of Bob's host is another address.
#[test]
fn dtls_from_another_port_of_the_peer_does_not_disturb() {
    let attacker = SocketAddr::new(ip(BOB), 4444);
    run_besieged(attacker, Duration::from_millis(80), Duration::ZERO);
}

/// Alice must not answer who was not proved: she would amplify.
#[test]
fn an_unproved_address_gets_no_answer() {
    let attacker: SocketAddr = "192.0.2.66:4444".parse().expect("a literal");
    let flight = foreign_flight();
    let mut scene = Setting::secure().build();
    let sent = Arc::new(Mutex::new(0));
    let seen = Arc::clone(&sent);
    scene.sim.intercept(move |_, datagram: &mut Datagram| {
        if datagram.remote == attacker {
            *seen.lock().expect("not poisoned") += 1;
        }
        Verdict::Pass
    });
    scene.connect();
    let target = *scene
        .alice()
        .driver
        .sockets()
        .values()
        .next()
        .expect("one is bound");
    assert_eq!(target.ip(), ip(ALICE));
    for bytes in flight {
        let datagram = Datagram {
            local: attacker,
            remote: target,
            bytes,
        };
        scene.sim.inject(Realm::INTERNET, datagram);
    }
    scene.run_for(Duration::from_secs(2));
    assert_eq!(*sent.lock().expect("not poisoned"), 0);
}

/// Who refuses the certificate says so by an alert: the other side does not stay `connected` (side 1 lies),
/// nor waits 40 s for a timeout (side 0 lies).
#[test]
fn who_refuses_a_certificate_says_so() {
    for liar in 0..2 {
        let mut scene = Setting::secure().build();
        replace_fingerprints(&mut scene, liar, vec![foreign()]);
        scene.create(scene.alice, "own", DataChannelInit::default());
        scene.offer(scene.alice);
        scene.run_for(Duration::from_secs(1));
        let host = scene.hosts()[liar];
        let state = scene.side(host).pc.dtls_state();
        let over = [DtlsTransportState::Closed, DtlsTransportState::Failed];
        assert!(
            state.is_some_and(|state| over.contains(&state)),
            "liar {liar}: {state:?}"
        );
    }
}
