//! The sentences: what is most likely wrong, and what to do.

use std::{fmt, time::Duration};

use rill_ice::{Family, Kind, RemoteAddress};

use super::{Cause, Fault, Mismatch, RemoteSilence, Route, ServerFault};

/// RFC 8656 §19.
const FORBIDDEN: u16 = 403;

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Connected(route) => route.fmt(f),
            Self::RemoteSilent(silence) => silence.fmt(f),
            Self::WrongSession(mismatch) => mismatch.fmt(f),
            Self::Server(server) => server.fmt(f),
            Self::PeerSilent { .. }
            | Self::DtlsFailed(_)
            | Self::DtlsUnanswered(_)
            | Self::GatheringUnderWay { .. }
            | Self::NoNetwork(_) => self.fmt_with_details(f),
            Self::OnlyLocalNames { reason } => write!(
                f,
                "The peer sent only .local names, and multicast DNS finds none of them ({reason}): is it in another network? Give the peer a STUN or TURN server."
            ),
            Self::MulticastBlocked { reason } => write!(
                f,
                "The peer sent only .local names, and multicast is blocked on this machine ({reason}): let UDP port 5353 through its firewall, or give the peer a STUN or TURN server."
            ),
            Self::OnlyFamily(family) => {
                let (theirs, ours) = match family {
                    Family::V4 => ("IPv4", "IPv6"),
                    Family::V6 => ("IPv6", "IPv4"),
                };
                write!(
                    f,
                    "The peer sent only {theirs} candidates, and this side has only {ours}: give one side a TURN server, which has both."
                )
            }
            Self::Checking { pairs: 1 } => f.write_str(
                "One candidate pair is being checked and no answer came yet: wait a little.",
            ),
            Self::Checking { pairs } => write!(
                f,
                "{pairs} candidate pairs are being checked and no answer came yet: wait a little."
            ),
            Self::Unanswered {
                sent,
                relayed: false,
            } => write!(
                f,
                "{} sent, none was answered and none arrived: a firewall or two NATs let nothing through directly; configure a TURN server.",
                checks(*sent)
            ),
            Self::Unanswered {
                sent,
                relayed: true,
            } => write!(
                f,
                "{} sent, also over a relay, none was answered and none arrived: the peer is gone, or signalling delivered old candidates.",
                checks(*sent)
            ),
            _ => f.write_str(self.fixed()),
        }
    }
}

impl Cause {
    fn fmt_with_details(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::DtlsFailed(reason) => write!(f, "ICE connected, but the DTLS handshake failed ({reason}): look at the peer's log."),
            Self::DtlsUnanswered(since) => write!(
                f,
                "ICE connected {} ago, but the peer does not answer the DTLS handshake: it may not have applied our description, or something on the way drops DTLS.",
                seconds(*since)
            ),
            Self::GatheringUnderWay { waiting } if waiting.is_empty() => {
                f.write_str("Candidates of this side are still being gathered: wait a little.")
            }
            Self::GatheringUnderWay { waiting } => write!(
                f,
                "Candidates of this side are still being gathered, and {} has not answered yet: wait a little.",
                waiting.join(" and ")
            ),
            Self::NoNetwork(None) => f.write_str("This machine has no network address to connect from: check its network, and what the configuration excludes."),
            Self::NoNetwork(Some(problem)) => write!(f, "This machine has no network address to connect from ({problem}): check its network, and what the configuration excludes."),
            Self::PeerSilent { stood, silent, given_up: true } => write!(
                f,
                "The connection stood for {} and the peer's last answer came {} ago: it is gone or its network is; only an ICE restart or a new connection helps.",
                seconds(*stood), seconds(*silent)
            ),
            Self::PeerSilent { silent, .. } => write!(
                f,
                "The connection stood, but the peer's last answer came {} ago: wait for its network to come back, or restart ICE.",
                seconds(*silent)
            ),
            _ => Ok(()),
        }
    }

    /// The sentences that have nothing to fill in.
    const fn fixed(&self) -> &'static str {
        match self {
            Self::Closed => "The connection was closed on this side: make a new one.",
            Self::NothingNegotiated => {
                "Nothing was negotiated yet: make an offer and apply it, or apply the peer's."
            }
            Self::AnswerMissing => {
                "Our offer is not answered: check that it reached the peer, and that the peer's answer came back and was applied."
            }
            Self::OwnAnswerMissing => {
                "The peer's offer was applied but not answered: make an answer, apply it and send it."
            }
            Self::NothingToCarry => {
                "The descriptions have no data channel and no media in common: create a channel before the offer is made."
            }
            Self::FingerprintMismatch => {
                "The peer's certificate is not the one that its description announces: signalling mixed up two peers or changed the description, or somebody listens in."
            }
            Self::HandshakeUnderWay => {
                "ICE connected and the encryption is being set up: wait a little."
            }
            Self::PeerClosed => {
                "The peer closed the connection: make a new one if it is still wanted."
            }
            Self::OwnNamesRefused => {
                "Our addresses are hidden behind .local names, and multicast DNS does not take them: allow multicast, or use plain host addresses."
            }
            Self::NoRelayConfigured => {
                "Only relayed candidates may be used, and no TURN server is configured: configure one, or allow all candidates."
            }
            Self::LookingUpNames => {
                "The peer sent only .local names, and they are being looked up: wait a little."
            }
            Self::OnlyNames { relay_only: true } => {
                "The peer sent only .local names, which are not looked up while only relayed candidates may be used: give the peer a STUN or TURN server."
            }
            Self::OnlyNames { relay_only: false } => {
                "The peer sent only host names, and none but .local names are looked up: have it send addresses."
            }
            Self::OnlyTcp => {
                "The peer sent only candidates for TCP, and this side speaks UDP: allow UDP at the peer, or give it a TURN server."
            }
            Self::OnlyUnusable => {
                "The peer sent only candidates that nothing may be sent to, such as port 0 or multicast addresses: look at how it gathers."
            }
            Self::OneWay => {
                "The peer's checks arrive, but our answers and checks do not reach it: something on the way drops what this side sends; look at firewalls, or configure a TURN server."
            }
            Self::UdpBlocked => {
                "No server and no check is answered: UDP seems to be blocked in this network; configure a TURN server over TCP or TLS (turns:…:443)."
            }
            Self::NoRoute => {
                "The system refuses to send to every candidate of the peer: there is no route from this network; configure a TURN server."
            }
            _ => "",
        }
    }
}

