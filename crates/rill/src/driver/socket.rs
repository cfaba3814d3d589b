use std::{
    io::{self, IoSliceMut},
    net::{IpAddr, SocketAddr},
    ops::RangeInclusive,
    sync::OnceLock,
    task::{Context, Poll, ready},
};

use quinn_udp::{RecvMeta, Transmit, UdpSocketState};
use rill_peer::Path;
use socket2::{Domain, Protocol, Type};
use tokio::{io::Interest, net::UdpSocket};

/// What is asked of the kernel for each direction; it grants what it allows. Default buffers overflow
/// under a burst, and every overflow costs a retransmission time-out.
const BUFFER: usize = 4 * 1024 * 1024;

/// Whether one call receives as many trains as there are buffers (recvmmsg); elsewhere it may be one.
const GIVES_ALL: bool = cfg!(target_os = "linux");

/// A socket that never closes and receives nothing. Linux rewrites its own code, on all cores at once, when the first
/// socket of the machine wants trains and again when the last is closed: a sixth of the CPU time in which a lone
/// connection forms. With this it happens once in a process.
static KEPT: OnceLock<Option<socket2::Socket>> = OnceLock::new();

/// A UDP socket that sends and receives trains.
pub(crate) struct Socket {
    io: UdpSocket,
    state: UdpSocketState,
    address: SocketAddr,
}

impl Socket {
    /// Binds a free port of an address: any, or one of these. The range is entered at random, so that
    /// many sockets do not all try the same ports.
    pub(super) fn bind(address: IpAddr, ports: Option<RangeInclusive<u16>>) -> io::Result<Self> {
        let Some(ports) = ports else {
            return Self::bind_port(address, 0);
        };
        let count = usize::from(ports.end().saturating_sub(*ports.start())) + 1;
        let mut seed = [0; 8];
        getrandom::fill(&mut seed).map_err(io::Error::other)?;
        let start = usize::try_from(u64::from_ne_bytes(seed) % count as u64).unwrap_or(0);
        let in_turn = ports.clone().cycle().skip(start).take(count);
        let mut last = io::Error::from(io::ErrorKind::AddrInUse);
        for port in in_turn {
            match Self::bind_port(address, port) {
                Err(error) if error.kind() == io::ErrorKind::AddrInUse => last = error,
                bound => return bound,
            }
        }
        Err(last)
    }

    fn bind_port(address: IpAddr, port: u16) -> io::Result<Self> {
        if cfg!(target_os = "linux") {
            KEPT.get_or_init(kept);
        }
        let domain = Domain::for_address(SocketAddr::new(address, 0));
        let socket = socket2::Socket::new(domain, Type::DGRAM, Some(Protocol::UDP))?;
        if address.is_ipv6() {
            socket.set_only_v6(true)?;
        }
        socket.set_nonblocking(true)?;
        // Less than asked for is no error; none at all would be noticed by everything else.
        drop(socket.set_recv_buffer_size(BUFFER));
        drop(socket.set_send_buffer_size(BUFFER));
        socket.bind(&SocketAddr::new(address, port).into())?;
        let io = UdpSocket::from_std(socket.into())?;
        let state = UdpSocketState::new((&io).into())?;
        let address = io.local_addr()?;
        Ok(Self { io, state, address })
    }

    pub(super) fn local_address(&self) -> SocketAddr {
        self.address
    }

    pub(super) fn poll_readable(&self, context: &mut Context<'_>) -> bool {
        self.io.poll_recv_ready(context).is_ready()
    }

    /// Receives what is there, into buffers that are cut by `stride`. Where a call gives all there is,
    /// a socket that gives less than there are buffers is empty, and not ready until more comes.
    pub(super) fn receive(
        &self,
        buffers: &mut [IoSliceMut<'_>],
        meta: &mut [RecvMeta],
    ) -> io::Result<usize> {
        let mut last = None;
        let result = self.io.try_io(Interest::READABLE, || {
            let count = self.state.recv((&self.io).into(), buffers, meta)?;
            if GIVES_ALL && count < buffers.len() {
                last = Some(count);
                return Err(io::ErrorKind::WouldBlock.into());
            }
            Ok(count)
        });
        last.map_or(result, Ok)
    }

    /// Sends the rest of a train, in as many calls as the kernel needs, and counts the bytes on; not ready
    /// while the socket's buffer is full. For one task alone: another that waited would not be woken.
    pub(super) fn poll_send(
        &self,
        context: &mut Context<'_>,
        path: &Path,
        rest: &[u8],
        segment: Option<usize>,
        sent: &mut usize,
    ) -> Poll<io::Result<()>> {
        for transmit in self.calls(path.remote, path.ecn, rest, segment) {
            loop {
                match self.try_send(&transmit) {
                    Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                        ready!(self.io.poll_send_ready(context))?;
                    }
                    Ok(()) => break,
                    Err(error) => return Poll::Ready(Err(error)),
                }
            }
            *sent += transmit.contents.len();
        }
        Poll::Ready(Ok(()))
    }

    /// Sends a train as far as the socket's buffer takes it.
    pub(super) fn send_now(
        &self,
        remote: SocketAddr,
        ecn: Option<u8>,
        bytes: &[u8],
        segment: Option<usize>,
    ) -> io::Result<()> {
        let mut calls = self.calls(remote, ecn, bytes, segment);
        calls.try_for_each(|transmit| self.try_send(&transmit))
    }

    /// A train as the calls that the kernel needs for it.
    fn calls<'a>(
        &self,
        destination: SocketAddr,
        ecn: Option<u8>,
        bytes: &'a [u8],
        segment: Option<usize>,
    ) -> impl Iterator<Item = Transmit<'a>> + use<'a> {
        let per_call = segment.map_or(bytes.len(), |segment| {
            segment * self.state.max_gso_segments()
        });
        bytes.chunks(per_call.max(1)).map(move |contents| Transmit {
            destination,
            ecn: ecn.and_then(quinn_udp::EcnCodepoint::from_bits),
            contents,
            segment_size: segment.filter(|&segment| segment < contents.len()),
            src_ip: None,
        })
    }

    fn try_send(&self, transmit: &Transmit<'_>) -> io::Result<()> {
        self.io.try_io(Interest::WRITABLE, || {
            self.state.try_send((&self.io).into(), transmit)
        })
    }
}

/// What wants trains in both families of addresses, or in the one there is.
fn kept() -> Option<socket2::Socket> {
    let open = |domain| {
        let socket = socket2::Socket::new(domain, Type::DGRAM, Some(Protocol::UDP))?;
        UdpSocketState::new((&socket).into())?;
        io::Result::Ok(socket)
    };
    open(Domain::IPV6).or_else(|_| open(Domain::IPV4)).ok()
}
