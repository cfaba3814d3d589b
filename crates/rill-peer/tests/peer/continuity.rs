//! What goes on during and after a restart, as TRICKLE.md numbers it: D15 to D17.

use std::time::Duration;

use rill_peer::{DtlsTransportState, IceConnectionState, IceServer, IceTransportPolicy};

use crate::{
    adapter::{Adapter, certificate},
    diary::Entry,
    generations::{kind_of, ufrag},
    lone::Lone,
    offer::value_of,
    scene::{ALICE, BOB, Connected, LONG, Scene, Setting, ip},
    signal::honest,
};

fn words_after(side: &Adapter, told: usize) -> Vec<String> {
    side.diary.words().split_off(told)
}

fn ice_words(words: &[String]) -> Vec<&str> {
    let ice = words.iter().filter_map(|word| word.strip_prefix("ice "));
    ice.collect()
}

/// Trickle D15: crates/rill-ice/src/agent/states.rs: `if newest.conclusion.selected.is_some() || has_failed {`
#[test]
fn d15_a_completed_transport_is_connected_during_a_restart() {
    let mut scene = Setting::default().build();
    let channel = scene.connect();
    scene.run_for(Duration::from_secs(5));
    let told = scene
        .hosts()
        .map(|host| scene.side(host).diary.words().len());
    scene.restart(scene.alice);
    scene.run_for(Duration::from_secs(5));
    for (host, told) in scene.hosts().into_iter().zip(told) {
        let words = words_after(scene.side(host), told);
        assert_eq!(ice_words(&words), ["connected", "completed"], "{words:?}");
        let connection = words.iter().filter(|word| word.starts_with("connection"));
        assert_eq!(connection.count(), 0, "{words:?}");
    }
    scene.check_echo(&channel);
}

/// The way is cut until Alice sees it; the restart goes over the signalling all the same.
fn cut(silence: Duration, expected: IceConnectionState) -> (Scene, Connected, usize) {
    let mut scene = Setting::default().build();
    let channel = scene.connect();
    scene.run_for(Duration::from_secs(1));
    scene.sim.partition(ip(ALICE), ip(BOB));
    scene.run_for(silence);
    assert_eq!(scene.alice().pc.ice_connection_state(), expected);
    let told = scene.alice().diary.words().len();
    (scene, channel, told)
}

/// Trickle D15: crates/rill-ice/src/agent/states.rs: `Some(false) => TransportState::Checking,`
#[test]
fn d15_a_disconnected_or_failed_transport_checks_during_a_restart() {
    for (silence, state) in [
        (12, IceConnectionState::Disconnected),
        (45, IceConnectionState::Failed),
    ] {
        let (mut scene, channel, told) = cut(Duration::from_secs(silence), state);
        scene.restart(scene.alice);
        scene.run_for(Duration::from_secs(1));
        let words = words_after(scene.alice(), told);
        assert_eq!(ice_words(&words), ["checking"], "from {state}: {words:?}");
        scene.sim.heal(ip(ALICE), ip(BOB));
        scene.run_for(Duration::from_secs(10));
        let words = words_after(scene.alice(), told);
        assert_eq!(
            ice_words(&words)[..2],
            ["checking", "connected"],
            "{words:?}"
        );
        scene.check_echo(&channel);
    }
}

/// Bob's answer takes three seconds, and texts do not wait for it.
/// Trickle D15: crates/rill-ice/src/transport.rs: `let nominated = newest_first().find(|session| session.is_nominated());`
#[test]
fn d15_data_stays_on_the_old_pair_until_there_is_a_new_one() {
    let mut scene = Setting::default().build();
    let channel = scene.connect();
    scene.run_for(Duration::from_secs(5));
    let selected = |scene: &Scene| {
        let id = scene.alice().pc.transports()[0];
        let info = scene.alice().pc.ice_transport(id).expect("it is in use");
        info.selected_pair.expect("it is connected").path
    };
    let before = selected(&scene);
    let told = scene.alice().diary.words().len();
    scene.tamper[1] = Box::new(|_| None);
    scene.restart(scene.alice);
    scene.run_for(Duration::from_secs(3));
    assert_eq!(selected(&scene), before);
    scene.check_echo(&channel);
    let words = words_after(scene.alice(), told);
    assert!(!words.contains(&"selected pair".to_owned()), "{words:?}");

    scene.tamper[1] = honest();
    scene.roll_back(scene.alice);
    scene.run_for(Duration::from_secs(1));
    scene.restart(scene.alice);
    scene.run_for(Duration::from_secs(3));
    assert_ne!(selected(&scene), before, "a new socket");
    scene.check_echo(&channel);
}

