//! A connection without a network, for what needs only descriptions and candidates.

use std::time::Instant;

use rill_peer::{
    AddIceCandidateError, DataChannelInit, Event, IceCandidateInit, MediaKind, OperationId,
    PeerConnection, SdpType, SessionDescription, SetDescriptionError, TransceiverId,
    TransceiverInit,
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
        Self::of(&Setting::default(), 0)
    }

    /// One side of a setting.
    pub(crate) fn of(setting: &Setting, side: usize) -> Self {
        let now = Simulation::<Silent>::new(Seed::new(1)).start();
        Self {
            pc: setting.peer(now, side),
            now,
            diary: Diary::default(),
        }
    }

    /// Both sides, with an exchange about a channel done.
    pub(crate) fn pair() -> [Self; 2] {
        let setting = Setting::default();
        let mut pair = [0, 1].map(|side| Self::of(&setting, side));
        pair[0].channel();
        let [alice, bob] = &mut pair;
        alice.exchange(bob);
        pair
    }

    /// With a channel, so that its offers have a section.
    pub(crate) fn with_channel() -> Self {
        let mut lone = Self::new();
        lone.channel();
        lone
    }

    pub(crate) fn channel(&mut self) {
        let init = DataChannelInit::default();
        let made = self.pc.create_data_channel(self.now, "chat", init);
        made.expect("the channel is a good one");
        self.run_tasks();
    }

    pub(crate) fn transceiver(&mut self, kind: MediaKind) -> TransceiverId {
        let init = TransceiverInit::default();
        let made = self.pc.add_transceiver(self.now, kind, init);
        self.run_tasks();
        made.expect("the connection is open")
    }

    pub(crate) fn restart(&mut self) {
        self.pc.restart_ice(self.now);
        self.run_tasks();
    }

    pub(crate) fn roll_back(&mut self) {
        let back = SessionDescription::new(SdpType::Rollback, "");
        self.set_local(Some(back)).expect("there is an offer");
    }

    /// Offers, and takes the answer.
    pub(crate) fn exchange(&mut self, answerer: &mut Self) {
        self.set_local(None).expect("an offer fits");
        answerer.answer(&self.local_sdp());
        let done = self.set_remote(SdpType::Answer, &answerer.local_sdp());
        done.expect("the answer fits");
    }

    /// Takes an offer and answers it.
    pub(crate) fn answer(&mut self, offer: &str) {
        self.set_remote(SdpType::Offer, offer)
            .expect("the offer fits");
        self.set_local(None).expect("an answer fits");
    }

    pub(crate) fn local_sdp(&self) -> String {
        self.pc.local_description().expect("it was applied").sdp
    }

    pub(crate) fn remote_sdp(&self) -> String {
        self.pc.remote_description().expect("it was applied").sdp
    }

    /// How often it asked for negotiation.
    pub(crate) fn asked(&self) -> usize {
        let events = self.diary.events();
        events
            .filter(|event| matches!(event, Event::NegotiationNeeded))
            .count()
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
        lone.answer(offer);
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
