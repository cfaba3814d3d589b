//! Throughput runs: what a page may order, and what it is told.

use rill::{DataChannel, DataChannelInit, Message};
use serde_json::json;
use tokio::time::timeout;

use super::super::super::limits::{RUN_BUFFER, RUNS};
use super::browser::Browser;
use super::{PATIENCE, start};

const SIZE: usize = 16 * 1024;

/// A channel for a run, open.
async fn channel(browser: &Browser) -> DataChannel {
    let channel = browser
        .connection
        .create_data_channel("throughput", DataChannelInit::default())
        .expect("an open connection takes channels");
    timeout(PATIENCE, channel.opened())
        .await
        .expect("in time")
        .expect("rill accepts it");
    channel
}

fn order(channel: &DataChannel, direction: &str) {
    let order = json!({"direction": direction, "size": SIZE, "seconds": 30});
    channel
        .send_text(order.to_string())
        .expect("an open channel");
}

#[tokio::test]
async fn what_the_browser_sends_is_counted_and_told() {
    let server = start().await;
    let mut page = server.open().await.expect("a free seat");
    let browser = Browser::new();
    browser.connect(&mut page).await;
    let channel = channel(&browser).await;
    order(&channel, "toRill");
    for _ in 0..20 {
        channel.send(vec![0; SIZE]).expect("an open channel");
    }
    let all = (20 * SIZE) as u64;
    let mut elapsed = 0.0;
    loop {
        let message = page.until("throughput").await;
        assert!(message["elapsedMs"].as_f64() >= Some(elapsed), "{message}");
        elapsed = message["elapsedMs"].as_f64().expect("a number");
        let received = message["received"].as_u64().expect("a number");
        assert!(received <= all, "{message}");
        if received == all {
            break;
        }
    }
}

#[tokio::test]
async fn rill_sends_until_the_channel_is_closed() {
    let server = start().await;
    let mut page = server.open().await.expect("a free seat");
    let browser = Browser::new();
    browser.connect(&mut page).await;
    let channel = channel(&browser).await;
    order(&channel, "fromRill");
    let reading = async {
        let mut received = 0;
        // More than may wait to leave: rill has sent again and again.
        while received < 4 * RUN_BUFFER {
            let message = channel.recv().await.expect("rill sends");
            assert!(matches!(&message, Message::Binary(bytes) if bytes.len() == SIZE));
            received += message.len();
        }
        channel.close();
        channel.closed().await;
    };
    timeout(PATIENCE, reading).await.expect("in time");
    loop {
        let message = page.until("channel").await;
        if message["label"] == "throughput" && message["state"] == "closed" {
            break;
        }
    }
    browser.check_echo().await;
}

#[tokio::test]
async fn a_wrong_order_is_explained_and_its_channel_closed() {
    let server = start().await;
    let mut page = server.open().await.expect("a free seat");
    let browser = Browser::new();
    browser.connect(&mut page).await;
    let channel = channel(&browser).await;
    channel.send_text("go").expect("an open channel");
    let problem = page.until("problem").await;
    assert!(problem["text"].to_string().contains("order"), "{problem}");
    timeout(PATIENCE, channel.closed()).await.expect("in time");
}

#[tokio::test]
async fn one_run_too_many_is_refused() {
    let server = start().await;
    let mut page = server.open().await.expect("a free seat");
    let browser = Browser::new();
    browser.connect(&mut page).await;
    let mut runs = Vec::new();
    for _ in 0..RUNS {
        runs.push(channel(&browser).await);
    }
    let refused = channel(&browser).await;
    timeout(PATIENCE, refused.closed()).await.expect("in time");
    page.until("problem").await;
    drop(runs);
    let again = async {
        loop {
            let channel = channel(&browser).await;
            order(&channel, "fromRill");
            if channel.recv().await.is_some() {
                break;
            }
        }
    };
    timeout(PATIENCE, again).await.expect("a run is free again");
}
