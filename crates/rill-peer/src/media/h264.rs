//! The profile and level of H.264 (RFC 6184 §8.1, §8.2.2).

use std::fmt;

use super::parameters::Parameters;

/// The value of `profile-level-id`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ProfileLevel {
    profile_idc: u8,
    profile_iop: u8,
    level_idc: u8,
}

/// The subset of the coding tools. Several values of the first two bytes can mean the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Profile {
    ConstrainedBaseline,
    Baseline,
    Main,
    Extended,
    /// By the first two bytes; rill offers none of them.
    Other(u8, u8),
}

/// constraint_set3_flag: level 1b where `level_idc` says 1.1.
const LEVEL_1B: u8 = 0x10;

impl ProfileLevel {
    /// Reads the parameter, `None` if it is malformed. Without one the Baseline profile at level 1
    /// is meant.
    pub(super) fn read(parameters: Parameters<'_>) -> Option<Self> {
        let Some(text) = parameters.get("profile-level-id") else {
            return Some(Self {
                profile_idc: 0x42,
                profile_iop: 0,
                level_idc: 10,
            });
        };
        if text.len() != 6 || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return None;
        }
        let [_, profile_idc, profile_iop, level_idc] =
            u32::from_str_radix(text, 16).ok()?.to_be_bytes();
        Some(Self {
            profile_idc,
            profile_iop,
            level_idc,
        })
    }

    /// Table 5 of RFC 6184 §8.1.
    pub(super) const fn profile(self) -> Profile {
        let iop = self.profile_iop;
        match self.profile_idc {
            0x42 if iop & 0x4f == 0x40 => Profile::ConstrainedBaseline,
            0x4d if iop & 0x8f == 0x80 => Profile::ConstrainedBaseline,
            0x58 if iop & 0xcf == 0xc0 => Profile::ConstrainedBaseline,
            0x42 if iop & 0x4f == 0 => Profile::Baseline,
            0x58 if iop & 0xcf == 0x80 => Profile::Baseline,
            0x4d if iop & 0xaf == 0 => Profile::Main,
            0x58 if iop & 0xcf == 0 => Profile::Extended,
            idc => Profile::Other(idc, iop),
        }
    }

    /// What the answer to an offer of this says, where `ours` is what we can receive.
    ///
    /// The profile stays the offer's. The level is ours if both sides allow it to differ, else the
    /// lower of both (RFC 6184 §8.2.2).
    pub(super) fn answered(self, ours: Self, asymmetric: bool) -> Self {
        if !asymmetric && self.level() <= ours.level() {
            return self;
        }
        Self {
            profile_iop: self.profile_iop & !LEVEL_1B | ours.profile_iop & LEVEL_1B,
            level_idc: ours.level_idc,
            ..self
        }
    }

    /// A number that grows with the level; 1b is between 1 and 1.1.
    const fn level(self) -> u16 {
        let flagged = matches!(self.profile_idc, 0x42 | 0x4d | 0x58)
            && self.level_idc == 11
            && self.profile_iop & LEVEL_1B != 0;
        if flagged || self.level_idc == 9 {
            21
        } else {
            2 * self.level_idc as u16
        }
    }
}

impl fmt::Display for ProfileLevel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{:02x}{:02x}{:02x}",
            self.profile_idc, self.profile_iop, self.level_idc
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(id: &str) -> Option<ProfileLevel> {
        let text = format!("profile-level-id={id}");
        ProfileLevel::read(Parameters::new(Some(&text)))
    }

    fn profile(id: &str) -> Profile {
        read(id).expect(id).profile()
    }

    #[test]
    fn several_values_mean_one_profile() {
        for id in ["42e01f", "42c01f", "42F01F", "4d8014", "58c01e", "42400d"] {
            assert_eq!(profile(id), Profile::ConstrainedBaseline, "{id}");
        }
        for id in ["42001f", "42800a", "58801f"] {
            assert_eq!(profile(id), Profile::Baseline, "{id}");
        }
        assert_eq!(profile("4d001f"), Profile::Main);
        assert_eq!(profile("58001f"), Profile::Extended);
        assert_eq!(profile("640c1f"), Profile::Other(0x64, 0x0c));
        assert_eq!(ProfileLevel::read(Parameters::new(None)), read("42000a"));
    }

    #[test]
    fn what_is_not_three_bytes_is_refused() {
        for id in ["", "42e0", "42e01f0", "42e01g", "+2e01f"] {
            assert_eq!(read(id), None, "{id}");
        }
    }

    #[test]
    fn the_answer_keeps_the_profile_and_lowers_the_level_unless_both_may_differ() {
        for (offered, ours, asymmetric, answered) in [
            ("42c028", "42e01f", false, "42c01f"),
            ("42c00d", "42e01f", false, "42c00d"),
            ("42c00d", "42e01f", true, "42c01f"),
            ("42c028", "42e01f", true, "42c01f"),
            ("42d00b", "42e00b", false, "42d00b"),
            ("42c00b", "42f00b", false, "42d00b"),
            ("42d00b", "42e01f", true, "42c01f"),
            ("42c009", "42e00a", false, "42c00a"),
        ] {
            let (offer, own) = (read(offered).expect(offered), read(ours).expect(ours));
            let answer = offer.answered(own, asymmetric).to_string();
            assert_eq!(answer, answered, "{offered} {ours} {asymmetric}");
        }
    }
}
