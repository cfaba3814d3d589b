//! Randomness between two draws.

use std::fmt;

use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng;

/// Where a [`ChaCha20Rng`] stands, without the 256 bytes that it holds ready: few agents draw often, and
/// all of them live long. Draws are those of the generator that it was made of.
#[derive(Clone)]
pub struct Generator {
    seed: [u8; 32],
    stream: u64,
    /// How many words were drawn.
    drawn: u128,
}

/// Hides the seed: whoever has it can compute our passwords.
impl fmt::Debug for Generator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Generator(..)")
    }
}

impl From<ChaCha20Rng> for Generator {
    fn from(rng: ChaCha20Rng) -> Self {
        Self {
            seed: rng.get_seed(),
            stream: rng.get_stream(),
            drawn: rng.get_word_pos(),
        }
    }
}

impl Generator {
    /// Draws from the generator, which goes on where it stood.
    pub fn draw<R>(&mut self, draw: impl FnOnce(&mut ChaCha20Rng) -> R) -> R {
        let mut rng = ChaCha20Rng::from_seed(self.seed);
        rng.set_stream(self.stream);
        rng.set_word_pos(self.drawn);
        let drawn = draw(&mut rng);
        self.drawn = rng.get_word_pos();
        drawn
    }
}

#[cfg(test)]
mod tests {
    use rand_chacha::rand_core::Rng;

    use super::*;

    #[test]
    fn draws_are_those_of_the_generator_it_was_made_of() {
        let mut rng = ChaCha20Rng::seed_from_u64(7);
        rng.set_stream(3);
        rng.next_u32();
        let mut generator = Generator::from(rng.clone());
        assert_eq!(format!("{generator:?}"), "Generator(..)");
        for length in [12, 3, 64, 1, 1000, 256] {
            let (mut ours, mut theirs) = (vec![0; length], vec![0; length]);
            generator.draw(|rng| rng.fill_bytes(&mut ours));
            rng.fill_bytes(&mut theirs);
            assert_eq!(ours, theirs);
            assert_eq!(generator.draw(ChaCha20Rng::next_u64), rng.next_u64());
        }
    }
}
