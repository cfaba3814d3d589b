//! Allocating: what is asked for, what is given, what is refused.

use std::net::SocketAddr;
use std::time::Duration;

use rill_ice::turn::{Client, Config, Event, Failure, Families, Timing};
use rill_stun::{AddressFamily, Class, Method, TransactionId, Writer};

use crate::scene::{Scene, config};
use crate::server::{Protection, Server, address};

fn relayed(scene: &mut Scene) -> Vec<SocketAddr> {
    match scene.event() {
        Some(Event::Allocated { relayed, .. }) => relayed,
        other => panic!("no allocation: {other:?}"),
    }
}

#[test]
fn the_first_request_has_no_credentials_and_the_second_does() {
    let mut scene = Scene::new(Server::new());
    scene.settle();
    let event = Event::Allocated {
        relayed: vec![address("192.0.2.15:50000"), address("[2001:db8::15]:50001")],
        mapped: address("198.51.100.7:1234"),
        lifetime: Duration::from_secs(600),
    };
    assert_eq!(scene.event(), Some(event));
    assert_eq!(scene.sent.len(), 2);
    let first = crate::scene::parse(&scene.sent[0].1);
    assert_eq!(first.method(), Method::ALLOCATE);
    assert_eq!(
        (first.username(), first.realm(), first.integrity_algorithm()),
        (None, None, None)
    );
    assert_ne!(first.transaction_id(), scene.last().transaction_id());
    assert_eq!(
        scene.last().additional_address_family(),
        Some(AddressFamily::V6)
    );
}

#[test]
fn families_are_asked_for_one_by_one() {
    let mut scene = Scene::families(Server::new(), Families::V4);
    scene.settle();
    assert_eq!(relayed(&mut scene), [address("192.0.2.15:50000")]);
    assert_eq!(scene.last().requested_address_family(), None);
    assert_eq!(scene.last().additional_address_family(), None);
    let mut scene = Scene::families(Server::new(), Families::V6);
    scene.settle();
    assert_eq!(relayed(&mut scene), [address("[2001:db8::15]:50001")]);
    assert_eq!(
        scene.last().requested_address_family(),
        Some(AddressFamily::V6)
    );
}

#[test]
fn addresses_that_nobody_asked_for_are_left_out() {
    let mut server = Server::new();
    server.generous = true;
    let mut scene = Scene::families(server, Families::V6);
    scene.settle();
    assert_eq!(relayed(&mut scene), [address("[2001:db8::15]:50001")]);
}

#[test]
fn one_family_of_two_may_be_missing() {
    for code in [440, 508] {
        let mut server = Server::new();
        server.lacks = Some((AddressFamily::V6, code));
        let mut scene = Scene::new(server);
        scene.settle();
        assert_eq!(relayed(&mut scene), [address("192.0.2.15:50000")]);
        assert_eq!(
            scene.count(Method::ALLOCATE),
            2,
            "the other is not asked for again"
        );
    }
}

#[test]
fn a_server_that_refuses_two_families_is_asked_for_ipv4_once() {
    let mut server = Server::new();
    server.asks = false;
    server.refuse(Method::ALLOCATE, 440, 1);
    let mut scene = Scene::new(server);
    scene.settle();
    assert_eq!(relayed(&mut scene), [address("192.0.2.15:50000")]);
    let mut server = Server::new();
    server.asks = false;
    server.refuse(Method::ALLOCATE, 440, 9);
    let mut scene = Scene::new(server);
    scene.settle();
    let reason = "as told".into();
    assert_eq!(scene.failure(), Failure::Unsupported { code: 440, reason });
    assert_eq!(scene.count(Method::ALLOCATE), 2);
}

#[test]
fn errors_have_their_names() {
    for (code, failure) in [
        (403, Failure::Forbidden),
        (437, Failure::Mismatch),
        (486, Failure::Quota),
        (508, Failure::Capacity),
        (
            441,
            Failure::Unauthorized {
                code: 441,
                reason: "as told".into(),
            },
        ),
        (
            442,
            Failure::Unsupported {
                code: 442,
                reason: "as told".into(),
            },
        ),
        (
            420,
            Failure::Unsupported {
                code: 420,
                reason: "as told".into(),
            },
        ),
        (
            500,
            Failure::Rejected {
                code: 500,
                reason: "as told".into(),
            },
        ),
    ] {
        let mut scene = Scene::new(Server::new());
        // The challenge comes first, so that the error is authenticated.
        let mut buffer = Vec::new();
        assert!(scene.client.poll_transmit(scene.now, &mut buffer));
        let challenge = scene.server.answer(&buffer);
        scene.receive(&challenge);
        scene.server.refuse(Method::ALLOCATE, code, 1);
        scene.settle();
        assert_eq!(failure.code(), Some(code));
        assert_eq!(scene.failure(), failure);
        assert_eq!(scene.client.poll_timeout(), None, "it is over");
    }
}

