//! Servers that were needed and did not help.

use rill_peer::{Cause, TransportState};
use rill_sim::{Firewall, StunServer, TurnManner, TurnServer};

use crate::scene::{BOB, SECOND, STUN, Scene, Setting, TURN_URL, ip, server, turn_server};

/// Nothing but a relay would help.
fn needing(url: &str) -> Setting {
    Setting::open().behind_symmetric_nats().asking(url)
}

fn said(setting: Setting, turn: TurnServer) -> (Scene, String) {
    let mut scene = setting.build();
    scene.add_turn(turn);
    let said = scene.after(20 * SECOND);
    (scene, said)
}

#[test]
fn the_password_is_wrong() {
    let expected = "The TURN server turn:192.0.2.2 answered 401: wrong username or password?";
    let mut setting = Setting::open().behind_symmetric_nats();
    setting.configurations[0].ice_servers = vec![server(TURN_URL, "wrong")];
    let (mut scene, first) = said(setting.clone(), turn_server());
    assert_eq!(first, expected);
    scene.run(60 * SECOND);
    assert_eq!(scene.alices(), expected, "after the failure too");
    assert_eq!(
        said(setting.relay_only(), turn_server()).1,
        expected,
        "with nothing but relays"
    );
}

#[test]
fn the_servers_refusal_is_repeated() {
    assert_eq!(
        said(needing(TURN_URL), turn_server().quota(0)).1,
        "The TURN server turn:192.0.2.2 refused (486): this user has as many allocations on the TURN server as it grants: close some, or wait a minute."
    );
    let closed = TurnManner::Refusing {
        code: 500,
        reason: "Server Error".to_owned(),
    };
    let (_, refused) = said(needing(TURN_URL), turn_server().manner(closed));
    assert!(
        refused.starts_with("The TURN server turn:192.0.2.2 refused (500)"),
        "{refused}"
    );
}

#[test]
fn the_server_is_silent_while_others_answer() {
    let stun = format!("stun:{STUN}");
    let mut scene = needing(TURN_URL).asking(&stun).build();
    scene.add_turn(turn_server().manner(TurnManner::Silent));
    scene.add_stun(StunServer::new(STUN.parse().expect("a literal address")));
    assert_eq!(
        scene.after(20 * SECOND),
        "The TURN server turn:192.0.2.2 does not answer: check its address, port and transport, and firewalls."
    );
}

#[test]
fn the_name_is_not_resolved() {
    let mut scene = needing("turn:turn.exmaple").build();
    assert_eq!(
        scene.after(20 * SECOND),
        "The name of the TURN server turn:turn.exmaple was not resolved (no such name: turn.exmaple): check its spelling, and DNS."
    );
}

#[test]
fn the_certificate_is_of_another_name() {
    let mut scene = needing("turns:turn.example:443").build();
    let tls = "192.0.2.2:443".parse().expect("a literal address");
    scene.name("turn.example", SECOND / 50, "192.0.2.2");
    scene.add_turn(turn_server().listening_for_tls_at(tls, "other.example"));
    assert_eq!(
        scene.after(20 * SECOND),
        "The certificate of the TURN server turns:turn.example:443 is not trusted (the certificate is for other.example): correct it, or name the server as its certificate does."
    );
}

#[test]
fn the_certificate_has_expired() {
    let mut scene = needing("turns:turn.example:443").build();
    let tls = "192.0.2.2:443".parse().expect("a literal address");
    scene.name("turn.example", SECOND / 50, "192.0.2.2");
    let server = turn_server().listening_for_tls_at(tls, "turn.example");
    scene.add_turn(server.expired());
    assert_eq!(
        scene.after(20 * SECOND),
        "The certificate of the TURN server turns:turn.example:443 has expired (the certificate expired): renew it, or correct this machine's clock."
    );
}

#[test]
fn the_server_refuses_connections() {
    let mut scene = needing("turn:192.0.2.2:99?transport=tcp").build();
    scene.add_turn(turn_server());
    assert_eq!(
        scene.after(20 * SECOND),
        "The TURN server turn:192.0.2.2:99?transport=tcp could not be used (the connection was refused): check its port and transport, and firewalls."
    );
}

