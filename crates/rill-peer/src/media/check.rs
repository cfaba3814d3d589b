//! What makes a section of audio or video unusable (RFC 9429 §5.8.3, §5.10).

use std::collections::BTreeSet;

use rill_sdp::{Attribute, Media};

use super::read::read_codecs;

/// What is wrong with a section of audio or video.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MediaProblem {
    /// RFC 9429 §5.1.2.
    #[error("its protocol is not UDP/TLS/RTP/SAVPF or one of the names that stand for it")]
    Protocol,
    /// RFC 9429 §5.8.3: rill does not send RTP and RTCP on two ports.
    #[error("it has no a=rtcp-mux")]
    RtcpMux,
    /// RFC 8866 §5.14: the formats of RTP are payload types.
    #[error("a format of its m= line is not a payload type, 0 to 127")]
    Format,
    /// RFC 5761 §4: with the marker bit the packet would look like RTCP.
    #[error("payload type {0} cannot be told from RTCP; 64 to 95 must not be used with a=rtcp-mux")]
    LooksLikeRtcp(u8),
    /// RFC 9429 §5.10.
    #[error("payload type {0} retransmits none of the payload types of its m= line")]
    NoPrimary(u8),
    /// RFC 9429 §5.8.3.
    #[error("its a=simulcast names a stream that no a=rid describes")]
    NoRid,
}

/// Checks an audio or video section of a remote description. `tagged` is the section that
/// describes the transport of its bundle, if it is another.
pub(crate) fn check(media: &Media, tagged: Option<&Media>) -> Result<(), MediaProblem> {
    if media.is_rejected() {
        return Ok(());
    }
    if !is_rtp(media) {
        return Err(MediaProblem::Protocol);
    }
    // RFC 9143 §7.1.3: a bundled section may leave it to the tagged one.
    if !media.rtcp_mux() && !tagged.is_some_and(Media::rtcp_mux) {
        return Err(MediaProblem::RtcpMux);
    }
    check_formats(media)?;
    check_retransmissions(media)?;
    check_simulcast(media)
}

/// Whether the protocol is one of those that RFC 9429 §5.1.2 takes for DTLS-SRTP.
fn is_rtp(media: &Media) -> bool {
    let profile = ["UDP/TLS/", "TCP/DTLS/"]
        .into_iter()
        .find_map(|prefix| media.protocol.strip_prefix(prefix));
    match profile {
        Some(profile) => matches!(profile, "RTP/SAVP" | "RTP/SAVPF"),
        None => matches!(
            media.protocol.as_str(),
            "RTP/AVP" | "RTP/AVPF" | "RTP/SAVP" | "RTP/SAVPF"
        ),
    }
}

fn check_formats(media: &Media) -> Result<(), MediaProblem> {
    for format in &media.formats {
        let number = format.parse::<u8>().ok().filter(|number| *number < 128);
        // One without a=rtpmap is a codec that nobody knows; browsers ignore it.
        if let number @ 64..=95 = number.ok_or(MediaProblem::Format)? {
            return Err(MediaProblem::LooksLikeRtcp(number));
        }
    }
    Ok(())
}

fn check_retransmissions(media: &Media) -> Result<(), MediaProblem> {
    let codecs = read_codecs(media);
    for codec in codecs
        .iter()
        .filter(|codec| codec.format().is_retransmission())
    {
        let primary = codec.format().primary();
        let is_there = |number: u8| codecs.iter().any(|codec| codec.payload_type == number);
        if !primary.is_some_and(is_there) {
            return Err(MediaProblem::NoPrimary(codec.payload_type));
        }
    }
    Ok(())
}

fn check_simulcast(media: &Media) -> Result<(), MediaProblem> {
    let rids = media
        .attributes
        .iter()
        .filter_map(|attribute| match attribute {
            Attribute::Rid(rid) => Some(rid.id.as_str()),
            _ => None,
        });
    let rids: BTreeSet<&str> = rids.collect();
    let named = media
        .attributes
        .iter()
        .flat_map(|attribute| match attribute {
            Attribute::Simulcast(simulcast) => simulcast.lists.as_slice(),
            _ => &[],
        });
    let mut versions = named
        .flat_map(|(_, streams)| streams)
        .flat_map(|stream| &stream.0);
    if versions.all(|version| rids.contains(version.rid.as_str())) {
        Ok(())
    } else {
        Err(MediaProblem::NoRid)
    }
}

#[cfg(test)]
mod tests {
    use super::super::excerpts::{
        AIORTC_AUDIO, CHROMIUM_AUDIO, CHROMIUM_VIDEO, FIREFOX_VIDEO, PION_VIDEO, media,
    };
    use super::*;

