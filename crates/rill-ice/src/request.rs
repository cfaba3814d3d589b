//! What the agent asks of its driver, and the answers.

use std::collections::{BTreeMap, VecDeque};
use std::net::{IpAddr, SocketAddr};

use crate::SocketId;
use crate::identifier::SessionKey;

/// Ties a [`Response`] to its [`Request`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RequestId(pub u64);

/// A TCP or TLS connection. A door: nothing opens one yet.
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
    /// Bind a UDP socket to an address, on any port: [`Response::Bound`].
    BindUdp {
        /// To be given back.
        id: RequestId,
        /// What the agent will call the socket.
        socket: SocketId,
        /// The address to bind to.
        address: IpAddr,
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
    /// A door: look up a `.local` name by multicast DNS. Not asked yet.
    ResolveMdns {
        /// To be given back.
        id: RequestId,
        /// The name.
        name: String,
    },
    /// A door: answer for a `.local` name of ours. Not asked yet.
    RegisterMdns {
        /// To be given back.
        id: RequestId,
        /// The name.
        name: String,
        /// What it stands for.
        address: IpAddr,
    },
    /// A door: connect to a server. Not asked yet.
    ConnectStream {
        /// To be given back.
        id: RequestId,
        /// What the agent will call the connection.
        stream: StreamId,
        /// The server.
        address: SocketAddr,
        /// The name to verify, for TLS.
        server_name: Option<String>,
    },
    /// A door: close a connection. Not asked yet.
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
    /// The addresses of the name, the best of each family first. Empty is a failure.
    Resolved(Vec<IpAddr>),
    /// It could not be done, for this reason.
    Failed(String),
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
}

/// The requests to be polled and those outstanding.
#[derive(Debug, Default)]
pub(crate) struct Requests {
    last: u64,
    queue: VecDeque<Request>,
    outstanding: BTreeMap<RequestId, Purpose>,
}

impl Requests {
    pub(crate) fn list_interfaces(&mut self, session: SessionKey) {
        let id = self.register(Purpose::Interfaces(session));
        self.queue.push_back(Request::ListInterfaces { id });
    }

    pub(crate) fn bind_udp(
        &mut self,
        session: SessionKey,
        socket: SocketId,
        address: IpAddr,
        preference: u16,
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
        });
    }

    pub(crate) fn resolve(&mut self, session: SessionKey, server: usize, name: String) {
        let id = self.register(Purpose::Resolve { session, server });
        self.queue.push_back(Request::Resolve { id, name });
    }

    pub(crate) fn close_socket(&mut self, socket: SocketId) {
        self.queue.push_back(Request::CloseSocket { socket });
    }

    pub(crate) fn poll(&mut self) -> Option<Request> {
        self.queue.pop_front()
    }

    /// What the answered request was for; `None` if it was never asked or is answered already.
    pub(crate) fn answered(&mut self, id: RequestId) -> Option<Purpose> {
        self.outstanding.remove(&id)
    }

    fn register(&mut self, purpose: Purpose) -> RequestId {
        self.last += 1;
        let id = RequestId(self.last);
        self.outstanding.insert(id, purpose);
        id
    }
}
