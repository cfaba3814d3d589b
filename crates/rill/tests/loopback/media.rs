//! Transceivers over real sockets.

use rill::{ConnectionState, Direction, Event, MediaKind, Transceiver, TransceiverInit};

use crate::scene::{Pair, Peer, talk};

async fn connected(peer: &mut Peer) {
    peer.until(|pc| pc.connection_state() == ConnectionState::Connected)
        .await;
}

/// Both send audio, and there is nothing else.
async fn audio() -> (Pair, [Transceiver; 2]) {
    let mut pair = Pair::new();
    let [first, second] = &mut pair.peers;
    let ours = first
        .pc
        .add_transceiver(MediaKind::Audio, TransceiverInit::default())
        .unwrap();
    let theirs = second
        .pc
        .add_track(MediaKind::Audio, "microphone", vec!["room".to_owned()])
        .unwrap();
    first.offer().await;
    let (announced, streams) = first
        .event(|event| match event {
            Event::Track {
                transceiver,
                streams,
            } => Some((transceiver, streams)),
            _ => None,
        })
        .await;
    assert_eq!((&announced, streams), (&ours, vec!["room".to_owned()]));
    for peer in &mut pair.peers {
        connected(peer).await;
    }
    (pair, [ours, theirs])
}

#[tokio::test]
async fn audio_alone_connects() {
    let (pair, transceivers) = audio().await;
    for (peer, transceiver) in pair.peers.iter().zip(&transceivers) {
        assert_eq!(
            &peer.pc.transceivers()[..],
            std::slice::from_ref(transceiver)
        );
        assert_eq!(transceiver.mid().as_deref(), Some("0"));
        let direction = transceiver.current_direction();
        assert_eq!(direction, Some(Direction::SendRecv));
        let transport = transceiver.transport().unwrap();
        assert_eq!(peer.pc.transports(), [transport]);
        assert_eq!(peer.pc.sctp_transport(), None);
        assert_eq!(transceiver.info().send_codecs[0].mime_type, "audio/opus");
    }
}

#[tokio::test]
async fn data_joins_audio_and_stays_when_audio_goes() {
    let (mut pair, [ours, theirs]) = audio().await;
    let transports = pair.peers.each_ref().map(|peer| peer.pc.transports());
    let channels = pair.channel().await;
    talk(&channels, "beside audio").await;
    ours.stop().unwrap();
    pair.peers[0].offer().await;
    let ended = pair.peers[1]
        .event(|event| match event {
            Event::Ended(transceiver) => Some(transceiver),
            _ => None,
        })
        .await;
    assert_eq!(ended, theirs);
    pair.peers[0].until(|_| ours.is_stopped()).await;
    talk(&channels, "alone").await;
    for (peer, transports) in pair.peers.iter().zip(&transports) {
        assert_eq!(&peer.pc.transports(), transports, "all shared one");
        assert!(peer.pc.transceivers().is_empty());
    }
}
