//! Who is where, and how a datagram finds its way.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, SocketAddr};
use std::time::Instant;

use crate::firewall::Protocol;
use crate::link::Direction;
use crate::nat::Nat;
use crate::trace::Fate;
use crate::{Firewall, Hairpinning, Link, NatConfig, Seed};

/// A part of the network in which addresses are unique: the internet, or the inside of a NAT.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Realm(usize);

impl Realm {
    /// The one realm that is always there.
    pub const INTERNET: Self = Self(0);
}

/// An interface of a node.
#[derive(Clone, Debug)]
pub(crate) struct Attachment {
    pub(crate) node: usize,
    pub(crate) address: IpAddr,
    pub(crate) realm: Realm,
    pub(crate) up: Direction,
    pub(crate) down: Direction,
    present: bool,
}

/// From where a datagram leaves its node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    /// It stays on the node.
    Inside,
    /// By this attachment.
    Attachment(usize),
}

/// Where a datagram goes, with its addresses as they are there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Route {
    pub(crate) attachment: usize,
    pub(crate) source: SocketAddr,
    pub(crate) destination: SocketAddr,
}

/// The addresses of a packet under way.
#[derive(Clone, Copy, Debug)]
struct Way {
    source: SocketAddr,
    /// What the source was before the last NAT outwards.
    inner_source: SocketAddr,
    destination: SocketAddr,
}

impl Way {
    fn to(self, attachment: usize) -> Route {
        Route {
            attachment,
            source: self.source,
            destination: self.destination,
        }
    }
}

/// The topology with its faults.
#[derive(Clone, Debug)]
pub(crate) struct Network {
    seed: Seed,
    attachments: Vec<Attachment>,
    by_address: BTreeMap<(Realm, IpAddr), usize>,
    /// `nats[n]` is the way out of `Realm(n + 1)`.
    nats: Vec<Nat>,
    dead: BTreeSet<IpAddr>,
    unreachable: BTreeSet<IpAddr>,
    partitions: BTreeSet<(IpAddr, IpAddr)>,
    /// By node; the others have none.
    firewalls: BTreeMap<usize, Firewall>,
}

/// The firewall of hosts that have none.
static OPEN: Firewall = Firewall::open();

impl Network {
    pub(crate) fn new(seed: Seed) -> Self {
        Self {
            seed,
            attachments: Vec::new(),
            by_address: BTreeMap::new(),
            nats: Vec::new(),
            dead: BTreeSet::new(),
            unreachable: BTreeSet::new(),
            partitions: BTreeSet::new(),
            firewalls: BTreeMap::new(),
        }
    }

    pub(crate) fn add_nat(&mut self, config: NatConfig) -> Realm {
        assert!(
            config.outer.0 <= self.nats.len(),
            "the outer realm must exist before its NAT"
        );
        self.nats.push(Nat::new(config));
        Realm(self.nats.len())
    }

    pub(crate) fn attach(&mut self, node: usize, realm: Realm, address: IpAddr, link: Link) {
        let index = self.attachments.len();
        let taken = self.by_address.insert((realm, address), index);
        assert!(taken.is_none(), "{address} is given twice in one realm");
        let up = Direction::new(link.clone(), self.seed, 2 * index as u64);
        let down = Direction::new(link, self.seed, 2 * index as u64 + 1);
        self.attachments.push(Attachment {
            node,
            address,
            realm,
            up,
            down,
            present: true,
        });
    }

    pub(crate) fn attachment_mut(&mut self, index: usize) -> &mut Attachment {
        &mut self.attachments[index]
    }

    /// The attachments with this address, in any realm.
    pub(crate) fn with_address(
        &mut self,
        address: IpAddr,
    ) -> impl Iterator<Item = &mut Attachment> {
        self.attachments
            .iter_mut()
            .filter(move |attachment| attachment.address == address)
    }

    pub(crate) fn set_present(&mut self, address: IpAddr, present: bool) {
        self.with_address(address)
            .for_each(|attachment| attachment.present = present);
    }

    pub(crate) fn add_dead(&mut self, address: IpAddr) {
        self.dead.insert(address);
    }

    pub(crate) fn add_unreachable(&mut self, address: IpAddr) {
        self.unreachable.insert(address);
    }

    pub(crate) fn partition(&mut self, from: IpAddr, to: IpAddr) {
        self.partitions.insert((from, to));
    }

    pub(crate) fn heal(&mut self, from: IpAddr, to: IpAddr) {
        self.partitions.remove(&(from, to));
    }

    pub(crate) fn set_host_firewall(&mut self, node: usize, firewall: Firewall) {
        self.firewalls.insert(node, firewall);
    }

    pub(crate) fn host_firewall(&self, node: usize) -> &Firewall {
        self.firewalls.get(&node).unwrap_or(&OPEN)
    }

