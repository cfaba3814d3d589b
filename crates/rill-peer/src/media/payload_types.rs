//! The payload types in use.

use std::collections::BTreeMap;

use super::Codec;

/// What each payload type means in the sections of a connection.
///
/// One that was given is never given again to another codec: what a bundle shares must mean the
/// same in all its sections (RFC 9143 §9.1.1), and a mapping stays for the session (RFC 3264
/// §8.3.2), also that of a codec which was left out later.
#[derive(Clone, Debug, Default)]
pub(crate) struct PayloadTypes {
    meanings: BTreeMap<u8, Codec>,
}

impl PayloadTypes {
    /// Notes what a section uses. A number that has a meaning keeps it.
    pub(crate) fn record(&mut self, codecs: &[Codec]) {
        for codec in codecs {
            self.meanings
                .entry(codec.payload_type)
                .or_insert_with(|| codec.clone());
        }
    }

    /// A number for a codec in a section that uses `own` already: `default` or any that means it
    /// already, else `default`, else one that is free.
    pub(super) fn number(&self, codec: &Codec, default: u8, own: &Self) -> Option<u8> {
        let fits = |number: &u8| match self.meanings.get(number) {
            Some(meaning) => meaning.is_configured_as(codec),
            None => true,
        };
        let same = self.meanings.iter();
        let same = same.filter(|(_, meaning)| meaning.is_configured_as(codec));
        // RFC 5761 §4: 96 to 127, then what no static payload type has; never 64 to 95.
        let dynamic = (96..=127).chain(35..=63);
        let same = same.map(|(number, _)| *number);
        same.chain([default])
            .chain(dynamic)
            .filter(|number| !own.meanings.contains_key(number))
            .find(fits)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn codec(name: &str, payload_type: u8) -> Codec {
        Codec {
            payload_type,
            mime_type: format!("video/{name}"),
            clock_rate: 90_000,
            channels: None,
            sdp_fmtp_line: None,
            feedback: Vec::new(),
        }
    }

    fn taken(codecs: &[Codec]) -> PayloadTypes {
        let mut types = PayloadTypes::default();
        types.record(codecs);
        types
    }

    #[test]
    fn a_number_is_shared_by_the_same_codec_only() {
        let others = taken(&[codec("VP8", 120), codec("VP9", 98)]);
        let none = PayloadTypes::default();
        assert_eq!(others.number(&codec("vp8", 0), 96, &none), Some(120));
        assert_eq!(others.number(&codec("H264", 0), 98, &none), Some(96));
        assert_eq!(others.number(&codec("H264", 0), 102, &none), Some(102));
        let audio = Codec {
            mime_type: "audio/VP8".into(),
            ..codec("VP8", 0)
        };
        assert_eq!(others.number(&audio, 120, &none), Some(96));
        let own = taken(&[codec("VP8", 120)]);
        assert_eq!(others.number(&codec("VP8", 0), 96, &own), Some(96));
    }

    #[test]
    fn the_first_meaning_stays() {
        let mut types = taken(&[codec("VP8", 96)]);
        types.record(&[codec("VP9", 96)]);
        let none = PayloadTypes::default();
        assert_eq!(types.number(&codec("VP9", 0), 96, &none), Some(97));
    }

    #[test]
    fn when_all_are_used_there_is_none() {
        let all: Vec<_> = (35..=127).map(|number| codec("x", number)).collect();
        let types = taken(&all[..all.len() - 1]);
        let none = PayloadTypes::default();
        assert_eq!(types.number(&codec("VP8", 0), 96, &none), Some(127));
        assert_eq!(taken(&all).number(&codec("VP8", 0), 96, &none), None);
        // 64 to 95 stay unused although they are free.
        let most: Vec<_> = all
            .into_iter()
            .filter(|codec| !(64..96).contains(&codec.payload_type))
            .collect();
        assert_eq!(taken(&most).number(&codec("VP8", 0), 96, &none), None);
    }
}
