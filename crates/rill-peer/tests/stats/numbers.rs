//! Every member, and every number against what the network saw.

use std::{net::SocketAddr, time::Duration};

use rill_peer::{
    CandidateStats, Configuration, DataChannelState, DtlsRole, DtlsTransportState, Kind, PairState,
    RelayProtocol, Role, StatsReport, TransportState,
};
use rill_sim::HostId;

use crate::{
    reading::{
        certificate, channels, connection, locals, pairs, remotes, selected, transport, transports,
    },
    scene::{ALICE, BOB, HOME, INSIDE, ROUND_TRIP, STUN, Scene, TURN, asking, new_year, plaintext},
};

fn place(candidate: &CandidateStats) -> SocketAddr {
    let ip = candidate.address.as_deref().expect("it is not hidden");
    let ip = ip.parse().expect("it is no name");
    SocketAddr::new(ip, candidate.port)
}

/// Both sides talk, then rest for as long as some consent checks take.
fn talk(scene: &mut Scene) {
    let [ours, theirs] = scene.connect();
    // Not so much at once that it were worth to search for what the path carries.
    for _ in 0..20 {
        scene.send(scene.alice, ours, 5000);
        scene.run_for(Duration::from_millis(100));
    }
    scene.send(scene.bob, theirs, 300);
    scene.send(scene.bob, theirs, 0);
    scene.run_for(Duration::from_secs(20));
}

#[test]
fn before_anything_else_there_is_the_connection() {
    let mut scene = Scene::new([plaintext(), plaintext()]);
    let report = scene.stats(scene.alice);
    assert_eq!(report.len(), 1);
    let counts = connection(&report);
    assert_eq!(
        (counts.data_channels_opened, counts.data_channels_closed),
        (0, 0)
    );
    assert!(report.iter().all(|stats| stats.timestamp == new_year()));

    scene.create(scene.alice, "chat");
    let [(_, channel)] = &channels(&scene.stats(scene.alice))[..] else {
        panic!("one channel");
    };
    assert_eq!(channel.state, DataChannelState::Connecting);
    assert_eq!(
        channel.data_channel_identifier, None,
        "it has no stream yet"
    );
    assert_eq!(channel.label, "chat");
    assert!(transports(&scene.stats(scene.alice)).is_empty());
}

fn check_pairs(scene: &Scene, host: HostId, report: &StatsReport) {
    let (locals, remotes) = (locals(report), remotes(report));
    assert!(!pairs(report).is_empty());
    for (_, pair) in pairs(report) {
        let of = |list: &[(_, CandidateStats)], id| {
            let found = list.iter().find(|(own, _)| *own == id);
            place(&found.expect("references were followed").1)
        };
        let path = (
            of(&locals, pair.local_candidate),
            of(&remotes, pair.remote_candidate),
        );
        let counted = scene.side(host).counted[&path].clone();
        assert_eq!(pair.packets_sent, counted.packets_sent);
        assert_eq!(pair.packets_received, counted.packets_received);
        assert_eq!(pair.bytes_sent, counted.bytes_sent);
        assert_eq!(pair.bytes_received, counted.bytes_received);
        let requests = pair.requests_sent + pair.consent_requests_sent;
        assert_eq!(requests, counted.requests_sent.len() as u64);
        assert_eq!(pair.requests_received, counted.requests_received);
        assert_eq!(pair.responses_sent, counted.responses_sent);
        assert_eq!(pair.responses_received, counted.responses_received);
        let wall = |at| new_year() + (at - scene.sim.start());
        let last = |at: Option<std::time::Instant>| at.map(wall);
        assert_eq!(pair.last_packet_sent, last(counted.last_sent));
        assert_eq!(pair.last_packet_received, last(counted.last_received));
    }
}

