use rand_chacha::ChaCha20Rng;

use super::{Origin, Transceiver, TransceiverId, TransceiverInit};
use crate::media::MediaKind;

/// Every transceiver of a connection, in the order of their creation. One that has left the set is
/// kept for its getters.
#[derive(Debug, Default)]
pub(crate) struct Transceivers {
    list: Vec<Transceiver>,
}

impl Transceivers {
    /// The name that the next one gets.
    pub(crate) fn next_id(&self) -> TransceiverId {
        TransceiverId(u32::try_from(self.list.len()).unwrap_or(u32::MAX))
    }

    pub(crate) fn add(
        &mut self,
        kind: MediaKind,
        init: TransceiverInit,
        origin: Origin,
        rng: &mut ChaCha20Rng,
    ) -> TransceiverId {
        let id = self.next_id();
        self.list
            .push(Transceiver::new(id, kind, init, origin, rng));
        id
    }

    pub(crate) fn get(&self, id: TransceiverId) -> Option<&Transceiver> {
        self.list.get(usize::try_from(id.0).ok()?)
    }

    pub(crate) fn get_mut(&mut self, id: TransceiverId) -> Option<&mut Transceiver> {
        self.list.get_mut(usize::try_from(id.0).ok()?)
    }

    /// Those that may still be negotiated.
    pub(crate) fn living(&self) -> impl Iterator<Item = &Transceiver> {
        self.list.iter().filter(|transceiver| !transceiver.gone)
    }

    /// `getTransceivers()` (webrtc-pc §5.1).
    pub(crate) fn listed(&self) -> impl Iterator<Item = &Transceiver> {
        self.list
            .iter()
            .filter(|transceiver| transceiver.shown.listed)
    }

    pub(crate) fn listed_mut(&mut self) -> impl Iterator<Item = &mut Transceiver> {
        let listed = |transceiver: &&mut Transceiver| transceiver.shown.listed;
        self.list.iter_mut().filter(listed)
    }

    /// It will not be negotiated again; it is listed until a task says otherwise.
    pub(crate) fn remove(&mut self, id: TransceiverId) {
        if let Some(transceiver) = self.get_mut(id) {
            transceiver.gone = true;
        }
    }
}