#[test]
fn the_server_is_of_another_family() {
    let mut scene = needing("turn:[2001:db8::2]").build();
    let turn = "[2001:db8::2]:3478".parse().expect("a literal address");
    scene.add_turn(TurnServer::new(turn).user("alice", "secret"));
    assert_eq!(
        scene.after(20 * SECOND),
        "The TURN server turn:[2001:db8::2] has no address of a family that this machine has: use a server with both IPv4 and IPv6."
    );
}

#[test]
fn the_server_does_not_relay_to_the_peer() {
    let setting = Setting::open().asking(TURN_URL).relay_only();
    let mut scene = setting.build();
    scene.add_turn(turn_server().denying(ip(BOB)));
    let expected = "The TURN server turn:192.0.2.2 refused to relay to the peer's address 198.51.100.2 (403): its rules forbid it; ask its operator, or use another server.";
    assert_eq!(scene.after(2 * SECOND), expected);
    let diagnosis = scene.diagnosis(scene.alice);
    let report = &diagnosis.transports[0].ice;
    assert_eq!(report.state, TransportState::Failed, "nobody can come");
    let json = diagnosis.to_json();
    assert!(json.contains("\"code\":403"), "{json}");
    scene.run(60 * SECOND);
    assert_eq!(scene.alices(), expected);
}

/// One peer that it relays to is enough to ask elsewhere for the fault.
#[test]
fn a_refusal_for_one_of_two_addresses_is_not_blamed() {
    let mut setting = Setting::open().asking(TURN_URL).relay_only();
    setting.addresses[1].push(ip("198.51.100.3"));
    let mut scene = setting.build();
    scene.add_turn(turn_server().denying(ip(BOB)));
    let firewall = Firewall::udp_blocked();
    scene.sim.set_host_firewall(scene.bob, firewall);
    let said = scene.after(60 * SECOND);
    assert!(
        matches!(
            scene.diagnosis(scene.alice).cause,
            Cause::Unanswered { relayed: true, .. }
        ),
        "{said}"
    );
}

#[test]
fn the_server_dies_under_a_connection() {
    let setting = Setting::open().asking("turn:192.0.2.2?transport=tcp");
    let mut scene = setting.relay_only().build();
    let server = scene.add_turn(turn_server());
    let said = scene.after(5 * SECOND);
    assert!(said.starts_with("Connected through"), "{said}");
    scene.sim.turn_server_mut(server).kill();
    scene.run(SECOND);
    let expected = "The TURN server turn:192.0.2.2?transport=tcp forgot the relay that it had granted: it was restarted, or the connection to it broke; restart ICE.";
    assert_eq!(scene.alices(), expected);
    scene.run(60 * SECOND);
    assert_eq!(scene.alices(), expected);
}

#[test]
fn the_only_stun_server_refuses() {
    let stun = format!("stun:{STUN}");
    let mut scene = needing(&stun).build();
    let refusing = StunServer::new(STUN.parse().expect("a literal address"));
    scene.add_stun(refusing.refusing(500, "Server Error"));
    assert_eq!(
        scene.after(20 * SECOND),
        "The STUN server stun:192.0.2.1:3478 refused (500): Server Error."
    );
}

#[test]
fn a_server_that_works_is_not_blamed() {
    let mut setting = Setting::open()
        .at_home()
        .asking("turn:192.0.2.2?transport=tcp");
    setting.configurations[0]
        .ice_servers
        .push(server("turn:turn.exmaple", "secret"));
    setting.firewalls[0] = Firewall::udp_blocked();
    let (scene, said) = said(setting, turn_server());
    assert!(
        said.starts_with(
            "Connected through the TURN server turn:192.0.2.2?transport=tcp, from 192.0.2.2:"
        ),
        "{said}"
    );
    let servers = &scene.diagnosis(scene.alice).transports[0].ice.generations[0].servers;
    assert_eq!(servers.len(), 2);
    assert!(!matches!(
        scene.diagnosis(scene.bob).cause,
        Cause::Server(_)
    ));
}
