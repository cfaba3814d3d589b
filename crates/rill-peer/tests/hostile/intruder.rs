//! The peer that means harm: honest ICE and DTLS, and SCTP packets by hand.

use std::{collections::VecDeque, fmt::Write, net::SocketAddr, sync::Arc, time::Instant};

use aws_lc_rs::digest;
use dimpl::{DtlsCertificate, Output};
use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng};
use rcgen::{CertificateParams, KeyPair};
use rill_ice::{
    Agent, Config, Credentials, Kind, Protocol, Received, RemoteAddress, RemoteCandidate, Role,
    TransportId,
};
use rill_sim::{Datagram, Driver, Endpoint, Host};

/// An agent, a DTLS client, and what it heard.
pub(crate) struct Intruder {
    agent: Agent,
    transport: TransportId,
    driver: Driver,
    identity: DtlsCertificate,
    dtls: Option<dimpl::Dtls>,
    pub(crate) is_secure: bool,
    timeout: Option<Instant>,
    /// The victim's chunks: kinds and values.
    pub(crate) heard: VecDeque<(u8, Vec<u8>)>,
    buffer: Vec<u8>,
}

/// What poll_output gives, without its buffer.
enum Next {
    Record,
    Data(usize),
    Other,
    Wait(Instant),
}

impl Intruder {
    pub(crate) fn new(host: Host) -> Self {
        let rng = ChaCha20Rng::seed_from_u64(66);
        let mut agent = Agent::new(Config::default(), Role::Controlled, rng);
        let transport = agent.add_transport();
        let key = KeyPair::generate().expect("there is entropy");
        let certificate = CertificateParams::default().self_signed(&key);
        Self {
            agent,
            transport,
            driver: Driver::new(host),
            identity: DtlsCertificate {
                certificate: certificate.expect("the parameters are fine").der().to_vec(),
                private_key: key.serialize_der(),
            },
            dtls: None,
            is_secure: false,
            timeout: None,
            heard: VecDeque::new(),
            buffer: vec![0; 4096],
        }
    }

    /// Takes an offer; its answer.
    pub(crate) fn answer(&mut self, now: Instant, offer: &str) -> String {
        let value = |name: &str| {
            let line = offer.lines().find_map(|line| line.strip_prefix(name));
            line.expect("the offer has it").to_owned()
        };
        let (ufrag, pwd) = (value("a=ice-ufrag:"), value("a=ice-pwd:"));
        let transport = self.transport;
        self.agent.gather(now, transport);
        self.pump(now);
        self.agent
            .set_remote_credentials(now, transport, Credentials { ufrag, pwd });
        for line in offer.lines() {
            if let Some(candidate) = line.strip_prefix("a=candidate:") {
                let added = self
                    .agent
                    .add_remote_candidate(now, transport, parse(candidate));
                added.expect("the victim's candidate is a good one");
            }
        }
        self.agent.end_of_remote_candidates(now, transport, None);
        self.description()
    }

    fn description(&self) -> String {
        let digest = digest::digest(&digest::SHA256, &self.identity.certificate);
        let hex: Vec<_> = digest.as_ref().iter().map(|b| format!("{b:02X}")).collect();
        let own = self.agent.local_credentials(self.transport);
        let (_, Credentials { ufrag, pwd }) = own.expect("it exists");
        let mut sdp = format!(
            "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0\r\n\
             m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\nc=IN IP4 0.0.0.0\r\na=mid:0\r\n\
             a=ice-ufrag:{ufrag}\r\na=ice-pwd:{pwd}\r\na=fingerprint:sha-256 {}\r\n\
             a=setup:active\r\na=sctp-port:5000\r\na=max-message-size:262144\r\n",
            hex.join(":")
        );
        for own in self.agent.local_candidates(self.transport) {
            let (ip, port) = (own.address.ip(), own.address.port());
            let line = format!("1 1 udp {} {ip} {port} typ host", own.priority);
            write!(sdp, "a=candidate:{line}\r\n").expect("a string takes all");
        }
        sdp + "a=end-of-candidates\r\n"
    }

    /// Says an SCTP packet.
    pub(crate) fn say(&mut self, now: Instant, packet: &[u8]) {
        let dtls = self.dtls.as_mut().expect("there are keys");
        dtls.handle_timeout(now).expect("the session lives");
        dtls.send_application_data(packet)
            .expect("the session lives");
        self.settle();
    }