/// Trickle D16: crates/rill-peer/src/transport/mod.rs: `same_id && self.fingerprints.iter().any(common)`
#[test]
fn d16_transport_and_dtls_outlive_a_restart() {
    let mut scene = Setting::secure().build();
    let channel = scene.connect();
    scene.run_for(Duration::from_secs(2));
    let seen = |scene: &Scene| {
        let hosts = scene.hosts();
        hosts.map(|host| {
            let pc = &scene.side(host).pc;
            let ids = pc.transports();
            let dtls = ids.iter().map(|id| format!("{:?}", pc.dtls_transport(*id)));
            (ids.clone(), dtls.collect::<Vec<_>>())
        })
    };
    let before = seen(&scene);
    let told = scene
        .hosts()
        .map(|host| scene.side(host).diary.words().len());
    for offerer in scene.hosts() {
        scene.restart(offerer);
        scene.run_for(Duration::from_secs(2));
    }
    assert_eq!(seen(&scene), before);
    for (host, told) in scene.hosts().into_iter().zip(told) {
        let words = words_after(scene.side(host), told);
        assert!(words.contains(&"selected pair".to_owned()), "{words:?}");
        assert!(!words.contains(&"dtls state".to_owned()), "{words:?}");
    }
    scene.check_echo(&channel);
}

/// Bob hands over to another connection, with another certificate, at the restart.
/// Trickle D16: crates/rill-peer/src/transport/mod.rs: `State::Running(running) if running.peer.is_same(&peer) => return false,`
#[test]
fn d16_another_fingerprint_means_another_handshake() {
    let setting = Setting::secure();
    let mut scene = setting.clone().build();
    scene.connect();
    scene.run_for(Duration::from_secs(2));
    let before = scene.alice().pc.transports();
    let mut other = setting.clone();
    other.seed = rill_sim::Seed::new(77);
    other.configurations[1].certificates = vec![certificate(2)];
    let now = scene.sim.now();
    let bob = scene.sim.endpoint_mut(scene.bob);
    let host = bob.driver.host.clone();
    *bob = Adapter::new(host, other.peer(now, 1), bob.manner);
    scene.restart(scene.alice);
    let der = |scene: &Scene| {
        let dtls = scene.alice().pc.dtls_transport(before[0]);
        dtls.expect("it is in use").remote_certificates
    };
    let old = der(&scene);
    assert_eq!(old.len(), 1);
    let met = scene.run_until(LONG, |alice, _| {
        let dtls = alice.pc.dtls_transport(before[0]);
        dtls.is_some_and(|dtls| {
            dtls.state == DtlsTransportState::Connected && dtls.remote_certificates != old
        })
    });
    assert!(met.is_some(), "{:?}", scene.alice().diary.words());
    assert_eq!(scene.alice().pc.transports(), before, "the same objects");
}

/// Alice at home gets a server, or a policy, while connected.
/// Trickle D17: crates/rill-peer/src/peer_connection/configure.rs: `self.agent.set_servers(servers.usable, policy);`
#[test]
fn d17_another_configuration_waits_for_the_next_gathering() {
    let setting = Setting::default();
    let mut scene = setting.clone().build_at_home(&[]);
    scene.add_server("192.0.2.1:3478");
    let channel = scene.connect();
    scene.run_for(Duration::from_secs(2));
    let mut configuration = scene.alice().pc.configuration().clone();
    configuration.ice_servers = vec![IceServer {
        urls: vec!["stun:192.0.2.1".to_owned()],
        ..IceServer::default()
    }];
    let before = ufrag(scene.alice());
    let told = scene.alice().diary.entries.len();
    let set = |side: &mut Adapter, now| side.pc.set_configuration(now, configuration);
    scene
        .sim
        .with(scene.alice, set)
        .expect("servers may change");
    scene.run_for(Duration::from_secs(2));
    let later = &scene.alice().diary.entries[told..];
    assert!(later.is_empty(), "nothing happens yet: {later:?}");
    scene.offer(scene.alice);
    scene.run_for(Duration::from_secs(2));
    assert_ne!(ufrag(scene.alice()), before, "the next offer restarts");
    let later = scene.alice().diary.entries[told..].iter();
    let kinds: Vec<_> = later.filter_map(Entry::candidate).map(kind_of).collect();
    assert_eq!(kinds, ["host", "srflx", "end"]);
    scene.check_echo(&channel);
    let before = ufrag(scene.alice());
    scene.offer(scene.alice);
    scene.run_for(Duration::from_secs(1));
    assert_eq!(ufrag(scene.alice()), before, "once is enough");
}

/// Trickle D17: crates/rill-peer/src/peer_connection/configure.rs: `|| configuration.ice_transport_policy != before.ice_transport_policy;` => `;`
#[test]
fn d17_another_policy_makes_the_next_offer_restart() {
    let mut lone = Lone::pair().into_iter().next().expect("there are two");
    let before = lone.local_sdp();
    let mut configuration = lone.pc.configuration().clone();
    let same = configuration.clone();
    lone.pc
        .set_configuration(lone.now, same)
        .expect("nothing changes");
    lone.set_local(None).expect("an offer fits");
    let credentials = |sdp: &str| value_of(sdp, "ice-ufrag").map(str::to_owned);
    assert_eq!(credentials(&lone.local_sdp()), credentials(&before));
    lone.roll_back();
    configuration.ice_transport_policy = IceTransportPolicy::Relay;
    lone.pc
        .set_configuration(lone.now, configuration)
        .expect("the policy may change");
    lone.set_local(None).expect("an offer fits");
    assert_ne!(credentials(&lone.local_sdp()), credentials(&before));
}
