//! What a driver does for an agent or a peer connection, on a simulated host.

mod streams;

use std::collections::{BTreeMap, VecDeque};
use std::net::{IpAddr, SocketAddr};
use std::ops::RangeInclusive;
use std::time::Instant;

use rill_ice::{
    Destination, Interface, Path, Request, RequestId, Response, SocketId, StreamId, Transmit,
};

use self::streams::Streams;
use crate::{BindError, Datagram, Delayed, Host, StreamEvent, StreamRequest};

/// The driver's part for one agent or peer connection. An [`Endpoint`](crate::Endpoint) of a test hands
/// requests and transmits to it, and takes responses and datagrams from it.
#[derive(Debug)]
pub struct Driver {
    /// Its host.
    pub host: Host,
    sockets: BTreeMap<SocketId, SocketAddr>,
    streams: Streams,
    responses: Delayed<(RequestId, Response)>,
    datagrams: VecDeque<Datagram>,
}

/// What a stream brings to whoever asked for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Arrival {
    /// Bytes came.
    Bytes(StreamId, Vec<u8>),
    /// It was open and is closed, for this reason.
    Closed(StreamId, String),
}

impl Driver {
    /// On this host, with nothing open.
    pub fn new(host: Host) -> Self {
        Self {
            host,
            sockets: BTreeMap::new(),
            streams: Streams::default(),
            responses: Delayed::new(),
            datagrams: VecDeque::new(),
        }
    }

    /// Carries a request out. [`Self::poll_response`] gives its response: at once, or when the name is
    /// looked up or the stream connected. Every name of the host's own can be registered.
    ///
    /// # Panics
    ///
    /// If a socket is to be closed that is not bound, or the request is of a kind that no test makes.
    pub fn serve(&mut self, now: Instant, request: Request) {
        match request {
            Request::ListInterfaces { id } => self.respond(now, id, self.interfaces()),
            Request::BindUdp {
                id,
                socket,
                address,
                ports,
            } => {
                let response = self.bind(socket, address, ports);
                self.respond(now, id, response);
            }
            Request::Resolve { id, name } | Request::ResolveMdns { id, name } => {
                let answer = self.host.resolve(&name);
                let response = answer
                    .addresses
                    .map_or_else(Response::Failed, Response::Resolved);
                self.respond(now + answer.delay, id, response);
            }
            Request::RegisterMdns { id, .. } => self.respond(now, id, Response::Registered),
            Request::ConnectStream {
                id,
                stream,
                address,
                server_name,
            } => self.streams.connect(id, stream, address, server_name),
            Request::CloseStream { stream } => self.streams.close(stream),
            Request::CloseSocket { socket } => {
                let bound = self.sockets.remove(&socket).expect("it was bound");
                self.host.close(bound);
            }
            other => panic!("nobody can do this: {other:?}"),
        }
    }

    fn interfaces(&self) -> Response {
        let interfaces = self.host.interfaces().iter().map(|interface| Interface {
            name: interface.name.clone(),
            address: interface.address,
            loopback: interface.loopback,
        });
        Response::Interfaces(interfaces.collect())
    }

    fn bind(
        &mut self,
        socket: SocketId,
        address: IpAddr,
        ports: Option<RangeInclusive<u16>>,
    ) -> Response {
        let bound = match ports {
            None => self.host.bind(address),
            Some(mut ports) => ports
                .find_map(|port| self.host.bind_port((address, port).into()).ok())
                .ok_or(BindError::AddressInUse),
        };
        match bound {
            Ok(bound) => {
                self.sockets.insert(socket, bound);
                Response::Bound(bound)
            }
            Err(error) => Response::Failed(error.to_string()),
        }
    }

    /// Responds at some time to a request that a test serves itself.
    pub fn respond(&mut self, at: Instant, id: RequestId, response: Response) {
        self.responses.push(at, (id, response));
    }

    /// The next response whose time has come.
    pub fn poll_response(&mut self, now: Instant) -> Option<(RequestId, Response)> {
        self.responses.pop(now)
    }

    /// When the next response is there.
    pub fn poll_timeout(&self) -> Option<Instant> {
        self.responses.next_at()
    }

    /// Sends a datagram or a train of them, or writes to a stream. What leaves by a socket that is closed
    /// is lost.
    pub fn transmit(&mut self, Transmit { to, segment }: Transmit, bytes: &[u8]) {
        let path = match to {
            Destination::Datagram(path) => path,
            Destination::Stream(stream) => {
                assert_eq!(segment, None, "a stream has no datagrams");
                return self.streams.send(stream, bytes);
            }
        };
        let Some(&local) = self.sockets.get(&path.socket) else {
            return;
        };
        let train = bytes.chunks(segment.unwrap_or(bytes.len()).max(1));
        self.datagrams.extend(train.map(|bytes| Datagram {
            local,
            remote: path.remote,
            bytes: bytes.to_vec(),
        }));
    }

    /// The next datagram for the network.
    pub fn poll_transmit(&mut self) -> Option<Datagram> {
        self.datagrams.pop_front()
    }

    /// Whether there is one.
    pub fn has_datagram(&self) -> bool {
        !self.datagrams.is_empty()
    }

    /// The next thing that is wanted of a stream.
    pub fn poll_stream_request(&mut self) -> Option<StreamRequest> {
        self.streams.poll(&mut self.host)
    }

    /// Something happened to a stream. What became of connecting it is a response.
    pub fn handle_stream_event(
        &mut self,
        now: Instant,
        stream: crate::StreamId,
        event: StreamEvent,
    ) -> Option<Arrival> {
        let id = self.streams.id_of(stream)?;
        let reason = match event {
            StreamEvent::Received(bytes) => return Some(Arrival::Bytes(id, bytes)),
            StreamEvent::Connected => {
                let local = stream.local;
                let request = self.streams.answer(id)?;
                self.respond(now, request, Response::Connected { local });
                return None;
            }
            StreamEvent::Closed => "the server closed it".to_owned(),
            StreamEvent::Failed(error) => error.to_string(),
        };
        match self.streams.forget(id) {
            Some(request) => {
                self.respond(now, request, Response::Failed(reason));
                None
            }
            None => Some(Arrival::Closed(id, reason)),
        }
    }

    /// The path of what arrives at one of its sockets.
    pub fn path(&self, local: SocketAddr, remote: SocketAddr) -> Option<Path> {
        let mut sockets = self.sockets.iter();
        let (socket, _) = sockets.find(|(_, bound)| **bound == local)?;
        Some(Path {
            socket: *socket,
            local_ip: None,
            remote,
            ecn: None,
        })
    }

    /// The sockets that are bound, and where.
    pub fn sockets(&self) -> &BTreeMap<SocketId, SocketAddr> {
        &self.sockets
    }

    /// How many streams are open or about to be.
    pub fn streams(&self) -> usize {
        self.streams.count()
    }
}