    fn problem(section: &str) -> Option<MediaProblem> {
        check(&media(section), None).err()
    }

    #[test]
    fn what_other_stacks_send_is_usable() {
        for section in [
            CHROMIUM_AUDIO,
            CHROMIUM_VIDEO,
            FIREFOX_VIDEO,
            AIORTC_AUDIO,
            PION_VIDEO,
        ] {
            assert_eq!(problem(section), None, "{section}");
        }
    }

    #[test]
    fn every_name_of_the_profile_is_taken_and_no_other() {
        for (protocol, expected) in [
            ("RTP/AVP", None),
            ("RTP/AVPF", None),
            ("RTP/SAVP", None),
            ("RTP/SAVPF", None),
            ("TCP/DTLS/RTP/SAVP", None),
            ("TCP/DTLS/RTP/SAVPF", None),
            ("UDP/TLS/RTP/SAVP", None),
            ("UDP/TLS/RTP/SAVPF", None),
            ("UDP/TLS/RTP/AVP", Some(MediaProblem::Protocol)),
            ("TCP/TLS/RTP/SAVPF", Some(MediaProblem::Protocol)),
            ("UDP/DTLS/SCTP", Some(MediaProblem::Protocol)),
            ("rtp/savpf", Some(MediaProblem::Protocol)),
        ] {
            let section = format!("m=audio 9 {protocol} 0\na=rtcp-mux\n");
            assert_eq!(problem(&section), expected, "{protocol}");
        }
    }

    #[test]
    fn rtcp_must_be_multiplexed_here_or_in_the_tagged_section() {
        let bare = "m=audio 9 RTP/SAVPF 0\n";
        assert_eq!(problem(bare), Some(MediaProblem::RtcpMux));
        let tagged = media(CHROMIUM_VIDEO);
        assert_eq!(check(&media(bare), Some(&tagged)), Ok(()));
        assert_eq!(
            check(&media(bare), Some(&media(bare))),
            Err(MediaProblem::RtcpMux)
        );
        assert_eq!(
            problem("m=audio 0 RTP/SAVPF 96\n"),
            None,
            "a rejected section is not read"
        );
        let bundled = "m=audio 0 RTP/SAVPF 0\na=bundle-only\n";
        assert_eq!(
            problem(bundled),
            Some(MediaProblem::RtcpMux),
            "and this is not rejected"
        );
    }

    #[test]
    fn payload_types_that_look_like_rtcp_are_refused() {
        for number in 0..=127u8 {
            let section = format!(
                "m=audio 9 RTP/SAVPF {number}\na=rtcp-mux\na=rtpmap:{number} opus/48000/2\n"
            );
            let looks = (64..=95).contains(&number);
            let expected = looks.then_some(MediaProblem::LooksLikeRtcp(number));
            assert_eq!(problem(&section), expected, "{number}");
        }
    }

    #[test]
    fn formats_are_payload_types() {
        let formats =
            |formats: &str| problem(&format!("m=audio 9 RTP/SAVPF {formats}\na=rtcp-mux\n"));
        assert_eq!(formats("0 8 9 34"), None);
        // What nobody knows is ignored.
        assert_eq!(formats("0 35"), None);
        assert_eq!(formats("127 0"), None);
        for text in ["128", "256", "opus", "-1"] {
            assert_eq!(formats(text), Some(MediaProblem::Format), "{text}");
        }
    }

    #[test]
    fn a_retransmission_needs_its_primary() {
        let section = |formats: &str, apt: &str| {
            problem(&format!(
                "m=video 9 RTP/SAVPF {formats}\na=rtcp-mux\na=rtpmap:96 H265/90000\n\
                 a=rtpmap:97 rtx/90000\na=fmtp:97 {apt}\n"
            ))
        };
        assert_eq!(
            section("96 97", "apt=96"),
            None,
            "also of a codec that is unknown"
        );
        for (formats, apt) in [
            ("97", "apt=96"),
            ("96 97", "apt=98"),
            ("96 97", "rtx-time=9"),
        ] {
            let expected = Some(MediaProblem::NoPrimary(97));
            assert_eq!(section(formats, apt), expected, "{formats} {apt}");
        }
    }

    #[test]
    fn simulcast_names_streams_that_are_described() {
        let section = |simulcast: &str| {
            problem(&format!(
                "m=video 9 RTP/SAVPF 0\na=rtcp-mux\na=rid:hi send\na=rid:lo send\n\
                 a=simulcast:{simulcast}\n"
            ))
        };
        assert_eq!(section("send hi;~lo"), None);
        assert_eq!(section("send hi;lo,mid"), Some(MediaProblem::NoRid));
        assert_eq!(section("send hi recv x"), Some(MediaProblem::NoRid));
    }
}
