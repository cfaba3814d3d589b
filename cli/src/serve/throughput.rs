//! The throughput run on a data channel: sends, counts what arrives, and tells how far it is.

use std::time::Duration;

use bytes::Bytes;
use rill::{DataChannel, Message, SendError};
use serde::Deserialize;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep_until};

use super::limits::{RUN_BUFFER, RUN_GRACE, RUN_MESSAGE_BYTES, RUN_SECONDS};

/// The label of a channel that is not echoed but measured.
pub(super) const LABEL: &str = "throughput";

/// How often the page is told what arrived.
const TELLING: Duration = Duration::from_millis(100);

/// What the page asks for, in the first message on the channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Order {
    direction: Direction,
    /// Bytes of each message that rill sends.
    size: usize,
    /// How long rill sends.
    seconds: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
enum Direction {
    ToRill,
    FromRill,
    Both,
}

/// What has arrived since the order.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Progress {
    /// Bytes of messages, without what carries them.
    pub(super) received: u64,
    pub(super) elapsed: Duration,
}

/// Why a run did not begin or did not end well; `Display` is shown on the page.
#[derive(Debug, thiserror::Error)]
pub(super) enum RunError {
    #[error("The order of a throughput run has to be JSON text")]
    NotText,
    #[error("The order of a throughput run is not what rill expects: {0}")]
    Json(#[from] serde_json::Error),
    #[error("A throughput run takes messages of 1 to {RUN_MESSAGE_BYTES} bytes")]
    Size,
    #[error("A throughput run takes 1 to {RUN_SECONDS} seconds")]
    Seconds,
    #[error("A throughput run was cut short: {0}")]
    Send(#[from] SendError),
}

impl Order {
    fn parse(message: &Message) -> Result<Self, RunError> {
        let Message::Text(text) = message else {
            return Err(RunError::NotText);
        };
        let order: Self = serde_json::from_str(text)?;
        if !(1..=RUN_MESSAGE_BYTES).contains(&order.size) {
            return Err(RunError::Size);
        }
        if !(1..=RUN_SECONDS).contains(&order.seconds) {
            return Err(RunError::Seconds);
        }
        Ok(order)
    }
}

/// Does what the channel's first message orders, until the page closes the channel or the time
/// is over. What arrives is counted and dropped, so nothing of it stays in memory.
pub(super) async fn run(channel: &DataChannel, tell: impl Fn(Progress)) -> Result<(), RunError> {
    let Some(first) = channel.recv().await else {
        return Ok(());
    };
    let order = Order::parse(&first)?;
    let payload = Bytes::from(vec![0; order.size]);
    let started = Instant::now();
    let sending_ends = started + Duration::from_secs(order.seconds);
    let mut sending = order.direction != Direction::ToRill;
    let mut received = 0;
    let mut telling = interval(TELLING);
    telling.set_missed_tick_behavior(MissedTickBehavior::Skip);
    loop {
        tokio::select! {
            message = channel.recv() => match message {
                Some(message) => received += message.len() as u64,
                None => break,
            },
            // Half of the buffer: a train of messages each time, and never an empty one.
            () = channel.drained(RUN_BUFFER / 2), if sending => sending = fill(channel, &payload)?,
            () = sleep_until(sending_ends), if sending => sending = false,
            () = sleep_until(sending_ends + RUN_GRACE) => break,
            _ = telling.tick() => tell(Progress { received, elapsed: started.elapsed() }),
        }
    }
    tell(Progress {
        received,
        elapsed: started.elapsed(),
    });
    Ok(())
}

/// Sends until as much waits to leave as may; false when the page has closed the channel.
fn fill(channel: &DataChannel, payload: &Bytes) -> Result<bool, SendError> {
    while channel.buffered_amount() < RUN_BUFFER {
        match channel.send(payload.clone()) {
            Ok(()) => {}
            Err(SendError::NotOpen(_)) => return Ok(false),
            Err(error) => return Err(error),
        }
    }
    Ok(true)
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use rill::{Configuration, DataChannelInit, Event, GatheringWait, Loopback, PeerConnection};

    use tokio::sync::Notify;

    use super::*;

    /// Two connected peers, and a channel's two ends.
    async fn channel() -> (PeerConnection, DataChannel, PeerConnection, DataChannel) {
        let new = || {
            let configuration = Configuration {
                loopback: Loopback::Always,
                ..Configuration::default()
            };
            PeerConnection::new(configuration).expect("a peer")
        };
        let described = async |peer: &PeerConnection| {
            peer.set_local_description(None).await.expect("it fits");
            peer.gathering_complete(GatheringWait::default()).await;
            peer.local_description().expect("just applied")
        };
        let (page, rill) = (new(), new());
        let sending = page
            .create_data_channel(LABEL, DataChannelInit::default())
            .expect("a new connection takes channels");
        let offer = described(&page).await;
        rill.set_remote_description(offer).await.expect("an offer");
        let answer = described(&rill).await;
        page.set_remote_description(answer)
            .await
            .expect("an answer");
        loop {
            let event = rill.next_event().await.expect("an open connection");
            if let Event::DataChannel(receiving) = event {
                return (page, sending, rill, receiving);
            }
        }
    }

    #[tokio::test]
    async fn a_page_that_does_not_read_is_sent_no_more_than_may_wait() {
        let (_page, unread, _rill, channel) = channel().await;
        unread.opened().await.expect("it opens");
        let order = r#"{"direction":"fromRill","size":50000,"seconds":30}"#;
        unread.send_text(order).expect("an open channel");
        let most = AtomicUsize::new(0);
        let told = Notify::new();
        let running = run(&channel, |_| {
            most.fetch_max(channel.buffered_amount(), Ordering::Relaxed);
            told.notify_one();
        });
        // The window of the other side fills, however long that takes: then nothing leaves any more.
        let full = async {
            let (mut before, mut times) = (0, 0);
            while times < 10 {
                told.notified().await;
                let now = channel.buffered_amount();
                times = if now == before { times + 1 } else { 0 };
                before = now;
            }
            before
        };
        let waiting = tokio::select! {
            ended = running => panic!("the run goes on: {ended:?}"),
            waiting = full => waiting,
        };
        assert!(waiting > RUN_BUFFER / 2, "{waiting}");
        let most = most.into_inner();
        assert!(most < RUN_BUFFER + 50_000, "{most}");
    }

    fn order(text: &str) -> Result<Order, RunError> {
        Order::parse(&Message::Text(text.to_owned()))
    }

    #[test]
    fn an_order_names_direction_size_and_time() {
        let expected = Order {
            direction: Direction::FromRill,
            size: 65_536,
            seconds: 5,
        };
        let parsed = order(r#"{"direction":"fromRill","size":65536,"seconds":5}"#);
        assert_eq!(parsed.expect("a good order"), expected);
    }

    #[test]
    fn an_order_beyond_the_limits_is_refused() {
        let of = |size: usize, seconds: u64| {
            order(&format!(
                r#"{{"direction":"both","size":{size},"seconds":{seconds}}}"#
            ))
        };
        assert!(of(RUN_MESSAGE_BYTES, RUN_SECONDS).is_ok());
        for size in [0, RUN_MESSAGE_BYTES + 1] {
            assert!(matches!(of(size, 1), Err(RunError::Size)), "{size}");
        }
        for seconds in [0, RUN_SECONDS + 1] {
            assert!(
                matches!(of(1, seconds), Err(RunError::Seconds)),
                "{seconds}"
            );
        }
    }

    #[test]
    fn anything_else_is_refused_with_its_cause() {
        for (text, cause) in [
            ("go", "expected value"),
            (
                r#"{"direction":"both","size":1}"#,
                "missing field `seconds`",
            ),
            (
                r#"{"direction":"up","size":1,"seconds":1}"#,
                "unknown variant `up`",
            ),
        ] {
            let error = order(text).expect_err(text).to_string();
            assert!(error.contains(cause), "{error}");
        }
        let binary = Message::Binary(Bytes::from_static(b"{}"));
        assert!(matches!(Order::parse(&binary), Err(RunError::NotText)));
    }
}
