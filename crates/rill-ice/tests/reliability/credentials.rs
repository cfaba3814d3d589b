//! Credentials are used once.

use std::collections::BTreeSet;
use std::time::Duration;

use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng};
use rill_ice::{Agent, Config, Credentials, Received, Role};

use super::attacker::{check, connected, credentials, feed, source};
use crate::node::LONG;
use crate::scene::Setting;

/// RFC 8839 §5.4.
fn is_ice_char(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || ['+', '/'].contains(&letter)
}

/// Reliability 9: crates/rill-ice/src/credentials.rs: `const UFRAG_LENGTH: usize = 8;` => `const UFRAG_LENGTH: usize = 3;`
/// Reliability 9: crates/rill-ice/src/credentials.rs: `const PASSWORD_LENGTH: usize = 24;` => `const PASSWORD_LENGTH: usize = 21;`
#[test]
fn ten_thousand_credentials_are_long_even_and_all_different() {
    let mut rng = ChaCha20Rng::seed_from_u64(2026);
    let (mut ufrags, mut passwords, mut letters) =
        (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
    for _ in 0..10_000 {
        let Credentials { ufrag, pwd } = Credentials::generate(&mut rng);
        // Six bits a letter.
        assert!(ufrag.len() * 6 >= 24 && ufrag.len() <= 256, "{ufrag}");
        assert!(pwd.len() * 6 >= 128 && pwd.len() <= 256);
        assert!(ufrag.chars().chain(pwd.chars()).all(is_ice_char));
        letters.extend(pwd.char_indices());
        assert!(ufrags.insert(ufrag) && passwords.insert(pwd), "once before");
    }
    // Each of the 64 letters at each place.
    let length = passwords.first().expect("there are some").len();
    assert_eq!(letters.len(), 64 * length);
}

/// Reliability 9: crates/rill-ice/src/context.rs: `claim: Claim::new(role, &mut rng),`
#[test]
fn every_transport_of_every_agent_has_its_own() {
    let mut seen = BTreeSet::new();
    for seed in 0..100 {
        let rng = ChaCha20Rng::seed_from_u64(seed);
        let mut agent = Agent::new(Config::default(), Role::Controlling, rng);
        for _ in 0..4 {
            let id = agent.add_transport();
            let (_, own) = agent.local_credentials(id).expect("it exists");
            assert!(seen.insert(own.ufrag.clone()) && seen.insert(own.pwd.clone()));
        }
    }
}

/// Reliability 9: crates/rill-ice/src/agent/restart.rs: `transport.retain(&mut self.ctx, |other| other != key);` => ``
#[test]
fn after_a_restart_the_old_ones_open_nothing() {
    let mut scene = connected(Setting::default());
    let old = credentials(scene.node(scene.alice));
    let old_peer = scene.node(scene.bob).ufrag.clone().expect("it started");
    let old_path = {
        let node = scene.node(scene.alice);
        node.agent.route(node.transport).expect("connected")
    };
    for host in [scene.alice, scene.bob] {
        scene.sim.with(host, |node, now| {
            node.restart(now);
            node.agent.confirm_restart(now, node.transport);
        });
    }
    scene.run_for(LONG / 4);
    scene.check_agreement();
    let peer = scene.node(scene.bob).ufrag.clone().expect("it started");
    let alice = scene.alice;
    scene.sim.with(alice, |node, now| {
        let new = credentials(node);
        assert_ne!((&new.ufrag, &new.pwd), (&old.ufrag, &old.pwd));
        let half_new = Credentials {
            ufrag: new.ufrag.clone(),
            ..old.clone()
        };
        for forged in [&old, &half_new] {
            for peer in [&old_peer, &peer] {
                let bytes = check(forged, peer, 1, |writer| writer.ice_controlled(1));
                assert_eq!(feed(node, now, source(1), &bytes), Received::Dropped);
                let mut bytes = bytes;
                let received = node.agent.handle_datagram(now, old_path, &mut bytes);
                assert_eq!(received, Received::Dropped);
            }
        }
        // Nor does the peer's old name do with our new ones.
        let bytes = check(&new, &old_peer, 1, |writer| writer.ice_controlled(1));
        assert_eq!(feed(node, now, source(1), &bytes), Received::Dropped);
        let bytes = check(&new, &peer, 1, |writer| writer.ice_controlled(1));
        assert_eq!(feed(node, now, source(1), &bytes), Received::Consumed);
    });
    scene.run_for(Duration::from_secs(1));
}
