//! What the agent asks of its driver, and the answers.

use std::collections::VecDeque;
use std::net::{IpAddr, SocketAddr};
use std::ops::RangeInclusive;

use litemap::LiteMap;

use crate::gather::{Base, RelayId};
use crate::identifier::SessionKey;
use crate::{RemoteCandidate, SocketId};

/// Ties a [`Response`] to its [`Request`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RequestId(pub u64);

/// A TCP or TLS connection to a server. Never used again after it was closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StreamId(pub u32);

/// Something only the driver can do. Each request with an `id` wants exactly one
/// [`Agent::handle_response`](crate::Agent::handle_response), sooner or later.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Request {
    /// List the addresses of the machine's interfaces that are up: [`Response::Interfaces`].
    ListInterfaces {
        /// To be given back.
        id: RequestId,
    },
    /// Bind a UDP socket to an address: [`Response::Bound`].
    BindUdp {
        /// To be given back.
        id: RequestId,
        /// What the agent will call the socket.
        socket: SocketId,
        /// The address to bind to.
        address: IpAddr,
        /// The ports to try, both included; any if there are none.
        ports: Option<RangeInclusive<u16>>,
    },
    /// Look up the addresses of both families of a DNS name: [`Response::Resolved`].
    Resolve {
        /// To be given back.
        id: RequestId,
        /// The name, as configured.
        name: String,
    },
    /// Close a socket. No response.
    CloseSocket {
        /// Which.
        socket: SocketId,
    },
    /// Look up a `.local` name by multicast DNS, and by nothing else: [`Response::Resolved`].
    ResolveMdns {
        /// To be given back.
        id: RequestId,
        /// The name.
        name: String,
    },
    /// Answer for a `.local` name of ours from now on, as long as the agent lives:
    /// [`Response::Registered`].
    RegisterMdns {
        /// To be given back.
        id: RequestId,
        /// The name.
        name: String,
        /// What it stands for.
        address: IpAddr,
    },
    /// Connect to a server over TCP: [`Response::Connected`]. With a name, over TLS: the certificate
    /// is checked against it, and only then is the stream connected.
    ConnectStream {
        /// To be given back.
        id: RequestId,
        /// What the agent will call the connection.
        stream: StreamId,
        /// The server.
        address: SocketAddr,
        /// For TLS: the server's name or address as configured, which its certificate must show.
        server_name: Option<String>,
    },
    /// Close a connection, after what was written to it, or end connecting. No response.
    CloseStream {
        /// Which.
        stream: StreamId,
    },
}

/// The driver's answer to a [`Request`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Response {
    /// The addresses to choose from, in the system's order of preference.
    Interfaces(Vec<Interface>),
    /// The socket is bound; its port is this address's.
    Bound(SocketAddr),
    /// The connection stands.
    Connected {
        /// Its address on our side.
        local: SocketAddr,
    },
    /// The addresses of the name, the best of each family first. Empty is a failure.
    Resolved(Vec<IpAddr>),
    /// The name is answered for.
    Registered,
    /// It could not be done, for this reason.
    Failed(String),
    /// A `.local` name was not found, and nothing of multicast DNS was heard meanwhile, not even the
    /// question itself; in words.
    Unheard(String),
}

/// One address of one network interface.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Interface {
    /// The system's name for the interface.
    pub name: String,
    /// The address.
    pub address: IpAddr,
    /// Whether it is a loopback interface.
    pub loopback: bool,
}

/// What an outstanding request was for.
#[derive(Clone, Debug)]
pub(crate) enum Purpose {
    Interfaces(SessionKey),
    Bind {
        session: SessionKey,
        socket: SocketId,
        address: IpAddr,
        preference: u16,
    },
    Resolve {
        session: SessionKey,
        server: usize,
    },
    Connect {
        session: SessionKey,
        relay: RelayId,
    },
    /// A socket's address gets a name.
    Register {
        session: SessionKey,
        base: Base,
    },
    /// A candidate of the peer gets an address.
    Lookup {
        session: SessionKey,
        candidate: Box<RemoteCandidate>,
    },
}

