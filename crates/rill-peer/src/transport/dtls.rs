//! One DTLS connection (RFC 6347, RFC 9147), as WebRTC uses it (RFC 8827 §6.5).
//!
//! Outside a simulation there is one kind of it, [`Secure`]. [`Plaintext`] stands in for it where
//! the same seed must give the same events, which keys and signatures from the system's randomness
//! cannot give.

mod cipher;
mod hello;
mod output;
mod plaintext;
mod secure;

use std::time::Instant;

pub(crate) use self::output::DtlsOutput;
use self::{plaintext::Plaintext, secure::Secure};
use crate::{Certificate, Security};

/// Which side of the handshake we are: decided by `a=setup` (RFC 8842 §5.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DtlsRole {
    /// `active`: sends the ClientHello.
    Client,
    /// `passive`: waits for it.
    Server,
}

/// A DTLS connection, without its socket and its clock.
///
/// Calls may come in any order; outputs wait until they are polled. Nothing that the network sends
/// makes a call fail: a connection that cannot go on says so by [`DtlsOutput::Failed`], once, and is
/// silent from then on.
#[derive(Debug)]
pub(crate) enum Dtls {
    Secure(Box<Secure>),
    Plaintext(Plaintext),
}

impl Dtls {
    /// Begins. A client's first packet waits to be polled at once.
    pub(crate) fn new(
        now: Instant,
        role: DtlsRole,
        certificate: &Certificate,
        security: Security,
    ) -> Self {
        match security {
            Security::Dtls => Self::Secure(Box::new(Secure::new(now, role, certificate))),
            Security::SimulationOnly => Self::Plaintext(Plaintext::new(now, role, certificate)),
        }
    }

    /// Takes a datagram: whole, and from an address that ICE has proved.
    pub(crate) fn handle_datagram(&mut self, now: Instant, datagram: &[u8]) {
        match self {
            Self::Secure(dtls) => dtls.handle_datagram(now, datagram),
            Self::Plaintext(dtls) => dtls.handle_datagram(now, datagram),
        }
    }

    /// Retransmits what is due.
    pub(crate) fn handle_timeout(&mut self, now: Instant) {
        match self {
            Self::Secure(dtls) => dtls.handle_timeout(now),
            Self::Plaintext(dtls) => dtls.handle_timeout(now),
        }
    }

    /// Gives back the memory of busier times.
    pub(crate) fn rest(&mut self) {
        match self {
            Self::Secure(dtls) => dtls.rest(),
            Self::Plaintext(_) => {}
        }
    }

    /// When `handle_timeout` is to be called.
    pub(crate) fn poll_timeout(&self) -> Option<Instant> {
        match self {
            Self::Secure(dtls) => dtls.poll_timeout(),
            Self::Plaintext(dtls) => dtls.poll_timeout(),
        }
    }

    /// Seals `data` into one datagram, appended to `out`. Before the connection stands and after its
    /// end the data is dropped, as the network would. Whether there is a datagram.
    pub(crate) fn seal(&mut self, now: Instant, data: &[u8], out: &mut Vec<u8>) -> bool {
        match self {
            Self::Secure(dtls) => dtls.seal(now, data, out),
            Self::Plaintext(dtls) => dtls.seal(now, data, out),
        }
    }

    /// Ends the connection, with a close_notify (RFC 5246 §7.2.1) that waits to be polled if the
    /// connection stands. No output follows it.
    pub(crate) fn close(&mut self, now: Instant) {
        match self {
            Self::Secure(dtls) => dtls.close(now),
            Self::Plaintext(dtls) => dtls.close(now),
        }
    }

    /// The name of the agreed cipher suite, once connected.
    pub(crate) fn cipher(&self) -> Option<&'static str> {
        match self {
            Self::Secure(dtls) => dtls.cipher(),
            Self::Plaintext(_) => None,
        }
    }

    /// The next output. Packets and data are written into `out`, whose content is replaced.
    pub(crate) fn poll(&mut self, out: &mut Vec<u8>) -> Option<DtlsOutput> {
        match self {
            Self::Secure(dtls) => dtls.poll(out),
            Self::Plaintext(dtls) => dtls.poll(out),
        }
    }
}

#[cfg(test)]
mod tests;
