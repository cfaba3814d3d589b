//! A server that dies under a session, and comes back.

use std::time::Duration;

use rill::ConnectionState;
use tokio::time::timeout;

use crate::{
    coturn::Coturn,
    pair::{Pair, talk},
};

/// When at the latest a session stands again that restarts after an outage.
const COMES_BACK: Duration = Duration::from_secs(15);
/// When at the latest an outage is noticed: consent ends after 30 s (RFC 7675 §5.1).
const NOTICED: Duration = Duration::from_secs(35);

async fn comes_back_over(transport: &str) {
    let Some(mut server) = Coturn::start("").await else {
        return;
    };
    let mut pair = Pair::new([(); 2].map(|()| server.relay_only(transport)));
    let channels = pair.channel().await;
    talk(&channels).await;
    server.kill();
    for peer in &mut pair.peers {
        let is_noticed = |pc: &rill::PeerConnection| {
            let state = pc.connection_state();
            matches!(
                state,
                ConnectionState::Disconnected | ConnectionState::Failed
            )
        };
        let noticed = timeout(NOTICED, peer.until(is_noticed)).await;
        assert!(noticed.is_ok(), "a silent stall: {}", peer.pc.diagnose());
    }
    server.start_again().await;
    let [restarting, _] = &pair.peers;
    restarting.pc.restart_ice();
    restarting.offer().await;
    let talked = timeout(COMES_BACK, talk(&channels)).await;
    assert!(talked.is_ok(), "{}", pair.peers[0].pc.diagnose());
}

#[tokio::test]
async fn a_session_over_udp_outlives_its_server() {
    comes_back_over("udp").await;
}

#[tokio::test]
async fn a_session_over_tls_outlives_its_server() {
    comes_back_over("tls").await;
}
