//! Building the network of a simulation, and breaking it.

use std::net::IpAddr;
use std::time::Instant;

use crate::interceptor::{Interceptor, Verdict};
use crate::network::Realm;
use crate::node::{HostId, Node, ServerId, TurnServerId};
use crate::{
    Datagram, Endpoint, Firewall, Host, HostConfig, Link, Names, NatConfig, Simulation, StunServer,
    TurnServer,
};

impl<E: Endpoint> Simulation<E> {
    /// The names that hosts added from now on resolve.
    pub fn names_mut(&mut self) -> &mut Names {
        &mut self.names
    }

    /// Adds a NAT and returns the realm behind it.
    ///
    /// # Panics
    ///
    /// If its outer realm is of another simulation.
    pub fn add_nat(&mut self, nat: NatConfig) -> Realm {
        self.transit.network.add_nat(nat)
    }

    /// Adds a host with the endpoint that `build` makes for it.
    ///
    /// # Panics
    ///
    /// If one of its addresses is taken in its realm.
    pub fn add_host(&mut self, config: HostConfig, build: impl FnOnce(Host) -> E) -> HostId {
        let interfaces = config.interfaces();
        let node = self.transit.add_node(config.name.clone());
        for (address, realm, link) in config.addresses {
            self.transit.network.attach(node, realm, address, link);
        }
        let network = &mut self.transit.network;
        network.set_host_firewall(node, config.firewall);
        // A range of its own for each of the first 40 hosts: no port is right by accident.
        let first_port = 20_000 + 1_000 * (node % 40) as u16;
        let host = Host::new(config.name, interfaces, self.names.clone(), first_port);
        self.nodes.push(Node::Endpoint(build(host)));
        HostId(node)
    }

    /// Adds a STUN server in the internet.
    ///
    /// # Panics
    ///
    /// If its address is taken.
    pub fn add_stun_server(&mut self, server: StunServer, link: Link) -> ServerId {
        let node = self.transit.add_node(format!("stun {}", server.address()));
        self.transit
            .network
            .attach(node, Realm::INTERNET, server.address().ip(), link);
        self.nodes.push(Node::StunServer(server));
        ServerId(node)
    }

    /// Adds a TURN server in the internet. All its addresses have links like `link`; in the trace it
    /// is `turn` and the lowest of them.
    ///
    /// # Panics
    ///
    /// If one of its addresses is taken.
    pub fn add_turn_server(&mut self, server: TurnServer, link: &Link) -> TurnServerId {
        let addresses = server.addresses();
        let lowest = addresses.first().expect("it listens somewhere");
        let node = self.transit.add_node(format!("turn {lowest}"));
        for address in addresses {
            let network = &mut self.transit.network;
            network.attach(node, Realm::INTERNET, address, link.clone());
        }
        self.nodes.push(Node::TurnServer(Box::new(server)));
        TurnServerId(node)
    }

    /// Lets datagrams to `address` vanish under that heading in the trace. (Without it they vanish
    /// too, as having no route.)
    pub fn add_dead_address(&mut self, address: IpAddr) {
        self.transit.network.add_dead(address);
    }

    /// Lets sending to `address` fail at once, on every host.
    pub fn add_unreachable_address(&mut self, address: IpAddr) {
        self.transit.network.add_unreachable(address);
    }

    /// Cuts the way between two interfaces, both directions, by their own addresses (inside of
    /// their NATs). Packets under way are lost too.
    pub fn partition(&mut self, one: IpAddr, other: IpAddr) {
        self.partition_one_way(one, other);
        self.partition_one_way(other, one);
    }

    /// Cuts the way from one interface to another.
    pub fn partition_one_way(&mut self, from: IpAddr, to: IpAddr) {
        self.transit.network.partition(from, to);
    }

    /// Undoes [`partition`](Self::partition), and [`partition_one_way`](Self::partition_one_way) in
    /// both directions.
    pub fn heal(&mut self, one: IpAddr, other: IpAddr) {
        self.transit.network.heal(one, other);
        self.transit.network.heal(other, one);
    }

    /// Takes an address away from its host: sending from it is refused, datagrams to it are lost, and
    /// its streams are reset. The endpoint is told the latter only.
    pub fn remove_address(&mut self, address: IpAddr) {
        self.transit.network.set_present(address, false);
        for (node, id) in self.connections.on_address(address) {
            self.with_connections(node, |connections, on| connections.cut(node, id, on));
        }
    }

    /// Gives a removed address back.
    pub fn restore_address(&mut self, address: IpAddr) {
        self.transit.network.set_present(address, true);
    }

    /// Changes what a host exchanges with others.
    pub fn set_host_firewall(&mut self, HostId(node): HostId, firewall: Firewall) {
        self.transit.network.set_host_firewall(node, firewall);
    }

    /// Changes what passes the NAT of a realm.
    ///
    /// # Panics
    ///
    /// If the realm is the internet, which has no way out, or of another simulation.
    pub fn set_firewall(&mut self, realm: Realm, firewall: Firewall) {
        self.transit.network.set_firewall(realm, firewall);
    }

    /// Changes the link of the interface with this address, both directions.
    pub fn set_link(&mut self, address: IpAddr, link: &Link) {
        for attachment in self.transit.network.with_address(address) {
            attachment.up.set_link(link.clone());
            attachment.down.set_link(link.clone());
        }
    }

    /// Shows every datagram, but nothing of streams, that leaves a host to `intercept`, which may change it (payload and
    /// addresses) or drop it: for a fault at one certain message, or an attacker on the path.
    pub fn intercept(
        &mut self,
        intercept: impl FnMut(Instant, &mut Datagram) -> Verdict + Send + 'static,
    ) {
        self.transit
            .set_interceptor(Some(Interceptor::new(intercept)));
    }

    /// Ends [`intercept`](Self::intercept).
    pub fn stop_intercepting(&mut self) {
        self.transit.set_interceptor(None);
    }

    /// Sends a datagram as an attacker in `realm` does, with `local` as its source, whoever has that
    /// address. It is routed and filtered as any other and passes the receiver's link.
    pub fn inject(&mut self, realm: Realm, datagram: Datagram) {
        self.transit.inject(self.now, realm, datagram);
    }
}
