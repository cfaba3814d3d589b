//! The stand-in for DTLS in simulations: no keys, no proof, no randomness.
//!
//! It gives the same outputs in the same order as DTLS does, in one and a half round trips:
//!
//! ```text
//! client                                server
//!   hello(client, certificate)   ->
//!                                <-     hello(server, certificate)
//!   [certificate, connected]            [certificate]
//!   finished                     ->     [connected]
//!   data                         <->    data
//!   close                        <->    close
//! ```
//!
//! The first byte of each packet is that of the DTLS record it stands for, so that packets are told
//! apart from STUN and RTP as usual (RFC 7983). Both hellos are repeated until they are answered;
//! finished is repeated when the server's hello is, and data stands for a finished that was lost.

use std::time::{Duration, Instant};

use super::{
    DtlsRole,
    output::{DtlsOutput, DtlsVersion, Outputs},
};
use crate::Certificate;

const HELLO: u8 = 22;
const DATA: u8 = 23;
const CLOSE: u8 = 21;
const CLIENT: u8 = 1;
const SERVER: u8 = 2;
const FINISHED: u8 = 20;

/// The same times as those of DTLS.
const FIRST_RETRANSMISSION: Duration = Duration::from_millis(300);
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(40);

/// A connection without protection.
#[derive(Debug)]
pub(crate) struct Plaintext {
    role: DtlsRole,
    der: Vec<u8>,
    state: State,
    outputs: Outputs,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// The server, before the client's hello.
    Waiting,
    /// A hello of ours is not answered.
    Hello {
        sent_again: Instant,
        interval: Duration,
        until: Instant,
    },
    Connected,
    Ended,
}

impl Plaintext {
    pub(super) fn new(now: Instant, role: DtlsRole, certificate: &Certificate) -> Self {
        let mut plaintext = Self {
            role,
            der: certificate.der().to_vec(),
            state: State::Waiting,
            outputs: Outputs::default(),
        };
        if role == DtlsRole::Client {
            plaintext.begin(now);
        }
        plaintext
    }

    pub(super) fn handle_datagram(&mut self, now: Instant, datagram: &[u8]) {
        self.handle_timeout(now);
        if self.state == State::Ended {
            return;
        }
        match (self.role, datagram) {
            (DtlsRole::Server, [HELLO, CLIENT, der @ ..]) => self.handle_client_hello(now, der),
            (DtlsRole::Client, [HELLO, SERVER, der @ ..]) => self.handle_server_hello(der),
            (DtlsRole::Server, [HELLO, FINISHED]) => self.confirm(),
            (_, [DATA, data @ ..]) => {
                if self.role == DtlsRole::Server {
                    self.confirm();
                }
                if self.state == State::Connected {
                    self.outputs.push_data(data);
                }
            }
            (_, [CLOSE]) if self.state == State::Connected => {
                self.outputs.push_packet(&[CLOSE]);
                self.state = State::Ended;
                self.outputs.push(DtlsOutput::Closed);
            }
            // Also the hello of an association before this one, in which the roles were others.
            _ => {}
        }
    }

    pub(super) fn handle_timeout(&mut self, now: Instant) {
        let State::Hello {
            sent_again,
            interval,
            until,
        } = self.state
        else {
            return;
        };
        if now >= until {
            self.fail("the peer does not answer the handshake".into());
        } else if now >= sent_again {
            let interval = interval * 2;
            self.state = State::Hello {
                sent_again: now + interval,
                interval,
                until,
            };
            self.push_hello();
        }
    }

    pub(super) fn poll_timeout(&self) -> Option<Instant> {
        match self.state {
            State::Hello {
                sent_again, until, ..
            } => Some(sent_again.min(until)),
            State::Waiting | State::Connected | State::Ended => None,
        }
    }

    pub(super) fn seal(&mut self, now: Instant, data: &[u8], out: &mut Vec<u8>) -> bool {
        self.handle_timeout(now);
        if self.state != State::Connected {
            return false;
        }
        out.push(DATA);
        out.extend_from_slice(data);
        true
    }

    pub(super) fn close(&mut self, now: Instant) {
        self.handle_timeout(now);
        if self.state == State::Connected {
            self.outputs.push_packet(&[CLOSE]);
        }
        self.state = State::Ended;
    }

    pub(super) fn poll(&mut self, out: &mut Vec<u8>) -> Option<DtlsOutput> {
        self.outputs.pop(out)
    }

    fn handle_client_hello(&mut self, now: Instant, der: &[u8]) {
        match self.state {
            State::Waiting => {
                self.outputs.push(DtlsOutput::PeerCertificate(der.to_vec()));
                self.begin(now);
            }
            // The client has not seen ours.
            State::Hello { .. } => self.push_hello(),
            State::Connected | State::Ended => {}
        }
    }

    fn handle_server_hello(&mut self, der: &[u8]) {
        if matches!(self.state, State::Hello { .. }) {
            self.outputs.push(DtlsOutput::PeerCertificate(der.to_vec()));
            self.connected();
        }
        self.outputs.push_packet(&[HELLO, FINISHED]);
    }

    /// The client has our hello.
    fn confirm(&mut self) {
        if matches!(self.state, State::Hello { .. }) {
            self.connected();
        }
    }

    fn connected(&mut self) {
        self.state = State::Connected;
        self.outputs.push(DtlsOutput::Connected {
            version: DtlsVersion::Plaintext,
        });
    }

    fn begin(&mut self, now: Instant) {
        self.state = State::Hello {
            sent_again: now + FIRST_RETRANSMISSION,
            interval: FIRST_RETRANSMISSION,
            until: now + HANDSHAKE_TIMEOUT,
        };
        self.push_hello();
    }

    fn push_hello(&mut self) {
        let role = match self.role {
            DtlsRole::Client => CLIENT,
            DtlsRole::Server => SERVER,
        };
        let packet: Vec<u8> = [HELLO, role]
            .into_iter()
            .chain(self.der.iter().copied())
            .collect();
        self.outputs.push_packet(&packet);
    }

    fn fail(&mut self, reason: String) {
        self.state = State::Ended;
        self.outputs.push(DtlsOutput::Failed {
            reason,
            received_alert: None,
        });
    }
}
