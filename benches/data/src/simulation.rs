//! Flows over one path, event by event.

use std::time::{Duration, Instant};

use rustix::time::{ClockId, clock_gettime};

use crate::cell::Cell;
use crate::endpoint::Stack;
use crate::flow::{Flow, SENDER};
use crate::link::Link;
use crate::radio::Radio;

/// A timer that is due already runs this many nanoseconds later: time must go on.
const TICK: u64 = 1000;
const SECOND: f64 = 1e9;
/// Each flow begins so long after the one before.
const STAGGER: u64 = 1_000_000_000;

/// What is simulated.
#[derive(Clone, Debug)]
pub(crate) struct Scenario {
    pub(crate) cell: Cell,
    /// The largest IP packet that the path carries.
    pub(crate) mtu: usize,
    pub(crate) radio: Radio,
    /// One flow of each.
    pub(crate) stacks: Vec<Stack>,
    pub(crate) seed: u64,
    pub(crate) seconds: f64,
    /// The figures begin here.
    pub(crate) from: f64,
}

/// What came of it.
#[derive(Clone, Debug)]
pub(crate) struct Figures {
    /// What the application got from each flow, in Mbit/s.
    pub(crate) goodput: Vec<f64>,
    /// What the headers of the first flow's largest packets leave of the link, in Mbit/s.
    pub(crate) possible: f64,
    /// Median and 95th percentile, in milliseconds.
    pub(crate) queueing: [f64; 2],
    /// Payload bytes of the first flow, from the very beginning: all, and those sent again.
    pub(crate) sent: u64,
    pub(crate) retransmitted: u64,
    /// Datagrams, there and back, that found the queue full, and those that vanished.
    pub(crate) dropped: u64,
    pub(crate) lost: u64,
    /// Of all ends and the simulation itself, in seconds.
    pub(crate) cpu: f64,
}

impl Scenario {
    pub(crate) fn run(&self) -> Figures {
        let before = cpu_time();
        let mut simulation = Simulation::new(self);
        while simulation.step() {}
        let seconds = self.seconds - self.from;
        let [mut forward, backward] = simulation.links;
        let flows = &simulation.flows;
        Figures {
            goodput: flows
                .iter()
                .map(|flow| flow.received as f64 * 8.0 / 1e6 / seconds)
                .collect(),
            possible: f64::from(self.cell.mbits) * flows[0].sent.best_share,
            queueing: forward.delays(),
            sent: flows[0].sent.payload,
            retransmitted: flows[0].sent.retransmitted,
            dropped: forward.dropped + backward.dropped,
            lost: forward.lost + backward.lost,
            cpu: (cpu_time() - before).as_secs_f64(),
        }
    }
}

struct Simulation {
    /// The instant of time zero.
    origin: Instant,
    now: u64,
    measured_from: u64,
    end: u64,
    flows: Vec<Flow>,
    /// There and back.
    links: [Link; 2],
    train: Vec<Vec<u8>>,
}

/// What happens next.
#[derive(Clone, Copy)]
enum Due {
    Start(usize),
    Timer { flow: usize, end: usize },
    Arrival { link: usize },
}

impl Simulation {
    fn new(scenario: &Scenario) -> Self {
        let origin = Instant::now();
        let measured_from = (scenario.from * SECOND) as u64;
        let mut random = fastrand::Rng::with_seed(scenario.seed);
        let links = [(); 2].map(|()| {
            let Scenario {
                cell, mtu, radio, ..
            } = scenario;
            Link::new(cell, *mtu, *radio, random.u64(..), measured_from)
        });
        let flows = (0..)
            .zip(&scenario.stacks)
            .map(|(number, &stack)| Flow::new(stack, &mut random, origin, number * STAGGER))
            .collect();
        Self {
            origin,
            now: 0,
            measured_from,
            end: (scenario.seconds * SECOND) as u64,
            flows,
            links,
            train: Vec::new(),
        }
    }

    /// Whether there was something to do before the end.
    fn step(&mut self) -> bool {
        let Some((time, due)) = self.next().filter(|(time, _)| *time < self.end) else {
            return false;
        };
        self.now = time;
        let now = self.instant();
        match due {
            Due::Start(flow) => {
                self.flows[flow].start = None;
                for end in 0..2 {
                    self.flows[flow].ends[end].connect(now);
                    self.pump(flow, end);
                }
            }
            Due::Timer { flow, end } => {
                self.flows[flow].ends[end].handle_timeout(now);
                self.pump(flow, end);
            }
            Due::Arrival { link } => {
                if let Some(parcel) = self.links[link].arrive() {
                    // What one end sends arrives at the other.
                    let (flow, end) = (parcel.flow, 1 - link);
                    self.flows[flow].ends[end].handle_datagram(now, &parcel.datagram);
                    self.pump(flow, end);
                }
            }
        }
        true
    }

