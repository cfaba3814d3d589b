//! The names of monitored objects.

use std::fmt;

use aws_lc_rs::digest;
use rand_chacha::{
    ChaCha20Rng,
    rand_core::{Rng, SeedableRng},
};
use rill_ice::{Generation, TransportId};

use crate::ChannelId;

/// Names one monitored object of a connection in every report, and no other ever. It cannot be
/// foreseen (webrtc-pc §8.4.1): learn it from a report.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StatsId([u8; 12]);

impl fmt::Display for StatsId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for StatsId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "StatsId({self})")
    }
}

/// What an object is called inside.
pub(crate) enum Object<'a> {
    PeerConnection,
    DataChannel(ChannelId),
    Transport(TransportId),
    /// By its number in its generation, as are pairs.
    Local(TransportId, Generation, u32),
    Pair(TransportId, Generation, u32),
    /// By its address, in what renewal of its generation.
    Remote(TransportId, Generation, u32, &'a str),
    /// By its fingerprint.
    Certificate(&'a [u8]),
}

impl Object<'_> {
    /// No two have the same.
    fn name(&self) -> String {
        match self {
            Self::PeerConnection => "peer-connection".to_owned(),
            Self::DataChannel(id) => format!("data-channel {}", id.value()),
            Self::Transport(id) => format!("transport {}", id.value()),
            Self::Local(id, generation, number) => {
                format!("local-candidate {} {} {number}", id.value(), generation.0)
            }
            Self::Pair(id, generation, number) => {
                format!("candidate-pair {} {} {number}", id.value(), generation.0)
            }
            Self::Remote(id, generation, renewal, place) => {
                let generation = generation.0;
                format!(
                    "remote-candidate {} {generation} {renewal} {place}",
                    id.value()
                )
            }
            Self::Certificate(fingerprint) => format!("certificate {fingerprint:02x?}"),
        }
    }
}

/// The salt of one connection.
#[derive(Debug)]
pub(crate) struct Ids {
    salt: [u8; 16],
}

impl Ids {
    /// From a stream of the connection's seed that nothing else is drawn from.
    pub(crate) fn new(seed: [u8; 32]) -> Self {
        let mut rng = ChaCha20Rng::from_seed(seed);
        rng.set_stream(1);
        let mut salt = [0; 16];
        rng.fill_bytes(&mut salt);
        Self { salt }
    }

    /// webrtc-pc §8.4.1: a predictable name becomes an unpredictable one.
    pub(crate) fn of(&self, object: &Object<'_>) -> StatsId {
        let mut hash = digest::Context::new(&digest::SHA256);
        hash.update(&self.salt);
        hash.update(object.name().as_bytes());
        let mut id = [0; 12];
        id.copy_from_slice(&hash.finish().as_ref()[..12]);
        StatsId(id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_object_has_another_id_in_another_connection() {
        let (one, other) = (Ids::new([1; 32]), Ids::new([2; 32]));
        let id = one.of(&Object::PeerConnection);
        assert_eq!(one.of(&Object::PeerConnection), id);
        assert_ne!(other.of(&Object::PeerConnection), id);
    }

    #[test]
    fn numbers_of_different_things_do_not_meet() {
        let ids = Ids::new([1; 32]);
        let transport = TransportId::from_value(1);
        let generation = Generation(0);
        let objects = [
            Object::Transport(transport),
            Object::DataChannel(ChannelId(1)),
            Object::Local(transport, generation, 1),
            Object::Pair(transport, generation, 1),
            Object::Pair(transport, Generation(1), 1),
            Object::Remote(transport, generation, 0, "udp 1"),
            Object::Remote(transport, generation, 1, "udp 1"),
        ];
        let names: std::collections::BTreeSet<_> =
            objects.iter().map(|object| ids.of(object)).collect();
        assert_eq!(names.len(), objects.len());
    }
}
