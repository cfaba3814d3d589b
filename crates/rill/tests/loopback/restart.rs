//! ICE restarts over real sockets.

use rill::{
    Configuration, DataChannelInit, DtlsTransportState, Event, IceServer, OfferOptions,
    PeerConnection, SignalingState,
};

use crate::scene::{Pair, peer, talk};

/// Our generation of the pair that carries the data.
fn carrying(pc: &PeerConnection) -> Option<String> {
    let transport = pc.ice_transport(*pc.transports().first()?)?;
    let (local, _) = transport.selected_candidates?;
    Some(local.username_fragment)
}

async fn restart_by(side: usize) {
    let mut pair = Pair::new();
    let channels = pair.channel().await;
    talk(&channels, "before").await;
    for peer in &mut pair.peers {
        peer.until(|pc| carrying(pc).is_some()).await;
    }
    let before = pair.peers.each_ref().map(|peer| carrying(&peer.pc));
    let transports = pair.peers.each_ref().map(|peer| peer.pc.transports());

    pair.let_signals_arrive(false);
    let restarting = &mut pair.peers[side];
    restarting.pc.restart_ice();
    restarting
        .event(|event| matches!(event, Event::NegotiationNeeded).then_some(()))
        .await;
    restarting.offer().await;
    let state = restarting.pc.signaling_state();
    assert_eq!(state, SignalingState::HaveLocalOffer);
    talk(&channels, "during").await;
    pair.let_signals_arrive(true);
    for (peer, before) in pair.peers.iter_mut().zip(&before) {
        peer.until(|pc| carrying(pc).as_ref() != before.as_ref())
            .await;
    }
    talk(&channels, "after").await;

    for (peer, transports) in pair.peers.iter().zip(&transports) {
        assert_eq!(&peer.pc.transports(), transports);
        let dtls = peer.pc.dtls_transport(transports[0]).unwrap();
        assert_eq!(dtls.state, DtlsTransportState::Connected);
        let pairs = peer.pc.candidate_pairs();
        assert!(pairs.iter().any(|pair| pair.selected), "{pairs:?}");
    }
}

#[tokio::test]
async fn data_flows_before_during_and_after_a_restart_by_the_offerer() {
    restart_by(0).await;
}

#[tokio::test]
async fn data_flows_before_during_and_after_a_restart_by_the_answerer() {
    restart_by(1).await;
}

#[tokio::test]
async fn an_offer_can_be_made_to_restart() {
    let pc = peer();
    let _channel = pc.create_data_channel("x", DataChannelInit::default());
    pc.set_local_description(None).await.unwrap();
    let ufrag = |sdp: &str| {
        let line = sdp.lines().find(|line| line.starts_with("a=ice-ufrag:"));
        line.map(str::to_owned)
    };
    let applied = ufrag(&pc.local_description().unwrap().sdp);
    let plain = pc.create_offer(OfferOptions::default()).await.unwrap();
    assert_eq!(ufrag(&plain.sdp), applied);
    let options = OfferOptions { ice_restart: true };
    let restarting = pc.create_offer(options).await.unwrap();
    assert_ne!(ufrag(&restarting.sdp), applied);

    // Other servers have the same effect; the certificate stays.
    let servers = Configuration {
        ice_servers: vec![IceServer {
            urls: vec!["stun:127.0.0.1".into()],
            ..IceServer::default()
        }],
        ..Configuration::default()
    };
    pc.set_configuration(servers).unwrap();
    let with_servers = pc.create_offer(OfferOptions::default()).await.unwrap();
    assert_ne!(ufrag(&with_servers.sdp), applied);
    let fingerprint = plain
        .sdp
        .lines()
        .find(|line| line.starts_with("a=fingerprint:"));
    assert!(with_servers.sdp.contains(fingerprint.unwrap()));
}
