//! Telling the peer that the receive window has opened again (RFC 9260 §6.2).

use crate::wire::Sack;

/// A window that was advertised as this much of the whole, or more, needs no update.
const ENOUGH: usize = 2;
/// An update is worth a packet when it opens this much of the whole window: the same avoidance of
/// silly windows as TCP's (RFC 9260 §6.2 names RFC 1122 §4.2.3.3).
const WORTHWHILE: usize = 8;

/// What the peer was told last about the window, and what was read since.
///
/// dcsctp acknowledges only when a packet arrives, and answers nothing to a packet for which it has
/// no room. So a peer that was told "no room" would find out only by a retransmission timeout.
#[derive(Debug)]
pub(crate) struct WindowUpdate {
    window: usize,
    told: Option<Sack>,
    read: usize,
}

impl WindowUpdate {
    pub(crate) fn new(window: usize) -> Self {
        Self {
            window,
            told: None,
            read: 0,
        }
    }

    /// A SACK leaves for the peer.
    pub(crate) fn sent(&mut self, sack: Sack) {
        self.told = Some(sack);
        self.read = 0;
    }

    /// A message of `length` bytes was read; `waiting` says whether there are more. Gives the SACK
    /// to bring up to date, if it is time.
    pub(crate) fn read(&mut self, length: usize, waiting: bool) -> Option<Sack> {
        self.read += length;
        let told = self.told?;
        let low = (told.window as usize) < self.window / ENOUGH;
        let worthwhile = self.read >= self.window / WORTHWHILE || !waiting;
        (low && worthwhile).then_some(told)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CLOSED: Sack = Sack {
        cumulative_tsn: 7,
        window: 0,
    };

    #[test]
    fn nothing_to_update_before_the_first_sack() {
        assert_eq!(WindowUpdate::new(800).read(800, false), None);
    }

    #[test]
    fn a_wide_window_needs_no_update() {
        let mut update = WindowUpdate::new(800);
        update.sent(Sack {
            cumulative_tsn: 7,
            window: 400,
        });
        assert_eq!(update.read(400, false), None);
    }

    #[test]
    fn a_closed_window_is_updated_once_enough_was_read() {
        let mut update = WindowUpdate::new(800);
        update.sent(CLOSED);
        assert_eq!(update.read(99, true), None);
        assert_eq!(update.read(1, true), Some(CLOSED));
        update.sent(CLOSED);
        assert_eq!(
            update.read(99, true),
            None,
            "counting starts again with each SACK"
        );
    }

    #[test]
    fn reading_the_last_message_updates_at_once() {
        let mut update = WindowUpdate::new(800);
        update.sent(CLOSED);
        assert_eq!(update.read(1, false), Some(CLOSED));
    }
}