    fn pump(&mut self, now: Instant) {
        while let Some(request) = self.agent.poll_request() {
            self.driver.serve(now, request);
            while let Some((id, response)) = self.driver.poll_response(now) {
                self.agent.handle_response(now, id, response);
            }
        }
        while self.agent.poll_event().is_some() {}
        if self.dtls.is_none() && self.agent.route(self.transport).is_some() {
            let config = dimpl::Config::builder().build().expect("the defaults");
            let identity = self.identity.clone();
            let mut dtls = dimpl::Dtls::new_auto(Arc::new(config), identity, now);
            dtls.set_active(true);
            dtls.handle_timeout(now).expect("it begins");
            self.dtls = Some(dtls);
            self.settle();
        }
    }

    /// Takes all that DTLS has to say.
    fn settle(&mut self) {
        while let Some(dtls) = &mut self.dtls {
            let next = match dtls.poll_output(&mut self.buffer) {
                Output::Packet(record) => {
                    let mut bytes = record.to_vec();
                    let route = self.agent.route(self.transport);
                    let to = route.and_then(|route| self.agent.transmit(route, None, &mut bytes));
                    if let Some(to) = to {
                        self.driver.transmit(to, &bytes);
                    }
                    Next::Record
                }
                Output::ApplicationData(packet) => Next::Data(packet.len()),
                Output::Connected => {
                    self.is_secure = true;
                    Next::Other
                }
                Output::Timeout(at) => Next::Wait(at),
                _ => Next::Other,
            };
            match next {
                Next::Data(length) => self.hear(length),
                Next::Wait(at) => {
                    self.timeout = Some(at);
                    return;
                }
                Next::Record | Next::Other => {}
            }
        }
    }

    /// The chunks of a packet at the beginning of the buffer.
    fn hear(&mut self, length: usize) {
        let mut rest = self.buffer.get(12..length).unwrap_or_default();
        while let &[kind, _, high, low, ..] = rest {
            let length = usize::from(u16::from_be_bytes([high, low]));
            self.heard.push_back((kind, rest[4..length].to_vec()));
            rest = rest.get(length.next_multiple_of(4)..).unwrap_or_default();
        }
    }
}

/// A candidate line: foundation, component, transport, priority, address, port.
fn parse(line: &str) -> RemoteCandidate {
    let words: Vec<_> = line.split_whitespace().collect();
    let ip = words[4].parse().expect("an address");
    let port = words[5].parse().expect("a port");
    RemoteCandidate {
        foundation: words[0].to_owned(),
        component: 1,
        protocol: Protocol::Udp,
        priority: words[3].parse().expect("a number"),
        kind: Kind::Host,
        address: RemoteAddress::Ip(SocketAddr::new(ip, port)),
        ufrag: None,
    }
}

impl Endpoint for Intruder {
    fn handle_datagram(
        &mut self,
        now: Instant,
        local: SocketAddr,
        remote: SocketAddr,
        bytes: &mut [u8],
    ) {
        let Some(path) = self.driver.path(local, remote) else {
            return;
        };
        let received = self.agent.handle_datagram(now, path, bytes);
        self.pump(now);
        if let (Received::Application { range, .. }, Some(dtls)) = (received, &mut self.dtls) {
            dtls.handle_timeout(now).expect("the session lives");
            dtls.handle_packet(&bytes[range])
                .expect("the victim is honest");
            self.settle();
        }
    }

    fn handle_timeout(&mut self, now: Instant) {
        self.agent.handle_timeout(now);
        if let Some(dtls) = &mut self.dtls {
            dtls.handle_timeout(now).expect("the session lives");
            self.settle();
        }
        self.pump(now);
    }

    fn poll_transmit(&mut self, now: Instant) -> Option<Datagram> {
        if let Some(datagram) = self.driver.poll_transmit() {
            return Some(datagram);
        }
        let mut bytes = Vec::new();
        let transmit = self.agent.poll_transmit(now, &mut bytes)?;
        self.driver.transmit(transmit, &bytes);
        self.driver.poll_transmit()
    }

    fn poll_timeout(&mut self) -> Option<Instant> {
        let agent = self.agent.poll_timeout();
        agent.into_iter().chain(self.timeout).min()
    }
}
