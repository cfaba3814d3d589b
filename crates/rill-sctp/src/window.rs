//! Telling the peer that the receive window has opened again (RFC 9260 §6.2).

use crate::wire::{self, Sack};

/// A window that was advertised as this much of the whole, or more, needs no update.
const ENOUGH: usize = 2;
/// An update is worth a packet when it opens this much of the whole window: the same avoidance of
/// silly windows as TCP's (RFC 9260 §6.2 names RFC 1122 §4.2.3.3).
const WORTHWHILE: usize = 8;

/// What the peer was told last about the window, and what was read since.
///
/// dcsctp acknowledges only when a packet arrives, and answers nothing to a packet for which it has
/// no room. So a peer that was told "no room" would find out only by a retransmission timeout, and
/// with its probe still in flight an update alone would not let it send.
#[derive(Debug)]
pub(crate) struct WindowUpdate {
    window: usize,
    told: Option<Sack>,
    read: usize,
    refused: Option<Vec<u8>>,
}

impl WindowUpdate {
    pub(crate) fn new(window: usize) -> Self {
        Self {
            window,
            told: None,
            read: 0,
            refused: None,
        }
    }

    /// A SACK leaves for the peer.
    pub(crate) fn sent(&mut self, sack: Sack) {
        self.told = Some(sack);
        self.read = 0;
    }

    /// A packet arrives. One with data for which there is no room is kept: it is a probe (RFC 9260
    /// §6.1, A).
    pub(crate) fn arrives(&mut self, packet: &[u8]) {
        if self.told.is_some_and(|told| told.window == 0) && wire::has_data(packet) {
            self.refused = Some(packet.to_vec());
        }
    }

    /// A message of this many bytes was read.
    pub(crate) fn read(&mut self, length: usize) {
        self.read += length;
    }

    /// The SACK to bring up to date, if it is time. `waiting`: whether there is more to read.
    pub(crate) fn due(&self, waiting: bool) -> Option<Sack> {
        let told = self.told?;
        let low = (told.window as usize) < self.window / ENOUGH;
        let worthwhile = self.read >= self.window / WORTHWHILE || !waiting;
        (self.read > 0 && low && worthwhile).then_some(told)
    }

    /// The last packet that found no room: now there is.
    pub(crate) fn take_refused(&mut self) -> Option<Vec<u8>> {
        self.refused.take()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CLOSED: Sack = Sack {
        cumulative_tsn: 7,
        window: 0,
    };

    fn read(update: &mut WindowUpdate, length: usize, waiting: bool) -> Option<Sack> {
        update.read(length);
        update.due(waiting)
    }

    #[test]
    fn nothing_to_update_before_the_first_sack() {
        assert_eq!(read(&mut WindowUpdate::new(800), 800, false), None);
    }

    #[test]
    fn a_wide_window_needs_no_update() {
        let mut update = WindowUpdate::new(800);
        update.sent(Sack {
            cumulative_tsn: 7,
            window: 400,
        });
        assert_eq!(read(&mut update, 400, false), None);
    }

    #[test]
    fn a_closed_window_is_updated_once_enough_was_read() {
        let mut update = WindowUpdate::new(800);
        update.sent(CLOSED);
        assert_eq!(read(&mut update, 99, true), None);
        assert_eq!(read(&mut update, 1, true), Some(CLOSED));
        update.sent(CLOSED);
        assert_eq!(
            read(&mut update, 99, true),
            None,
            "counting starts again with each SACK"
        );
    }

    #[test]
    fn reading_the_last_message_updates_at_once() {
        let mut update = WindowUpdate::new(800);
        update.sent(CLOSED);
        assert_eq!(update.due(false), None, "nothing was read");
        assert_eq!(read(&mut update, 1, false), Some(CLOSED));
    }

    #[test]
    fn keeps_the_last_packet_with_data_for_which_there_was_no_room() {
        let packets = [1, 2].map(|tsn| wire::data((5000, 5000), 1, tsn, true));
        let mut update = WindowUpdate::new(800);
        update.arrives(&packets[0]);
        assert_eq!(update.take_refused(), None);
        update.sent(CLOSED);
        update.arrives(&packets[0]);
        update.arrives(&packets[1]);
        update.arrives(&packets[1][..12]);
        assert_eq!(update.take_refused().as_deref(), Some(&*packets[1]));
        assert_eq!(update.take_refused(), None);
    }
}
