//! What a radio link does to packets, in order: it lets them go in bursts, and holds back all that are behind one
//! that it repeats.

/// Of so many packets one is repeated.
const REPEATED: f64 = 100.0;

/// How a link behind the bottleneck delays packets, in nanoseconds; by default it does not.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Radio {
    /// Packets go all together, every so often.
    pub(crate) bursts: u64,
    /// How long a packet that is repeated takes at most.
    pub(crate) stalls: u64,
}

impl Radio {
    /// What a reader of the figures must know; nothing if there is no delay.
    pub(crate) fn said(self) -> String {
        let mut said = String::new();
        if self.bursts > 0 {
            said += &format!(
                " Packets arrive all together every {} ms.",
                milliseconds(self.bursts)
            );
        }
        if self.stalls > 0 {
            let stalls = milliseconds(self.stalls);
            said +=
                &format!(" One in {REPEATED} comes up to {stalls} ms later, and all behind it.");
        }
        said
    }

    /// When a packet arrives that would be there at `arrival`, and the one before at `last`.
    pub(crate) fn arrival(self, arrival: u64, last: u64, random: &mut fastrand::Rng) -> u64 {
        let together = match self.bursts {
            0 => arrival,
            every => arrival.div_ceil(every) * every,
        };
        let stall = if self.stalls > 0 && random.f64() * REPEATED < 1.0 {
            random.u64(..=self.stalls)
        } else {
            0
        };
        (together + stall).max(last)
    }
}

pub(crate) fn milliseconds(nanos: u64) -> f64 {
    nanos as f64 / 1e6
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packets_go_together_and_in_order() {
        let mut random = fastrand::Rng::with_seed(1);
        assert_eq!(Radio::default().arrival(7, 3, &mut random), 7);
        let bursts = Radio {
            bursts: 10,
            stalls: 0,
        };
        for (arrival, last, then) in [(1, 0, 10), (10, 10, 10), (11, 10, 20), (12, 30, 30)] {
            assert_eq!(bursts.arrival(arrival, last, &mut random), then);
        }
        let stalls = Radio {
            bursts: 0,
            stalls: 1_000_000,
        };
        let late = (0..10_000).filter(|_| stalls.arrival(5, 0, &mut random) > 5);
        assert!((60..150).contains(&late.count()));
        assert_eq!(Radio::default().said(), "");
        assert!(stalls.said().contains("One in 100 comes up to 1 ms later"));
    }
}
