//! One DTLS association over one ICE transport (webrtc-pc, `RTCDtlsTransport`).

mod dtls;

use std::{collections::VecDeque, sync::Arc, time::Instant};

use rill_ice::{Path, Proof, TransportId};
use rill_sdp::{Fingerprint, Setup};

pub use self::dtls::DtlsRole;
use self::dtls::{Dtls, DtlsOutput};
use crate::{Certificate, DtlsTransportState, Security, TransportError, fingerprint};

/// How many datagrams are held from addresses that ICE has not proved yet, or from before both
/// sides agreed: a first flight thrown away costs a second.
const HELD: usize = 4;

/// DTLS on one transport.
#[derive(Debug)]
pub(crate) struct DtlsTransport {
    id: TransportId,
    state: State,
    held: VecDeque<Held>,
    /// Handshake flights that wait for a route, oldest first.
    flights: VecDeque<Vec<u8>>,
    scratch: Vec<u8>,
    /// The certificate that the peer showed and that was verified, in DER.
    remote_certificate: Option<Arc<[u8]>>,
    /// Why the association failed, for diagnosis.
    failure: Option<TransportError>,
    /// How many DTLS associations there were before this one.
    associations: u32,
    handshake: Handshake,
    /// The id of this one in our last description (RFC 8842 §4).
    tls_id: Option<String>,
}

/// What the sides agreed on in the newest handshake; outlives the association.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Handshake {
    pub(crate) role: Option<DtlsRole>,
    pub(crate) version: Option<u16>,
    pub(crate) cipher: Option<&'static str>,
}

/// A datagram that came too early.
#[derive(Debug)]
struct Held {
    path: Path,
    datagram: Vec<u8>,
    /// Its address is proved by now.
    proved: bool,
}

/// Where the association is.
#[derive(Debug)]
enum State {
    /// The two sides have not agreed yet.
    New,
    /// They have; the first valid pair starts the handshake.
    Agreed { role: DtlsRole, peer: Peer },
    /// Started.
    Running(Box<Running>),
    /// Ended. It can still be spoken of: the peer may not know.
    Over { role: Option<DtlsRole>, peer: Peer },
}

/// What the peer said of itself.
#[derive(Clone, Debug, Default)]
pub(crate) struct Peer {
    pub(crate) fingerprints: Vec<Fingerprint>,
    pub(crate) tls_id: Option<String>,
}

impl Peer {
    /// Whether it means the same association (RFC 8842 §5.1): a fingerprint in common is the same
    /// certificate. A peer may not know tls-ids.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        let same_id = match (&self.tls_id, &other.tls_id) {
            (Some(own), Some(other)) => own == other,
            _ => true,
        };
        let common = |own| other.fingerprints.contains(own);
        same_id && self.fingerprints.iter().any(common)
    }

    /// Whether both say by name that it is the same association (RFC 8842 §4).
    pub(crate) fn names_same(&self, other: &Self) -> bool {
        self.tls_id.is_some() && self.tls_id == other.tls_id && self.is_same(other)
    }
}

#[derive(Debug)]
struct Running {
    role: DtlsRole,
    peer: Peer,
    dtls: Dtls,
    /// The peer's certificate is the announced one.
    verified: bool,
    connected: bool,
}

/// What came of driving DTLS.
#[derive(Debug)]
pub(crate) enum TransportEvent {
    State(DtlsTransportState, Option<TransportError>),
    /// An SCTP packet.
    Data(Vec<u8>),
}

impl DtlsTransport {
    pub(crate) fn new(id: TransportId) -> Self {
        Self {
            id,
            state: State::New,
            held: VecDeque::new(),
            flights: VecDeque::new(),
            scratch: Vec::new(),
            remote_certificate: None,
            failure: None,
            associations: 0,
            handshake: Handshake::default(),
            tls_id: None,
        }
    }

    /// The id of the association in our last description.
    pub(crate) fn tls_id(&self) -> Option<&str> {
        self.tls_id.as_deref()
    }

    pub(crate) fn set_tls_id(&mut self, tls_id: &str) {
        self.tls_id = Some(tls_id.to_owned());
    }

    /// How many DTLS associations there were before this one.
    pub(crate) fn associations(&self) -> u32 {
        self.associations
    }

    /// The verified certificate of the peer, in DER, once there is one.
    pub(crate) fn remote_certificate(&self) -> Option<Arc<[u8]>> {
        self.remote_certificate.clone()
    }

    /// Why the association failed, if it did.
    pub(crate) fn failure(&self) -> Option<&TransportError> {
        self.failure.as_ref()
    }

