//! Streams as endpoints see them: TCP, and TLS as far as its name goes.

use std::fmt;
use std::net::SocketAddr;

/// A stream, named by its two addresses as its endpoint sees them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StreamId {
    /// Ours.
    pub local: SocketAddr,
    /// The other side's, or that of its NAT.
    pub remote: SocketAddr,
}

/// What an endpoint wants of its streams. Requests for a stream that is over do nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StreamRequest {
    /// Opens a stream from an address of the host with a free port. An unspecified address takes
    /// the host's first one of its family.
    Connect(StreamId, Security),
    /// Sends bytes; they leave at once and arrive whole and in order.
    Send(StreamId, Vec<u8>),
    /// Ends the stream after what was sent. It is over for the endpoint, which hears no more of it.
    Close(StreamId),
    /// Ends the stream at once, as a process does that is killed.
    Reset(StreamId),
}

/// What a client wants to be sure of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Security {
    /// TCP.
    Plain,
    /// TLS over TCP; it takes one more round trip.
    Tls {
        /// The name that the certificate must have, without regard to case.
        server_name: String,
        /// Whether the name is checked.
        verify: bool,
    },
}

/// Somebody connects to an endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StreamOffer<'a> {
    /// The stream, as the endpoint will know it.
    pub stream: StreamId,
    /// The server name, if the client speaks TLS.
    pub server_name: Option<&'a str>,
}

/// What an endpoint does with a [`StreamOffer`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Acceptance {
    /// Nobody listens there: the client is told by a RST.
    Refuse,
    /// Nothing, so that the client runs into its timeout.
    Ignore,
    /// A TCP server listens; a client that speaks TLS will notice.
    Plain,
    /// A TLS server with a certificate for this name listens; a client that does not speak TLS is
    /// reset when it sends.
    Tls {
        /// The certificate's name.
        certificate: String,
        /// Whether it was valid once and is no more.
        expired: bool,
    },
}

/// What happened to a stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StreamEvent {
    /// It is open: bytes may be sent. Servers get this too, after they accepted.
    Connected,
    /// The next bytes.
    Received(Vec<u8>),
    /// The other side closed it after all that was received. It is over.
    Closed,
    /// It is over without having been closed, or never opened.
    Failed(StreamError),
}

/// Why a stream failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StreamError {
    /// The operating system does not send: no such address, other family, or known to be unreachable.
    Unreachable,
    /// The two addresses have a stream already: bind another port.
    AddressInUse,
    /// Nobody listens, or a firewall says no.
    Refused,
    /// A minute passed without an answer. (An endpoint with less patience resets the stream itself.)
    TimedOut,
    /// The other side, or the loss of the own address, ended it.
    Reset,
    /// The server does not speak TLS.
    NotTls,
    /// The certificate is for another name: this one.
    WrongCertificate(String),
    /// The certificate is not valid any more.
    ExpiredCertificate,
}

impl fmt::Display for StreamError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreachable => f.write_str("the destination is unreachable from this address"),
            Self::AddressInUse => f.write_str("the addresses have a stream, bind another port"),
            Self::Refused => f.write_str("the connection was refused"),
            Self::TimedOut => f.write_str("the connection timed out"),
            Self::Reset => f.write_str("the connection was reset"),
            Self::NotTls => f.write_str("the server does not speak TLS"),
            Self::WrongCertificate(name) => write!(f, "the certificate is for {name}"),
            Self::ExpiredCertificate => f.write_str("the certificate expired"),
        }
    }
}

impl std::error::Error for StreamError {}
