//! One UDP socket for each family that this host has an address of.

use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::sync::mpsc::Sender;

use str0m::net::Transmit;

pub(crate) struct Datagram {
    pub(crate) local: SocketAddr,
    pub(crate) source: SocketAddr,
    pub(crate) bytes: Vec<u8>,
}

pub(crate) struct Sockets {
    sockets: Vec<(SocketAddr, UdpSocket)>,
}

impl Sockets {
    /// Opens them, each with a thread that hands over what arrives.
    pub(crate) fn open<T: Send + 'static>(waker: &Sender<T>, wake: fn(Datagram) -> T) -> Self {
        let mut addresses: Vec<_> = ["192.0.2.1:9", "[2001:db8::1]:9"]
            .into_iter()
            .filter_map(outward)
            .collect();
        if addresses.is_empty() {
            addresses.push(IpAddr::from([127, 0, 0, 1]));
        }
        let sockets = addresses
            .into_iter()
            .map(|address| {
                let socket = UdpSocket::bind((address, 0)).expect("an address of this host");
                let local = socket.local_addr().expect("the socket is bound");
                let reader = socket.try_clone().expect("a socket can be shared");
                let waker = waker.clone();
                std::thread::spawn(move || {
                    let mut buffer = vec![0; 65536];
                    while let Ok((length, source)) = reader.recv_from(&mut buffer) {
                        let bytes = buffer[..length].to_vec();
                        let datagram = Datagram {
                            local,
                            source,
                            bytes,
                        };
                        if waker.send(wake(datagram)).is_err() {
                            return;
                        }
                    }
                });
                (local, socket)
            })
            .collect();
        Self { sockets }
    }

    pub(crate) fn addresses(&self) -> Vec<SocketAddr> {
        self.sockets.iter().map(|(address, _)| *address).collect()
    }

    pub(crate) fn send(&self, transmit: &Transmit) {
        let from = self
            .sockets
            .iter()
            .find(|(address, _)| *address == transmit.source);
        if let Some((_, socket)) = from {
            // Whatever the kernel does not take is lost, as on any network.
            let _ = socket.send_to(&transmit.contents, transmit.destination);
        }
    }
}

/// The address from which this host would send there; nothing is sent.
fn outward(destination: &str) -> Option<IpAddr> {
    let any = if destination.starts_with('[') {
        "[::]:0"
    } else {
        "0.0.0.0:0"
    };
    let socket = UdpSocket::bind(any).ok()?;
    socket.connect(destination).ok()?;
    Some(socket.local_addr().ok()?.ip())
}
