//! The highest of what was measured lately.

/// How many rounds a value is remembered.
const ROUNDS: u64 = 10;

/// The highest values of the last rounds: the best, and the best since that one.
#[derive(Clone, Debug, Default)]
pub(super) struct Highest {
    /// Each with its round.
    values: Vec<(u64, u64)>,
}

impl Highest {
    pub(super) fn add(&mut self, round: u64, value: u64) {
        let covered = |&(at, best): &(u64, u64)| at == round && best >= value;
        if self.values.last().is_some_and(covered) {
            return;
        }
        self.values
            .retain(|&(at, other)| other > value && at + ROUNDS > round);
        self.values.push((round, value));
    }

    pub(super) fn get(&self) -> Option<u64> {
        self.values.first().map(|&(_, value)| value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_highest_is_remembered_for_ten_rounds() {
        let mut highest = Highest::default();
        assert_eq!(highest.get(), None);
        for (round, value, best) in [
            (1, 5, 5),
            (1, 9, 9),
            (1, 3, 9),
            (4, 7, 9),
            (10, 1, 9),
            (11, 1, 7),
            (14, 2, 2),
            (15, 3, 3),
        ] {
            highest.add(round, value);
            assert_eq!(highest.get(), Some(best), "in round {round}");
        }
    }
}
