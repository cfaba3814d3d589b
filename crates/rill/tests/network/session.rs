//! Two peers in two processes, and the signalling between them.

use tokio::time::timeout;

use crate::{lab::Lab, peer::LONG, process::Remote, signal::as_lines};

/// A session between the two hosts of a lab.
pub(crate) struct Session {
    remotes: [Remote; 2],
    pub(crate) sides: [Side; 2],
}

/// What is known of one peer.
#[derive(Debug, Default)]
pub(crate) struct Side {
    /// The way that its data takes now.
    pub(crate) route: Option<Route>,
    /// A message arrived.
    pub(crate) talked: bool,
    /// What its application was told, and what it signalled.
    pub(crate) told: Vec<String>,
    /// Its log, by level.
    pub(crate) log: Vec<(String, String)>,
    ended: bool,
}

/// Kinds of candidates, and how a relay of ours is reached.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Route {
    pub(crate) local: String,
    pub(crate) protocol: String,
    pub(crate) remote: String,
}

impl Route {
    pub(crate) fn is_relayed(&self) -> bool {
        [&self.local, &self.remote].contains(&&"Relayed".to_owned())
    }
}

impl Session {
    /// Starts both peers with these servers.
    pub(crate) fn start(lab: &Lab, relay_only: bool, servers: &str) -> Self {
        Self {
            remotes: [0, 1].map(|side| Remote::start(lab, side, relay_only, servers)),
            sides: Default::default(),
        }
    }

    /// Passes signals on until both have a message, and something holds of both their routes.
    pub(crate) async fn connected(&mut self, by: impl Fn(&Route) -> bool) {
        let is_there = |side: &Side| side.talked && side.route.as_ref().is_some_and(&by);
        self.until(|sides| sides.iter().all(is_there)).await;
    }

    /// Ends both, and takes what they have to tell.
    pub(crate) async fn end(mut self) -> [Side; 2] {
        for remote in &mut self.remotes {
            remote.tell("end");
        }
        self.until(|sides| sides.iter().all(|side| side.ended))
            .await;
        self.sides
    }

    async fn until(&mut self, holds: impl Fn(&[Side; 2]) -> bool) {
        while !holds(&self.sides) {
            let [first, second] = &mut self.remotes;
            let [is_first, is_second] = self.sides.each_ref().map(|side| !side.ended);
            let next = async {
                tokio::select! {
                    line = first.line(), if is_first => (0, line),
                    line = second.line(), if is_second => (1, line),
                }
            };
            let (side, line) = match timeout(LONG, next).await {
                Ok((side, Some(line))) => (side, line),
                Ok((side, None)) => panic!("peer {side} ended: {:#?}", self.sides),
                Err(_) => panic!("nothing more happens: {:#?}", self.sides),
            };
            match line.strip_prefix("signal ") {
                Some(signal) => self.signal(side, &line, signal),
                None => self.sides[side].take(&line),
            }
        }
    }

    fn signal(&mut self, from: usize, line: &str, signal: &str) {
        self.sides[from].told.push(as_lines(signal));
        self.remotes[1 - from].tell(line);
    }
}

impl Side {
    fn take(&mut self, line: &str) {
        let (what, rest) = line.split_once(' ').unwrap_or((line, ""));
        match what {
            "told" => self.told.push(as_lines(rest)),
            "talked" => self.talked = true,
            "end" => self.ended = true,
            "log" => {
                let (level, text) = rest.split_once(' ').expect("a record has a level");
                self.log.push((level.to_owned(), as_lines(text)));
            }
            "route" => {
                let mut words = rest.split(' ').map(str::to_owned);
                let mut word = || words.next().expect("a route has three words");
                self.route = Some(Route {
                    local: word(),
                    protocol: word(),
                    remote: word(),
                });
            }
            // What the test harness says.
            _ => {}
        }
    }
}
