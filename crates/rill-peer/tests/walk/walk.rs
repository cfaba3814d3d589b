//! One walk: two connections, their network, and what is signalled between them.

use std::{
    collections::{BTreeMap, VecDeque},
    time::Duration,
};

use rill_peer::{ChannelId, IceCandidateInit, SessionDescription};
use rill_sim::{HostId, Simulation};

use crate::{
    action::{Act, Action, NAMES},
    calls, candidates,
    dice::Dice,
    finish,
    letter::Letter,
    log::Log,
    setting::Setting,
    side::Side,
    violation::Violation,
};

/// The state of a walk.
#[derive(Debug)]
pub(crate) struct Walk {
    pub(crate) sim: Simulation<Side>,
    pub(crate) hosts: [HostId; 2],
    pub(crate) setting: Setting,
    /// What is on its way to each side.
    pub(crate) letters: [VecDeque<Letter>; 2],
    pub(crate) candidates: [VecDeque<Option<IceCandidateInit>>; 2],
    /// Every description that was ever made or received.
    pub(crate) archive: Vec<SessionDescription>,
    /// Every candidate that was ever signalled.
    pub(crate) old_candidates: Vec<IceCandidateInit>,
    /// The messages that were sent so far on each channel of each side.
    pub(crate) sent: BTreeMap<(usize, ChannelId), u64>,
    /// The streams on which each side ever had a channel that was negotiated outside.
    pub(crate) negotiated: [Vec<u16>; 2],
    log: Log,
}

impl Walk {
    pub(crate) fn new(setting: &Setting) -> Self {
        let (sim, hosts) = setting.build();
        Self {
            sim,
            hosts,
            setting: setting.clone(),
            letters: Default::default(),
            candidates: Default::default(),
            archive: Vec::new(),
            old_candidates: Vec::new(),
            sent: BTreeMap::new(),
            negotiated: Default::default(),
            log: Log::default(),
        }
    }

    pub(crate) fn keep_log(&mut self, log: &Log) {
        self.log = log.clone();
        for host in self.hosts {
            self.sim.endpoint_mut(host).watch.log = log.clone();
        }
    }

    pub(crate) fn side(&mut self, side: usize) -> &mut Side {
        self.sim.endpoint_mut(self.hosts[side])
    }

    /// Does everything, then sees that the two can still come to an end that both like.
    pub(crate) fn run(&mut self, actions: &[Action]) -> Result<(), Violation> {
        for action in actions {
            self.say(|| action.to_string());
            self.step(*action)?;
        }
        finish::finish(self)
    }

    fn step(&mut self, action: Action) -> Result<(), Violation> {
        calls::perform(self, action);
        self.check()?;
        self.settle()?;
        let mut dice = Dice::new(action.number ^ 1);
        if action.act != Act::Candidates && dice.percent(self.setting.trickle) {
            for side in 0..2 {
                candidates::deliver(self, side, usize::MAX);
            }
            self.settle()?;
        }
        Ok(())
    }

    /// Lets both do what they have to do at this moment, and takes what they signal.
    pub(crate) fn settle(&mut self) -> Result<(), Violation> {
        for side in 0..2 {
            self.sim.with(self.hosts[side], Side::settle);
            self.collect(side);
        }
        self.check()
    }

    pub(crate) fn wait(&mut self, time: Duration) -> Result<(), Violation> {
        self.sim.run_for(time);
        self.settle()
    }

    fn collect(&mut self, side: usize) {
        let host = self.hosts[side];
        let own = self.sim.endpoint_mut(host);
        let candidates = std::mem::take(&mut own.candidates);
        let letters = std::mem::take(&mut own.letters);
        self.old_candidates
            .extend(candidates.iter().flatten().cloned());
        self.candidates[1 - side].extend(candidates);
        for letter in &letters {
            self.say(|| format!("  {} says {}", NAMES[side], letter.summary()));
        }
        self.archive
            .extend(letters.iter().map(|letter| letter.description.clone()));
        self.letters[1 - side].extend(letters);
    }

    pub(crate) fn check(&mut self) -> Result<(), Violation> {
        for side in 0..2 {
            if let Some(found) = &self.side(side).watch.violation {
                return Err(found.clone());
            }
        }
        Ok(())
    }

    /// A line of the log.
    pub(crate) fn say(&self, line: impl FnOnce() -> String) {
        let elapsed = self.sim.elapsed();
        self.log.say(|| format!("{elapsed:?} {}", line()));
    }
}
