use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV6};

/// Where multicast DNS is spoken (RFC 6762 §3, §5).
pub const PORT: u16 = 5353;

/// The group of IPv4.
pub const GROUP_V4: Ipv4Addr = Ipv4Addr::new(224, 0, 0, 251);

/// The group of IPv6.
pub const GROUP_V6: Ipv6Addr = Ipv6Addr::new(0xff02, 0, 0, 0, 0, 0, 0, 0xfb);

/// More addresses of interfaces than this are not looked at.
const MAX_ADDRESSES: usize = 64;

/// An interface, by the index that the system gives it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct InterfaceId(pub u32);

/// One address of an interface on which multicast DNS is spoken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InterfaceAddress {
    /// Which interface.
    pub interface: InterfaceId,
    /// The address.
    pub address: IpAddr,
    /// How many of its leading bits are those of everyone on the link.
    pub prefix: u8,
}

/// One family on one interface: a message is multicast on a link, and an address there has
/// neighbours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Link {
    pub(super) interface: InterfaceId,
    ipv6: bool,
}

impl Link {
    pub(super) const fn new(interface: InterfaceId, address: IpAddr) -> Self {
        Self {
            interface,
            ipv6: address.is_ipv6(),
        }
    }

    /// Everyone on the link.
    pub(super) fn group(self) -> SocketAddr {
        if self.ipv6 {
            SocketAddrV6::new(GROUP_V6, PORT, 0, self.interface.0).into()
        } else {
            SocketAddr::new(GROUP_V4.into(), PORT)
        }
    }
}

/// The addresses of this machine, as far as multicast DNS is concerned.
#[derive(Debug, Default)]
pub(super) struct Interfaces {
    addresses: Vec<InterfaceAddress>,
    links: Vec<Link>,
}

impl Interfaces {
    /// Takes the present ones.
    pub(super) fn set(&mut self, addresses: Vec<InterfaceAddress>) {
        self.addresses = addresses;
        self.addresses.truncate(MAX_ADDRESSES);
        let links = self.addresses.iter();
        self.links = links
            .map(|own| Link::new(own.interface, own.address))
            .collect();
        self.links.sort_unstable();
        self.links.dedup();
    }

    pub(super) fn links(&self) -> &[Link] {
        &self.links
    }

    /// Whether an address is one of this machine's.
    pub(super) fn is_own(&self, address: IpAddr) -> bool {
        self.addresses.iter().any(|own| own.address == address)
    }

    /// Whether an address is a neighbour on an interface (RFC 6762 §11).
    pub(super) fn is_near(&self, interface: InterfaceId, address: IpAddr) -> bool {
        self.addresses
            .iter()
            .filter(|own| own.interface == interface)
            .any(|own| match (own.address, address) {
                (IpAddr::V4(own_address), IpAddr::V4(address)) => same_prefix(
                    u128::from(own_address.to_bits()) << 96,
                    u128::from(address.to_bits()) << 96,
                    own.prefix,
                ),
                (IpAddr::V6(own_address), IpAddr::V6(address)) => {
                    address.is_unicast_link_local()
                        || same_prefix(own_address.to_bits(), address.to_bits(), own.prefix)
                }
                _ => false,
            })
    }
}

fn same_prefix(one: u128, other: u128, prefix: u8) -> bool {
    // Everything is alike in no bits; nobody's whole world is one link.
    prefix != 0 && (one ^ other).leading_zeros() >= u32::from(prefix)
}
