//! The candidate pool: B23 and B24 of TRICKLE.md (RFC 9429 §3.5.4, §4.1.18).

use std::time::Duration;

use rill_peer::{
    Configuration, DataChannelInit, IceGatheringState, IceServer, IceTransportPolicy,
    PeerConnection, SdpType, SessionDescription, SignalingState,
};
use rill_sim::{HostId, Link, Simulation, TurnServer};

use crate::{
    adapter::Adapter,
    offer::{sections, value_of},
    scene::{HOME, LONG, Scene, Setting},
};

/// Shorter than any way to a server.
const AT_ONCE: Duration = Duration::from_millis(1);
const GATHERED: Duration = Duration::from_secs(3);

/// Alice at home, with pools of these sizes and a server for each side.
fn pooling(sizes: [u8; 2]) -> Scene {
    let servers = vec!["stun:192.0.2.1"];
    let mut setting = Setting {
        servers: [servers.clone(), servers],
        ..Setting::default()
    };
    for (configuration, size) in setting.configurations.iter_mut().zip(sizes) {
        configuration.ice_candidate_pool_size = size;
    }
    build(setting)
}

fn build(setting: Setting) -> Scene {
    let mut scene = setting.build_at_home(&[]);
    for server in ["192.0.2.1:3478", "192.0.2.3:3478"] {
        scene.add_server(server);
    }
    let turn = TurnServer::new("192.0.2.2:3478".parse().expect("a literal address"));
    let turn = turn.user("user", "secret");
    scene.sim.add_turn_server(turn, &Link::default());
    scene
}

fn offer(scene: &mut Scene) {
    scene.create(scene.alice, "chat", DataChannelInit::default());
    scene.offer(scene.alice);
    scene.run_for(AT_ONCE);
}

fn configure(sim: &mut Simulation<Adapter>, host: HostId, change: impl FnOnce(&mut Configuration)) {
    let set = |side: &mut Adapter, now| {
        let mut wanted = side.pc.configuration().clone();
        change(&mut wanted);
        side.pc.set_configuration(now, wanted)
    };
    let done = sim.with(host, set);
    done.expect("nothing that may not change was changed");
}

/// The types of the candidates that a side told of, in order; the end is `None`.
fn kinds(side: &Adapter) -> Vec<Option<String>> {
    let told = side.diary.candidates().into_iter();
    let kind = |line: &str| line.split(' ').nth(7).map(str::to_owned);
    told.map(|told| kind(&told.candidate)).collect()
}

fn some(kinds: &[&str]) -> Vec<Option<String>> {
    let told = kinds.iter().map(|kind| Some((*kind).to_owned()));
    told.chain([None]).collect()
}

/// Trickle B23: crates/rill-peer/src/peer_connection/mod.rs: `connection.fill_pool(now);`
/// Trickle B23: crates/rill-ice/src/agent/ahead.rs: `self.ctx.events.hold(id);`
/// Trickle B23: crates/rill-ice/src/agent/ahead.rs: `self.ctx.events.release(id);`
#[test]
fn b23_what_is_gathered_ahead_is_told_with_the_description_and_like_the_rest() {
    let mut fresh = pooling([0, 0]);
    offer(&mut fresh);
    let host = vec![Some("host".to_owned())];
    assert_eq!(kinds(fresh.alice()), host, "the server is asked first");
    fresh.run_for(GATHERED);

    let mut pooled = pooling([1, 0]);
    pooled.run_for(GATHERED);
    let alice = pooled.alice();
    assert_eq!(alice.diary.words(), Vec::<String>::new());
    assert_eq!(alice.pc.ice_gathering_state(), IceGatheringState::New);
    assert_eq!(
        (alice.pc.transports().len(), alice.driver.sockets().len()),
        (0, 1)
    );
    offer(&mut pooled);
    assert_eq!(kinds(pooled.alice()), some(&["host", "srflx"]), "at once");
    assert_eq!(
        pooled.alice().pc.ice_gathering_state(),
        IceGatheringState::Complete
    );
    pooled.run_for(GATHERED);
    assert_eq!(pooled.alice().diary.words(), fresh.alice().diary.words());
    let sdp = |scene: &Scene| scene.alice().pc.local_description().expect("applied").sdp;
    let lines = |sdp: &str| {
        let names = sdp
            .lines()
            .map(|line| line.split([':', ' ']).next().map(str::to_owned));
        names.collect::<Vec<_>>()
    };
    assert_eq!(lines(&sdp(&pooled)), lines(&sdp(&fresh)));
    assert!(sdp(&pooled).contains(HOME), "{}", sdp(&pooled));
}

