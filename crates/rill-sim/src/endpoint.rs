//! What takes part in a simulation.

use std::net::SocketAddr;
use std::time::Instant;

use crate::{Acceptance, Host, StreamEvent, StreamId, StreamOffer, StreamRequest};

/// A UDP payload on its way out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Datagram {
    /// The source: an address of the host with a bound port. An unspecified address takes the
    /// host's first one of its family.
    pub local: SocketAddr,
    /// The destination.
    pub remote: SocketAddr,
    /// The payload.
    pub bytes: Vec<u8>,
}

/// A sans-IO machine on a simulated host: usually an adapter, written in a test, around an agent or
/// a peer connection and its [`Host`].
///
/// The simulation calls [`poll_transmit`](Self::poll_transmit) until it is empty before time moves
/// and after every input. The same holds for [`poll_stream_request`](Self::poll_stream_request);
/// endpoints without streams leave the three methods about them as they are.
pub trait Endpoint {
    /// A datagram arrived at `local`, seen to come from `remote`. Ports that are not bound are
    /// delivered too; the endpoint's [`Host`] knows.
    fn handle_datagram(
        &mut self,
        now: Instant,
        local: SocketAddr,
        remote: SocketAddr,
        bytes: &mut [u8],
    );

    /// The time of [`poll_timeout`](Self::poll_timeout) has come. It must then move into the
    /// future or vanish: the simulation panics when it does not.
    fn handle_timeout(&mut self, now: Instant);

    /// The next datagram to send.
    fn poll_transmit(&mut self, now: Instant) -> Option<Datagram>;

    /// When [`handle_timeout`](Self::handle_timeout) is to be called.
    fn poll_timeout(&mut self) -> Option<Instant>;

    /// The operating system refuses to send from `local` to `remote`: the host has no such address
    /// (any more), the families differ, or the destination is known to be unreachable. Or a firewall
    /// on the way has refused an earlier datagram.
    fn handle_unreachable(&mut self, now: Instant, local: SocketAddr, remote: SocketAddr) {
        let _ = (now, local, remote);
    }

    /// Somebody connects. Nobody listens unless the endpoint says so.
    fn accept_stream(&mut self, now: Instant, offer: &StreamOffer<'_>) -> Acceptance {
        let _ = (now, offer);
        Acceptance::Refuse
    }

    /// The next thing that is wanted of a stream.
    fn poll_stream_request(&mut self, now: Instant) -> Option<StreamRequest> {
        let _ = now;
        None
    }

    /// Something happened to a stream.
    fn handle_stream_event(&mut self, now: Instant, stream: StreamId, event: StreamEvent) {
        let _ = (now, stream, event);
    }
}

impl<E: Endpoint + ?Sized> Endpoint for Box<E> {
    fn handle_datagram(
        &mut self,
        now: Instant,
        local: SocketAddr,
        remote: SocketAddr,
        bytes: &mut [u8],
    ) {
        (**self).handle_datagram(now, local, remote, bytes);
    }

    fn handle_timeout(&mut self, now: Instant) {
        (**self).handle_timeout(now);
    }

    fn poll_transmit(&mut self, now: Instant) -> Option<Datagram> {
        (**self).poll_transmit(now)
    }

    fn poll_timeout(&mut self) -> Option<Instant> {
        (**self).poll_timeout()
    }

    fn handle_unreachable(&mut self, now: Instant, local: SocketAddr, remote: SocketAddr) {
        (**self).handle_unreachable(now, local, remote);
    }

    fn accept_stream(&mut self, now: Instant, offer: &StreamOffer<'_>) -> Acceptance {
        (**self).accept_stream(now, offer)
    }

    fn poll_stream_request(&mut self, now: Instant) -> Option<StreamRequest> {
        (**self).poll_stream_request(now)
    }

    fn handle_stream_event(&mut self, now: Instant, stream: StreamId, event: StreamEvent) {
        (**self).handle_stream_event(now, stream, event);
    }
}

/// An endpoint that takes everything and says nothing.
#[derive(Clone, Debug)]
pub struct Silent {
    /// Its host.
    pub host: Host,
}

impl Silent {
    /// On this host.
    pub fn new(host: Host) -> Self {
        Self { host }
    }
}

impl Endpoint for Silent {
    fn handle_datagram(&mut self, _: Instant, _: SocketAddr, _: SocketAddr, _: &mut [u8]) {}

    fn handle_timeout(&mut self, _: Instant) {}

    fn poll_transmit(&mut self, _: Instant) -> Option<Datagram> {
        None
    }

    fn poll_timeout(&mut self) -> Option<Instant> {
        None
    }
}