    pub(crate) fn set_firewall(&mut self, Realm(realm): Realm, firewall: Firewall) {
        let nat = realm.checked_sub(1).and_then(|nat| self.nats.get_mut(nat));
        nat.expect("the realm is behind a NAT of this simulation")
            .config
            .firewall = firewall;
    }

    /// Whether nothing gets from one attachment (if it is known) to another.
    pub(crate) fn is_partitioned(&self, from: Option<usize>, to: usize) -> bool {
        let address = |index: usize| self.attachments[index].address;
        let cut = |from| self.partitions.contains(&(address(from), address(to)));
        !self.attachments[to].present || from.is_some_and(cut)
    }

    /// How a datagram of `node` gets out, with the source it then has; `None` if the operating
    /// system refuses to send it.
    pub(crate) fn exit(
        &self,
        node: usize,
        local: SocketAddr,
        remote: SocketAddr,
    ) -> Option<(Exit, SocketAddr)> {
        if local.is_ipv4() != remote.is_ipv4() || self.unreachable.contains(&remote.ip()) {
            return None;
        }
        let own = || {
            let attachments = self.attachments.iter().enumerate();
            attachments.filter(|(_, attachment)| attachment.node == node && attachment.present)
        };
        let is_own = |address: IpAddr| {
            address.is_loopback() || own().any(|(_, attachment)| attachment.address == address)
        };
        if is_own(remote.ip()) {
            // A socket on the unspecified address sends from the address it sends to.
            let any = local.ip().is_unspecified();
            let source = if any { remote.ip() } else { local.ip() };
            return is_own(source).then(|| (Exit::Inside, SocketAddr::new(source, local.port())));
        }
        let fits = |address: IpAddr| {
            let any = local.ip().is_unspecified() && address.is_ipv4() == local.is_ipv4();
            any || address == local.ip()
        };
        let (index, attachment) = own().find(|(_, attachment)| fits(attachment.address))?;
        Some((
            Exit::Attachment(index),
            SocketAddr::new(attachment.address, local.port()),
        ))
    }

    /// Finds the receiver of a packet in the realm `origin`, translating on the way.
    pub(crate) fn route(
        &mut self,
        now: Instant,
        origin: Realm,
        protocol: Protocol,
        source: SocketAddr,
        destination: SocketAddr,
    ) -> Result<Route, Fate> {
        let mut realm = origin;
        let mut way = Way {
            source,
            inner_source: source,
            destination,
        };
        loop {
            if let Some(&attachment) = self.by_address.get(&(realm, destination.ip())) {
                return Ok(way.to(attachment));
            }
            if let Some(inside) = self.way_in(realm, destination.ip()) {
                return self.enter(now, inside, origin, protocol, way);
            }
            if self.dead.contains(&destination.ip()) {
                return Err(Fate::Dead);
            }
            let Some(nat) = realm.0.checked_sub(1) else {
                return Err(Fate::NoRoute);
            };
            let nat = &mut self.nats[nat];
            way.inner_source = way.source;
            way.source = nat.outbound(now, protocol, way.source, destination)?;
            realm = nat.outer();
        }
    }

    /// Takes a packet inwards through a NAT, and through those inside of it.
    fn enter(
        &mut self,
        now: Instant,
        mut nat: usize,
        origin: Realm,
        protocol: Protocol,
        mut way: Way,
    ) -> Result<Route, Fate> {
        loop {
            let hairpinning = self.nats[nat].hairpinning();
            let from_inside = self.is_within(origin, nat);
            if from_inside && hairpinning == Hairpinning::Off {
                return Err(Fate::Filtered);
            }
            way.destination = self.nats[nat].inbound(now, protocol, way.source, way.destination)?;
            if from_inside && hairpinning == Hairpinning::InternalSource {
                way.source = way.inner_source;
            }
            let (realm, address) = (Realm(nat + 1), way.destination.ip());
            if let Some(&attachment) = self.by_address.get(&(realm, address)) {
                return Ok(way.to(attachment));
            }
            nat = self.way_in(realm, address).ok_or(Fate::NoRoute)?;
        }
    }

    /// The NAT by which an address is reached from the realm outside of it.
    fn way_in(&self, realm: Realm, address: IpAddr) -> Option<usize> {
        (0..self.nats.len()).find(|&index| {
            let (nat, inside) = (&self.nats[index], Realm(index + 1));
            let is_inside = || {
                self.by_address.contains_key(&(inside, address))
                    || self.way_in(inside, address).is_some()
            };
            nat.outer() == realm
                && (nat.has_external(address) || nat.passes(address) && is_inside())
        })
    }

    /// Whether `realm` is the inside of this NAT or of one behind it.
    fn is_within(&self, mut realm: Realm, nat: usize) -> bool {
        while let Some(way_out) = realm.0.checked_sub(1) {
            if way_out == nat {
                return true;
            }
            realm = self.nats[way_out].outer();
        }
        false
    }
}
