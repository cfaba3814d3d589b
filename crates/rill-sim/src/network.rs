//! Who is where, and how a datagram finds its way.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, SocketAddr};
use std::time::Instant;

use crate::link::Direction;
use crate::nat::Nat;
use crate::trace::Fate;
use crate::{Link, NatConfig, Seed};

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
}

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

    /// Finds the receiver of a datagram in the realm `origin`, translating on the way.
    pub(crate) fn route(
        &mut self,
        now: Instant,
        origin: Realm,
        mut source: SocketAddr,
        destination: SocketAddr,
    ) -> Result<Route, Fate> {
        let mut realm = origin;
        loop {
            if let Some(&attachment) = self.by_address.get(&(realm, destination.ip())) {
                return Ok(Route {
                    attachment,
                    source,
                    destination,
                });
            }
            let outside_of = |nat: &Nat| nat.outer() == realm && nat.has_external(destination.ip());
            if let Some(inside) = self.nats.iter().position(outside_of) {
                return self.enter(now, inside, origin, source, destination);
            }
            if self.dead.contains(&destination.ip()) {
                return Err(Fate::Dead);
            }
            let Some(nat) = realm.0.checked_sub(1) else {
                return Err(Fate::NoRoute);
            };
            let nat = &mut self.nats[nat];
            source = nat
                .outbound(now, source, destination)
                .ok_or(Fate::NoRoute)?;
            realm = nat.outer();
        }
    }

    /// Takes a datagram inwards through a NAT, and through those inside of it.
    fn enter(
        &mut self,
        now: Instant,
        mut nat: usize,
        origin: Realm,
        source: SocketAddr,
        mut destination: SocketAddr,
    ) -> Result<Route, Fate> {
        loop {
            if self.is_within(origin, nat) && !self.nats[nat].hairpins() {
                return Err(Fate::Filtered);
            }
            destination = self.nats[nat]
                .inbound(now, source, destination)
                .ok_or(Fate::Filtered)?;
            let realm = Realm(nat + 1);
            if let Some(&attachment) = self.by_address.get(&(realm, destination.ip())) {
                return Ok(Route {
                    attachment,
                    source,
                    destination,
                });
            }
            let outside_of = |nat: &Nat| nat.outer() == realm && nat.has_external(destination.ip());
            nat = self.nats.iter().position(outside_of).ok_or(Fate::NoRoute)?;
        }
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
