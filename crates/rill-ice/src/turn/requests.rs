//! Forming requests, sending them again, giving them up.

use std::net::SocketAddr;
use std::time::Instant;

use rill_stun::{AddressFamily, Class, TransactionId, Writer};

use super::client::{Client, State};
use super::timers::Timer;
use super::transaction::{Request, Transaction};
use super::{Event, Failure, Families};

impl Client {
    /// Asks the server; `repeats` challenges preceded.
    pub(super) fn start(&mut self, now: Instant, request: Request, repeats: u32) {
        let timing = &self.config.timing;
        let patience = match (&self.state, request) {
            (_, Request::Release) => timing.patience_closing,
            (State::Allocated(_), _) => timing.patience_allocated,
            _ => timing.patience,
        };
        let id = self.transaction_id();
        let message = self.write(now, request, id);
        let transaction = Transaction {
            request,
            message,
            signature: self.authentication.signature().cloned(),
            repeats,
            violation: None,
            give_up: now + patience,
            sent: 0,
        };
        self.timers.set(Timer::Transaction(id), transaction.give_up);
        self.transactions.insert(id, transaction);
        self.outbox.push_back(id);
    }

    fn write(&mut self, now: Instant, request: Request, id: TransactionId) -> Vec<u8> {
        let mut buffer = Vec::with_capacity(256);
        let peer = match request {
            Request::Bind(number) => self.channel_requested(now, number),
            // Its port does not matter (RFC 8656 §10.1).
            Request::Permit(ip) => Some(SocketAddr::new(ip, 0)),
            Request::Allocate | Request::Refresh | Request::Release => None,
        };
        let mut writer = Writer::new(&mut buffer, Class::Request, request.method(), id);
        if let Some(peer) = peer {
            writer = writer.xor_peer_address(peer);
        }
        let lifetime = self.config.timing.lifetime.map(|lifetime| {
            // Zero would give the allocation up.
            u32::try_from(lifetime.as_secs()).unwrap_or(u32::MAX).max(1)
        });
        writer = match request {
            Request::Allocate => self.ask_for_families(writer.requested_transport_udp()),
            Request::Bind(number) => writer.channel_number(number),
            Request::Release => writer.lifetime(0),
            Request::Refresh | Request::Permit(_) => writer,
        };
        if let (Request::Allocate | Request::Refresh, Some(seconds)) = (request, lifetime) {
            writer = writer.lifetime(seconds);
        }
        // RFC 8656 §5.
        let tells = matches!(
            request,
            Request::Allocate | Request::Refresh | Request::Release
        );
        if let (true, Some(software)) = (tells, &self.config.software) {
            writer = writer.software(software);
        }
        self.authentication.sign(writer).finish();
        buffer
    }

    /// RFC 8656 §7.1. IPv4 is what a server gives if it is told nothing.
    fn ask_for_families<'b>(&self, writer: Writer<'b>) -> Writer<'b> {
        match self.state {
            State::Allocating(Families::V6) => writer.requested_address_family(AddressFamily::V6),
            State::Allocating(Families::Both) => writer.additional_address_family(),
            _ => writer,
        }
    }

    pub(super) fn transaction_due(&mut self, now: Instant, id: TransactionId) {
        let Some(transaction) = self.transactions.get(&id) else {
            return;
        };
        if !transaction.is_over(now, &self.config.timing) {
            self.timers.set(Timer::Transaction(id), transaction.give_up);
            return self.outbox.push_back(id);
        }
        if let Some(transaction) = self.transactions.remove(&id) {
            // RFC 8489 §9.2.5: answers that were not authenticated are told from silence.
            let failure = transaction
                .violation
                .map_or(Failure::Timeout, Failure::Protocol);
            self.failed(now, transaction.request, failure);
        }
    }

    /// A request came to nothing.
    pub(super) fn failed(&mut self, now: Instant, request: Request, failure: Failure) {
        let is_lost = matches!(failure, Failure::Timeout | Failure::Mismatch);
        match (request, &self.state) {
            // Whether or not the server heard it (RFC 8656 §8.3).
            (Request::Release, _) => self.closed(),
            (_, State::Allocating(_)) => self.end(Event::Failed(failure)),
            // RFC 8656 §5: 437 to any request means that the allocation is gone.
            (_, State::Allocated(_)) if is_lost => self.end(Event::Lost(failure)),
            (Request::Refresh, _) => self.refresh_failed(now, failure),
            (Request::Permit(peer), _) => self.permission_failed(peer, &failure),
            (Request::Bind(number), _) => self.channel_failed(number),
            (Request::Allocate, _) => {}
        }
    }

    /// The allocation is given up.
    pub(super) fn closed(&mut self) {
        match self.state {
            State::Closing { is_failure: true } => self.stop(),
            _ => self.end(Event::Closed),
        }
    }
}
