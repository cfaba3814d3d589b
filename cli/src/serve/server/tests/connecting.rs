//! Sessions that connect: with trickle and without, and how they end.

use std::net::SocketAddr;

use serde_json::json;
use tokio::time::timeout;

use super::browser::Browser;
use super::{PATIENCE, start};

#[tokio::test]
async fn an_offer_that_lists_trickle_is_answered_at_once_and_candidates_follow() {
    let server = start().await;
    let mut page = server.open().await.expect("a free seat");
    let browser = Browser::new();
    let offer = browser.offer().await;
    assert!(offer.contains("trickle"));
    page.send(json!({"type": "offer", "sdp": offer})).await;
    assert_eq!(page.until("canTrickle").await["value"], true);
    assert_eq!(page.until("branch").await["answer"], "atOnce");
    let answer = page.until("answer").await;
    assert!(
        !answer["sdp"]
            .as_str()
            .expect("text")
            .contains("a=candidate"),
        "{answer}"
    );
    browser.take_answer(&answer).await;
    let found = browser.take_candidates(&mut page).await;
    assert!(found >= 1, "a candidate of loopback");
    // Its own candidates are not signalled: rill finds this peer by its checks.
    browser.check_echo().await;
    assert_eq!(page.until("channel").await["state"], "open");
}

#[tokio::test]
async fn an_offer_without_trickle_is_answered_with_every_candidate() {
    let server = start().await;
    let mut page = server.open().await.expect("a free seat");
    let browser = Browser::new();
    browser.offer().await;
    browser
        .connection
        .gathering_complete(rill::GatheringWait::default())
        .await;
    let offer = browser
        .connection
        .local_description()
        .expect("an offer")
        .sdp;
    let offer = offer.replace("a=ice-options:trickle ice2", "a=ice-options:ice2");
    assert!(!offer.contains("trickle"));
    page.send(json!({"type": "offer", "sdp": offer})).await;
    assert_eq!(page.until("canTrickle").await["value"], false);
    assert_eq!(page.until("branch").await["answer"], "whenComplete");
    let mut gathered = 0;
    let answer = loop {
        let message = page.next().await.expect("an answer");
        assert_ne!(message["type"], "candidate", "the answer has them all");
        if message["type"] == "answer" {
            break message;
        }
        let line = &message["candidate"]["candidate"];
        gathered += usize::from(line.as_str().is_some_and(|line| !line.is_empty()));
    };
    let sdp = answer["sdp"].as_str().expect("text");
    assert!(gathered > 0);
    assert_eq!(
        sdp.matches("a=candidate").count(),
        gathered,
        "each was shown before: {sdp}"
    );
    assert_eq!(sdp.matches("a=end-of-candidates").count(), 1, "{sdp}");
    browser.take_answer(&answer).await;
    browser.check_echo().await;
}

#[tokio::test]
async fn a_page_that_leaves_takes_its_peer_with_it() {
    let server = start().await;
    let mut page = server.open().await.expect("a free seat");
    let browser = Browser::new();
    browser.connect(&mut page).await;
    drop(page);
    timeout(PATIENCE, browser.channel.closed())
        .await
        .expect("rill closes its peer");
}

#[tokio::test]
async fn the_page_is_told_why_rill_is_not_connected_and_then_by_what_it_is() {
    let server = start().await;
    let mut page = server.open().await.expect("a free seat");
    let first = diagnosis(&page.until("diagnosis").await);
    assert_eq!(first["cause"], "nothing-negotiated", "{first}");
    let browser = Browser::new();
    browser.connect(&mut page).await;
    let connected = loop {
        let told = diagnosis(&page.until("diagnosis").await);
        if told["cause"] == "connected" {
            break told;
        }
    };
    let sentence = connected["sentence"].as_str().expect("text");
    assert!(sentence.starts_with("Connected directly"), "{sentence}");
    assert!(connected["transports"][0]["generations"].is_array());
}

fn diagnosis(message: &serde_json::Value) -> serde_json::Value {
    let json = message["json"].as_str().expect("text");
    serde_json::from_str(json).expect("JSON")
}

#[tokio::test]
async fn the_page_is_told_of_the_pairs_and_of_the_one_that_carries_data() {
    let server = start().await;
    let mut page = server.open().await.expect("a free seat");
    let browser = Browser::new();
    browser.connect(&mut page).await;
    let pair = loop {
        let message = page.until("pairs").await;
        let pairs = message["pairs"].as_array().expect("a list").clone();
        if let Some(pair) = pairs.into_iter().find(|pair| pair["selected"] == true) {
            break pair;
        }
    };
    assert_eq!(pair["state"], "succeeded", "{pair}");
    assert!(pair["requestsSent"].as_u64() >= Some(1), "{pair}");
    for end in ["local", "remote"] {
        let address = pair[end]["address"].as_str().expect("text");
        assert!(address.parse::<SocketAddr>().is_ok(), "{pair}");
    }
    let local = browser.connection.remote_description().expect("connected");
    let ufrag = pair["ufrag"].as_str().expect("a generation");
    assert!(local.sdp.contains(&format!("a=ice-ufrag:{ufrag}\r\n")));
}
