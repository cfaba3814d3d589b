//! Names of multicast DNS in the place of host addresses.

use std::time::Duration;

use rill_peer::{Event, HostAddresses, RelayProtocol};

use crate::{
    scene::{ROUND_TRIP, Setting, ip},
    signal::{Signal, Tamper, with_name},
};

const SERVER: &str = "192.0.2.1:3478";
const NAME: &str = "3d0e8f2c-5a4b-4c3d-9e8f-0a1b2c3d4e5f.local";

/// The first candidate comes under a name.
fn naming_the_first() -> Tamper {
    let mut is_first = true;
    Box::new(move |signal| {
        Some(match signal {
            Signal::Candidate(Some(mut init)) if std::mem::take(&mut is_first) => {
                init.candidate = with_name(&init.candidate);
                Signal::Candidate(Some(init))
            }
            other => other,
        })
    })
}

/// Trickle B21: crates/rill-ice/src/agent/local.rs: `ctx.requests.register_name(self.key, base, name);`
/// Trickle B21: crates/rill-ice/src/agent/servers.rs: `related: Some(ctx.shown(base.address)),` => `related: Some(base.address),`
#[test]
fn b21_hidden_hosts_have_names_and_blank_related_addresses() {
    let mut setting = Setting::secure();
    setting.servers[0] = vec!["stun:192.0.2.1"];
    setting.configurations[0].host_addresses = HostAddresses::Mdns;
    let mut scene = setting.build_at_home(&[]);
    scene.add_server(SERVER);
    let channel = scene.connect();
    scene.run_for(Duration::from_secs(1));
    let sdp = scene.alice().pc.local_description().expect("applied").sdp;
    let lines: Vec<&str> = sdp
        .lines()
        .filter(|line| line.starts_with("a=candidate:"))
        .collect();
    assert_eq!(lines.len(), 2, "{sdp}");
    assert!(
        lines[0].contains(".local ") && lines[0].ends_with("typ host"),
        "{sdp}"
    );
    assert!(
        lines[1].contains("typ srflx raddr 0.0.0.0 rport 0"),
        "{sdp}"
    );
    assert!(!sdp.contains("10.0.0.1"), "{sdp}");
    for event in scene.alice().diary.events() {
        if let Event::IceCandidate(Some(candidate)) = event {
            assert!(!candidate.candidate.contains("10.0.0.1"), "{candidate:?}");
            assert_eq!(candidate.relay_protocol, None::<RelayProtocol>);
        }
    }
    scene.check_echo(&channel);
}

/// Trickle F19: crates/rill-ice/src/agent/remote.rs: `session.look_up(&mut self.ctx, candidate);`
#[test]
fn f19_a_name_that_takes_long_delays_nothing() {
    let mut setting = Setting::secure();
    setting.addresses[1].push(ip("198.51.100.3"));
    let mut scene = setting.build();
    let names = scene.sim.endpoint_mut(scene.alice).driver.host.names_mut();
    names.insert(NAME, Duration::from_secs(3), [ip("198.51.100.2")]);
    scene.tamper[1] = naming_the_first();
    let channel = scene.connect();
    assert!(channel.time <= ROUND_TRIP * 6, "{:?}", channel.time);
    let signalled: Vec<String> = scene
        .alice()
        .pc
        .remote_description()
        .expect("applied")
        .sdp
        .lines()
        .filter(|line| line.starts_with("a=candidate:"))
        .map(str::to_owned)
        .collect();
    assert!(signalled[0].contains(NAME), "{signalled:?}");
    assert!(!signalled[1].contains(NAME), "{signalled:?}");
    scene.check_echo(&channel);
}
