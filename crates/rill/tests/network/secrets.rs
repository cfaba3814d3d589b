//! What must never be logged, at any level.

use md5::{Digest, Md5};
use rill::{Event, PeerConnection};

use crate::{
    coturn::{Coturn, PASSWORD, REALM, USER},
    logged::records,
    pair::{Pair, talk},
};

/// Reliability 14: crates/rill-peer/src/ice_server.rs: `.field("urls", &self.urls)` => `.field("urls", &(&self.urls, &self.credential))`
#[tokio::test]
async fn no_secret_is_logged_or_printed() {
    drop(records());
    let Some(server) = Coturn::start("").await else {
        return;
    };
    let configurations = [(); 2].map(|()| server.relay_only("tls"));
    let mut printed = vec![format!("{configurations:?}")];
    let mut pair = Pair::new(configurations);
    let channels = pair.channel().await;
    let mut secrets = passwords(&pair);
    pair.peers[0].pc.restart_ice();
    pair.peers[0].offer().await;
    for peer in &mut pair.peers {
        let selected =
            |event| matches!(event, Event::SelectedCandidatePairChange(..)).then_some(());
        peer.event(selected).await;
    }
    talk(&channels).await;
    secrets.extend(passwords(&pair));
    secrets.extend(turn_keys());
    for peer in &pair.peers {
        let pc = &peer.pc;
        printed.push(format!("{pc:?} {:?} {:?}", pc.stats(), pc.diagnose()));
        printed.push(pc.diagnose().to_string());
    }
    let records = records();
    for crate_name in ["rill_ice", "dimpl"] {
        let is_heard = records
            .iter()
            .any(|record| record.text.starts_with(crate_name));
        assert!(is_heard, "{crate_name} logs, and it is heard");
    }
    let logged = records.iter().map(|record| &record.text);
    for text in logged.chain(&printed) {
        for secret in &secrets {
            assert!(!text.contains(secret), "{secret} shows in:\n{text}");
        }
    }
}

/// The passwords of ICE, of both generations once there are two.
fn passwords(pair: &Pair) -> Vec<String> {
    let of = |pc: &PeerConnection| {
        let description = pc.local_description().expect("it was applied");
        let lines = description.sdp.lines();
        let passwords = lines.filter_map(|line| line.strip_prefix("a=ice-pwd:"));
        passwords.map(str::to_owned).collect::<Vec<_>>()
    };
    let passwords = pair.peers.iter().flat_map(|peer| of(&peer.pc));
    let passwords: Vec<_> = passwords.collect();
    assert!(passwords.len() >= 2, "{passwords:?}");
    passwords
}

/// The password of TURN, and the key made of it (RFC 8489 §9.2.2), in the ways bytes are printed.
fn turn_keys() -> Vec<String> {
    let key = Md5::digest(format!("{USER}:{REALM}:{PASSWORD}"));
    let hex: String = key.iter().map(|byte| format!("{byte:02x}")).collect();
    let list = format!("{:?}", key.as_slice());
    let list = list.trim_matches(['[', ']']).to_owned();
    vec![PASSWORD.to_owned(), hex.to_uppercase(), hex, list]
}
