//! The codecs and header extensions of audio and video sections: pure functions over descriptions.

mod agreement;
mod answer;
mod capability;
mod check;
mod codec;
#[cfg(test)]
mod excerpts;
#[cfg(test)]
mod exchange;
mod extension;
mod h264;
mod kind;
mod matching;
mod offer;
mod parameters;
mod payload_types;
mod preferences;
mod read;
mod rtcp;
mod write;

pub use capability::codec_capabilities;
pub use check::MediaProblem;
pub use codec::{Codec, CodecCapability};
pub use extension::{HeaderExtension, header_extension_capabilities};
pub use kind::MediaKind;

pub(crate) use agreement::{accepted_codecs, received_codecs};
pub(crate) use answer::answer_codecs;
pub(crate) use check::check;
pub(crate) use extension::{
    ExtensionIds, accepted_extensions, answer_extensions, offer_extensions,
};
pub(crate) use offer::offer_codecs;
pub(crate) use payload_types::PayloadTypes;
pub(crate) use preferences::check_preferences;
pub(crate) use read::msids;
pub(crate) use rtcp::RtcpAttributes;
pub(crate) use write::write;
