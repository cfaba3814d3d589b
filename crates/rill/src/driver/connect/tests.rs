use std::{
    io::Read,
    net::{SocketAddr, TcpStream},
    time::Duration,
};

use rill_peer::{DataChannelInit, IceCandidateError, IceServer, IceTransportPolicy, TlsTrust};
use socket2::SockRef;
use tokio::time::timeout;

use super::super::server::{closed_port, serve};
use crate::{Configuration, Event, PeerConnection};

/// Whatever takes longer hangs.
const LONG: Duration = Duration::from_secs(30);

/// A connection that asks a TURN server, and nobody else.
async fn asking(scheme: &str, address: SocketAddr) -> PeerConnection {
    let server = IceServer {
        urls: vec![format!("{scheme}:{address}?transport=tcp")],
        username: Some("alice".to_owned()),
        credential: Some("secret".to_owned()),
    };
    let configuration = Configuration {
        ice_servers: vec![server],
        ice_transport_policy: IceTransportPolicy::Relay,
        tls_trust: TlsTrust::Anyone,
        ..Configuration::default()
    };
    let pc = PeerConnection::new(configuration).expect("the configuration is sound");
    drop(pc.create_data_channel("x", DataChannelInit::default()));
    let applied = pc.set_local_description(None).await;
    applied.expect("an offer can be made");
    pc
}

async fn error_of(pc: &PeerConnection) -> IceCandidateError {
    let error = async {
        loop {
            let event = pc.next_event().await.expect("it is open");
            if let Event::IceCandidateError(error) = event {
                return error;
            }
        }
    };
    timeout(LONG, error).await.expect("the error is told")
}

async fn is_told(address: SocketAddr, words: &str) {
    let error = error_of(&asking("turn", address).await).await;
    assert_eq!(error.code, 701);
    assert!(error.text.contains(words), "{error:?}");
}

#[tokio::test]
async fn a_server_that_nobody_runs_is_told() {
    let address = closed_port();
    is_told(address, &format!("no connection to {address}: ")).await;
}

#[tokio::test]
async fn a_server_that_accepts_and_is_silent_is_told() {
    let (address, server) = serve(|mut socket| socket.read_to_end(&mut Vec::new()).is_ok());
    let pc = asking("turn", address).await;
    let error = error_of(&pc).await;
    assert_eq!(error.code, 701);
    // The connection to it was closed, or its thread would not end.
    assert!(server.join().expect("it only reads"));
}

fn hear(socket: &mut TcpStream) {
    let heard = socket.read(&mut [0; 4096]);
    heard.expect("the client asks");
}

#[tokio::test]
async fn a_server_that_ends_the_connection_is_told() {
    let (address, _) = serve(|mut socket| hear(&mut socket));
    is_told(address, "the server closed the connection").await;
}

#[tokio::test]
async fn a_server_that_resets_the_connection_is_told() {
    let (address, _) = serve(|mut socket| {
        hear(&mut socket);
        let lingers = SockRef::from(&socket).set_linger(Some(Duration::ZERO));
        lingers.expect("it is a TCP socket");
    });
    is_told(address, "the connection to the server broke: ").await;
}

#[tokio::test]
async fn closing_ends_a_handshake_that_is_under_way() {
    let (asked, was_asked) = tokio::sync::oneshot::channel();
    let (address, server) = serve(move |mut socket| {
        hear(&mut socket);
        asked.send(()).expect("the client waits");
        socket.read_to_end(&mut Vec::new()).is_ok()
    });
    let pc = asking("turns", address).await;
    let asked = timeout(LONG, was_asked).await;
    asked.expect("it connects").expect("the server hears it");
    pc.close();
    let ended = tokio::task::spawn_blocking(|| server.join());
    let ended = timeout(LONG, ended).await.expect("the server is left");
    assert!(ended.expect("it is joined").expect("it only reads"));
}