impl Purpose {
    pub(crate) fn session(&self) -> SessionKey {
        match self {
            Self::Interfaces(session)
            | Self::Bind { session, .. }
            | Self::Resolve { session, .. }
            | Self::Connect { session, .. }
            | Self::Register { session, .. }
            | Self::Lookup { session, .. } => *session,
        }
    }
}

/// The requests to be polled and those outstanding.
#[derive(Debug, Default)]
pub(crate) struct Requests {
    last: u64,
    queue: VecDeque<Request>,
    outstanding: LiteMap<RequestId, Purpose>,
    /// Something was not closed yet when it was polled.
    pub(crate) held: bool,
}

impl Requests {
    /// Gives back the room of what was answered.
    pub(crate) fn rest(&mut self) {
        self.queue.shrink_to_fit();
        if self.outstanding.is_empty() {
            self.outstanding = LiteMap::new();
        }
    }

    pub(crate) fn list_interfaces(&mut self, session: SessionKey) {
        let id = self.register(Purpose::Interfaces(session));
        self.queue.push_back(Request::ListInterfaces { id });
    }

    pub(crate) fn bind_udp(
        &mut self,
        session: SessionKey,
        socket: SocketId,
        (address, preference): (IpAddr, u16),
        ports: Option<RangeInclusive<u16>>,
    ) {
        let id = self.register(Purpose::Bind {
            session,
            socket,
            address,
            preference,
        });
        self.queue.push_back(Request::BindUdp {
            id,
            socket,
            address,
            ports,
        });
    }

    pub(crate) fn resolve(&mut self, session: SessionKey, server: usize, name: String) {
        let id = self.register(Purpose::Resolve { session, server });
        self.queue.push_back(Request::Resolve { id, name });
    }

    pub(crate) fn register_name(&mut self, session: SessionKey, base: Base, name: String) {
        let id = self.register(Purpose::Register { session, base });
        self.queue.push_back(Request::RegisterMdns {
            id,
            name,
            address: base.address.ip(),
        });
    }

    pub(crate) fn look_up(
        &mut self,
        session: SessionKey,
        candidate: &RemoteCandidate,
        name: String,
    ) {
        let candidate = Box::new(candidate.clone());
        let id = self.register(Purpose::Lookup { session, candidate });
        self.queue.push_back(Request::ResolveMdns { id, name });
    }

    pub(crate) fn connect(
        &mut self,
        (session, relay): (SessionKey, RelayId),
        stream: StreamId,
        address: SocketAddr,
        server_name: Option<String>,
    ) {
        let id = self.register(Purpose::Connect { session, relay });
        self.queue.push_back(Request::ConnectStream {
            id,
            stream,
            address,
            server_name,
        });
    }

    pub(crate) fn close_stream(&mut self, stream: StreamId) {
        self.queue.push_back(Request::CloseStream { stream });
    }

    pub(crate) fn close_socket(&mut self, socket: SocketId) {
        self.queue.push_back(Request::CloseSocket { socket });
    }

    /// The next one. What takes goodbyes is not closed before they are sent.
    pub(crate) fn poll(&mut self, has_goodbyes: bool) -> Option<Request> {
        let closes = matches!(
            self.queue.front(),
            Some(Request::CloseSocket { .. } | Request::CloseStream { .. })
        );
        self.held = closes && has_goodbyes;
        if self.held {
            return None;
        }
        self.queue.pop_front()
    }

    /// What the answered request was for; `None` if it was never asked or is answered already.
    pub(crate) fn answered(&mut self, id: RequestId) -> Option<Purpose> {
        self.outstanding.remove(&id)
    }

    /// Answers to what a session asked for its gathering mean nothing any more.
    pub(crate) fn forget_gathering(&mut self, session: SessionKey) {
        let is_kept = |purpose: &Purpose| {
            purpose.session() != session || matches!(purpose, Purpose::Lookup { .. })
        };
        self.outstanding.retain(|_, purpose| is_kept(purpose));
    }

    fn register(&mut self, purpose: Purpose) -> RequestId {
        self.last += 1;
        let id = RequestId(self.last);
        self.outstanding.insert(id, purpose);
        id
    }
}
