//! Long-term credentials (RFC 8489 §9.2).

use rill_ice::turn::{Event, Failure};
use rill_stun::{Algorithm, Method, PasswordAlgorithm, SecurityFeatures};

use crate::scene::Scene;
use crate::server::{Protection, Server, address};

fn modern() -> Server {
    let mut server = Server::new();
    server.features = Some(SecurityFeatures {
        password_algorithms: true,
        username_anonymity: true,
    });
    let list = [PasswordAlgorithm::Md5, PasswordAlgorithm::Sha256].map(PasswordAlgorithm::encode);
    server.algorithms = Some(list.concat());
    server
}

fn outcome(server: Server) -> Scene {
    let mut scene = Scene::new(server);
    scene.pass_seconds(10);
    scene
}

#[test]
fn a_server_of_rfc_8489_gets_sha_256_and_the_hash_of_the_user() {
    let scene = Scene::allocated(modern());
    let request = scene.last();
    assert_eq!(
        request.password_algorithm(),
        Some(PasswordAlgorithm::Sha256)
    );
    assert_eq!(request.integrity_algorithm(), Some(Algorithm::HmacSha256));
    assert_eq!(request.username(), None);
    assert!(request.userhash().is_some());
}

#[test]
fn the_features_are_told_apart() {
    let mut server = modern();
    server.features = Some(SecurityFeatures {
        password_algorithms: true,
        username_anonymity: false,
    });
    server.algorithms = Some(PasswordAlgorithm::Md5.encode().to_vec());
    let scene = Scene::allocated(server);
    let request = scene.last();
    assert_eq!(request.password_algorithm(), Some(PasswordAlgorithm::Md5));
    assert_eq!(request.integrity_algorithm(), Some(Algorithm::HmacSha256));
    assert!(request.username().is_some() && request.userhash().is_none());
    let mut server = Server::new();
    server.features = Some(SecurityFeatures::default());
    let scene = Scene::allocated(server);
    assert_eq!(
        scene.last().integrity_algorithm(),
        Some(Algorithm::HmacSha1)
    );
}

#[test]
fn a_wrong_password_is_told_after_one_attempt() {
    let mut server = Server::new();
    server.password = "another";
    let mut scene = outcome(server);
    assert_eq!(scene.count(Method::ALLOCATE), 2);
    assert!(matches!(
        scene.failure(),
        Failure::Unauthorized { code: 401, .. }
    ));
}

#[test]
fn algorithms_removed_on_the_way_are_noticed() {
    let mut server = modern();
    server.algorithms = None;
    let mut scene = outcome(server);
    assert_eq!(scene.count(Method::ALLOCATE), 1, "no credentials are sent");
    assert!(matches!(scene.failure(), Failure::Protocol(_)));
}

#[test]
fn algorithms_that_cannot_be_used_are_not_answered() {
    for list in [vec![0, 9, 0, 0], vec![], [0, 2, 0, 0].repeat(15_000)] {
        let mut server = modern();
        server.algorithms = Some(list);
        let mut scene = outcome(server);
        assert_eq!(scene.count(Method::ALLOCATE), 1);
        assert!(matches!(scene.failure(), Failure::Protocol(_)));
    }
}

#[test]
fn any_answer_that_algorithms_were_removed_from_is_ignored() {
    let mut server = Server::new();
    server.stray_nonce = Some(b"obMatJos2gAAAnonce");
    let mut scene = Scene::new(server);
    scene.settle();
    assert_eq!(scene.event(), None);
    scene.server.stray_nonce = Some(b"obMatJos2AAAAnonce");
    scene.pass_seconds(1);
    assert!(matches!(scene.event(), Some(Event::Allocated { .. })));
}

#[test]
fn a_challenge_without_realm_or_nonce_ends_it() {
    let spoils: [fn(&mut Server); 2] = [
        |server| server.realm = vec![b'x'; 764],
        |server| server.nonce = vec![b'x'; 764],
    ];
    for spoil in spoils {
        let mut server = Server::new();
        spoil(&mut server);
        let mut scene = outcome(server);
        assert!(matches!(scene.failure(), Failure::Protocol(_)));
    }
}

#[test]
fn sha_1_does_not_answer_sha_256() {
    let mut server = modern();
    server.protection = Protection::Sha1;
    let mut scene = outcome(server);
    assert!(matches!(scene.failure(), Failure::Protocol(_)));
}

