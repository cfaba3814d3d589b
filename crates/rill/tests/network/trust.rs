//! Whose certificates are taken from TURN servers (RFC 8489 §6.2.3).

use rill::{IceCandidateError, IceGatheringState, TlsTrust};

use crate::{
    coturn::{Coturn, Setup},
    peer::Peer,
};

/// What comes of asking over TLS with this trust: a relayed candidate, or an error.
async fn asked(server: &Coturn, trust: TlsTrust) -> Result<(), IceCandidateError> {
    let mut configuration = server.relay_only("tls");
    configuration.tls_trust = trust;
    let mut peer = Peer::alone(configuration).await;
    peer.event(|event| match event {
        rill::Event::IceCandidate(Some(candidate))
            if candidate.candidate.contains(" typ relay ") =>
        {
            Some(Ok(()))
        }
        rill::Event::IceCandidateError(error) => Some(Err(error)),
        rill::Event::IceGatheringStateChange(IceGatheringState::Complete) => {
            panic!("neither a candidate nor an error")
        }
        _ => None,
    })
    .await
}

fn is_refused(outcome: Result<(), IceCandidateError>, server: &Coturn, why: &str) {
    let error = outcome.expect_err("it must not be trusted");
    assert_eq!((error.code, &error.url), (701, &server.url("tls")));
    assert!(error.text.contains("certificate"), "{error:?}");
    assert!(error.text.contains(why), "{error:?}");
}

/// Reliability 16: crates/rill/src/driver/tls.rs: `TlsTrust::Platform => Arc::new(Verifier::new(Arc::clone(&provider))?),` => `TlsTrust::Platform => Arc::new(Anyone(Arc::clone(&provider))),`
#[tokio::test]
async fn a_certificate_of_nobody_known_is_refused_unless_its_root_or_anyone_is_trusted() {
    let Some(server) = Coturn::start("").await else {
        return;
    };
    is_refused(
        asked(&server, TlsTrust::Platform).await,
        &server,
        "UnknownIssuer",
    );
    assert_eq!(asked(&server, server.roots()).await, Ok(()));
    assert_eq!(asked(&server, TlsTrust::Anyone).await, Ok(()));
}

/// Reliability 16: crates/rill/src/driver/tls.rs: `.with_custom_certificate_verifier(verifier)` => `.with_custom_certificate_verifier({ drop(verifier); Arc::new(Anyone(Arc::new(aws_lc_rs::default_provider()))) })`
#[tokio::test]
async fn a_certificate_for_another_name_is_refused_unless_anyone_is_trusted() {
    let setup = Setup::on_loopback("").certified_as("turn.example.org");
    let Some(server) = setup.start().await else {
        return;
    };
    is_refused(
        asked(&server, server.roots()).await,
        &server,
        "not valid for name",
    );
    assert_eq!(asked(&server, TlsTrust::Anyone).await, Ok(()));
}

/// Reliability 16: crates/rill/src/driver/tls.rs: `.with_custom_certificate_verifier(verifier)` => `.with_custom_certificate_verifier({ drop(verifier); Arc::new(Anyone(Arc::new(aws_lc_rs::default_provider()))) })`
#[tokio::test]
async fn an_expired_certificate_is_refused_unless_anyone_is_trusted() {
    let Some(server) = Setup::on_loopback("").expired().start().await else {
        return;
    };
    is_refused(
        asked(&server, server.roots()).await,
        &server,
        "certificate expired",
    );
    assert_eq!(asked(&server, TlsTrust::Anyone).await, Ok(()));
}