/// A peer that answers late sees nothing of what waits, nor does waiting make it fail.
/// Trickle B23: crates/rill-ice/src/agent/gathering.rs: `self.local.ended = !self.gatherer.ahead;` => `self.local.ended = true;`
#[test]
fn b23_a_remote_description_releases_nothing() {
    let run = |size| {
        let mut scene = pooling([0, size]);
        offer(&mut scene);
        scene.run_for(GATHERED);
        let given = scene.alice().pc.local_description().expect("it gathered");
        let now = scene.sim.now();
        let bob = scene.sim.endpoint_mut(scene.bob);
        *bob = Adapter::new(bob.driver.host.clone(), peer(now, size), bob.manner);
        scene.run_for(GATHERED);
        let set = |side: &mut Adapter, now| side.pc.set_remote_description(now, &given);
        scene.sim.with(scene.bob, set).expect("it fits");
        // RFC 8863's patience is over.
        scene.run_for(LONG);
        let before = scene.bob().diary.words();
        let sockets = scene.bob().driver.sockets().len();
        let set = |side: &mut Adapter, now| side.pc.set_local_description(now, None);
        scene.sim.with(scene.bob, set).expect("it fits");
        scene.run_for(AT_ONCE);
        (before, sockets, kinds(scene.bob()))
    };
    let (fresh, pooled) = (run(0), run(1));
    assert_eq!(pooled.0, fresh.0, "they differ in what is told of");
    assert_eq!((fresh.1, fresh.2), (0, vec![Some("host".to_owned())]));
    assert_eq!((pooled.1, pooled.2), (1, some(&["host"])));
}

fn peer(now: std::time::Instant, size: u8) -> PeerConnection {
    let mut setting = Setting::default();
    setting.servers[1] = vec!["stun:192.0.2.1"];
    setting.configurations[1].ice_candidate_pool_size = size;
    setting.peer(now, 1)
}

/// An answer that was created before a rollback keeps its credentials on another transport.
/// Trickle B23: crates/rill-ice/src/session.rs: `if self.gatherer.state != GatheringState::New && !self.gatherer.ahead {` => `if self.gatherer.state != GatheringState::New {`
#[test]
fn b23_what_is_gathered_ahead_takes_the_credentials_of_the_description() {
    let mut scene = pooling([0, 1]);
    offer(&mut scene);
    let given = scene.alice().pc.local_description().expect("applied");
    scene.run_for(GATHERED);
    let now = scene.sim.now();
    let bob = scene.sim.endpoint_mut(scene.bob);
    *bob = Adapter::new(bob.driver.host.clone(), peer(now, 1), bob.manner);
    scene.run_for(GATHERED);
    let back = SessionDescription::new(SdpType::Rollback, "");
    let set = |side: &mut Adapter, now, it: &SessionDescription| {
        let done = side.pc.set_remote_description(now, it);
        done.expect("it fits");
    };
    scene.sim.with(scene.bob, |side, now| {
        set(side, now, &given);
        let answer = side.pc.create_answer().expect("there is an offer");
        set(side, now, &back);
        set(side, now, &given);
        let done = side.pc.set_local_description(now, Some(answer));
        done.expect("it fits still");
    });
    scene.run_for(GATHERED);
    let bob = scene.bob();
    let sdp = bob.pc.local_description().expect("applied").sdp;
    let ufrag = value_of(&sections(&sdp)[0], "ice-ufrag").map(str::to_owned);
    assert_eq!(kinds(bob), some(&["host"]));
    for told in bob.diary.candidates() {
        assert_eq!(Some(&told.username_fragment), ufrag.as_ref());
    }
}

