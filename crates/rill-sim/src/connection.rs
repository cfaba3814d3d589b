//! Both ends of a stream.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use crate::segment::{Kind, Side};
use crate::{Acceptance, Security, StreamError, StreamId};

/// One stream.
#[derive(Debug)]
pub(crate) struct Connection {
    pub(crate) security: Security,
    pub(crate) acceptance: Acceptance,
    pub(crate) round_trip: Duration,
    pub(crate) client: End,
    pub(crate) server: Option<End>,
}

/// One end of a stream.
#[derive(Debug)]
pub(crate) struct End {
    pub(crate) node: usize,
    pub(crate) id: StreamId,
    /// As in the id, with an unspecified address resolved.
    pub(crate) local: SocketAddr,
    pub(crate) state: State,
    pub(crate) next_sequence: u64,
    pub(crate) expected: u64,
    pub(crate) early: BTreeMap<u64, (Kind, Vec<u8>)>,
}

/// How far an end is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    /// Its endpoint may not send yet.
    Opening,
    Open,
    /// Over for its endpoint; what was sent is still delivered.
    Closed,
    /// Over.
    Gone,
}

impl End {
    pub(crate) fn new(node: usize, id: StreamId) -> Self {
        Self {
            node,
            id,
            local: id.local,
            state: State::Opening,
            next_sequence: 0,
            expected: 0,
            early: BTreeMap::new(),
        }
    }
}

impl Connection {
    pub(crate) fn end(&mut self, side: Side) -> Option<&mut End> {
        match side {
            Side::Client => Some(&mut self.client),
            Side::Server => self.server.as_mut(),
        }
    }

    /// Whether both ends are over.
    pub(crate) fn is_over(&self) -> bool {
        let server = self.server.as_ref();
        self.client.state == State::Gone && server.is_none_or(|end| end.state == State::Gone)
    }

    pub(crate) fn server_name(&self) -> Option<&str> {
        match &self.security {
            Security::Plain => None,
            Security::Tls { server_name, .. } => Some(server_name),
        }
    }

    /// What is wrong with the server's certificate.
    pub(crate) fn objection(&self, certificate: &[u8]) -> Option<StreamError> {
        let Security::Tls {
            server_name,
            verify,
        } = &self.security
        else {
            return None;
        };
        let Some((&expired, name)) = certificate.split_first() else {
            return Some(StreamError::NotTls);
        };
        if !verify {
            return None;
        }
        let name = String::from_utf8_lossy(name);
        if !name.eq_ignore_ascii_case(server_name) {
            return Some(StreamError::WrongCertificate(name.into_owned()));
        }
        (expired != 0).then_some(StreamError::ExpiredCertificate)
    }
}
