//! The kinds of media.

use std::fmt;

use rill_sdp::Media;

/// What a track carries and a media section describes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum MediaKind {
    /// `audio`
    Audio,
    /// `video`
    Video,
}

impl MediaKind {
    /// The word of W3C and of descriptions.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Audio => "audio",
            Self::Video => "video",
        }
    }

    /// The kind that a section describes, if it is one of audio or video.
    pub(crate) fn of(media: &Media) -> Option<Self> {
        [Self::Audio, Self::Video]
            .into_iter()
            .find(|kind| kind.as_str() == media.kind)
    }
}

impl fmt::Display for MediaKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_audio_and_video_are_kinds() {
        let of = |kind: &str| MediaKind::of(&Media::new(kind, 9, "RTP/AVP", &["0"]));
        assert_eq!(of("audio"), Some(MediaKind::Audio));
        assert_eq!(of("video"), Some(MediaKind::Video));
        assert_eq!(of("application"), None);
        assert_eq!(of("unicorns"), None);
    }
}
