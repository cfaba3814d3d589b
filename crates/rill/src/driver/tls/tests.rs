use std::io::{Read, Write};

use super::{
    super::{
        server::{Identity, NAME, Tls, serve},
        stream::Stream,
    },
    *,
};

/// Connects to a server with this identity by this name. What came of it here and there: the server's
/// side says with which protocol inside (RFC 7443 §3), or why not.
async fn connect(
    identity: &Identity,
    name: &str,
    trust: &TlsTrust,
) -> (Result<(), String>, Result<Option<Vec<u8>>, String>) {
    let accept = identity.accept();
    let (address, server) = serve(|socket| {
        let mut tls: Tls = accept(socket);
        let greeted = tls.write_all(b"x").and_then(|()| tls.flush());
        let heard = tls.read(&mut [0]);
        match greeted.and(heard) {
            Err(error) if error.to_string().contains("alert") => Err(error.to_string()),
            // The client says nothing and goes, politely or not.
            Ok(_) | Err(_) => Ok(tls.conn.alpn_protocol().map(<[u8]>::to_vec)),
        }
    });
    let connected = Stream::connect(address, Some(name.to_owned()), trust).await;
    let connected = connected.map(drop);
    (connected, server.join().expect("it only reports"))
}

async fn is_refused(identity: &Identity, name: &str, trust: &TlsTrust, why: &str) {
    let (here, there) = connect(identity, name, trust).await;
    let error = here.expect_err("it must not be trusted");
    assert!(
        error.contains("certificate") && error.contains(why),
        "{error}"
    );
    let alert = there.expect_err("the server is told");
    assert!(alert.contains("alert"), "{alert}");
}

async fn is_taken(identity: &Identity, name: &str, trust: &TlsTrust) {
    let (here, there) = connect(identity, name, trust).await;
    assert_eq!(here, Ok(()));
    assert_eq!(there, Ok(Some(TURN.to_vec())));
}

#[tokio::test]
async fn a_certificate_is_taken_from_whom_a_root_vouches_for() {
    let identity = Identity::new();
    is_taken(&identity, NAME, &identity.roots()).await;
}

/// Reliability 16: crates/rill/src/driver/tls.rs: `TlsTrust::Platform => Arc::new(Verifier::new(Arc::clone(&provider))?),` => `TlsTrust::Platform => Arc::new(Anyone(Arc::clone(&provider))),`
#[tokio::test]
async fn a_certificate_that_no_root_vouches_for_is_refused() {
    let identity = Identity::new();
    is_refused(&identity, NAME, &TlsTrust::Platform, "UnknownIssuer").await;
    // The names are the same.
    let impostor = Identity::new();
    is_refused(&identity, NAME, &impostor.roots(), "BadSignature").await;
}

/// Reliability 16: crates/rill/src/driver/tls.rs: `.with_custom_certificate_verifier(verifier)` => `.with_custom_certificate_verifier({ drop(verifier); Arc::new(Anyone(Arc::new(aws_lc_rs::default_provider()))) })`
#[tokio::test]
async fn a_certificate_for_another_name_is_refused() {
    let identity = Identity::new();
    let name = "other.example.org";
    is_refused(&identity, name, &identity.roots(), "not valid for name").await;
    is_refused(
        &identity,
        "127.0.0.1",
        &identity.roots(),
        "not valid for name",
    )
    .await;
}

/// Reliability 16: crates/rill/src/driver/tls.rs: `.with_custom_certificate_verifier(verifier)` => `.with_custom_certificate_verifier({ drop(verifier); Arc::new(Anyone(Arc::new(aws_lc_rs::default_provider()))) })`
#[tokio::test]
async fn an_expired_certificate_is_refused() {
    let identity = Identity::expired();
    is_refused(&identity, NAME, &identity.roots(), "expired").await;
}

#[tokio::test]
async fn whoever_trusts_anyone_takes_every_certificate() {
    is_taken(&Identity::new(), "other.example.org", &TlsTrust::Anyone).await;
    is_taken(&Identity::expired(), NAME, &TlsTrust::Anyone).await;
}
