//! A connection without a network, for what needs only descriptions and candidates.

use std::time::Instant;

use rill_peer::{
    AddIceCandidateError, DataChannelInit, IceCandidateInit, OperationId, PeerConnection, SdpType,
    SessionDescription, SetDescriptionError,
};
use rill_sim::{Seed, Silent, Simulation};

use crate::{
    diary::{Diary, Getters, Happening},
    scene::Setting,
};

/// A connection, and what it told so far.
pub(crate) struct Lone {
    pub(crate) pc: PeerConnection,
    pub(crate) now: Instant,
    pub(crate) diary: Diary,
}

impl Lone {
    pub(crate) fn new() -> Self {
        Self {
            pc: Setting::default().peer(0),
            now: Simulation::<Silent>::new(Seed::new(1)).start(),
            diary: Diary::default(),
        }
    }

    /// With a channel, so that its offers have a section.
    pub(crate) fn with_channel() -> Self {
        let mut lone = Self::new();
        let made = lone
            .pc
            .create_data_channel(lone.now, "chat", DataChannelInit::default());
        made.expect("the channel is a good one");
        lone.run_tasks();
        lone
    }

    /// With an offer of its own applied.
    pub(crate) fn offering() -> Self {
        let mut lone = Self::with_channel();
        lone.set_local(None).expect("an offer fits");
        lone
    }

    /// With the exchange of a remote offer done.
    pub(crate) fn answered(offer: &str) -> Self {
        let mut lone = Self::new();
        lone.set_remote(SdpType::Offer, offer)
            .expect("the offer fits");
        lone.set_local(None).expect("an answer fits");
        lone
    }

    pub(crate) fn set_local(
        &mut self,
        description: Option<SessionDescription>,
    ) -> Result<OperationId, SetDescriptionError> {
        let done = self.pc.set_local_description(self.now, description);
        self.run_tasks();
        done
    }

    pub(crate) fn set_remote(
        &mut self,
        kind: SdpType,
        sdp: &str,
    ) -> Result<OperationId, SetDescriptionError> {
        let description = SessionDescription::new(kind, sdp);
        let done = self.pc.set_remote_description(self.now, &description);
        self.run_tasks();
        done
    }

    pub(crate) fn add(
        &mut self,
        init: Option<IceCandidateInit>,
    ) -> Result<OperationId, AddIceCandidateError> {
        let done = self.pc.add_ice_candidate(self.now, init.as_ref());
        self.run_tasks();
        done
    }

    pub(crate) fn getters(&self) -> Getters {
        Getters::of(&self.pc)
    }

    /// `refused` fails, and leaves everything as it was.
    pub(crate) fn unchanged<T, E>(&mut self, refused: impl FnOnce(&mut Self) -> Result<T, E>) -> E {
        let (before, tasks) = (self.getters(), self.diary.entries.len());
        let Err(error) = refused(self) else {
            panic!("it was not refused");
        };
        assert_eq!(self.getters(), before);
        let later = &self.diary.entries[tasks..];
        assert!(later.is_empty(), "{later:?}");
        error
    }

    pub(crate) fn run_tasks(&mut self) {
        while let Some(task) = self.pc.poll_task() {
            let number = self.diary.next_task();
            let completed = task.completed;
            for event in task.into_events() {
                let what = Happening::Event(event);
                self.diary.note(self.now, number, what, &self.pc);
            }
            if let Some(operation) = completed {
                let what = Happening::Completed(operation);
                self.diary.note(self.now, number, what, &self.pc);
            }
        }
    }
}
