//! One STUN or TURN server in one gathering.

use std::net::{IpAddr, SocketAddr};
use std::time::Instant;

use crate::ServerConfig;

/// The most servers that are asked.
pub(crate) const SERVERS_MAX: usize = 16;

/// A configured server and how asking it goes.
#[derive(Debug)]
pub(crate) struct Server {
    pub(crate) config: ServerConfig,
    pub(crate) state: ServerState,
    /// The best address of each family, once they are known.
    pub(crate) addresses: Vec<SocketAddr>,
    /// When it is given up, answered or not.
    pub(crate) give_up: Instant,
    /// Which families it answered for (IPv4, IPv6), and were reported.
    pub(crate) reported: [bool; 2],
    /// Whether it relays.
    pub(crate) relays: bool,
    /// The first refusal it gave.
    pub(crate) refusal: Option<Refusal>,
}

/// Why a server gave nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    /// The STUN error code, if it was the server that refused.
    pub(crate) code: Option<u16>,
    pub(crate) reason: String,
    /// The address of ours that it was asked from, if it is known.
    pub(crate) from: Option<SocketAddr>,
}

/// Where asking a server stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ServerState {
    Resolving,
    Asked,
    Done,
}

impl Server {
    pub(crate) fn new(config: ServerConfig, give_up: Instant) -> Self {
        Self {
            config,
            state: ServerState::Resolving,
            addresses: Vec::new(),
            give_up,
            reported: [false; 2],
            relays: false,
            refusal: None,
        }
    }

    /// Takes the best address of each family; gives `false` if there is none.
    pub(crate) fn resolved(&mut self, addresses: &[IpAddr]) -> bool {
        let v4 = addresses.iter().find(|address| address.is_ipv4());
        let v6 = addresses.iter().find(|address| address.is_ipv6());
        self.addresses = [v6, v4]
            .into_iter()
            .flatten()
            .map(|ip| SocketAddr::new(*ip, self.config.port))
            .collect();
        self.state = ServerState::Asked;
        !self.addresses.is_empty()
    }

    pub(crate) fn is_done(&self) -> bool {
        self.state == ServerState::Done
    }

    pub(crate) fn has_answered(&self) -> bool {
        self.relays || self.reported != [false; 2]
    }

    pub(crate) fn deadline(&self) -> Option<Instant> {
        (!self.is_done()).then_some(self.give_up)
    }
}