#[test]
fn pairs_and_transports_count_what_the_network_saw() {
    let mut scene = Scene::new([Configuration::default(), Configuration::default()]);
    talk(&mut scene);
    for host in scene.hosts() {
        let report = scene.stats(host);
        check_pairs(&scene, host, &report);
        let (_, transport) = transport(&report);
        let pairs = pairs(&report);
        let sum = |of: fn(&rill_peer::CandidatePairStats) -> u64| -> u64 {
            pairs.iter().map(|(_, pair)| of(pair)).sum()
        };
        assert_eq!(transport.packets_sent, sum(|pair| pair.packets_sent));
        assert_eq!(
            transport.packets_received,
            sum(|pair| pair.packets_received)
        );
        assert_eq!(transport.bytes_sent, sum(|pair| pair.bytes_sent));
        assert_eq!(transport.bytes_received, sum(|pair| pair.bytes_received));
        assert_eq!(transport.selected_candidate_pair_changes, 1);
    }
    let [alice, bob] = scene.hosts().map(|host| transport(&scene.stats(host)).1);
    assert!(alice.bytes_sent > 100_000, "the messages are among it");
    assert_eq!(alice.bytes_sent, bob.bytes_received, "nothing was lost");
    assert_eq!(alice.packets_received, bob.packets_sent);
}

#[test]
fn a_transport_tells_of_ice_and_dtls() {
    let mut scene = Scene::new([Configuration::default(), Configuration::default()]);
    scene.connect();
    scene.run_for(Duration::from_secs(5));
    let [first, second] = scene.hosts().map(|host| scene.stats(host));
    let (alice, bob) = (transport(&first).1, transport(&second).1);
    assert_eq!(alice.ice_role, Some(Role::Controlling));
    assert_eq!(bob.ice_role, Some(Role::Controlled));
    assert_eq!(
        alice.dtls_role,
        Some(DtlsRole::Server),
        "who answers is active"
    );
    assert_eq!(bob.dtls_role, Some(DtlsRole::Client));
    for side in [&alice, &bob] {
        assert_eq!(side.dtls_state, DtlsTransportState::Connected);
        let states = [TransportState::Connected, TransportState::Completed];
        assert!(states.contains(&side.ice_state));
        assert_eq!(side.tls_version, Some(0xfefc), "both speak DTLS 1.3");
        let cipher = side.dtls_cipher.expect("a suite was agreed");
        assert!(cipher.starts_with("TLS_"), "{cipher}");
    }
    assert_eq!(alice.dtls_cipher, bob.dtls_cipher);
    assert_ne!(
        alice.ice_local_username_fragment,
        bob.ice_local_username_fragment
    );
    let sdp = scene
        .side(scene.alice)
        .pc
        .local_description()
        .expect("offered")
        .sdp;
    let ufrag = alice.ice_local_username_fragment.expect("offered");
    assert!(sdp.contains(&format!("a=ice-ufrag:{ufrag}\r\n")));

    let own = certificate(&first, alice.local_certificate);
    let shown = certificate(&second, bob.remote_certificate.expect("it was shown"));
    assert_eq!(own, shown);
    assert_eq!(own.fingerprint_algorithm, "sha-256");
    assert!(sdp.contains(&format!("a=fingerprint:sha-256 {}\r\n", own.fingerprint)));
    let der = &scene.side(scene.bob).pc;
    let der = der.dtls_transport(der.transports()[0]).expect("connected");
    assert_eq!(
        own.base64_certificate.len(),
        der.remote_certificates[0].len().div_ceil(3) * 4
    );
}

#[test]
fn before_the_peer_answers_nothing_is_made_up() {
    let mut scene = Scene::new([plaintext(), plaintext()]);
    scene.create(scene.alice, "chat");
    scene.offer(scene.alice);
    scene.sim.with(scene.alice, crate::adapter::Adapter::settle);
    let report = scene.stats(scene.alice);
    let transport = transport(&report).1;
    assert_eq!(transport.selected_candidate_pair, None);
    assert_eq!(transport.selected_candidate_pair_changes, 0);
    assert_eq!(transport.remote_certificate, None);
    assert_eq!((transport.tls_version, transport.dtls_role), (None, None));
    assert_eq!(transport.dtls_state, DtlsTransportState::New);
    assert!(remotes(&report).is_empty() && pairs(&report).is_empty());
}

