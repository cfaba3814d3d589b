//! Making new inputs out of old ones.

/// The longest input that is made.
const MAX_LENGTH: usize = 1 << 13;

/// Words that parsers are wrong about: numbers at the edges of types, separators, halves of pairs.
const WORDS: [&[u8]; 24] = [
    b"0",
    b"-1",
    b"65535",
    b"65536",
    b"2147483648",
    b"4294967296",
    b"9223372036854775808",
    b"18446744073709551616",
    b"1e9",
    b" ",
    b"  ",
    b":",
    b";",
    b",",
    b"/",
    b"\r",
    b"\n",
    b"\r\n\r\n",
    b"\0",
    b"\xff\xff\xff\xff",
    b"\x00\x00\x00\x00",
    b"\x7f\xff\xff\xff",
    b"\x80",
    b"\xc3\xa9",
];

/// Makes inputs, the same ones for the same seed.
#[derive(Debug)]
pub struct Mutator {
    state: u64,
}

impl Mutator {
    /// A mutator whose inputs follow from the seed.
    #[must_use]
    pub const fn new(seed: u64) -> Self {
        Self { state: seed }
    }

    /// A new input, from one or two of the corpus.
    pub fn mutate(&mut self, corpus: &[(String, Vec<u8>)]) -> Vec<u8> {
        let mut input = self.pick(corpus);
        for _ in 0..=self.below(4) {
            self.mutate_once(&mut input, corpus);
        }
        input.truncate(MAX_LENGTH);
        input
    }

    fn pick(&mut self, corpus: &[(String, Vec<u8>)]) -> Vec<u8> {
        corpus
            .get(self.below(corpus.len()))
            .map(|(_, input)| input.clone())
            .unwrap_or_default()
    }

    fn mutate_once(&mut self, input: &mut Vec<u8>, corpus: &[(String, Vec<u8>)]) {
        let (start, end) = self.range(input.len());
        match self.below(10) {
            0 if start < input.len() => input[start] ^= 1 << self.below(8),
            1 if start < input.len() => input[start] = self.byte(),
            2 => drop(input.drain(start..end)),
            3 => drop(input.splice(start..start, input[start..end].to_vec())),
            4 => input.truncate(start),
            5 => {
                let word = WORDS[self.below(WORDS.len())];
                let end = if self.below(2) == 0 {
                    start
                } else {
                    end.min(start + word.len())
                };
                input.splice(start..end, word.iter().copied());
            }
            6 => {
                let noise: Vec<u8> = (0..=self.below(16)).map(|_| self.byte()).collect();
                input.splice(start..start, noise);
            }
            7 => self.repeat_line(input),
            8 => self.replace_number(input),
            _ => {
                let other = self.pick(corpus);
                let (from, to) = self.range(other.len());
                input.splice(start..end, other[from..to].iter().copied());
            }
        }
    }

    /// Writes a line of a text, or what would be one, a second time somewhere else.
    fn repeat_line(&mut self, input: &mut Vec<u8>) {
        let starts: Vec<usize> = std::iter::once(0)
            .chain(
                input
                    .iter()
                    .enumerate()
                    .filter(|(_, byte)| **byte == b'\n')
                    .map(|(at, _)| at + 1),
            )
            .collect();
        let (from, to) = (
            starts[self.below(starts.len())],
            starts[self.below(starts.len())],
        );
        let end = starts
            .iter()
            .find(|start| **start > from)
            .copied()
            .unwrap_or(input.len());
        let line = input[from..end].to_vec();
        input.splice(to..to, line);
    }

    /// Replaces a decimal number of a text by another.
    fn replace_number(&mut self, input: &mut Vec<u8>) {
        let start = self.below(input.len() + 1);
        let is_digit = |byte: &u8| byte.is_ascii_digit();
        let Some(start) = input[start..]
            .iter()
            .position(is_digit)
            .map(|at| start + at)
        else {
            return;
        };
        let length = input[start..]
            .iter()
            .take_while(|byte| is_digit(byte))
            .count();
        let number = WORDS[self.below(9)].iter().copied();
        input.splice(start..start + length, number);
    }

    /// Two places in an input of this length: mostly close together, sometimes anywhere.
    fn range(&mut self, length: usize) -> (usize, usize) {
        let start = self.below(length + 1);
        let reach = if self.below(4) == 0 { length } else { 8 };
        (start, (start + self.below(reach + 1)).min(length))
    }

    fn byte(&mut self) -> u8 {
        self.next().to_le_bytes()[0]
    }

    /// A number below `limit`, or 0.
    fn below(&mut self, limit: usize) -> usize {
        let limit = u64::try_from(limit.max(1)).unwrap_or(u64::MAX);
        usize::try_from(self.next() % limit).unwrap_or(0)
    }

    /// SplitMix64.
    const fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_makes_the_same_inputs_and_no_long_ones() {
        let corpus = vec![
            ("a".into(), b"12 34\n56\n".repeat(900)),
            ("b".into(), Vec::new()),
        ];
        let make = |seed| {
            let mut mutator = Mutator::new(seed);
            (0..300)
                .map(|_| mutator.mutate(&corpus))
                .collect::<Vec<_>>()
        };
        assert_eq!(make(1), make(1));
        assert_ne!(make(1), make(2));
        assert!(make(3).iter().all(|input| input.len() <= MAX_LENGTH));
    }
}
