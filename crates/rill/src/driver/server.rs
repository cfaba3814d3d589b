//! Servers for the tests of streams. They run in threads with sockets of the standard library, so that
//! no client waits for itself.

use std::{
    net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream},
    sync::Arc,
    thread::JoinHandle,
};

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair, date_time_ymd};
use rill_peer::TlsTrust;
use rustls::{
    ServerConfig, ServerConnection, StreamOwned,
    crypto::aws_lc_rs,
    pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer},
};

/// The name in the certificates.
pub(super) const NAME: &str = "turn.example.org";

/// Serves one connection in a thread.
pub(super) fn serve<T: Send + 'static>(
    with: impl FnOnce(TcpStream) -> T + Send + 'static,
) -> (SocketAddr, JoinHandle<T>) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("loopback has free ports");
    let address = listener.local_addr().expect("it is bound");
    let server = std::thread::spawn(move || {
        let (socket, _) = listener.accept().expect("a client comes");
        with(socket)
    });
    (address, server)
}

/// An address where nobody listens.
pub(super) fn closed_port() -> SocketAddr {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("loopback has free ports");
    listener.local_addr().expect("it is bound")
}

/// A server's certificate, its key, and who vouches for it.
pub(super) struct Identity {
    root: Vec<u8>,
    config: Arc<ServerConfig>,
}

impl Identity {
    /// Good for [`NAME`].
    pub(super) fn new() -> Self {
        Self::with(params())
    }

    /// It was good for a year, long ago.
    pub(super) fn expired() -> Self {
        let mut params = params();
        params.not_before = date_time_ymd(2001, 1, 1);
        params.not_after = date_time_ymd(2002, 1, 1);
        Self::with(params)
    }

    fn with(params: CertificateParams) -> Self {
        let mut authority = CertificateParams::default();
        authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let root_key = KeyPair::generate().expect("there is randomness");
        let root = authority.self_signed(&root_key).expect("it is sound");
        let issuer = Issuer::new(authority, root_key);
        let key = KeyPair::generate().expect("there is randomness");
        let certificate = params.signed_by(&key, &issuer).expect("it is sound");
        let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let provider = Arc::new(aws_lc_rs::default_provider());
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("the provider has them")
            .with_no_client_auth()
            .with_single_cert(vec![certificate.der().clone()], key)
            .expect("the key is the certificate's");
        config.alpn_protocols = vec![b"stun.turn".to_vec()];
        Self {
            root: root.der().to_vec(),
            config: Arc::new(config),
        }
    }

    /// Trust in who vouches for it.
    pub(super) fn roots(&self) -> TlsTrust {
        TlsTrust::Roots(vec![self.root.clone()])
    }

    /// What accepts connections with it.
    pub(super) fn accept(&self) -> impl FnOnce(TcpStream) -> Tls + Send + use<> {
        let config = Arc::clone(&self.config);
        move |socket| {
            let connection = ServerConnection::new(config).expect("the configuration is sound");
            StreamOwned::new(connection, socket)
        }
    }
}

/// The server's end of a TLS connection.
pub(super) type Tls = StreamOwned<ServerConnection, TcpStream>;

fn params() -> CertificateParams {
    CertificateParams::new([NAME.to_owned()]).expect("it is a name")
}
