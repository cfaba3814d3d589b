//! Two machines behind NATs, and a public one between them with coturn on it.

use std::{
    net::Ipv4Addr,
    sync::{
        OnceLock,
        atomic::{AtomicU32, Ordering},
    },
};

use crate::{
    coturn::{Coturn, Setup},
    namespace::Namespace,
    skipped,
};

pub(crate) const SERVER: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 1);
const TLS_PORT: u16 = 443;

/// What stands between a machine and the public one. In each, what comes from outside and is not
/// expected is dropped without a trace: had the kernel answered, its memory of that would take the port
/// from the mapping that is to come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Nat {
    /// Keeps the port, and lets in whatever comes to it.
    FullCone,
    /// Keeps the port, and lets in what was sent to.
    PortRestricted,
    /// Another port for each destination.
    Symmetric,
    /// As `PortRestricted`, and nothing leaves over UDP.
    WithoutUdp,
    /// As `PortRestricted`, and nothing leaves but to port 443 over TCP.
    Only443,
}

/// The machines, as long as it lives.
pub(crate) struct Lab {
    /// Where the peers are.
    pub(crate) hosts: [Namespace; 2],
    pub(crate) server: Coturn,
    _between: Vec<Namespace>,
}

impl Lab {
    /// Behind how many NATs each machine is, its own first. `None` where that cannot be had, which is
    /// said once.
    pub(crate) async fn new(sides: [&[Nat]; 2]) -> Option<Self> {
        if !is_possible() {
            return None;
        }
        let built = build(sides).expect("it was possible before");
        let (hosts, public, between) = built;
        let server = Setup::within(&public, SERVER, TLS_PORT).start().await?;
        Some(Self {
            hosts,
            server,
            _between: between.into_iter().chain([public]).collect(),
        })
    }

    /// The addresses that a relay is to hide: of a machine, and of the outermost NAT before it.
    pub(crate) fn hidden(side: usize) -> [String; 2] {
        [format!("10.{side}.0.2"), format!("198.51.{}.2", 100 + side)]
    }

    /// How many packets a machine has sent: to the server, and to others.
    pub(crate) fn sent(&self, side: usize) -> [u64; 2] {
        ["server", "others"].map(|counter| self.hosts[side].packets("capture", counter))
    }
}

/// Tried once.
fn is_possible() -> bool {
    static TRIED: OnceLock<bool> = OnceLock::new();
    *TRIED.get_or_init(|| {
        let tried = build([&[Nat::Symmetric], &[Nat::FullCone]]);
        if let Err(reason) = &tried {
            skipped(&format!(
                "the tests of real NATs, because there are no network namespaces with nftables ({reason})"
            ));
        }
        tried.is_ok()
    })
}

type Built = ([Namespace; 2], Namespace, Vec<Namespace>);

fn build(sides: [&[Nat]; 2]) -> Result<Built, String> {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let lab = COUNT.fetch_add(1, Ordering::Relaxed);
    let named = |name: String| Namespace::new(format!("rill-{}-{lab}-{name}", std::process::id()));
    let public = named("public".to_owned())?;
    public.ip(&format!("addr add {SERVER}/32 dev lo"))?;
    public.forward()?;
    sink(&public)?;
    let mut between = Vec::new();
    let mut hosts = Vec::new();
    for (side, nats) in sides.into_iter().enumerate() {
        let host = named(format!("host{side}"))?;
        host.rules(&capture())?;
        let mut chain = vec![host];
        for (number, nat) in nats.iter().enumerate() {
            let namespace = named(format!("nat{side}{number}"))?;
            namespace.forward()?;
            let within = chain.last().expect("the host is in it");
            link(within, &namespace, "in", &format!("10.{side}.{number}"))?;
            namespace.rules(&nat.rules(&format!("10.{side}.{number}.2")))?;
            chain.push(namespace);
        }
        let outermost = chain.last().expect("the host is in it");
        let network = format!("198.51.{}", 100 + side);
        link(outermost, &public, &format!("side{side}"), &network)?;
        let mut chain = chain.into_iter();
        hosts.extend(chain.next());
        between.extend(chain);
    }
    let hosts = hosts.try_into().map_err(|_| "two sides have two hosts")?;
    Ok((hosts, public, between))
}

/// Lets what is sent to unknown places vanish, as on the internet: coturn ends an allocation when the
/// system refuses to send for it.
fn sink(public: &Namespace) -> Result<(), String> {
    public.ip("link add sink type veth peer name drain")?;
    public.ip("link set sink arp off up")?;
    public.ip("link set drain up")?;
    public.ip("route add default dev sink")
}

/// Connects `out` of one namespace with an interface of the next, which is its way to everywhere.
fn link(from: &Namespace, to: &Namespace, port: &str, network: &str) -> Result<(), String> {
    from.ip(&format!(
        "link add out type veth peer name {port} netns {}",
        to.name()
    ))?;
    from.ip(&format!("addr add {network}.2/24 dev out"))?;
    to.ip(&format!("addr add {network}.1/24 dev {port}"))?;
    from.ip("link set out up")?;
    to.ip(&format!("link set {port} up"))?;
    from.ip(&format!("route add default via {network}.1"))
}

/// Counts what a machine sends, over loopback too.
fn capture() -> String {
    format!(
        "table ip capture {{
            counter server {{ }}
            counter others {{ }}
            chain output {{
                type filter hook output priority 0;
                ip daddr {SERVER} counter name server accept
                counter name others
            }}
        }}"
    )
}

impl Nat {
    fn rules(self, inside: &str) -> String {
        let ports = match self {
            Self::Symmetric => "random,fully-random",
            Self::FullCone | Self::PortRestricted | Self::WithoutUdp | Self::Only443 => "",
        };
        let unexpected = match self {
            Self::FullCone => format!("iifname out meta l4proto udp dnat to {inside}"),
            _ => String::new(),
        };
        let forbidden = match self {
            Self::WithoutUdp => "iifname in meta l4proto udp drop",
            Self::Only443 => "iifname in tcp dport != 443 drop; iifname in meta l4proto udp drop",
            Self::FullCone | Self::PortRestricted | Self::Symmetric => "",
        };
        format!(
            "table ip nat {{
                chain arriving {{ type nat hook prerouting priority -100; {unexpected}; }}
                chain leaving {{
                    type nat hook postrouting priority 100; oifname out masquerade {ports};
                }}
                chain own {{ type filter hook input priority 0; iifname out drop; }}
                chain through {{ type filter hook forward priority 0; {forbidden}; }}
            }}"
        )
    }
}
