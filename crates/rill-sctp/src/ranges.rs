//! Sets of sequence numbers beyond a cumulative one.

use std::collections::VecDeque;
use std::ops::RangeInclusive;

use crate::wire::Tsn;

/// A set of sequence numbers as ranges in order, none touching the next. All of them lie within half
/// the number space.
#[derive(Clone, Debug, Default)]
pub(crate) struct TsnRanges {
    /// First and last.
    ranges: VecDeque<(Tsn, Tsn)>,
}

impl TsnRanges {
    /// Gives back the room of what is gone.
    pub(crate) fn rest(&mut self) {
        self.ranges.shrink_to_fit();
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.ranges.is_empty()
    }

    /// How many ranges there are.
    pub(crate) fn len(&self) -> usize {
        self.ranges.len()
    }

    /// The highest number.
    pub(crate) fn last(&self) -> Option<Tsn> {
        self.ranges.back().map(|&(_, last)| last)
    }

    pub(crate) fn contains(&self, tsn: Tsn) -> bool {
        let at = self.first_ending_at_or_after(tsn);
        self.ranges
            .get(at)
            .is_some_and(|(first, _)| !first.is_after(tsn))
    }

    /// Whether a number that is not there would make a range longer, not one more.
    pub(crate) fn touches(&self, tsn: Tsn) -> bool {
        self.contains(tsn.minus(1)) || self.contains(tsn.plus(1))
    }

    /// Adds these, and hands each run of them that was not there to `new`.
    pub(crate) fn insert(&mut self, first: Tsn, last: Tsn, mut new: impl FnMut(Tsn, Tsn)) {
        // The first range that this one could touch.
        let mut at = self.first_ending_at_or_after(first.minus(1));
        let (mut merged_first, mut merged_last) = (first, last);
        let mut uncovered = first;
        let begin = at;
        while let Some(&(other_first, other_last)) = self.ranges.get(at) {
            if other_first.is_after(last.plus(1)) {
                break;
            }
            if other_first.is_after(uncovered) {
                new(uncovered, other_first.minus(1));
            }
            if merged_first.is_after(other_first) {
                merged_first = other_first;
            }
            if other_last.is_after(merged_last) {
                merged_last = other_last;
            }
            if !uncovered.is_after(other_last) {
                uncovered = other_last.plus(1);
            }
            at += 1;
        }
        if !uncovered.is_after(last) {
            new(uncovered, last);
        }
        self.replace(begin, at, (merged_first, merged_last));
    }

    /// Removes what is not after `tsn`.
    pub(crate) fn remove_through(&mut self, tsn: Tsn) {
        while let Some((first, last)) = self.ranges.front_mut() {
            if last.is_after(tsn) {
                if !first.is_after(tsn) {
                    *first = tsn.plus(1);
                }
                return;
            }
            self.ranges.pop_front();
        }
    }

    /// Takes the first range away if it begins there; its end.
    pub(crate) fn take_first_at(&mut self, tsn: Tsn) -> Option<Tsn> {
        let &(first, last) = self.ranges.front()?;
        (first == tsn).then(|| {
            self.ranges.pop_front();
            last
        })
    }

    /// The ranges as offsets from `base`, as far as those have 16 bits (RFC 9260 §3.3.4).
    pub(crate) fn offsets(&self, base: Tsn) -> impl Iterator<Item = RangeInclusive<u16>> + '_ {
        self.ranges.iter().map_while(move |&(first, last)| {
            let first = u16::try_from(first.since(base)).ok()?;
            Some(first..=u16::try_from(last.since(base)).unwrap_or(u16::MAX))
        })
    }

    fn first_ending_at_or_after(&self, tsn: Tsn) -> usize {
        // What arrives in order is found at the end.
        if self.last().is_none_or(|last| tsn.is_after(last)) {
            return self.ranges.len();
        }
        self.ranges.partition_point(|&(_, last)| tsn.is_after(last))
    }

    fn replace(&mut self, begin: usize, end: usize, range: (Tsn, Tsn)) {
        if begin == end {
            self.ranges.insert(begin, range);
        } else {
            self.ranges[begin] = range;
            self.ranges.drain(begin + 1..end);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Near the wrap.
    const BASE: Tsn = Tsn(u32::MAX - 5);

    fn at(offset: u32) -> Tsn {
        BASE.plus(offset)
    }

    fn inserted(ranges: &mut TsnRanges, first: u32, last: u32) -> Vec<(u32, u32)> {
        let mut new = Vec::new();
        ranges.insert(at(first), at(last), |first, last| {
            new.push((first.since(BASE), last.since(BASE)));
        });
        new
    }

    fn offsets(ranges: &TsnRanges) -> Vec<(u16, u16)> {
        let offsets = ranges.offsets(BASE);
        offsets
            .map(|range| (*range.start(), *range.end()))
            .collect()
    }

    #[test]
    fn touching_ranges_become_one_and_only_the_new_is_told() {
        let mut ranges = TsnRanges::default();
        assert_eq!(inserted(&mut ranges, 3, 4), [(3, 4)]);
        assert_eq!(inserted(&mut ranges, 8, 9), [(8, 9)]);
        assert_eq!(inserted(&mut ranges, 12, 12), [(12, 12)]);
        assert_eq!(inserted(&mut ranges, 9, 10), [(10, 10)]);
        assert_eq!(offsets(&ranges), [(3, 4), (8, 10), (12, 12)]);
        assert_eq!(inserted(&mut ranges, 11, 11), [(11, 11)]);
        assert_eq!(inserted(&mut ranges, 2, 14), [(2, 2), (5, 7), (13, 14)]);
        assert_eq!(inserted(&mut ranges, 5, 6), []);
        assert_eq!(offsets(&ranges), [(2, 14)]);
    }

    #[test]
    fn random_insertions_agree_with_a_plain_set() {
        let mut random = fastrand::Rng::with_seed(1);
        for _ in 0..200 {
            let mut ranges = TsnRanges::default();
            let mut plain = [false; 64];
            for _ in 0..30 {
                let first = random.usize(1..60);
                let last = first + random.usize(0..4);
                let mut told = Vec::new();
                for (first, last) in inserted(&mut ranges, first as u32, last as u32) {
                    told.extend(first..=last);
                }
                let expected: Vec<_> = (first..=last).filter(|&n| !plain[n]).collect();
                assert_eq!(told, expected.iter().map(|&n| n as u32).collect::<Vec<_>>());
                plain[first..=last].fill(true);
                for (n, &present) in plain.iter().enumerate() {
                    assert_eq!(ranges.contains(at(n as u32)), present);
                }
            }
            let cut = random.usize(0..64);
            ranges.remove_through(at(cut as u32));
            for (n, &present) in plain.iter().enumerate() {
                assert_eq!(ranges.contains(at(n as u32)), present && n > cut);
            }
        }
    }

    #[test]
    fn the_first_range_is_taken_when_it_is_reached() {
        let mut ranges = TsnRanges::default();
        inserted(&mut ranges, 3, 4);
        inserted(&mut ranges, 6, 6);
        assert_eq!(ranges.take_first_at(at(2)), None);
        assert_eq!(ranges.take_first_at(at(3)), Some(at(4)));
        assert_eq!(offsets(&ranges), [(6, 6)]);
        inserted(&mut ranges, 65_535, 65_540);
        inserted(&mut ranges, 65_600, 65_600);
        assert_eq!(offsets(&ranges), [(6, 6), (65_535, 65_535)]);
    }
}
