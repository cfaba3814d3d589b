//! This side has nothing to connect from.

use std::time::Duration;

use rill_peer::{Family, HostAddresses};
use rill_sim::StunServer;

use crate::scene::{SECOND, STUN, Setting, TURN_URL, turn_server};

#[test]
fn the_machine_has_no_address() {
    let mut setting = Setting::open();
    setting.addresses[0].clear();
    assert_eq!(
        setting.build().after(5 * SECOND),
        "This machine has no network address to connect from: check its network, and what the configuration excludes."
    );
}

#[test]
fn the_configuration_excludes_every_address() {
    let mut setting = Setting::open();
    setting.configurations[0].reach.family = Some(Family::V6);
    assert_eq!(
        setting.build().after(5 * SECOND),
        "This machine has no network address to connect from: check its network, and what the configuration excludes."
    );
}

#[test]
fn own_names_are_not_taken() {
    let mut setting = Setting::open();
    setting.configurations[0].host_addresses = HostAddresses::Mdns;
    let mut scene = setting.build();
    scene.sim.endpoint_mut(scene.alice).multicast = false;
    scene.tamper[1] = Box::new(|signal| match signal {
        crate::adapter::Signal::Description(_) => Some(signal),
        crate::adapter::Signal::Candidate(_) => None,
    });
    assert_eq!(
        scene.after(5 * SECOND),
        "Our addresses are hidden behind .local names, and multicast DNS does not take them: allow multicast, or use plain host addresses."
    );
}

#[test]
fn a_server_is_still_awaited() {
    let mut scene = Setting::open().asking(TURN_URL).relay_only().build();
    scene.add_turn(turn_server().manner(rill_sim::TurnManner::Silent));
    assert_eq!(
        scene.after(SECOND),
        "Candidates of this side are still being gathered, and turn:192.0.2.2 has not answered yet: wait a little."
    );
}

#[test]
fn only_relays_are_allowed_and_there_is_none() {
    let stun = format!("stun:{STUN}");
    let mut scene = Setting::open().asking(&stun).relay_only().build();
    scene.add_stun(StunServer::new(STUN.parse().expect("a literal address")));
    assert_eq!(
        scene.after(Duration::from_secs(5)),
        "Only relayed candidates may be used, and no TURN server is configured: configure one, or allow all candidates."
    );
}