#[test]
fn a_server_that_asks_nobody_is_used_without_credentials() {
    let mut server = Server::new();
    server.asks = false;
    let mut scene = Scene::allocated(server);
    assert_eq!(scene.count(Method::ALLOCATE), 1);
    scene.client.permit(scene.now, address("192.0.2.1:1").ip());
    scene.settle();
    assert!(matches!(scene.event(), Some(Event::Permitted(_))));
    assert_eq!(scene.last().integrity_algorithm(), None);
}

#[test]
fn the_alternate_server_is_told_and_nothing_else_done() {
    let mut server = Server::new();
    server.asks = false;
    server.refuse(Method::ALLOCATE, 300, 1);
    let to = address("192.0.2.99:3478");
    server.alternate = Some((to, Some("b.example.org")));
    let mut scene = Scene::new(server);
    scene.settle();
    let domain = Some("b.example.org".to_owned());
    assert_eq!(scene.event(), Some(Event::Redirected { to, domain }));
    assert_eq!(scene.event(), None);
    assert_eq!((scene.sent.len(), scene.client.poll_timeout()), (1, None));
}

#[test]
fn a_redirection_to_nowhere_is_a_refusal() {
    for alternate in [
        None,
        Some((address("0.0.0.0:3478"), None)),
        Some((address("192.0.2.9:0"), None)),
    ] {
        let mut server = Server::new();
        server.asks = false;
        server.refuse(Method::ALLOCATE, 300, 1);
        server.alternate = alternate;
        let mut scene = Scene::new(server);
        scene.settle();
        assert_eq!(scene.failure().code(), Some(300));
    }
}

#[test]
fn a_redirection_that_is_not_authenticated_is_ignored_once_there_is_a_key() {
    let mut server = Server::new();
    server.alternate = Some((address("192.0.2.99:3478"), None));
    server.protection = Protection::None;
    let mut scene = Scene::new(server);
    let mut buffer = Vec::new();
    assert!(scene.client.poll_transmit(scene.now, &mut buffer));
    let challenge = scene.server.answer(&buffer);
    scene.receive(&challenge);
    scene.server.refuse(Method::ALLOCATE, 300, 1);
    scene.settle();
    assert_eq!(scene.event(), None);
    scene.server.protection = Protection::Right;
    scene.pass_seconds(1);
    assert!(
        matches!(scene.event(), Some(Event::Allocated { .. })),
        "it was asked again"
    );
}

#[test]
fn an_allocation_without_addresses_is_given_back() {
    let spoils: [fn(&mut Server); 4] = [
        |server| server.relayed.clear(),
        |server| server.mapped = None,
        |server| server.relayed = vec![address("0.0.0.0:50000")],
        |server| server.relayed = vec![address("192.0.2.1:0")],
    ];
    for spoil in spoils {
        let mut server = Server::new();
        spoil(&mut server);
        let mut scene = Scene::new(server);
        scene.settle();
        assert!(matches!(scene.failure(), Failure::Protocol(_)));
        assert_eq!(scene.last().lifetime(), Some(0));
        assert!(!scene.server.allocated);
        assert_eq!((scene.event(), scene.client.poll_timeout()), (None, None));
    }
}

#[test]
fn an_attribute_that_must_be_understood_spoils_the_answer() {
    let mut server = Server::new();
    server.puzzle = true;
    let mut scene = Scene::new(server);
    scene.settle();
    assert!(matches!(scene.failure(), Failure::Protocol(what) if what.contains("0x7abc")));
}

#[test]
fn an_answer_to_nothing_or_by_another_method_is_dropped() {
    let mut scene = Scene::new(Server::new());
    let mut request = Vec::new();
    assert!(scene.client.poll_transmit(scene.now, &mut request));
    let id = crate::scene::parse(&request).transaction_id();
    for (method, id) in [
        (Method::ALLOCATE, TransactionId([0; 12])),
        (Method::REFRESH, id),
    ] {
        let mut answer = Vec::new();
        Writer::new(&mut answer, Class::Error, method, id)
            .error_code(486, "")
            .finish();
        assert_eq!(scene.receive(&answer), rill_ice::turn::Input::Dropped);
    }
    assert_eq!(scene.event(), None);
}

#[test]
fn software_and_lifetime_are_told_when_they_are_set() {
    let timing = Timing {
        lifetime: Some(Duration::from_secs(1200)),
        ..Timing::default()
    };
    let software = Some("rill".to_owned());
    let mut scene = Scene::with(
        Server::new(),
        Config {
            timing,
            software,
            ..config()
        },
    );
    scene.settle();
    assert_eq!(scene.last().lifetime(), Some(1200));
    assert_eq!(scene.last().software(), Some("rill"));
}

#[test]
fn a_username_that_no_message_can_carry_is_refused_at_once() {
    let config = Config::new(&"x".repeat(70_000), "");
    let mut scene = Scene::with(Server::new(), config);
    scene.settle();
    assert!(matches!(
        scene.failure(),
        Failure::Rejected { code: 400, .. }
    ));
    assert!(scene.sent.is_empty());
    assert_eq!(Client::max_overhead(), 51);
}
