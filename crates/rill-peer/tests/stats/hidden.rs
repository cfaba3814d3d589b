//! Addresses that are nobody's business are in no report.

use std::time::Duration;

use rill_peer::{Configuration, HostAddresses, IceTransportPolicy, Kind};

use crate::{
    reading::{locals, remotes, selected},
    scene::{ALICE, BOB, HOME, INSIDE, Scene, TURN, asking, plaintext},
};

fn named() -> Configuration {
    Configuration {
        host_addresses: HostAddresses::Mdns,
        ..plaintext()
    }
}

#[test]
fn a_relaying_policy_shows_nothing_but_relays() {
    let relaying = || Configuration {
        ice_transport_policy: IceTransportPolicy::Relay,
        ..asking(TURN)
    };
    let mut scene = Scene::at_home([relaying(), relaying()]);
    scene.connect();
    scene.run_for(Duration::from_secs(5));
    for host in scene.hosts() {
        let report = scene.stats(host);
        let text = format!("{report:?}");
        for address in [INSIDE, HOME, BOB] {
            assert!(!text.contains(address), "{address} in {report:#?}");
        }
        assert_eq!(selected(&report).2.candidate_type, Kind::Relayed);
    }
}

#[test]
fn names_stand_for_the_addresses_of_both_sides() {
    let mut scene = Scene::new([named(), named()]);
    scene.connect();
    scene.run_for(Duration::from_secs(5));
    for host in scene.hosts() {
        let report = scene.stats(host);
        let text = format!("{report:?}");
        for address in [ALICE, BOB] {
            assert!(!text.contains(address), "{address} in {report:#?}");
        }
        let (.., local, remote) = selected(&report);
        for candidate in [local, remote] {
            let name = candidate.address.expect("the name was signalled");
            assert!(name.ends_with(".local"), "{name}");
        }
        assert_eq!(
            remotes(&report).len(),
            1,
            "a name and its address are one candidate"
        );
    }
}

/// What a NAT shows of a host that hides is no less its address.
#[test]
fn what_the_peer_saw_of_a_hidden_host_is_not_told() {
    let mut scene = Scene::at_home([named(), plaintext()]);
    scene.connect();
    scene.run_for(Duration::from_secs(5));
    let report = scene.stats(scene.alice);
    let (.., local, _) = selected(&report);
    assert_eq!(local.candidate_type, Kind::PeerReflexive);
    assert_eq!(local.address, None);
    let text = format!("{report:?}");
    for address in [INSIDE, HOME] {
        assert!(!text.contains(address), "{address} in {report:#?}");
    }
    assert!(!locals(&report).is_empty());
}

/// webrtc-stats, `RTCIceCandidateStats`: null until the application gives it.
#[test]
fn an_address_that_was_never_signalled_is_null() {
    let mut scene = Scene::new([plaintext(), plaintext()]);
    scene.withholds = true;
    scene.connect();
    scene.run_for(Duration::from_secs(1));
    let (.., remote) = selected(&scene.stats(scene.bob));
    assert_eq!(remote.candidate_type, Kind::PeerReflexive);
    assert_eq!(remote.address, None);
    assert_ne!(remote.port, 0);
    let before = selected(&scene.stats(scene.bob)).1.remote_candidate;

    scene.release();
    scene.run_for(Duration::from_secs(1));
    let (_, pair, _, remote) = selected(&scene.stats(scene.bob));
    assert_eq!(remote.address.as_deref(), Some(ALICE));
    assert_eq!(remote.candidate_type, Kind::Host);
    assert_eq!(pair.remote_candidate, before, "it is the same candidate");
}
