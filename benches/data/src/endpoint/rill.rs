//! rill-sctp with its default settings, or another congestion control.

use std::time::Instant;

use bytes::Bytes;
use rill_sctp::{Association, Config, CongestionControl, Event, Ppid, SendOptions, StreamId};

use super::{BINARY, Endpoint, STREAM};

pub(crate) struct Rill(Association);

impl Rill {
    pub(crate) fn new(congestion_control: CongestionControl, seed: u64, now: Instant) -> Self {
        let config = Config {
            congestion_control,
            ..Config::default()
        };
        Self(Association::new(config, seed, now))
    }
}

impl Endpoint for Rill {
    fn connect(&mut self, now: Instant) {
        self.0.connect(now);
    }

    fn handle_datagram(&mut self, now: Instant, datagram: &[u8]) {
        self.0.handle_packet(now, datagram);
    }

    fn handle_timeout(&mut self, now: Instant) {
        self.0.handle_timeout(now);
    }

    fn poll_transmit(&mut self, now: Instant, train: &mut Vec<Vec<u8>>) {
        loop {
            let mut packet = Vec::with_capacity(1500);
            if !self.0.poll_transmit(now, &mut packet) {
                break;
            }
            train.push(packet);
        }
        while let Some(event) = self.0.poll_event() {
            assert!(
                !matches!(event, Event::Closed | Event::Aborted { .. }),
                "nobody ends this association: {event:?}"
            );
        }
    }

    fn poll_timeout(&self) -> Option<Instant> {
        self.0.poll_timeout()
    }

    fn send(&mut self, now: Instant, message: Bytes) {
        let options = SendOptions::default();
        self.0
            .send(now, StreamId(STREAM), Ppid(BINARY), message, options)
            .expect("less is queued than may be");
    }

    fn buffered(&self) -> usize {
        self.0.buffered_amount(StreamId(STREAM))
    }

    fn receive(&mut self, now: Instant) -> Option<Bytes> {
        self.0.poll_message(now).map(|message| message.payload)
    }
}
