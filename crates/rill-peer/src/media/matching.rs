//! When two descriptions of a codec mean the same format.

use super::h264::ProfileLevel;
use super::parameters::Parameters;

/// What identifies a format, without its payload type.
#[derive(Clone, Copy, Debug)]
pub(super) struct Format<'a> {
    /// `opus`, `VP8`, `rtx`, …
    pub(super) name: &'a str,
    pub(super) clock_rate: u32,
    /// 1 where the text says nothing.
    pub(super) channels: u16,
    pub(super) parameters: Parameters<'a>,
}

impl Format<'_> {
    /// Whether both mean the same format, so that one answers the other. Parameters by which a
    /// receiver only states what it can do, as levels and limits, need not be equal.
    pub(super) fn matches(&self, other: &Self) -> bool {
        self.name.eq_ignore_ascii_case(other.name)
            && self.clock_rate == other.clock_rate
            && self.channels == other.channels
            && self.matches_parameters(other)
    }

    fn matches_parameters(&self, other: &Self) -> bool {
        let equal = |name, default| {
            let value = |format: &Self| format.parameters.get(name).unwrap_or(default).to_owned();
            value(self) == value(other)
        };
        match self.name.to_ascii_lowercase().as_str() {
            // RFC 6184 §8.2.2: both are used symmetrically, or the format is not the same.
            "h264" => {
                let profile =
                    |format: &Self| Some(ProfileLevel::read(format.parameters)?.profile());
                equal("packetization-mode", "0")
                    && profile(self).is_some_and(|own| profile(other) == Some(own))
            }
            // RFC 9628 §6.
            "vp9" => equal("profile-id", "0"),
            // §7.2.1 of AV1's payload format; a decoder of one profile need not know another.
            "av1" => equal("profile", "0"),
            // RFC 4588 §8.1: what is retransmitted.
            "rtx" => equal("apt", ""),
            _ => true,
        }
    }

    pub(super) const fn is_retransmission(&self) -> bool {
        self.name.eq_ignore_ascii_case("rtx")
    }

    /// The payload type that a retransmission is for.
    pub(super) fn primary(&self) -> Option<u8> {
        if !self.is_retransmission() {
            return None;
        }
        self.parameters.get("apt")?.parse().ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn format<'a>(name: &'a str, clock_rate: u32, parameters: &'a str) -> Format<'a> {
        Format {
            name,
            clock_rate,
            channels: 1,
            parameters: Parameters::new(Some(parameters)),
        }
    }

    fn match_video(name: &str, one: &str, other: &str) -> bool {
        let (one, other) = (format(name, 90_000, one), format(name, 90_000, other));
        assert_eq!(one.matches(&other), other.matches(&one));
        one.matches(&other)
    }

    #[test]
    fn name_clock_rate_and_channels_must_be_equal_and_names_have_no_case() {
        let opus = Format {
            channels: 2,
            ..format("opus", 48_000, "minptime=10;useinbandfec=1")
        };
        assert!(opus.matches(&Format {
            channels: 2,
            ..format("OPUS", 48_000, "maxplaybackrate=48000;stereo=1")
        }));
        assert!(!opus.matches(&format("opus", 48_000, "")));
        assert!(!format("VP8", 90_000, "").matches(&format("VP8", 30, "")));
        assert!(!format("VP8", 90_000, "").matches(&format("VP9", 90_000, "")));
    }

    #[test]
    fn h264_compares_profile_and_packetization_mode_but_not_level() {
        let ours = "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f";
        for (theirs, matches) in [
            ("profile-level-id=42e034;packetization-mode=1", true),
            ("PROFILE-LEVEL-ID=42C00D; packetization-mode=1", true),
            ("profile-level-id=42e01f", false),
            ("profile-level-id=42e01f;packetization-mode=0", false),
            ("profile-level-id=42001f;packetization-mode=1", false),
            ("profile-level-id=640c1f;packetization-mode=1", false),
            ("profile-level-id=bad;packetization-mode=1", false),
            ("packetization-mode=1", false),
        ] {
            assert_eq!(match_video("H264", ours, theirs), matches, "{theirs}");
        }
        // Nothing said means Baseline, single NAL units.
        assert!(match_video(
            "H264",
            "packetization-mode=0;profile-level-id=42001f",
            ""
        ));
        assert!(!match_video(
            "H264",
            "profile-level-id=x",
            "profile-level-id=x"
        ));
    }

    #[test]
    fn vp9_and_av1_compare_profiles_with_their_defaults() {
        assert!(match_video("VP9", "profile-id=0", "max-fs=12288;max-fr=60"));
        assert!(!match_video("VP9", "profile-id=0", "profile-id=2"));
        assert!(match_video("AV1", "level-idx=5;profile=0;tier=0", ""));
        assert!(match_video(
            "AV1",
            "level-idx=5;profile=0;tier=0",
            "level-idx=8;profile=0"
        ));
        assert!(!match_video(
            "AV1",
            "level-idx=5;profile=0;tier=0",
            "profile=1"
        ));
        assert!(match_video("VP8", "max-fs=3600", ""));
    }

    #[test]
    fn a_retransmission_names_its_primary() {
        assert_eq!(
            format("RTX", 90_000, "apt=96;rtx-time=3000").primary(),
            Some(96)
        );
        assert_eq!(format("rtx", 90_000, "apt=x").primary(), None);
        assert_eq!(format("VP8", 90_000, "apt=96").primary(), None);
        assert!(!match_video("rtx", "apt=96", "apt=98"));
    }
}
