//! SACK (RFC 9260 §3.3.4).

use std::ops::RangeInclusive;

use super::{Tsn, Writer, kind, u16_at, u32_at};

const FIXED: usize = 12;

/// How many gap blocks one of ours has at most, and of a peer's how many are looked at.
const MAX_GAPS: usize = 240;
/// How many duplicates are told of at a time.
const MAX_DUPLICATES: usize = 16;

/// What has arrived. `G` are the ranges beyond the cumulative number that have, as offsets from it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Sack<G> {
    pub(crate) cumulative: Tsn,
    pub(crate) window: u32,
    pub(crate) gaps: G,
    /// Which chunks came twice.
    pub(crate) duplicates: Vec<Tsn>,
}

impl Sack<Vec<RangeInclusive<u16>>> {
    /// The chunk's value; none when it is cut short or its ranges are in no order that a receiver
    /// would write them in.
    pub(crate) fn parse(value: &[u8]) -> Option<Self> {
        let gaps = usize::from(u16_at(value, 8)?);
        let duplicates = usize::from(u16_at(value, 10)?);
        let mut sack = Self {
            cumulative: Tsn(u32_at(value, 0)?),
            window: u32_at(value, 4)?,
            gaps: Vec::with_capacity(gaps.min(MAX_GAPS)),
            duplicates: Vec::new(),
        };
        let mut before = 0;
        for gap in 0..gaps {
            let at = FIXED + gap * 4;
            let (first, last) = (u16_at(value, at)?, u16_at(value, at + 2)?);
            if first <= before || last < first {
                return None;
            }
            before = last;
            if gap < MAX_GAPS {
                sack.gaps.push(first..=last);
            }
        }
        for duplicate in 0..duplicates {
            let tsn = Tsn(u32_at(value, FIXED + gaps * 4 + duplicate * 4)?);
            if duplicate < MAX_DUPLICATES {
                sack.duplicates.push(tsn);
            }
        }
        Some(sack)
    }
}

impl<G: Iterator<Item = RangeInclusive<u16>>> Sack<G> {
    /// Appends the chunk, with as many of the ranges as there is room for; false when there is none
    /// even without them.
    pub(crate) fn write(self, writer: &mut Writer<'_>) -> bool {
        let Some(room) = writer.room().checked_sub(FIXED + 4) else {
            return false;
        };
        let gaps: Vec<_> = self.gaps.take(MAX_GAPS.min(room / 4)).collect();
        let room = room - gaps.len() * 4;
        let duplicates = self.duplicates.len().min(MAX_DUPLICATES).min(room / 4);
        writer.chunk(kind::SACK, 0, |out| {
            out.extend(self.cumulative.0.to_be_bytes());
            out.extend(self.window.to_be_bytes());
            // Both are small.
            out.extend((gaps.len() as u16).to_be_bytes());
            out.extend((duplicates as u16).to_be_bytes());
            for gap in &gaps {
                out.extend(gap.start().to_be_bytes());
                out.extend(gap.end().to_be_bytes());
            }
            for tsn in &self.duplicates[..duplicates] {
                out.extend(tsn.0.to_be_bytes());
            }
        });
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::{HEADER, Header, chunks};

    const PORTS: Header = Header {
        source_port: 1,
        destination_port: 2,
        verification_tag: 3,
    };

    fn sack(gaps: Vec<RangeInclusive<u16>>) -> Sack<Vec<RangeInclusive<u16>>> {
        Sack {
            cumulative: Tsn(5),
            window: 6,
            gaps,
            duplicates: vec![Tsn(4), Tsn(4)],
        }
    }

    fn written(sack: Sack<Vec<RangeInclusive<u16>>>, limit: usize) -> Option<Vec<u8>> {
        let mut out = Vec::new();
        let mut writer = Writer::new(&mut out, PORTS, limit);
        let Sack {
            cumulative,
            window,
            gaps,
            duplicates,
        } = sack;
        let sack = Sack {
            cumulative,
            window,
            gaps: gaps.into_iter(),
            duplicates,
        };
        let written = sack.write(&mut writer);
        writer.finish(false);
        assert!(out.len() <= limit);
        written.then_some(out)
    }

    fn read(packet: &[u8]) -> Option<Sack<Vec<RangeInclusive<u16>>>> {
        Sack::parse(chunks(&packet[HEADER..]).next()?.value)
    }

    #[test]
    fn what_is_written_is_read() {
        let sack = sack(vec![2..=3, 5..=5, 900..=65535]);
        let packet = written(sack.clone(), 1000).expect("there is room");
        assert_eq!(read(&packet), Some(sack));
    }

    #[test]
    fn what_does_not_fit_is_left_out() {
        let many = sack((1..=300).map(|n| n * 2..=n * 2).collect());
        let read_with = |limit| written(many.clone(), limit).and_then(|packet| read(&packet));
        assert_eq!(read_with(HEADER + 15), None);
        let none = read_with(HEADER + 16).expect("there is room for none");
        assert_eq!((none.gaps.len(), none.duplicates.len()), (0, 0));
        let all = read_with(2000).expect("there is room");
        assert_eq!((all.gaps.len(), all.duplicates.len()), (MAX_GAPS, 2));
    }

    #[test]
    fn ranges_out_of_order_are_refused() {
        let ranges: [&[(u16, u16)]; 4] =
            [&[(0, 1)], &[(3, 2)], &[(2, 4), (4, 5)], &[(5, 6), (1, 2)]];
        for ranges in ranges {
            let gaps: Vec<_> = ranges.iter().map(|&(first, last)| first..=last).collect();
            let packet = written(sack(gaps.clone()), 1000).expect("there is room");
            assert_eq!(read(&packet), None, "{gaps:?}");
        }
    }
}
