//! Two peers that meet only through coturn.

use rill::{Cause, Kind};
use tokio::time::timeout;

use crate::{
    coturn::Coturn,
    pair::{Pair, talk},
    peer::LONG,
};

async fn connected_over(transport: &str) {
    let Some(mut server) = Coturn::start("").await else {
        return;
    };
    let mut pair = Pair::new([(); 2].map(|()| server.relay_only(transport)));
    let channels = pair.channel().await;
    talk(&channels).await;
    for peer in &pair.peers {
        let diagnosis = peer.pc.diagnose();
        let Cause::Connected(route) = &diagnosis.cause else {
            panic!("{diagnosis}");
        };
        assert_eq!([route.local.1, route.remote.1], [Kind::Relayed; 2]);
        assert_eq!(route.server, Some(server.url(transport)));
    }
    let [leaving, staying] = channels;
    drop(leaving);
    pair.peers[0].pc.close();
    timeout(LONG, staying.closed())
        .await
        .expect("the peer is told");
    // RFC 8656 §8: what is not needed any more is given back.
    server.logs("lifetime=0").await;
}

#[tokio::test]
async fn peers_connect_through_coturn_over_udp() {
    connected_over("udp").await;
}

#[tokio::test]
async fn peers_connect_through_coturn_over_tcp() {
    connected_over("tcp").await;
}

#[tokio::test]
async fn peers_connect_through_coturn_over_tls() {
    connected_over("tls").await;
}
