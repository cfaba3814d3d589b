//! DTLS, by dimpl.

use std::{
    cell::RefCell,
    fmt,
    sync::{Arc, LazyLock},
    time::{Duration, Instant},
};

use dimpl::{DtlsCertificate, Error, Output, ProtocolVersion, SecurityError};

use super::{
    DtlsRole, cipher,
    hello::{self, Opening},
    output::{DtlsOutput, DtlsVersion, Outputs},
};
use crate::Certificate;

/// The largest datagram of a handshake, in bytes of UDP payload: an IP packet of 1200 bytes, which
/// every path is taken to carry, less 48 of IPv6 and UDP.
const MTU: usize = 1152;
/// The first retransmission of a flight; the interval doubles. RFC 6347 §4.2.4.1 says one second for
/// paths of which nothing is known; ICE has just measured this one.
const FIRST_RETRANSMISSION: Duration = Duration::from_millis(300);
/// More than fit in the time for a handshake: that is the limit.
const RETRANSMISSIONS: usize = 8;
/// Longer than ICE consent needs to declare the path dead (RFC 7675 §5.1).
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(40);
/// The library's queues end the connection when they are full. Outgoing, a flight with a long
/// certificate chain; incoming, a peer's flight in small fragments, sent twice.
const QUEUE_OUT: usize = 64;
const QUEUE_IN: usize = 128;
/// How many datagrams that overtook the peer's first answer are kept for after it: a flight.
const MAX_EARLY: usize = 8;
/// The library's "never".
const IDLE: Duration = Duration::from_secs(365 * 24 * 3600);
/// How far behind the library's clock may be while data flows: little beside any retransmission.
const STALE: Duration = Duration::from_millis(10);
/// Enough for any datagram that is not fragmented by IP; grows when it is not.
const BUFFER: usize = 2048;

thread_local! {
    /// Where the library puts one output; one for all connections of a thread.
    static OUTPUT: RefCell<Vec<u8>> = RefCell::new(vec![0; BUFFER]);
}

/// The same for all connections. Building it checks the cryptographic library.
static CONFIG: LazyLock<Arc<dimpl::Config>> = LazyLock::new(|| {
    let config = dimpl::Config::builder()
        .mtu(MTU)
        .max_queue_tx(QUEUE_OUT)
        .max_queue_rx(QUEUE_IN)
        .flight_start_rto(FIRST_RETRANSMISSION)
        .flight_retries(RETRANSMISSIONS)
        .handshake_timeout(HANDSHAKE_TIMEOUT)
        // The cookie proves the client's address (RFC 6347 §4.2.1); ICE has proved it.
        .use_server_cookie(false)
        .build();
    Arc::new(config.expect("the settings are constants, and within dimpl's limits"))
});

/// A DTLS connection.
pub(crate) struct Secure {
    dtls: dimpl::Dtls,
    role: DtlsRole,
    state: State,
    /// The agreed cipher suite's name.
    cipher: Option<&'static str>,
    now: Instant,
    timeout: Option<Instant>,
    outputs: Outputs,
}

#[derive(Debug)]
enum State {
    /// The datagrams came before the one that decides the version.
    Handshake {
        early: Vec<Vec<u8>>,
    },
    Connected,
    Ended,
}

impl fmt::Debug for Secure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Secure")
            .field("dtls", &self.dtls)
            .field("state", &self.state)
            .finish_non_exhaustive()
    }
}

impl Secure {
    pub(super) fn new(now: Instant, role: DtlsRole, certificate: &Certificate) -> Self {
        let certificate = DtlsCertificate {
            certificate: certificate.der().to_vec(),
            private_key: certificate.private_key_der().to_vec(),
        };
        let mut dtls = dimpl::Dtls::new_auto(Arc::clone(&CONFIG), certificate, now);
        dtls.set_active(role == DtlsRole::Client);
        let mut secure = Self {
            dtls,
            role,
            state: State::Handshake { early: Vec::new() },
            cipher: None,
            now,
            timeout: None,
            outputs: Outputs::default(),
        };
        secure.handle_timeout(now);
        secure
    }

    pub(super) fn handle_datagram(&mut self, now: Instant, datagram: &[u8]) {
        self.keep_time(now);
        if matches!(self.state, State::Ended) {
            return;
        }
        if self.dtls.protocol_version().is_none() {
            return self.handle_opening(datagram);
        }
        self.give(datagram);
    }

    pub(super) fn handle_timeout(&mut self, now: Instant) {
        if matches!(self.state, State::Ended) {
            return;
        }
        // Every call needs the time first; an earlier one than before would confuse the timers.
        self.now = self.now.max(now);
        let result = self.dtls.handle_timeout(self.now);
        self.settle(result);
    }

    /// Runs the timers, unless none is due and the library knows the time well enough: this costs as
    /// much as a record.
    fn keep_time(&mut self, now: Instant) {
        let fresh = now < self.now + STALE;
        let due = self.timeout.is_some_and(|timeout| timeout <= now);
        if due || !fresh || !matches!(self.state, State::Connected) {
            self.handle_timeout(now);
        }
    }

    pub(super) fn poll_timeout(&self) -> Option<Instant> {
        self.timeout
    }

    /// Gives back the memory of busier times.
    pub(super) fn rest(&mut self) {
        self.outputs.rest();
    }

