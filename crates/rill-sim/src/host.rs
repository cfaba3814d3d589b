//! A computer with addresses, as its operating system shows it to an endpoint.

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use crate::{Answer, Firewall, Link, Names, Realm};

/// A network interface address of a host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Interface {
    /// `lo`, `eth0`, `eth1` …
    pub name: String,
    /// Its address.
    pub address: IpAddr,
    /// Whether it reaches only the host itself.
    pub loopback: bool,
}

/// A host to be added to a simulation.
#[derive(Clone, Debug)]
pub struct HostConfig {
    pub(crate) name: String,
    pub(crate) addresses: Vec<(IpAddr, Realm, Link)>,
    pub(crate) loopback: bool,
    pub(crate) firewall: Firewall,
}

impl HostConfig {
    /// A host without addresses. The name appears in the trace.
    pub fn new(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            addresses: Vec::new(),
            loopback: false,
            firewall: Firewall::open(),
        }
    }

    /// Sets what the host exchanges with others, and not with itself.
    pub fn firewall(mut self, firewall: Firewall) -> Self {
        self.firewall = firewall;
        self
    }

    /// Adds an interface in the internet.
    pub fn address(self, address: IpAddr, link: Link) -> Self {
        self.address_in(Realm::INTERNET, address, link)
    }

    /// Adds an interface in a realm, for instance behind a NAT.
    pub fn address_in(mut self, realm: Realm, address: IpAddr, link: Link) -> Self {
        self.addresses.push((address, realm, link));
        self
    }

    /// Adds 127.0.0.1 and ::1.
    pub fn loopback(mut self) -> Self {
        self.loopback = true;
        self
    }

    pub(crate) fn interfaces(&self) -> Vec<Interface> {
        let loopback = [
            IpAddr::V4(Ipv4Addr::LOCALHOST),
            IpAddr::V6(Ipv6Addr::LOCALHOST),
        ]
        .map(|address| Interface {
            name: "lo".to_owned(),
            address,
            loopback: true,
        });
        let others = self
            .addresses
            .iter()
            .enumerate()
            .map(|(index, &(address, _, _))| Interface {
                name: format!("eth{index}"),
                address,
                loopback: false,
            });
        loopback
            .into_iter()
            .filter(|_| self.loopback)
            .chain(others)
            .collect()
    }
}

/// Why a port cannot be bound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BindError {
    /// The host has no such address: list the interfaces again.
    AddressNotAvailable,
    /// The port is taken, or all are: bind another.
    AddressInUse,
}

impl std::fmt::Display for BindError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::AddressNotAvailable => "the host does not have this address",
            Self::AddressInUse => "the port is taken, bind another",
        })
    }
}

impl std::error::Error for BindError {}

/// What an endpoint may ask of the host it runs on: interfaces, ports, names. The endpoint owns it;
/// the simulation keeps nothing of it.
#[derive(Clone, Debug)]
pub struct Host {
    name: String,
    interfaces: Vec<Interface>,
    names: Names,
    bound: BTreeSet<SocketAddr>,
    next_port: u16,
}

impl Host {
    pub(crate) fn new(
        name: String,
        interfaces: Vec<Interface>,
        names: Names,
        first_port: u16,
    ) -> Self {
        Self {
            name,
            interfaces,
            names,
            bound: BTreeSet::new(),
            next_port: first_port,
        }
    }

    /// The host's name in the trace.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// All interfaces, loopback first.
    pub fn interfaces(&self) -> &[Interface] {
        &self.interfaces
    }

    /// Forgets an interface, as a cable that is pulled does. The simulation is told apart, by
    /// [`Simulation::remove_address`](crate::Simulation::remove_address).
    pub fn remove_interface(&mut self, address: IpAddr) {
        self.interfaces
            .retain(|interface| interface.address != address);
    }

    /// Binds a port of the host's choice. Ports are not given twice, so that a trace is easy to
    /// read.
    ///
    /// # Errors
    ///
    /// If the host does not have the address (an unspecified one is always there), or no port is
    /// left.
    pub fn bind(&mut self, address: IpAddr) -> Result<SocketAddr, BindError> {
        let port = self.next_port;
        self.next_port = port.checked_add(1).ok_or(BindError::AddressInUse)?;
        self.bind_port(SocketAddr::new(address, port))
    }

    /// Binds this port.
    ///
    /// # Errors
    ///
    /// If the host does not have the address, or the port is taken.
    pub fn bind_port(&mut self, socket: SocketAddr) -> Result<SocketAddr, BindError> {
        let address = socket.ip();
        let has_it = self
            .interfaces
            .iter()
            .any(|interface| interface.address == address);
        if !has_it && !address.is_unspecified() {
            return Err(BindError::AddressNotAvailable);
        }
        if !self.bound.insert(socket) {
            return Err(BindError::AddressInUse);
        }
        Ok(socket)
    }

    /// Closes a port; whether it was bound.
    pub fn close(&mut self, socket: SocketAddr) -> bool {
        self.bound.remove(&socket)
    }

    /// Whether a datagram for `socket` has a taker, also by a socket on the unspecified address.
    pub fn is_bound(&self, socket: SocketAddr) -> bool {
        let any: IpAddr = match socket {
            SocketAddr::V4(_) => Ipv4Addr::UNSPECIFIED.into(),
            SocketAddr::V6(_) => Ipv6Addr::UNSPECIFIED.into(),
        };
        self.bound.contains(&socket) || self.bound.contains(&SocketAddr::new(any, socket.port()))
    }

    /// How DNS answers; put the answer into a [`Delayed`](crate::Delayed) queue.
    pub fn resolve(&self, name: &str) -> Answer {
        self.names.resolve(name)
    }

    /// The table of names, for changing it during a run.
    pub fn names_mut(&mut self) -> &mut Names {
        &mut self.names
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn host() -> Host {
        let config = HostConfig::new("h")
            .address("10.0.0.1".parse().expect("a literal"), Link::default())
            .loopback();
        Host::new(
            "h".to_owned(),
            config.interfaces(),
            Names::default(),
            20_000,
        )
    }

    #[test]
    fn lists_its_interfaces() {
        let names: Vec<_> = host().interfaces().iter().map(|i| i.name.clone()).collect();
        assert_eq!(names, ["lo", "lo", "eth0"]);
    }

    #[test]
    fn binds_ports_in_order_on_its_own_addresses_only() {
        let mut host = host();
        let ip: IpAddr = "10.0.0.1".parse().expect("a literal");
        assert_eq!(host.bind(ip), Ok(SocketAddr::new(ip, 20_000)));
        assert_eq!(host.bind(ip), Ok(SocketAddr::new(ip, 20_001)));
        assert_eq!(
            host.bind_port(SocketAddr::new(ip, 20_001)),
            Err(BindError::AddressInUse)
        );
        let foreign = "10.0.0.2".parse().expect("a literal");
        assert_eq!(host.bind(foreign), Err(BindError::AddressNotAvailable));
        assert!(host.close(SocketAddr::new(ip, 20_000)));
        assert!(!host.is_bound(SocketAddr::new(ip, 20_000)));
    }

    #[test]
    fn an_unspecified_socket_takes_for_all_addresses_of_its_family() {
        let mut host = host();
        host.bind_port("0.0.0.0:9".parse().expect("a literal"))
            .expect("free");
        assert!(host.is_bound("10.0.0.1:9".parse().expect("a literal")));
        assert!(!host.is_bound("[::1]:9".parse().expect("a literal")));
    }
}