    pub(crate) fn id(&self) -> TransportId {
        self.id
    }

    /// What is agreed so far.
    pub(crate) fn handshake(&self) -> Handshake {
        self.handshake
    }

    /// Our role, once agreed.
    pub(crate) fn role(&self) -> Option<DtlsRole> {
        match &self.state {
            State::Agreed { role, .. } => Some(*role),
            State::Running(running) => Some(running.role),
            // RFC 8842 §5.3: under the same tls-id the roles are the same, to the end and beyond.
            State::Over { role, .. } => *role,
            State::New => None,
        }
    }

    /// What the peer said of itself in the last exchange, provisional ones too.
    pub(crate) fn peer(&self) -> Option<&Peer> {
        match &self.state {
            State::New => None,
            State::Agreed { peer, .. } | State::Over { peer, .. } => Some(peer),
            State::Running(running) => Some(&running.peer),
        }
    }

    /// Whether this `a=setup` of the peer fits the association that goes on (RFC 8842 §5.3, §5.5). Stacks
    /// that know no tls-id take roles that they do not have, and mean no harm.
    pub(crate) fn permits(&self, setup: Setup, peer: &Peer) -> bool {
        let contradicts = match setup {
            Setup::Active => self.role() == Some(DtlsRole::Client),
            Setup::Passive => self.role() == Some(DtlsRole::Server),
            Setup::ActPass | Setup::HoldConn => false,
        };
        !contradicts || !self.peer().is_some_and(|own| own.names_same(peer))
    }

    /// The sides agreed, the handshake waits for a valid pair.
    pub(crate) fn is_agreed(&self) -> bool {
        matches!(self.state, State::Agreed { .. })
    }

    pub(crate) fn is_connected(&self) -> bool {
        matches!(&self.state, State::Running(running) if running.connected)
    }

    /// The exchange is complete. A second one over an association changes nothing, unless the peer
    /// asks for another (RFC 8842 §5.1, §5.5): then that begins, and this says so.
    pub(crate) fn negotiate(&mut self, now: Instant, role: DtlsRole, peer: Peer) -> bool {
        let renewed = match &self.state {
            State::New => false,
            // A provisional answer was replaced.
            State::Agreed { .. } => false,
            State::Running(running) if running.peer.is_same(&peer) => return false,
            State::Over { peer: before, .. } if before.is_same(&peer) => return false,
            State::Running(_) | State::Over { .. } => true,
        };
        if renewed {
            self.close(now);
            self.flights.clear();
            self.associations += 1;
            self.remote_certificate = None;
            self.failure = None;
        }
        self.handshake = Handshake {
            role: Some(role),
            ..Handshake::default()
        };
        self.state = State::Agreed { role, peer };
        renewed
    }

    /// Starts the handshake; called when ICE has a valid pair.
    pub(crate) fn start(&mut self, now: Instant, certificate: &Certificate, security: Security) {
        let State::Agreed { role, peer } = &mut self.state else {
            return;
        };
        let (role, peer) = (*role, std::mem::take(peer));
        let dtls = Dtls::new(now, role, certificate, security);
        self.state = State::Running(Box::new(Running {
            role,
            peer,
            dtls,
            verified: false,
            connected: false,
        }));
        self.release(now);
    }

    /// A DTLS datagram. Only addresses that ICE has proved reach the handshake; a few others
    /// are held. Whether it was taken.
    pub(crate) fn handle_datagram(
        &mut self,
        now: Instant,
        path: Path,
        datagram: &[u8],
        proof: Proof,
    ) -> bool {
        match (&mut self.state, proof) {
            (State::Running(running), Proof::Proved) => {
                running.dtls.handle_datagram(now, datagram);
                true
            }
            (State::Over { .. }, _) | (_, Proof::None) => false,
            _ if self.held.len() < HELD => {
                let proved = proof == Proof::Proved;
                self.held.push_back(Held {
                    path,
                    datagram: datagram.to_vec(),
                    proved,
                });
                true
            }
            _ => false,
        }
    }

    /// ICE proved an address: what is held from there counts.
    pub(crate) fn prove(&mut self, now: Instant, proved: &Path) {
        for held in &mut self.held {
            let same = (held.path.socket, held.path.remote) == (proved.socket, proved.remote);
            held.proved |= same;
        }
        self.release(now);
    }

    /// Takes the held datagrams whose address is proved.
    fn release(&mut self, now: Instant) {
        let State::Running(running) = &mut self.state else {
            return;
        };
        self.held.retain(|held| {
            if held.proved {
                running.dtls.handle_datagram(now, &held.datagram);
            }
            !held.proved
        });
    }