/// Trickle B24: crates/rill-peer/src/peer_connection/pool.rs: `self.drained = true;` => `{}`
/// Trickle B24: crates/rill-peer/src/peer_connection/commit.rs: `self.pool.drain();` => `{}`
#[test]
fn b24_the_pool_serves_the_first_exchange() {
    let mut scene = pooling([3, 2]);
    scene.run_for(GATHERED);
    let sockets = |scene: &Scene| {
        [
            scene.alice().driver.sockets().len(),
            scene.bob().driver.sockets().len(),
        ]
    };
    assert_eq!(sockets(&scene), [3, 2]);
    offer(&mut scene);
    assert_eq!(
        sockets(&scene),
        [3, 2],
        "an answer may still be rolled back"
    );
    let done = scene.run_until(LONG, |alice, bob| {
        let is_stable = |side: &Adapter| side.pc.signaling_state() == SignalingState::Stable;
        is_stable(alice) && is_stable(bob) && bob.pc.local_description().is_some()
    });
    assert!(done.is_some());
    assert_eq!(sockets(&scene), [1, 1]);
    scene.run_for(GATHERED);
    let connected = |side: &Adapter| side.pc.connection_state().as_str() == "connected";
    assert!(connected(scene.alice()) && connected(scene.bob()));
    scene.offer(scene.alice);
    scene.run_for(GATHERED);
    assert_eq!(sockets(&scene), [1, 1]);
}

/// Trickle B24: crates/rill-peer/src/peer_connection/configure.rs: `self.fill_pool(now);` => `{}`
/// Trickle B24: crates/rill-peer/src/peer_connection/pool.rs: `while self.pool.transports.len() > wanted {` => `while false {`
#[test]
fn b24_the_size_counts_at_once_and_within_bounds() {
    let mut scene = pooling([0, 0]);
    for (size, sockets) in [(2, 2), (1, 1), (255, 8), (0, 0), (1, 1)] {
        let change = |wanted: &mut Configuration| wanted.ice_candidate_pool_size = size;
        configure(&mut scene.sim, scene.alice, change);
        scene.run_for(AT_ONCE);
        assert_eq!(
            scene.alice().driver.sockets().len(),
            sockets,
            "{size} were asked for"
        );
        let configuration = scene.alice().pc.configuration();
        assert_eq!(configuration.ice_candidate_pool_size, size);
    }
    scene.run_for(GATHERED);
    offer(&mut scene);
    assert_eq!(kinds(scene.alice()), some(&["host", "srflx"]));
}

/// Trickle B24: crates/rill-peer/src/peer_connection/configure.rs: `self.renew_pool(now);` => `{}`
#[test]
fn b24_other_servers_gather_the_pool_anew() {
    // While it gathers, and after.
    for wait in [Duration::ZERO, AT_ONCE, GATHERED] {
        let mut scene = pooling([1, 0]);
        scene.run_for(wait);
        configure(&mut scene.sim, scene.alice, |wanted| {
            wanted.ice_servers[0].urls = vec!["stun:192.0.2.3".to_owned()];
        });
        scene.run_for(GATHERED);
        assert_eq!(scene.alice().driver.sockets().len(), 1);
        offer(&mut scene);
        assert_eq!(kinds(scene.alice()), some(&["host", "srflx"]));
        let told = scene.alice().diary.candidates();
        let urls: Vec<_> = told.iter().filter_map(|told| told.url.as_deref()).collect();
        assert_eq!(urls, ["stun:192.0.2.3"]);
        assert!(scene.alice().pc.transports().len() == 1);
    }
}

/// A remote offer may have given the transport to a section by then.
#[test]
fn b24_other_servers_count_for_a_section_that_is_not_answered() {
    let mut scene = pooling([0, 1]);
    offer(&mut scene);
    let given = scene.alice().pc.local_description().expect("applied");
    let now = scene.sim.now();
    let bob = scene.sim.endpoint_mut(scene.bob);
    *bob = Adapter::new(bob.driver.host.clone(), peer(now, 1), bob.manner);
    scene.run_for(GATHERED);
    let set = |side: &mut Adapter, now| side.pc.set_remote_description(now, &given);
    scene.sim.with(scene.bob, set).expect("it fits");
    configure(&mut scene.sim, scene.bob, |wanted| {
        wanted.ice_servers.clear();
    });
    scene.run_for(GATHERED);
    assert_eq!(scene.bob().driver.sockets().len(), 1);
    let set = |side: &mut Adapter, now| side.pc.set_local_description(now, None);
    scene.sim.with(scene.bob, set).expect("it fits");
    scene.run_for(AT_ONCE);
    let words = scene.bob().diary.words();
    assert!(
        !words.iter().any(|word| word.starts_with("server")),
        "{words:?}"
    );
    assert_eq!(kinds(scene.bob()), some(&["host"]));
}

