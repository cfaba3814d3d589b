//! A receiver that never reads.

use std::time::Duration;

use bytes::Bytes;
use rill::SendError;
use tokio::time::{sleep, timeout};

use crate::scene::{LONG, Pair};

const MESSAGE: usize = 256 * 1024;
/// What may wait to be sent, as the documentation of `SendError::BufferFull` has it; the last message
/// may go beyond.
const BUFFER: usize = 64 << 20;
/// The receive window, and what the application is offered.
const TAKEN: usize = (16 << 20) + (1 << 20);

#[tokio::test]
async fn who_sends_to_nobody_is_told_and_nothing_is_lost() {
    let [channel, other] = Pair::new().channel().await;
    let message = Bytes::from(vec![7; MESSAGE]);
    let mut sent = 0;
    let mut fill = || {
        loop {
            match channel.send(message.clone()) {
                Ok(()) => sent += MESSAGE,
                Err(error) => {
                    assert_eq!(error, SendError::BufferFull);
                    assert_eq!(error.exception().name(), "OperationError");
                    break;
                }
            }
            assert!(sent < 2 * BUFFER, "{sent} bytes at once");
        }
        let waiting = channel.buffered_amount();
        assert!(waiting < BUFFER + MESSAGE, "{waiting}");
        (sent, sent - waiting)
    };
    // Until the other side takes no more.
    let full = async {
        while fill().1 < 16 << 20 {
            sleep(Duration::from_millis(10)).await;
        }
    };
    timeout(LONG, full).await.expect("the window is filled");
    for _ in 0..20 {
        sleep(Duration::from_millis(10)).await;
        let (_, taken) = fill();
        assert!(
            taken <= TAKEN + MESSAGE,
            "{taken} bytes taken by who reads none"
        );
    }
    let (sent, taken) = fill();
    println!("{} bytes wait, {taken} are taken", sent - taken);

    // It wakes up.
    let mut read = 0;
    while read < sent {
        let next = timeout(LONG, other.recv()).await.expect("there is more");
        let next = next.expect("the channel is open");
        read += next.len();
    }
    timeout(LONG, channel.drained(0))
        .await
        .expect("all was read");
    channel.send_text("as ever").unwrap();
    assert!(timeout(LONG, other.recv()).await.unwrap().is_some());
}
