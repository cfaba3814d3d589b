//! A peer that tells what it has.

use std::collections::BTreeSet;

use super::ledger::{Ledger, Sack};
use crate::packet::{Chunk, kind};

/// What has arrived, by numbers that count from the first.
pub(super) struct Receiver {
    /// All before this one.
    next: u32,
    beyond: BTreeSet<u32>,
}

impl Receiver {
    /// One that has what was acknowledged and nothing else, or not even what was beyond a gap.
    pub(super) fn new(ledger: &Ledger, forgets: bool) -> Self {
        let mut receiver = Self {
            next: ledger.acknowledged(),
            beyond: if forgets {
                BTreeSet::new()
            } else {
                ledger.beyond().clone()
            },
        };
        receiver.advance();
        receiver
    }

    pub(super) fn take(&mut self, chunk: &Chunk, first_tsn: u32) {
        let Some(number) = chunk.word(0).map(|tsn| tsn.wrapping_sub(first_tsn)) else {
            return;
        };
        match chunk.kind {
            kind::DATA | kind::I_DATA if number >= self.next => drop(self.beyond.insert(number)),
            kind::FORWARD_TSN | kind::I_FORWARD_TSN => self.next = self.next.max(number + 1),
            _ => return,
        }
        self.advance();
    }

    fn advance(&mut self) {
        self.beyond = self.beyond.split_off(&self.next);
        while self.beyond.remove(&self.next) {
            self.next += 1;
        }
    }

    pub(super) fn sack(&self, window: u32) -> Sack {
        let mut gaps: Vec<(u16, u16)> = Vec::new();
        for number in &self.beyond {
            let offset = u16::try_from(number - self.next + 1).expect("little is sent");
            match gaps.last_mut() {
                Some((_, last)) if *last + 1 == offset => *last = offset,
                _ => gaps.push((offset, offset)),
            }
        }
        Sack {
            cumulative: self.next,
            gaps,
            window,
            duplicates: Vec::new(),
        }
    }
}