    pub(super) fn cipher(&self) -> Option<&'static str> {
        self.cipher
    }

    pub(super) fn seal(&mut self, now: Instant, data: &[u8], out: &mut Vec<u8>) -> bool {
        self.keep_time(now);
        if !matches!(self.state, State::Connected) {
            return false;
        }
        if let Err(error) = self.dtls.send_application_data(data) {
            self.settle(Err(error));
            return false;
        }
        // Taken out at once: the next record would be put into the same datagram.
        OUTPUT.with_borrow_mut(|buffer| {
            loop {
                match self.dtls.poll_output(buffer) {
                    Output::Packet(packet) => {
                        out.extend_from_slice(packet);
                        return true;
                    }
                    Output::BufferTooSmall { needed } => buffer.resize(needed, 0),
                    // Everything else was taken out after what caused it.
                    _ => return false,
                }
            }
        })
    }

    pub(super) fn close(&mut self, now: Instant) {
        self.handle_timeout(now);
        if matches!(self.state, State::Ended) {
            return;
        }
        let result = self.dtls.close();
        self.settle(result);
        self.end();
    }

    pub(super) fn poll(&mut self, out: &mut Vec<u8>) -> Option<DtlsOutput> {
        self.outputs.pop(out)
    }

    /// A datagram while the version is open.
    fn handle_opening(&mut self, datagram: &[u8]) {
        match (self.role, hello::opening(datagram)) {
            (DtlsRole::Client, Opening::ServerAnswer)
            | (DtlsRole::Server, Opening::ClientHello) => {
                self.give(datagram);
                self.give_early();
            }
            (DtlsRole::Client, Opening::Alert(description)) => {
                self.fail(alert_reason(description), Some(description));
            }
            (DtlsRole::Client, Opening::Other) => {
                if let State::Handshake { early } = &mut self.state
                    && early.len() < MAX_EARLY
                {
                    early.push(datagram.to_vec());
                }
            }
            // A client answers nothing before the server's hello, so none of this is for us.
            (DtlsRole::Client, Opening::ClientHello) | (DtlsRole::Server, _) => {}
        }
    }

    /// The rest of the flight, which came before its first datagram.
    fn give_early(&mut self) {
        let State::Handshake { early } = &mut self.state else {
            return;
        };
        for datagram in std::mem::take(early) {
            if !matches!(self.state, State::Ended) {
                self.give(&datagram);
            }
        }
    }

    fn give(&mut self, datagram: &[u8]) {
        if self.role == DtlsRole::Client && matches!(self.state, State::Handshake { .. }) {
            self.cipher = cipher::of_server_hello(datagram).or(self.cipher);
        }
        let result = self.dtls.handle_packet(datagram);
        self.settle(result);
    }

    /// Takes all outputs, also after an error: an alert of ours may be among them.
    fn settle(&mut self, result: Result<(), Error>) {
        while let Some(next) = self.take() {
            match next {
                Taken::Nothing => {}
                Taken::Connected => self.connected(),
                Taken::Closed => return self.peer_closed(),
            }
        }
        if let Err(error) = result {
            let received_alert = match error {
                Error::SecurityError(SecurityError::FatalAlert { description }) => {
                    Some(description)
                }
                _ => None,
            };
            let reason = received_alert.map_or_else(|| error.to_string(), alert_reason);
            self.fail(reason, received_alert);
        }
    }

    /// One output; `None` when there is no more.
    fn take(&mut self) -> Option<Taken> {
        OUTPUT.with_borrow_mut(|buffer| self.take_by(buffer))
    }

    fn take_by(&mut self, buffer: &mut Vec<u8>) -> Option<Taken> {
        match self.dtls.poll_output(buffer) {
            Output::Packet(packet) => {
                if self.role == DtlsRole::Server && matches!(self.state, State::Handshake { .. }) {
                    self.cipher = cipher::of_server_hello(packet).or(self.cipher);
                }
                self.outputs.push_packet(packet);
            }
            Output::ApplicationData(data) => self.outputs.push_data(data),
            Output::PeerCert(der) => self.outputs.push(DtlsOutput::PeerCertificate(der.to_vec())),
            Output::BufferTooSmall { needed } => buffer.resize(needed, 0),
            Output::Connected => return Some(Taken::Connected),
            Output::CloseNotify => return Some(Taken::Closed),
            Output::Timeout(at) => {
                self.timeout = Some(at).filter(|&at| at < self.now + IDLE);
                return None;
            }
            // Keys for SRTP: there is no media yet.
            _ => {}
        }
        Some(Taken::Nothing)
    }

    fn connected(&mut self) {
        let version = match self.dtls.protocol_version() {
            Some(ProtocolVersion::DTLS1_3) => DtlsVersion::Dtls13,
            _ => DtlsVersion::Dtls12,
        };
        self.state = State::Connected;
        self.outputs.push(DtlsOutput::Connected { version });
    }

    /// RFC 5246 §7.2.1: a close_notify is answered by one.
    fn peer_closed(&mut self) {
        let answered = self.dtls.close();
        while answered.is_ok() && self.take().is_some() {}
        self.end();
        self.outputs.push(DtlsOutput::Closed);
    }

    fn fail(&mut self, reason: String, received_alert: Option<u8>) {
        self.end();
        self.outputs.push(DtlsOutput::Failed {
            reason,
            received_alert,
        });
    }

    fn end(&mut self) {
        self.state = State::Ended;
        self.timeout = None;
    }
}

/// What `take` found, beside what it has put into the queue.
enum Taken {
    Nothing,
    Connected,
    Closed,
}

fn alert_reason(description: u8) -> String {
    format!("the peer ended the handshake or the connection with alert {description} (RFC 8446 §6)")
}