/// Trickle B24: crates/rill-peer/src/peer_connection/describe.rs: `self.fill_pool(now);` => `{}`
#[test]
fn b24_a_rollback_is_no_exchange() {
    let mut scene = pooling([1, 0]);
    scene.run_for(GATHERED);
    offer(&mut scene);
    assert_eq!(scene.alice().driver.sockets().len(), 1);
    scene.roll_back(scene.alice);
    scene.run_for(GATHERED);
    assert_eq!(scene.alice().driver.sockets().len(), 1, "another");
    let before = kinds(scene.alice()).len();
    scene.offer(scene.alice);
    scene.run_for(AT_ONCE);
    assert_eq!(kinds(scene.alice())[before..], some(&["host", "srflx"]));
}

fn relaying(policy: IceTransportPolicy) -> Scene {
    let mut setting = Setting::default();
    let configuration = &mut setting.configurations[0];
    configuration.ice_transport_policy = policy;
    configuration.ice_candidate_pool_size = 1;
    configuration.ice_servers = ["stun:192.0.2.1", "turn:192.0.2.2"]
        .map(|url| IceServer {
            urls: vec![url.to_owned()],
            username: Some("user".to_owned()),
            credential: Some("secret".to_owned()),
        })
        .into();
    build(setting)
}

/// Trickle B23: crates/rill-ice/src/agent/ahead.rs: `session.keep_relayed(&mut self.ctx);` => `{}`
#[test]
fn b23_the_policy_filters_what_is_gathered_ahead() {
    let mut scene = relaying(IceTransportPolicy::All);
    scene.run_for(GATHERED);
    configure(&mut scene.sim, scene.alice, |wanted| {
        wanted.ice_transport_policy = IceTransportPolicy::Relay;
    });
    offer(&mut scene);
    assert_eq!(kinds(scene.alice()), some(&["relay"]), "and at once");
    scene.run_for(LONG);
    let sdp = scene.alice().pc.local_description().expect("applied").sdp;
    for address in ["10.0.0.1", HOME] {
        assert!(!sdp.contains(address), "{sdp}");
    }
}

/// Under the policy `relay` the pool asks no other server; what is missing is gathered as usual.
/// Trickle B23: crates/rill-ice/src/agent/ahead.rs: `if session.gatherer.ahead && session.gatherer.policy != policy {` => `if false {`
#[test]
fn b23_what_the_policy_kept_from_the_pool_is_gathered_as_usual() {
    for changed in [Duration::ZERO, GATHERED] {
        let mut scene = relaying(IceTransportPolicy::Relay);
        scene.run_for(changed);
        configure(&mut scene.sim, scene.alice, |wanted| {
            wanted.ice_transport_policy = IceTransportPolicy::All;
        });
        offer(&mut scene);
        scene.run_for(GATHERED);
        let mut told = kinds(scene.alice());
        told.sort();
        assert_eq!(told.len(), 4, "{told:?}");
        assert_eq!(scene.alice().driver.sockets().len(), 1);
    }
}

#[test]
fn a_pooled_connection_connects_and_closes() {
    let mut scene = pooling([2, 255]);
    scene.run_for(GATHERED);
    let channel = scene.connect();
    scene.check_echo(&channel);
    for size in [1, 8] {
        let mut scene = pooling([size, size]);
        scene.run_for(AT_ONCE);
        for host in scene.hosts() {
            scene.sim.with(host, |side, now| side.pc.close(now));
        }
        scene.run_for(GATHERED);
        assert_eq!(
            scene.alice().driver.sockets().len() + scene.bob().driver.sockets().len(),
            0
        );
    }
}
