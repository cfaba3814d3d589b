//! Streams: what their owner calls them, and what the network does.

use std::collections::{BTreeMap, VecDeque};
use std::net::{IpAddr, SocketAddr};

use rill_ice::{RequestId, StreamId};

use crate::{Host, Security, StreamRequest};

/// Streams that are being made or open.
#[derive(Debug, Default)]
pub(super) struct Streams {
    open: BTreeMap<StreamId, Stream>,
    wanted: VecDeque<Wish>,
}

#[derive(Debug)]
struct Stream {
    /// Its addresses, once they are known.
    network: Option<crate::StreamId>,
    /// The request that awaits its connection.
    request: Option<RequestId>,
}

#[derive(Debug)]
enum Wish {
    Connect(StreamId, SocketAddr, Security),
    Send(crate::StreamId, Vec<u8>),
    Close(crate::StreamId),
}

impl Streams {
    pub(super) fn connect(
        &mut self,
        request: RequestId,
        stream: StreamId,
        address: SocketAddr,
        server_name: Option<String>,
    ) {
        let security = match server_name {
            None => Security::Plain,
            Some(server_name) => Security::Tls {
                server_name,
                verify: true,
            },
        };
        let entry = Stream {
            network: None,
            request: Some(request),
        };
        let before = self.open.insert(stream, entry);
        assert!(before.is_none(), "a stream is connected once");
        self.wanted
            .push_back(Wish::Connect(stream, address, security));
    }

    pub(super) fn send(&mut self, stream: StreamId, bytes: &[u8]) {
        let open = self.open.get(&stream);
        let network = open.and_then(|open| open.network);
        let network = network.expect("nothing is written to what is not open");
        self.wanted.push_back(Wish::Send(network, bytes.to_vec()));
    }

    pub(super) fn close(&mut self, stream: StreamId) {
        let closed = self.open.remove(&stream);
        let network = closed.and_then(|stream| stream.network);
        self.wanted.extend(network.map(Wish::Close));
    }

    /// How many there are.
    pub(super) fn count(&self) -> usize {
        self.open.len()
    }

    pub(super) fn id_of(&self, network: crate::StreamId) -> Option<StreamId> {
        let mut open = self.open.iter();
        let found = open.find(|(_, stream)| stream.network == Some(network))?;
        Some(*found.0)
    }

    /// The request that awaits the connection.
    pub(super) fn answer(&mut self, stream: StreamId) -> Option<RequestId> {
        self.open.get_mut(&stream)?.request.take()
    }

    /// It is over. Gives the request that awaited its connection.
    pub(super) fn forget(&mut self, stream: StreamId) -> Option<RequestId> {
        self.open.remove(&stream)?.request
    }

    /// The next thing for the network.
    pub(super) fn poll(&mut self, host: &mut Host) -> Option<StreamRequest> {
        while let Some(wish) = self.wanted.pop_front() {
            let request = match wish {
                Wish::Connect(stream, remote, security) => self
                    .place(host, stream, remote)
                    .map(|network| StreamRequest::Connect(network, security)),
                Wish::Send(network, bytes) => Some(StreamRequest::Send(network, bytes)),
                Wish::Close(network) => Some(StreamRequest::Close(network)),
            };
            if request.is_some() {
                return request;
            }
        }
        None
    }

    /// Takes a local port for a stream that is still wanted.
    fn place(
        &mut self,
        host: &mut Host,
        stream: StreamId,
        remote: SocketAddr,
    ) -> Option<crate::StreamId> {
        let any: IpAddr = match remote {
            SocketAddr::V4(_) => [0; 4].into(),
            SocketAddr::V6(_) => [0; 16].into(),
        };
        let same = |address: &IpAddr| address.is_ipv4() == remote.is_ipv4();
        let mut interfaces = host.interfaces().iter().filter(|own| !own.loopback);
        let address = interfaces.find(|own| same(&own.address));
        let address = address.map_or(any, |own| own.address);
        let local = host.bind(address).ok()?;
        let network = crate::StreamId { local, remote };
        self.open.get_mut(&stream)?.network = Some(network);
        Some(network)
    }
}
