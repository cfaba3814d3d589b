//! TURN servers for the agents, and what came of asking them.

use std::time::Duration;

use rill_ice::{
    CandidatePolicy, Event, GatheringState, Kind, LocalCandidate, RelayProtocol, ServerConfig,
    ServerHost, ServerOutcome, Service, TurnAccess,
};
use rill_sim::{HostId, Link, NatConfig, TurnServer, TurnServerId};

use crate::node::{LONG, Node};
use crate::scene::{Scene, Setting, ip};

pub(crate) const TURN: &str = "192.0.2.1:3478";
pub(crate) const TURNS: &str = "192.0.2.1:443";
pub(crate) const OTHER: &str = "192.0.2.2:3478";
pub(crate) const DEAD: &str = "192.0.2.66:3478";
pub(crate) const HOME: &str = "203.0.113.9";
pub(crate) const INSIDE: &str = "10.0.0.1";

/// A server as it is configured, with the right credentials.
pub(crate) fn turn(protocol: RelayProtocol, address: &str) -> ServerConfig {
    let socket: std::net::SocketAddr = address.parse().expect("a literal address");
    let (scheme, transport) = match protocol {
        RelayProtocol::Udp => ("turn", "udp"),
        RelayProtocol::Tcp => ("turn", "tcp"),
        RelayProtocol::Tls => ("turns", "tcp"),
    };
    ServerConfig {
        url: format!("{scheme}:{address}?transport={transport}"),
        host: ServerHost::Ip(socket.ip()),
        port: socket.port(),
        service: Service::Turn(TurnAccess {
            protocol,
            username: "user".into(),
            password: "secret".into(),
        }),
    }
}

pub(crate) fn udp(address: &str) -> ServerConfig {
    turn(RelayProtocol::Udp, address)
}

/// With another password.
pub(crate) fn with_password(mut server: ServerConfig, wrong: &str) -> ServerConfig {
    if let Service::Turn(access) = &mut server.service {
        wrong.clone_into(&mut access.password);
    }
    server
}

/// A server that serves.
pub(crate) fn serving(address: &str) -> TurnServer {
    let server = TurnServer::new(address.parse().expect("a literal address"));
    server.user("user", "secret")
}

impl Setting {
    /// Alice at home, Bob in the open.
    pub(crate) fn at_home() -> Self {
        Self {
            nats: [Some(NatConfig::new(ip(HOME))), None],
            addresses: [vec![ip(INSIDE)], vec![ip("198.51.100.2")]],
            ..Self::default()
        }
    }

    /// Alice asks these.
    pub(crate) fn asking(mut self, servers: impl IntoIterator<Item = ServerConfig>) -> Self {
        self.configs[0].servers.extend(servers);
        self
    }

    /// Alice lets herself be relayed only.
    pub(crate) fn relayed(mut self) -> Self {
        self.configs[0].policy = CandidatePolicy::Relay;
        self
    }
}

impl Scene {
    pub(crate) fn add_turn(&mut self, server: TurnServer) -> TurnServerId {
        self.sim.add_turn_server(server, &Link::default())
    }

    /// Alice gathers to the end; gives the time it took.
    pub(crate) fn gather(&mut self) -> Duration {
        let from = self.sim.now();
        self.sim.with(self.alice, Node::start);
        let done = |alice: &Node, _: &Node| {
            alice.agent.gathering_state(alice.transport) == GatheringState::Complete
        };
        self.run_until(LONG, done).expect("gathering ends");
        self.sim.now() - from
    }

    /// The errors of a side: address, code and reason.
    pub(crate) fn errors(&self, host: HostId) -> Vec<(Option<std::net::SocketAddr>, u16, String)> {
        let events = self.node(host).events.iter();
        events
            .filter_map(|(_, event)| match event {
                Event::CandidateError {
                    address,
                    code,
                    reason,
                    ..
                } => Some((*address, *code, reason.clone())),
                _ => None,
            })
            .collect()
    }

    pub(crate) fn outcomes(&self, host: HostId) -> Vec<ServerOutcome> {
        let events = self.node(host).events.iter();
        events
            .filter_map(|(_, event)| match event {
                Event::Server { outcome, .. } => Some(outcome.clone()),
                _ => None,
            })
            .collect()
    }

    /// What a side gathered of one kind.
    pub(crate) fn gathered(&self, host: HostId, kind: Kind) -> Vec<LocalCandidate> {
        let mut candidates = self.node(host).local_candidates();
        candidates.retain(|candidate| candidate.kind == kind);
        candidates
    }

    /// The kinds of the selected pair of a side.
    pub(crate) fn selected(&self, host: HostId) -> Option<(Kind, Kind)> {
        let node = self.node(host);
        let pair = node.agent.selected_pair(node.transport)?;
        Some((pair.local.kind, pair.remote.kind))
    }

    /// A text each way arrives.
    pub(crate) fn check_data(&mut self) {
        for (from, to) in [(self.alice, self.bob), (self.bob, self.alice)] {
            let before = self.node(to).payloads.len();
            assert!(self.sim.with(from, |node, _| node.send(b"text")));
            self.run_for(Duration::from_secs(1));
            let payloads = &self.node(to).payloads[before..];
            assert_eq!(payloads.len(), 1);
            assert_eq!(payloads[0].1, b"text");
        }
    }
}