#[test]
fn round_trips_are_those_of_the_link() {
    let mut scene = Scene::new([plaintext(), plaintext()]);
    talk(&mut scene);
    let (_, pair, ..) = selected(&scene.stats(scene.alice));
    assert_eq!(pair.current_round_trip_time, Some(ROUND_TRIP));
    let responses = u32::try_from(pair.responses_received).expect("a few");
    assert_eq!(pair.total_round_trip_time, ROUND_TRIP * responses);
    assert_eq!((pair.state, pair.nominated), (PairState::Succeeded, true));
}

/// RFC 7675 §5.1: one in about five seconds.
#[test]
fn consent_checks_are_counted_apart() {
    let mut scene = Scene::new([plaintext(), plaintext()]);
    talk(&mut scene);
    let before = selected(&scene.stats(scene.alice)).1;
    scene.run_for(Duration::from_secs(60));
    let after = selected(&scene.stats(scene.alice)).1;
    assert_eq!(after.requests_sent, before.requests_sent);
    let asked = after.consent_requests_sent - before.consent_requests_sent;
    assert!(
        (10..=15).contains(&asked),
        "{asked} consent checks in a minute"
    );
    assert_eq!(after.bytes_sent, before.bytes_sent, "checks are no payload");
}

#[test]
fn channels_count_their_messages() {
    let mut scene = Scene::new([plaintext(), plaintext()]);
    talk(&mut scene);
    let [alice, bob] = scene.hosts().map(|host| {
        let [(_, channel)] = &channels(&scene.stats(host))[..] else {
            panic!("one channel");
        };
        channel.clone()
    });
    assert_eq!((alice.messages_sent, alice.bytes_sent), (20, 100_000));
    assert_eq!((bob.messages_received, bob.bytes_received), (20, 100_000));
    assert_eq!((bob.messages_sent, bob.bytes_sent), (2, 300));
    assert_eq!((alice.messages_received, alice.bytes_received), (2, 300));
    assert_eq!(scene.side(scene.bob).messages, 20);
    for channel in [alice, bob] {
        assert_eq!(channel.label, "chat");
        assert_eq!(channel.protocol, "");
        assert_eq!(channel.state, DataChannelState::Open);
        let odd = channel.data_channel_identifier == Some(1);
        assert!(odd, "alice is the DTLS server (RFC 8832 §6)");
    }
}

#[test]
fn channels_are_counted_as_they_open_and_close() {
    let mut scene = Scene::new([plaintext(), plaintext()]);
    let [first, _] = scene.connect();
    let second = scene.create(scene.alice, "more");
    scene.run_for(Duration::from_secs(1));
    let counts = |scene: &Scene, host| {
        let counts = connection(&scene.stats(host));
        (counts.data_channels_opened, counts.data_channels_closed)
    };
    for host in scene.hosts() {
        assert_eq!(counts(&scene, host), (2, 0));
    }
    scene.sim.with(scene.alice, |side, now| {
        side.pc.close_data_channel(now, first);
    });
    assert_eq!(counts(&scene, scene.alice), (2, 1), "closing is not open");
    scene.run_for(Duration::from_secs(1));
    for host in scene.hosts() {
        assert_eq!(counts(&scene, host), (2, 1));
    }
    scene.sim.with(scene.alice, |side, now| side.pc.close(now));
    assert_eq!(counts(&scene, scene.alice), (2, 2));
    scene.run_for(Duration::from_secs(1));
    assert_eq!(counts(&scene, scene.bob), (2, 2));
    scene
        .sim
        .with(scene.alice, |side, _| side.pc.forget_data_channel(second));
    assert_eq!(counts(&scene, scene.alice), (2, 2));
}