impl fmt::Display for Route {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.server, self.remote.1) {
            (Some(url), _) => write!(f, "Connected through the TURN server {url}")?,
            (None, Kind::Relayed) => f.write_str("Connected through a TURN server of the peer")?,
            (None, _) => f.write_str("Connected directly")?,
        }
        let [(local, own), (remote, their)] = [&self.local, &self.remote];
        write!(
            f,
            ", from {local} ({}) to {remote} ({}).",
            kind_name(*own),
            kind_name(*their)
        )
    }
}

impl fmt::Display for RemoteSilence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Nothing => "The peer never sent candidates or end-of-candidates: check that signalling passes its candidates on, and that they are added here.",
            Self::Untrickled => "The peer's description has no candidates and says that none will follow: let the peer gather before it sends its description.",
            Self::Ended => "The peer found no candidates at all: it has no network, or it may use only relayed ones and its TURN server fails.",
        })
    }
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = match self {
            Self::OurFragment => "for another username fragment than ours",
            Self::TheirFragment => "from another username fragment than the peer's description has",
            Self::Password => "with another password than ours",
        };
        write!(
            f,
            "Checks arrive {what}: signalling mixed up two sessions, or one side has an old description."
        )
    }
}

impl fmt::Display for ServerFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let url = &self.url;
        let kind = if self.relays { "TURN" } else { "STUN" };
        match &self.fault {
            Fault::Unauthorized(code) => write!(
                f,
                "The TURN server {url} answered {code}: wrong username or password?"
            ),
            Fault::Refused(code, reason) => {
                write!(f, "The {kind} server {url} refused ({code}): {reason}.")
            }
            Fault::Unresolved(reason) => write!(
                f,
                "The name of the {kind} server {url} was not resolved ({reason}): check its spelling, and DNS."
            ),
            // Those who check certificates say it in this word.
            Fault::Untrusted(reason) if reason.contains("expired") => write!(
                f,
                "The certificate of the TURN server {url} has expired ({reason}): renew it, or correct this machine's clock."
            ),
            Fault::Untrusted(reason) => write!(
                f,
                "The certificate of the TURN server {url} is not trusted ({reason}): correct it, or name the server as its certificate does."
            ),
            Fault::Unusable(reason) => write!(
                f,
                "The {kind} server {url} could not be used ({reason}): check its port and transport, and firewalls."
            ),
            Fault::Silent => write!(
                f,
                "The {kind} server {url} does not answer: check its address, port and transport, and firewalls."
            ),
            Fault::Unreachable => write!(
                f,
                "The {kind} server {url} has no address of a family that this machine has: use a server with both IPv4 and IPv6."
            ),
            Fault::Lost => write!(
                f,
                "The TURN server {url} forgot the relay that it had granted: it was restarted, or the connection to it broke; restart ICE."
            ),
            Fault::PeerRefused(peer, FORBIDDEN, _) => write!(
                f,
                "The TURN server {url} refused to relay to the peer's address {peer} ({FORBIDDEN}): its rules forbid it; ask its operator, or use another server."
            ),
            Fault::PeerRefused(peer, code, reason) => write!(
                f,
                "The TURN server {url} refused to relay to the peer's address {peer} ({code}): {reason}."
            ),
        }
    }
}

fn checks(sent: u64) -> String {
    if sent == 1 {
        "One check was".to_owned()
    } else {
        format!("{sent} checks were")
    }
}

fn seconds(time: Duration) -> String {
    format!("{:.0} s", time.as_secs_f64())
}

/// W3C's `RTCIceCandidateType`.
pub(super) const fn kind_name(kind: Kind) -> &'static str {
    match kind {
        Kind::Host => "host",
        Kind::ServerReflexive => "srflx",
        Kind::PeerReflexive => "prflx",
        Kind::Relayed => "relay",
    }
}

/// An address of the peer's as it told it.
pub(super) fn address_text(address: &RemoteAddress) -> String {
    match address {
        RemoteAddress::Ip(address) => address.to_string(),
        RemoteAddress::Name { name, port } => format!("{name}:{port}"),
    }
}
