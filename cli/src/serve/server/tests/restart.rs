//! ICE restarts from either side, and offers that cross.

use rill::{PeerConnection, SdpType, SessionDescription};
use serde_json::{Value, json};

use super::browser::Browser;
use super::{Page, start};

fn ufrag(sdp: &str) -> &str {
    sdp.lines()
        .find_map(|line| line.strip_prefix("a=ice-ufrag:"))
        .expect("a transport has a ufrag")
}

fn sdp(message: &Value) -> &str {
    message["sdp"].as_str().expect("a description has SDP")
}

async fn answer(browser: &PeerConnection, offer: &Value) -> String {
    browser
        .set_remote_description(SessionDescription::new(SdpType::Offer, sdp(offer)))
        .await
        .expect("a good offer");
    browser
        .set_local_description(None)
        .await
        .expect("an answer");
    browser.local_description().expect("just applied").sdp
}

async fn connected() -> (super::Running, Page, Browser) {
    let server = start().await;
    let mut page = server.open().await.expect("a free seat");
    let browser = Browser::new();
    browser.connect(&mut page).await;
    (server, page, browser)
}

#[tokio::test]
async fn rill_restarts_when_it_is_told_and_data_flows_on() {
    let (_server, mut page, browser) = connected().await;
    let before = browser.connection.remote_description().expect("connected");
    page.send(json!({"type": "restart"})).await;
    page.until("restart").await;
    let offer = page.until("offer").await;
    assert_ne!(ufrag(sdp(&offer)), ufrag(&before.sdp));
    let answer = answer(&browser.connection, &offer).await;
    browser.check_echo().await;
    page.send(json!({"type": "answer", "sdp": answer})).await;
    assert!(browser.take_candidates(&mut page).await > 0);
    page.until("selectedPair").await;
    browser.check_echo().await;
}

#[tokio::test]
async fn rill_answers_a_restart_of_the_browser() {
    let (_server, mut page, browser) = connected().await;
    let before = browser.connection.remote_description().expect("connected");
    browser.connection.restart_ice();
    let offer = browser.offer().await;
    page.send(json!({"type": "offer", "sdp": offer})).await;
    let answer = page.until("answer").await;
    assert_ne!(ufrag(sdp(&answer)), ufrag(&before.sdp));
    browser.take_answer(&answer).await;
    assert!(browser.take_candidates(&mut page).await > 0);
    page.until("selectedPair").await;
    browser.check_echo().await;
}

#[tokio::test]
async fn of_two_offers_that_cross_the_browsers_gives_way() {
    let (_server, mut page, browser) = connected().await;
    page.send(json!({"type": "restart"})).await;
    let offer = page.until("offer").await;
    browser.connection.restart_ice();
    let crossing = browser.offer().await;
    page.send(json!({"type": "offer", "sdp": crossing})).await;
    let late = json!({
        "candidate": "candidate:1 1 udp 2130706431 127.0.0.1 9 typ host",
        "sdpMid": "0",
        "usernameFragment": ufrag(&crossing),
    });
    page.send(json!({"type": "candidate", "candidate": late}))
        .await;
    // Applying rill's offer takes back the browser's own.
    let answer = answer(&browser.connection, &offer).await;
    page.send(json!({"type": "answer", "sdp": answer})).await;
    let mut ignored = false;
    loop {
        let message = page.next().await.expect("the session goes on");
        match message["type"].as_str() {
            Some("problem" | "answer") => panic!("the browser's offer has no effect: {message}"),
            Some("note") => ignored = message["text"].to_string().contains("crossed"),
            Some("candidate") => browser.take_candidate(&message["candidate"]).await,
            Some("selectedPair") => break,
            _ => {}
        }
    }
    assert!(ignored);
    browser.check_echo().await;
}

#[tokio::test]
async fn without_trickle_the_offer_of_a_restart_has_every_candidate() {
    let server = start().await;
    let mut page = server.open().await.expect("a free seat");
    let browser = Browser::new();
    let offer = browser.offer().await.replace("trickle ice2", "ice2");
    page.send(json!({"type": "offer", "sdp": offer})).await;
    browser.take_answer(&page.until("answer").await).await;
    browser.check_echo().await;
    page.send(json!({"type": "restart"})).await;
    page.until("restart").await;
    let offer = page.until("offer").await;
    assert!(sdp(&offer).contains("a=candidate:"), "{offer}");
    assert!(sdp(&offer).contains("a=end-of-candidates"), "{offer}");
}

#[tokio::test]
async fn an_answer_that_waits_for_candidates_leaves_before_the_offer_of_a_restart() {
    let server = start().await;
    let mut page = server.open().await.expect("a free seat");
    let browser = Browser::new();
    let offer = browser.offer().await.replace("trickle ice2", "ice2");
    page.send(json!({"type": "offer", "sdp": offer})).await;
    page.send(json!({"type": "restart"})).await;
    let first = loop {
        let message = page.next().await.expect("the session goes on");
        if message["type"] == "offer" || message["type"] == "answer" {
            break message;
        }
    };
    assert_eq!(first["type"], "answer");
    browser.take_answer(&first).await;
    let offer = page.until("offer").await;
    assert_ne!(ufrag(sdp(&offer)), ufrag(sdp(&first)));
    let answer = answer(&browser.connection, &offer).await;
    page.send(json!({"type": "answer", "sdp": answer})).await;
    browser.check_echo().await;
}

#[tokio::test]
async fn an_answer_to_nothing_is_a_mistake() {
    let (_server, mut page, _browser) = connected().await;
    page.send(json!({"type": "answer", "sdp": "v=0\r\n"})).await;
    let problem = page.until("problem").await;
    assert!(problem["text"].to_string().contains("answer"), "{problem}");
}
