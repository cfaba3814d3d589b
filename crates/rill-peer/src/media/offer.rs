//! The codecs of an offered section (RFC 9429 §5.2.1, §5.2.2).

use super::capability::{Supported, find, supported};
use super::{Codec, CodecCapability, MediaKind, PayloadTypes};

/// The codecs to offer in a section.
///
/// `preferences` are those that [`check_preferences`](super::check_preferences) returned, empty for
/// the default. `known` is the section's mapping by the last exchange, in the order of its answer:
/// what we receive with which payload type. `taken` are the payload types of all sections so far.
pub(crate) fn offer_codecs(
    kind: MediaKind,
    preferences: &[CodecCapability],
    known: &[Codec],
    taken: &PayloadTypes,
) -> Vec<Codec> {
    let mut own = PayloadTypes::default();
    own.record(known);
    let mut section = Section {
        kind,
        retransmit: preferences.is_empty()
            || preferences
                .iter()
                .any(|codec| codec.format().is_retransmission()),
        known,
        taken,
        own,
        codecs: Vec::new(),
    };
    if preferences.is_empty() {
        // RFC 9429 §5.2.2: the order of the last answer, then what it did not have.
        for codec in known {
            if let Some(supported) = find(kind, &codec.format()) {
                section.keep(supported, codec);
            }
        }
    }
    for supported in preferred(kind, preferences) {
        section.add(supported);
    }
    section.codecs
}

/// The codecs of the table that preferences allow, in their order.
fn preferred<'a>(
    kind: MediaKind,
    preferences: &'a [CodecCapability],
) -> impl Iterator<Item = &'static Supported> + use<'a> {
    let chosen = preferences
        .iter()
        .filter_map(move |codec| find(kind, &codec.format()));
    chosen.chain(supported(kind).filter(|_| preferences.is_empty()))
}

struct Section<'a> {
    kind: MediaKind,
    retransmit: bool,
    known: &'a [Codec],
    taken: &'a PayloadTypes,
    own: PayloadTypes,
    codecs: Vec<Codec>,
}

impl Section<'_> {
    /// Adds a codec under all payload types that it has already, or under a new one.
    fn add(&mut self, supported: &Supported) {
        if self.has(supported) {
            return;
        }
        let known = self.known;
        for codec in known.iter().filter(|codec| is(supported, codec)) {
            self.keep(supported, codec);
        }
        if self.has(supported) {
            return;
        }
        let mut codec = supported.codec(supported.payload_type);
        if let Some(number) = self.taken.number(&codec, codec.payload_type, &self.own) {
            codec.payload_type = number;
            self.push(supported, codec);
        }
    }

    /// Adds a codec with the payload type and the feedback that it was negotiated with.
    fn keep(&mut self, supported: &Supported, known: &Codec) {
        let mut codec = supported.codec(known.payload_type);
        codec.feedback.retain(|kind| known.feedback.contains(kind));
        self.push(supported, codec);
    }

    fn push(&mut self, supported: &Supported, codec: Codec) {
        let retransmission = supported.retransmission.filter(|_| self.retransmit);
        let retransmission =
            retransmission.and_then(|default| self.retransmission(default, &codec));
        self.own.record(std::slice::from_ref(&codec));
        self.codecs.push(codec);
        self.codecs.extend(retransmission);
    }

    fn retransmission(&mut self, default: u8, primary: &Codec) -> Option<Codec> {
        let mut codec = Codec::retransmission(self.kind, default, primary);
        let known = self
            .known
            .iter()
            .find(|known| known.is_configured_as(&codec));
        codec.payload_type = match known {
            Some(known) => known.payload_type,
            None => self.taken.number(&codec, default, &self.own)?,
        };
        self.own.record(std::slice::from_ref(&codec));
        Some(codec)
    }

    fn has(&self, supported: &Supported) -> bool {
        self.codecs.iter().any(|codec| is(supported, codec))
    }
}

fn is(supported: &Supported, codec: &Codec) -> bool {
    supported.format().matches(&codec.format())
}
