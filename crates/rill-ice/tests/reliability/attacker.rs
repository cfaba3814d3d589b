//! What strangers know and send.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use rill_ice::{Credentials, Path, Received};
use rill_sim::{Datagram, Verdict};
use rill_stun::{Class, Method, TransactionId, Writer};

use crate::node::Node;
use crate::scene::{Scene, Setting};

/// Alice's and Bob's, who talk to each other.
pub(crate) fn connected(setting: Setting) -> Scene {
    let mut scene = setting.build();
    scene.connect(Duration::from_secs(5));
    scene.run_for(Duration::from_secs(1));
    scene
}

/// Nobody whom the scenes know is in here.
const STRANGERS: Ipv4Addr = Ipv4Addr::new(203, 0, 0, 0);

/// One of 65,536 places.
pub(crate) fn source(number: u32) -> SocketAddr {
    let [.., high, low] = number.to_be_bytes();
    let [a, b, ..] = STRANGERS.octets();
    SocketAddr::from(([a, b, high, low], 4666))
}

fn is_stranger(address: IpAddr) -> bool {
    let IpAddr::V4(address) = address else {
        return false;
    };
    address.octets()[..2] == STRANGERS.octets()[..2]
}

/// What is sent to strangers from now on.
#[derive(Clone, Default)]
pub(crate) struct Wiretap {
    bytes: Arc<AtomicU64>,
    datagrams: Arc<AtomicU64>,
}

impl Wiretap {
    pub(crate) fn on(scene: &mut Scene) -> Self {
        let tap = Self::default();
        let seen = tap.clone();
        scene.sim.intercept(move |_, datagram: &mut Datagram| {
            if is_stranger(datagram.remote.ip()) {
                let length = u64::try_from(datagram.bytes.len()).unwrap_or(u64::MAX);
                seen.bytes.fetch_add(length, Ordering::Relaxed);
                seen.datagrams.fetch_add(1, Ordering::Relaxed);
            }
            Verdict::Pass
        });
        tap
    }

    pub(crate) fn bytes(&self) -> u64 {
        self.bytes.load(Ordering::Relaxed)
    }

    pub(crate) fn datagrams(&self) -> u64 {
        self.datagrams.load(Ordering::Relaxed)
    }
}

/// A datagram that a node receives from somebody.
pub(crate) fn feed(node: &mut Node, now: Instant, from: SocketAddr, bytes: &[u8]) -> Received {
    let path = Path {
        socket: *node
            .driver
            .sockets()
            .keys()
            .next()
            .expect("a socket is bound"),
        local_ip: None,
        remote: from,
        ecn: None,
    };
    node.agent.handle_datagram(now, path, &mut bytes.to_vec())
}

/// The node's credentials.
pub(crate) fn credentials(node: &Node) -> Credentials {
    let (_, local) = node
        .agent
        .local_credentials(node.transport)
        .expect("it exists");
    local.clone()
}

/// A check in the name of `peer`, signed with a password, and whatever is added before that.
pub(crate) fn check(
    local: &Credentials,
    peer: &str,
    number: u32,
    add: impl FnOnce(Writer<'_>) -> Writer<'_>,
) -> Vec<u8> {
    let mut bytes = Vec::new();
    add(begin(&mut bytes, local, peer, number))
        .message_integrity(local.pwd.as_bytes())
        .fingerprint()
        .finish();
    bytes
}

/// The same without a signature.
pub(crate) fn unsigned(local: &Credentials, peer: &str, number: u32) -> Vec<u8> {
    let mut bytes = Vec::new();
    begin(&mut bytes, local, peer, number)
        .fingerprint()
        .finish();
    bytes
}

fn begin<'b>(bytes: &'b mut Vec<u8>, local: &Credentials, peer: &str, number: u32) -> Writer<'b> {
    let mut id = [0; 12];
    id[..4].copy_from_slice(&number.to_be_bytes());
    Writer::new(bytes, Class::Request, Method::BINDING, TransactionId(id))
        .username(format!("{}:{peer}", local.ufrag))
        .priority(0x6eff_ffff)
}

/// With another password.
pub(crate) fn guessed(local: &Credentials) -> Credentials {
    Credentials {
        pwd: "a guess of twenty-two chars".into(),
        ..local.clone()
    }
}

/// In another name.
pub(crate) fn misnamed(local: &Credentials) -> Credentials {
    Credentials {
        ufrag: "nobody".into(),
        ..local.clone()
    }
}