#[test]
fn reflexive_candidates_name_their_server_and_their_base() {
    let mut scene = Scene::at_home([asking(STUN), plaintext()]);
    talk(&mut scene);
    let report = scene.stats(scene.alice);
    let locals = locals(&report);
    let of = |kind| {
        let found = locals
            .iter()
            .find(|(_, candidate)| candidate.candidate_type == kind);
        &found.expect("it was gathered").1
    };
    let (host, reflexive) = (of(Kind::Host), of(Kind::ServerReflexive));
    assert_eq!(host.address.as_deref(), Some(INSIDE));
    assert_eq!((&host.url, &host.related_address), (&None, &None));
    assert_eq!(reflexive.address.as_deref(), Some(HOME));
    assert_eq!(reflexive.url.as_deref(), Some(STUN));
    assert_eq!(reflexive.related_address.as_deref(), Some(INSIDE));
    assert_eq!(reflexive.related_port, Some(host.port));
    assert_eq!(reflexive.relay_protocol, None);
    assert!(host.priority > reflexive.priority && host.foundation != reflexive.foundation);
    assert_eq!((host.protocol, host.tcp_type), ("udp", None));
    let ufrag = transport(&report).1.ice_local_username_fragment;
    assert_eq!(reflexive.username_fragment, ufrag);

    // The peer's, by what was signalled.
    let theirs = remotes(&scene.stats(scene.bob));
    let reflexive = theirs
        .iter()
        .find(|(_, own)| own.candidate_type == Kind::ServerReflexive);
    let reflexive = &reflexive.expect("it was told").1;
    assert_eq!(reflexive.address.as_deref(), Some(HOME));
    assert_eq!(reflexive.related_address.as_deref(), Some(INSIDE));
    assert_eq!(reflexive.username_fragment, ufrag);
}

#[test]
fn relayed_pairs_count_payloads_and_not_what_wraps_them() {
    let relaying = || Configuration {
        ice_transport_policy: rill_peer::IceTransportPolicy::Relay,
        ..asking(TURN)
    };
    let mut scene = Scene::new([relaying(), plaintext()]);
    talk(&mut scene);
    let (_, pair, local, remote) = selected(&scene.stats(scene.alice));
    assert_eq!(local.candidate_type, Kind::Relayed);
    assert_eq!(local.address.as_deref(), Some("192.0.2.2"));
    assert_eq!(local.url.as_deref(), Some(TURN));
    assert_eq!(local.relay_protocol, Some(RelayProtocol::Udp));
    assert_eq!(local.protocol, "udp");
    assert_eq!(remote.address.as_deref(), Some(BOB));
    let (_, other, _, remote) = selected(&scene.stats(scene.bob));
    assert_eq!(remote.candidate_type, Kind::Relayed);
    assert!(pair.bytes_sent > 100_000);
    assert_eq!(pair.bytes_sent, other.bytes_received);
    assert_eq!(pair.packets_sent, other.packets_received);
    assert_eq!(pair.bytes_received, other.bytes_sent);
    let transport = transport(&scene.stats(scene.alice)).1;
    assert_eq!(transport.bytes_sent, pair.bytes_sent);
    assert_eq!(transport.packets_received, pair.packets_received);
    assert!(!format!("{:?}", scene.stats(scene.bob)).contains(ALICE));
}

#[test]
fn candidates_that_cannot_be_paired_are_told_of() {
    let mut scene = Scene::new([plaintext(), plaintext()]);
    scene.connect();
    let candidate = rill_peer::IceCandidateInit {
        candidate: "candidate:7 1 tcp 1518280447 192.0.2.77 9 typ host tcptype active".into(),
        sdp_mid: Some("0".into()),
        ..Default::default()
    };
    let add = |side: &mut crate::adapter::Adapter, now| {
        side.pc
            .add_ice_candidate(now, Some(&candidate))
            .expect("it is a candidate");
        side.settle(now);
    };
    scene.sim.with(scene.bob, add);
    let remotes = remotes(&scene.stats(scene.bob));
    let tcp = remotes.iter().find(|(_, remote)| remote.protocol == "tcp");
    let tcp = &tcp.expect("it was signalled").1;
    assert_eq!(tcp.address.as_deref(), Some("192.0.2.77"));
    assert_eq!((tcp.port, tcp.priority), (9, 1_518_280_447));
    assert_eq!(tcp.tcp_type, Some(rill_peer::TcpType::Active));
    assert_eq!(tcp.foundation, "7");
}
