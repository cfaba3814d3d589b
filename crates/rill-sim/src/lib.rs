#![forbid(unsafe_code)]
//! A simulated network for the tests of rill: virtual time, hosts, lossy links, NATs, firewalls,
//! streams, STUN and TURN servers.
//!
//! A [`Simulation`] owns [`Endpoint`]s and moves their datagrams. Nothing waits: the clock jumps to
//! the next arrival or timeout. Everything random is drawn from one [`Seed`], loss and delay by the
//! index of the packet on its link, so that the same seed gives the same run; [`replay!`] prints
//! the line that repeats a failed one, and a simulation that is dropped in a panic prints the end
//! of its trace.
//!
//! The network is a set of *realms*: the internet, and the inside of each NAT. An interface of a
//! host stands in one realm behind a [`Link`] of its own; a datagram passes the sender's link
//! upwards, is routed, and passes the receiver's link downwards.
//!
//! A [`StreamRequest`] opens a stream: TCP as the application sees it. It takes a round trip (TLS,
//! which is a server name and a certificate's name, one more); its bytes keep their order, and a
//! lost piece costs 200 ms or a round trip, whichever is longer, once more for every time it is
//! lost. There is no congestion control. NATs and [`Firewall`]s treat its pieces as packets.
//!
//! # Standards
//!
//! - RFC 4787 §4, §5, §6: mapping and filtering behaviours of NATs, ports, hairpinning. RFC 5382:
//!   the same for TCP. RFC 6092: an IPv6 home has a firewall and no translation.
//! - RFC 8489: the STUN server answers Binding requests; §9.2, §10: long-term credentials and
//!   redirects of the TURN server.
//! - RFC 8656: the TURN server, over UDP, TCP and TLS, without port reservations and DTLS.
//!
//! # Example
//!
//! ```
//! use std::time::Duration;
//! use rill_sim::{
//!     Firewall, HostConfig, Link, NatConfig, Seed, Silent, Simulation, StunServer, TurnServer,
//! };
//!
//! let seed = Seed::from_env_or(1);
//! let _replay = rill_sim::replay!(seed);
//! let mut simulation = Simulation::new(seed);
//! let stun = StunServer::new("192.0.2.1:3478".parse().unwrap()).dropping_first(1);
//! simulation.add_stun_server(stun, Link::default());
//! let turn = TurnServer::new("192.0.2.2:3478".parse().unwrap())
//!     .listening_for_tls_at("192.0.2.2:443".parse().unwrap(), "turn.example")
//!     .user("alice", "secret");
//! let turn = simulation.add_turn_server(turn, &Link::default());
//!
//! let office = NatConfig::symmetric("203.0.113.1".parse().unwrap())
//!     .with_firewall(Firewall::tcp_only([443]));
//! let office = simulation.add_nat(office);
//! let lossy = Link { loss: 0.1, ..Link::default() };
//! let host = HostConfig::new("alice")
//!     .address_in(office, "10.0.0.7".parse().unwrap(), lossy)
//!     .loopback();
//! simulation.add_host(host, |host| Silent::new(host)); // a test gives its own endpoint
//! simulation.run_for(Duration::from_secs(10));
//! assert_eq!(simulation.elapsed(), Duration::from_secs(10));
//! assert_eq!(simulation.turn_server(turn).allocations().count(), 0);
//! let server = "192.0.2.2:443".parse().unwrap();
//! assert!(simulation.trace().sent_elsewhere("alice", &[server]).is_empty());
//! ```

mod connection;
mod connections;
mod delayed;
mod driver;
mod endpoint;
mod firewall;
mod host;
mod interceptor;
mod link;
mod names;
mod nat;
mod nat_config;
mod network;
mod node;
mod packet;
mod seed;
mod segment;
mod simulation;
mod stream;
mod stun_server;
mod topology;
mod trace;
mod transit;
mod turn_server;

pub use delayed::Delayed;
pub use driver::{Arrival, Driver};
pub use endpoint::{Datagram, Endpoint, Silent};
pub use firewall::{Denial, Firewall, Ports};
pub use host::{BindError, Host, HostConfig, Interface};
pub use interceptor::Verdict;
pub use link::{Link, Rate};
pub use names::{Answer, Names};
pub use nat_config::{Behaviour, Hairpinning, NatConfig, PortAssignment};
pub use network::Realm;
pub use node::{HostId, ServerId, TurnServerId};
pub use seed::{Replay, Seed};
pub use simulation::Simulation;
pub use stream::{
    Acceptance, Security, StreamError, StreamEvent, StreamId, StreamOffer, StreamRequest,
};
pub use stun_server::StunServer;
pub use trace::{Entry, Fate, Trace};
pub use turn_server::{FiveTuple, Transport, TurnCounters, TurnManner, TurnServer};
