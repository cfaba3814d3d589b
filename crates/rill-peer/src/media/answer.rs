//! The codecs of an answered section (RFC 9429 §5.3.1), and what they mean for both sides.

use rill_sdp::Media;

use super::capability::find;
use super::read::read_codecs;
use super::{Codec, CodecCapability, MediaKind};

/// The codecs with which to answer an offered section; none if it must be rejected.
///
/// They have the offer's payload types. Their order is that of the preferences if there are any,
/// else the offer's. Codecs that were not offered are not added, although RFC 9429 would allow it:
/// no browser expects them.
pub(crate) fn answer_codecs(
    kind: MediaKind,
    preferences: &[CodecCapability],
    offered: &Media,
) -> Vec<Codec> {
    let offered = read_codecs(offered);
    let mut answer: Vec<(usize, Codec)> = Vec::new();
    for codec in &offered {
        let format = codec.format();
        if let Some(supported) = find(kind, &format)
            && let Some(rank) = rank(preferences, |other| other.format().matches(&format))
        {
            answer.push((rank, supported.answering(codec)));
        }
    }
    if rank(preferences, |other| other.format().is_retransmission()).is_some() {
        answer = with_retransmissions(kind, answer, &offered);
    }
    answer.sort_by_key(|(rank, _)| *rank);
    answer.into_iter().map(|(_, codec)| codec).collect()
}

/// The place among the preferences; all have the same if there are none.
fn rank(preferences: &[CodecCapability], is: impl Fn(&CodecCapability) -> bool) -> Option<usize> {
    if preferences.is_empty() {
        return Some(0);
    }
    preferences.iter().position(is)
}

/// The answer in the offer's order, with the offered retransmissions of what it has.
fn with_retransmissions(
    kind: MediaKind,
    answer: Vec<(usize, Codec)>,
    offered: &[Codec],
) -> Vec<(usize, Codec)> {
    let find = |payload_type| {
        answer
            .iter()
            .find(|(_, codec)| codec.payload_type == payload_type)
    };
    let answered = offered.iter().filter_map(|codec| {
        let Some(primary) = codec.format().primary() else {
            return find(codec.payload_type).cloned();
        };
        let (rank, primary) = find(primary)?;
        // RFC 4588 §8.1: the clock rate is that of the primary.
        let fits = codec.clock_rate == primary.clock_rate;
        let retransmission = Codec::retransmission(kind, codec.payload_type, primary);
        fits.then_some((*rank, retransmission))
    });
    answered.collect()
}

/// What we send with once a remote description has accepted or offered `local`: its codecs that we
/// described too, with its payload types, parameters and order (RFC 9429 §5.11), and the feedback
/// that both described.
///
/// The first is the one to send. None if a remote answer has accepted nothing.
pub(crate) fn accepted_codecs(local: &[Codec], remote: &Media) -> Vec<Codec> {
    pairs(local, &read_codecs(remote))
        .into_iter()
        .map(|(local, remote)| {
            let mut codec = remote.clone();
            codec.mime_type.clone_from(&local.mime_type);
            codec.feedback.retain(|kind| local.feedback.contains(kind));
            codec
        })
        .collect()
}

/// What we receive with once a remote answer has accepted `offered`: those of our offer that it has
/// too, with our payload types and parameters, in its order.
pub(crate) fn received_codecs(offered: &[Codec], answer: &Media) -> Vec<Codec> {
    let answer = read_codecs(answer);
    let mut received: Vec<Codec> = Vec::new();
    for (local, remote) in pairs(offered, &answer) {
        if received
            .iter()
            .any(|codec| codec.payload_type == local.payload_type)
        {
            continue;
        }
        let mut codec = local.clone();
        codec.feedback.retain(|kind| remote.feedback.contains(kind));
        received.push(codec);
    }
    received
}

/// Each remote codec with the local one that it matches, in the remote order.
fn pairs<'a>(local: &'a [Codec], remote: &'a [Codec]) -> Vec<(&'a Codec, &'a Codec)> {
    // The same payload type is the better match, where a codec is described twice.
    let partner = |remote: &Codec| {
        let matching = |codec: &&Codec| codec.is_configured_as(remote);
        let same = |codec: &&Codec| codec.payload_type == remote.payload_type;
        let mut candidates = local.iter().filter(matching);
        let same = local.iter().filter(matching).find(same);
        same.or_else(|| candidates.next())
    };
    let pair = |codec: &'a Codec| {
        let Some(primary) = codec.format().primary() else {
            return partner(codec).map(|local| (local, codec));
        };
        let primary = remote.iter().find(|other| other.payload_type == primary)?;
        let primary = partner(primary)?.payload_type;
        let retransmits = |local: &&Codec| local.format().primary() == Some(primary);
        local.iter().find(retransmits).map(|local| (local, codec))
    };
    remote.iter().filter_map(pair).collect()
}