    /// There are so few sources of events that looking at each is faster than a heap.
    fn next(&self) -> Option<(u64, Due)> {
        let arrivals = (0..2).filter_map(|link| {
            let time = self.links[link].next_arrival()?;
            Some((time, Due::Arrival { link }))
        });
        let flows = self.flows.iter().enumerate().flat_map(|(index, flow)| {
            let start = flow.start.map(|time| (time, Due::Start(index)));
            let timers = [0, 1].map(|end| {
                let time = flow.timers[end]?;
                Some((time, Due::Timer { flow: index, end }))
            });
            [start, timers[0], timers[1]].into_iter().flatten()
        });
        arrivals.chain(flows).min_by_key(|(time, _)| *time)
    }

    /// Lets one end do all it can at this time.
    fn pump(&mut self, index: usize, end: usize) {
        let now = self.instant();
        let measured = self.now >= self.measured_from;
        let flow = &mut self.flows[index];
        loop {
            flow.apply(end, now, measured);
            flow.ends[end].poll_transmit(now, &mut self.train);
            if self.train.is_empty() {
                break;
            }
            for datagram in self.train.drain(..) {
                if end == SENDER {
                    flow.sent.count(&datagram);
                }
                self.links[end].offer(self.now, index, datagram);
            }
        }
        flow.timers[end] = flow.ends[end].poll_timeout().map(|timeout| {
            let time = timeout.saturating_duration_since(self.origin).as_nanos();
            u64::try_from(time).unwrap_or(u64::MAX).max(self.now + TICK)
        });
    }

    fn instant(&self) -> Instant {
        self.origin + Duration::from_nanos(self.now)
    }
}

fn cpu_time() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scenario(cell: Cell, stacks: &[Stack]) -> Scenario {
        Scenario {
            cell,
            mtu: crate::link::ETHERNET,
            radio: Radio::default(),
            stacks: stacks.to_vec(),
            seed: 1,
            seconds: 5.0,
            from: 2.0,
        }
    }

    const SLOW: Cell = Cell {
        mbits: 10,
        rtt: 20.0,
        loss: 0.0,
        queue: 1.0,
    };

    #[test]
    fn a_slow_link_without_loss_is_nearly_full_and_never_fuller() {
        for stack in Stack::ALL {
            let figures = scenario(SLOW, &[stack]).run();
            let part = figures.goodput[0] / figures.possible;
            // The last message of the two seconds before counts in whole.
            assert!((0.8..1.01).contains(&part), "{} {part}", stack.name());
            assert!(figures.possible < 10.0);
        }
    }

    #[test]
    fn the_same_seed_gives_the_same_figures() {
        for stack in Stack::ALL {
            let cell = Cell { loss: 1.0, ..SLOW };
            let [one, two] = [(); 2].map(|()| scenario(cell, &[stack]).run());
            assert_eq!(one.goodput, two.goodput);
            assert_eq!((one.sent, one.lost), (two.sent, two.lost));
            assert!(one.lost > 0 && one.retransmitted > 0);
        }
    }

    #[test]
    fn two_flows_together_fill_the_link_once() {
        let figures = scenario(SLOW, &[Stack::Dcsctp; 2]).run();
        let sum: f64 = figures.goodput.iter().sum();
        assert!(figures.goodput.iter().all(|goodput| *goodput > 0.5));
        assert!((0.8..1.01).contains(&(sum / figures.possible)), "{sum}");
    }

    #[test]
    fn a_radio_link_that_gathers_packets_is_used() {
        let cell = Cell {
            mbits: 100,
            rtt: 4.0,
            ..SLOW
        };
        let bursts = Radio {
            bursts: 20_000_000,
            stalls: 0,
        };
        let figures = Scenario {
            radio: bursts,
            ..scenario(cell, &[Stack::Rill])
        }
        .run();
        assert!(figures.goodput[0] > 70.0, "{:?}", figures.goodput);
    }

    #[test]
    fn two_flows_of_rill_share_a_long_path() {
        let cell = Cell {
            mbits: 50,
            rtt: 100.0,
            ..SLOW
        };
        let figures = Scenario {
            seconds: 60.0,
            from: 30.0,
            ..scenario(cell, &[Stack::Rill; 2])
        }
        .run();
        let sum: f64 = figures.goodput.iter().sum();
        let part = figures.goodput[0] / sum;
        assert!((0.4..0.6).contains(&part), "{:?}", figures.goodput);
    }
}