    pub(crate) fn handle_timeout(&mut self, now: Instant) {
        if let State::Running(running) = &mut self.state {
            running.dtls.handle_timeout(now);
        }
    }

    pub(crate) fn poll_timeout(&self) -> Option<Instant> {
        match &self.state {
            State::Running(running) => running.dtls.poll_timeout(),
            State::New | State::Agreed { .. } | State::Over { .. } => None,
        }
    }

    /// Gives back the memory of the handshake and of busier times.
    pub(crate) fn rest(&mut self) {
        self.held.shrink_to_fit();
        self.flights.shrink_to_fit();
        self.scratch = Vec::new();
        if let State::Running(running) = &mut self.state {
            running.dtls.rest();
        }
    }

    /// Takes back the buffer of [`TransportEvent::Data`].
    pub(crate) fn reuse(&mut self, buffer: Vec<u8>) {
        self.scratch = buffer;
    }

    /// Drives DTLS until it has nothing more to say.
    pub(crate) fn poll_event(&mut self, now: Instant) -> Option<TransportEvent> {
        loop {
            let State::Running(running) = &mut self.state else {
                return None;
            };
            self.scratch.clear();
            match running.dtls.poll(&mut self.scratch)? {
                DtlsOutput::Packet => self.flights.push_back(self.scratch.clone()),
                DtlsOutput::PeerCertificate(der) => {
                    if !fingerprint::verify(&der, &running.peer.fingerprints) {
                        return Some(self.refuse(now));
                    }
                    running.verified = true;
                    self.remote_certificate = Some(der.into());
                }
                DtlsOutput::Connected { version } if running.verified => {
                    running.connected = true;
                    self.handshake.version = version.on_wire();
                    self.handshake.cipher = running.dtls.cipher();
                    return Some(TransportEvent::State(DtlsTransportState::Connected, None));
                }
                // No certificate was shown: nothing proves who the peer is.
                DtlsOutput::Connected { .. } => {
                    return Some(self.fail(TransportError::Fingerprint));
                }
                DtlsOutput::Data if running.connected => {
                    return Some(TransportEvent::Data(std::mem::take(&mut self.scratch)));
                }
                DtlsOutput::Data => {}
                DtlsOutput::Closed => {
                    self.end();
                    return Some(TransportEvent::State(DtlsTransportState::Closed, None));
                }
                DtlsOutput::Failed {
                    reason,
                    received_alert,
                } => {
                    return Some(self.fail(TransportError::Dtls {
                        reason,
                        received_alert,
                    }));
                }
            }
        }
    }

    /// Seals one SCTP packet into a datagram, appended to `out`. Whether there is one.
    pub(crate) fn seal(&mut self, now: Instant, packet: &[u8], out: &mut Vec<u8>) -> bool {
        match &mut self.state {
            State::Running(running) if running.connected => running.dtls.seal(now, packet, out),
            _ => false,
        }
    }

    /// The next handshake datagram, for which the caller has a route.
    pub(crate) fn poll_flight(&mut self) -> Option<Vec<u8>> {
        self.flights.pop_front()
    }

    /// Says goodbye: the close_notify is the last flight.
    pub(crate) fn close(&mut self, now: Instant) {
        if let State::Running(running) = &mut self.state {
            running.dtls.close(now);
            while self.poll_event(now).is_some() {}
        }
        self.end();
        self.held.clear();
    }

    fn end(&mut self) {
        let role = self.role();
        let peer = match &mut self.state {
            State::Agreed { peer, .. } | State::Over { peer, .. } => std::mem::take(peer),
            State::Running(running) => std::mem::take(&mut running.peer),
            State::New => Peer::default(),
        };
        self.state = State::Over { role, peer };
    }

    /// The peer is not who it was announced to be. It is told, so that it need not find out by a
    /// time-out.
    fn refuse(&mut self, now: Instant) -> TransportEvent {
        let mut last = VecDeque::new();
        if let State::Running(running) = &mut self.state {
            running.dtls.close(now);
            self.scratch.clear();
            while let Some(output) = running.dtls.poll(&mut self.scratch) {
                if output == DtlsOutput::Packet {
                    last.push_back(self.scratch.clone());
                }
                self.scratch.clear();
            }
        }
        let event = self.fail(TransportError::Fingerprint);
        self.flights = last;
        event
    }

    fn fail(&mut self, error: TransportError) -> TransportEvent {
        self.end();
        self.held.clear();
        self.flights.clear();
        self.failure = Some(error.clone());
        TransportEvent::State(DtlsTransportState::Failed, Some(error))
    }
}
