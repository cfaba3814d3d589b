use std::collections::{BTreeMap, VecDeque};

use rand_chacha::ChaCha20Rng;

use super::{Origin, Transceiver, TransceiverId, TransceiverInit};
use crate::media::MediaKind;

/// How many transceivers are kept for their getters after they left the set: a peer that offers
/// sections and rejects them, for ever, does not fill the memory.
const DEPARTED: usize = 64;

/// The transceivers of a connection, in the order of their creation.
#[derive(Debug, Default)]
pub(crate) struct Transceivers {
    next: u32,
    all: BTreeMap<TransceiverId, Transceiver>,
    /// Those that left the set, oldest first.
    departed: VecDeque<TransceiverId>,
}

impl Transceivers {
    /// The name that the next one gets.
    pub(crate) fn next_id(&self) -> TransceiverId {
        TransceiverId(self.next)
    }

    pub(crate) fn add(
        &mut self,
        kind: MediaKind,
        init: TransceiverInit,
        origin: Origin,
        rng: &mut ChaCha20Rng,
    ) -> TransceiverId {
        let id = self.next_id();
        self.next += 1;
        self.all
            .insert(id, Transceiver::new(id, kind, init, origin, rng));
        id
    }

    pub(crate) fn get(&self, id: TransceiverId) -> Option<&Transceiver> {
        self.all.get(&id)
    }

    pub(crate) fn get_mut(&mut self, id: TransceiverId) -> Option<&mut Transceiver> {
        self.all.get_mut(&id)
    }

    /// Those that may still be negotiated.
    pub(crate) fn living(&self) -> impl Iterator<Item = &Transceiver> {
        self.all.values().filter(|transceiver| !transceiver.gone)
    }

    /// `getTransceivers()` (webrtc-pc §5.1).
    pub(crate) fn listed(&self) -> impl Iterator<Item = &Transceiver> {
        self.all
            .values()
            .filter(|transceiver| transceiver.shown.listed)
    }

    pub(crate) fn listed_mut(&mut self) -> impl Iterator<Item = &mut Transceiver> {
        let listed = |transceiver: &&mut Transceiver| transceiver.shown.listed;
        self.all.values_mut().filter(listed)
    }

    /// It will not be negotiated again; it is listed until a task says otherwise.
    pub(crate) fn remove(&mut self, id: TransceiverId) {
        if let Some(transceiver) = self.get_mut(id) {
            transceiver.gone = true;
        }
    }

    /// It has left the set.
    pub(crate) fn unlist(&mut self, id: TransceiverId) {
        let Some(transceiver) = self.get_mut(id) else {
            return;
        };
        transceiver.gone = true;
        if !std::mem::take(&mut transceiver.shown.listed) {
            return;
        }
        self.departed.push_back(id);
        if self.departed.len() > DEPARTED
            && let Some(oldest) = self.departed.pop_front()
        {
            self.all.remove(&oldest);
        }
    }
}
