use std::{
    collections::BTreeSet,
    io::{self, IoSliceMut},
    net::{IpAddr, SocketAddr},
};

use quinn_udp::{RecvMeta, UdpSocketState};
use rill_peer::mdns::{
    GROUP_V4, GROUP_V6, InterfaceAddress, InterfaceId, PORT, Received, Transmit,
};
use socket2::{Domain, InterfaceIndexOrAddress, Protocol, SockRef, Type};
use tokio::{io::Interest, net::UdpSocket};

/// Every packet's hop limit (RFC 6762 §11).
const HOPS: u32 = 255;

/// Port 5353 in one family.
pub(super) struct Socket {
    io: UdpSocket,
    state: UdpSocketState,
    ipv6: bool,
    joined: BTreeSet<InterfaceId>,
    /// Nobody else had the port when it was bound.
    sole: bool,
}

impl Socket {
    /// Binds the port of a family, beside whoever else allows it.
    pub(super) fn bind(any: IpAddr) -> io::Result<Self> {
        let ipv6 = any.is_ipv6();
        // RFC 6762 §15.1: this is how to find out whether somebody else has the port.
        let sole = open(any, false).is_ok();
        let socket = open(any, true)?;
        if ipv6 {
            socket.set_multicast_loop_v6(true)?;
            socket.set_multicast_hops_v6(HOPS)?;
            socket.set_unicast_hops_v6(HOPS)?;
        } else {
            socket.set_multicast_loop_v4(true)?;
            socket.set_multicast_ttl_v4(HOPS)?;
            socket.set_ttl_v4(HOPS)?;
        }
        let io = UdpSocket::from_std(socket.into())?;
        // Says of each datagram where it came in and whom it was for.
        let state = UdpSocketState::new((&io).into())?;
        Ok(Self {
            io,
            state,
            ipv6,
            joined: BTreeSet::new(),
            sole,
        })
    }

    /// Whether nobody else had the port.
    pub(super) const fn is_sole(&self) -> bool {
        self.sole
    }

    /// Whether a datagram to, or an interface with, this address is its matter.
    pub(super) const fn serves(&self, address: IpAddr) -> bool {
        self.ipv6 == address.is_ipv6()
    }

    /// Hears the group on an interface from now on.
    pub(super) fn join(&mut self, interface: InterfaceId) -> io::Result<()> {
        if self.joined.contains(&interface) {
            return Ok(());
        }
        let socket = SockRef::from(&self.io);
        let joined = if self.ipv6 {
            socket.join_multicast_v6(&GROUP_V6, interface.0)
        } else {
            let index = InterfaceIndexOrAddress::Index(interface.0);
            socket.join_multicast_v4_n(&GROUP_V4, &index)
        };
        match joined {
            Err(error) if error.kind() != io::ErrorKind::AddrInUse => Err(error),
            _ => {
                self.joined.insert(interface);
                Ok(())
            }
        }
    }

    /// Forgets the interfaces that are gone, so that they are joined anew when they come back.
    pub(super) fn keep(&mut self, present: &[InterfaceAddress]) {
        let is_present = |joined: &InterfaceId| present.iter().any(|own| own.interface == *joined);
        self.joined.retain(is_present);
    }

    /// Sends a datagram on its interface; `own` are the addresses of this machine.
    pub(super) async fn send(
        &self,
        transmit: &Transmit,
        own: &[InterfaceAddress],
    ) -> io::Result<()> {
        // IPv6 has the interface in the address of the group.
        if transmit.is_multicast() && !self.ipv6 {
            let address = own.iter().find_map(|own| match own.address {
                IpAddr::V4(address) if own.interface == transmit.interface => Some(address),
                _ => None,
            });
            let address = address.ok_or(io::ErrorKind::AddrNotAvailable)?;
            SockRef::from(&self.io).set_multicast_if_v4(&address)?;
        }
        let destination = transmit.destination;
        self.io.send_to(&transmit.bytes, destination).await?;
        Ok(())
    }

    pub(super) async fn readable(&self) {
        // An error is met again by the receiving that follows.
        drop(self.io.readable().await);
    }

    /// Receives one datagram, or as many as the kernel put into one buffer.
    pub(super) fn receive(
        &self,
        buffer: &mut [u8],
        mut handle: impl FnMut(&Received, &[u8]),
    ) -> io::Result<()> {
        let mut meta = [RecvMeta::default()];
        self.io.try_io(Interest::READABLE, || {
            let mut buffers = [IoSliceMut::new(buffer)];
            self.state.recv((&self.io).into(), &mut buffers, &mut meta)
        })?;
        let [meta] = meta;
        let received = Received {
            from: meta.addr,
            interface: InterfaceId(meta.interface_index.unwrap_or(0)),
            multicast: meta.dst_ip.is_some_and(|address| address.is_multicast()),
        };
        for datagram in buffer[..meta.len].chunks(meta.stride.max(1)) {
            handle(&received, datagram);
        }
        Ok(())
    }
}

/// The port of a family: for whoever else has it too, or for us alone.
pub(super) fn open(any: IpAddr, shared: bool) -> io::Result<socket2::Socket> {
    let address = SocketAddr::new(any, PORT);
    let domain = Domain::for_address(address);
    let socket = socket2::Socket::new(domain, Type::DGRAM, Some(Protocol::UDP))?;
    if any.is_ipv6() {
        socket.set_only_v6(true)?;
    }
    if shared {
        socket.set_reuse_address(true)?;
        #[cfg(unix)]
        socket.set_reuse_port(true)?;
    }
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    Ok(socket)
}