#[test]
fn a_stale_nonce_is_replaced_without_a_word() {
    let mut scene = Scene::allocated(Server::new());
    scene.server.nonce = b"second nonce".to_vec();
    let peer = address("192.0.2.1:1").ip();
    scene.client.permit(scene.now, peer);
    scene.settle();
    assert_eq!(scene.event(), Some(Event::Permitted(peer)));
    assert_eq!(scene.count(Method::CREATE_PERMISSION), 2);
    assert_eq!(scene.last().nonce(), Some(&b"second nonce"[..]));
}

#[test]
fn a_nonce_that_is_always_stale_ends_it() {
    let mut server = Server::new();
    server.refuse(Method::ALLOCATE, 438, 1000);
    let mut scene = outcome(server);
    assert_eq!(scene.count(Method::ALLOCATE), 5);
    assert!(matches!(
        scene.failure(),
        Failure::Rejected { code: 438, .. }
    ));
}

#[test]
fn another_realm_is_answered_with_another_key() {
    let mut scene = Scene::allocated(Server::new());
    scene.server.realm = b"example.net".to_vec();
    let peer = address("192.0.2.1:1").ip();
    scene.client.permit(scene.now, peer);
    scene.settle();
    assert_eq!(scene.event(), Some(Event::Permitted(peer)));
    assert_eq!(scene.last().realm(), Some(&b"example.net"[..]));
}

#[test]
fn a_later_challenge_does_not_weaken_the_protection() {
    let mut scene = Scene::allocated(modern());
    let list = scene.server.algorithms.take();
    scene.server.features = None;
    scene.server.nonce = b"a nonce without a cookie".to_vec();
    scene.client.permit(scene.now, address("192.0.2.1:1").ip());
    let mut buffer = Vec::new();
    assert!(scene.client.poll_transmit(scene.now, &mut buffer));
    let challenge = scene.server.answer(&buffer);
    scene.receive(&challenge);
    assert!(scene.client.poll_transmit(scene.now, &mut buffer));
    let retry = crate::scene::parse(&buffer);
    assert_eq!(retry.integrity_algorithm(), Some(Algorithm::HmacSha256));
    assert_eq!(
        retry
            .password_algorithms()
            .map(|list| list.as_bytes().to_vec()),
        list
    );
    assert!(retry.userhash().is_some());
}

#[test]
fn a_success_that_is_not_authenticated_is_no_success() {
    for protection in [Protection::None, Protection::WrongKey] {
        let mut server = Server::new();
        server.protection = protection;
        let mut scene = Scene::new(server);
        scene.settle();
        assert_eq!(scene.event(), None, "as if it had not come");
        scene.pass_seconds(10);
        assert!(
            matches!(scene.failure(), Failure::Protocol(what) if what.contains("authenticated"))
        );
        assert!(
            scene.count(Method::ALLOCATE) > 2,
            "it was asked again meanwhile"
        );
    }
}

#[test]
fn over_a_stream_such_a_success_ends_it_at_once() {
    let mut server = Server::new();
    server.protection = Protection::WrongKey;
    let mut scene = Scene::stream(server);
    scene.settle();
    assert!(matches!(scene.failure(), Failure::Protocol(_)));
}

#[test]
fn errors_that_are_not_authenticated_are_not_believed() {
    for code in [400, 403, 437, 486, 508] {
        let mut scene = Scene::allocated(Server::new());
        scene.server.protection = Protection::None;
        scene.server.refuse(Method::CREATE_PERMISSION, code, 1);
        let peer = address("192.0.2.1:1").ip();
        scene.client.permit(scene.now, peer);
        scene.settle();
        assert_eq!(scene.event(), None);
        scene.server.protection = Protection::Right;
        scene.pass_seconds(1);
        assert_eq!(scene.event(), Some(Event::Permitted(peer)));
    }
}

#[test]
fn a_bad_request_that_is_not_authenticated_is_not_believed_even_before_the_challenge() {
    let mut server = Server::new();
    server.refuse(Method::ALLOCATE, 400, 1);
    let mut scene = Scene::new(server);
    scene.settle();
    assert_eq!(scene.event(), None);
    scene.pass_seconds(1);
    assert!(matches!(scene.event(), Some(Event::Allocated { .. })));
}

#[test]
fn credentials_are_not_shown() {
    let scene = Scene::allocated(Server::new());
    let shown = format!("{:?} {:?}", scene.client, crate::scene::config());
    assert!(shown.contains("alice") && !shown.contains("wonderland"));
}
