//! What the server answers (RFC 8489 §9.2.5, RFC 8656 §7.3, §7.4).

use std::time::Instant;

use rill_stun::{Class, ErrorCode, Message};

use super::allocation::is_usable;
use super::client::{Client, State};
use super::failure::readable;
use super::timers::Timer;
use super::transaction::{Request, Transaction};
use super::{Event, Failure, Families, Input, Transport};

/// How many challenges in a row are taken up.
const MAX_REPEATS: u32 = 4;

/// What a response is worth.
enum Verdict {
    /// As if it had never come.
    Ignore,
    /// New credentials, or a new nonce.
    Challenge,
    /// Not authenticated: what it said.
    Violation(String),
    Sound,
}

impl Client {
    /// A success or an error response arrived.
    pub(super) fn handle_response(&mut self, now: Instant, message: &Message<'_>) -> Input {
        let id = message.transaction_id();
        let Some(transaction) = self.transactions.get_mut(&id) else {
            return Input::Dropped;
        };
        if message.method() != transaction.request.method() {
            return Input::Dropped;
        }
        match verdict(transaction, message) {
            Verdict::Ignore => return Input::Consumed,
            Verdict::Violation(what) if self.config.transport == Transport::Datagram => {
                transaction.violation = Some(what);
                return Input::Consumed;
            }
            Verdict::Violation(what) => {
                let request = self.finish(message).request;
                self.failed(now, request, Failure::Protocol(what));
            }
            Verdict::Challenge => {
                let transaction = self.finish(message);
                self.challenged(now, &transaction, message);
            }
            Verdict::Sound => {
                let request = self.finish(message).request;
                self.answered(now, request, message);
            }
        }
        Input::Consumed
    }

    fn finish(&mut self, message: &Message<'_>) -> Transaction {
        let id = message.transaction_id();
        self.timers.clear(Timer::Transaction(id));
        self.transactions.remove(&id).expect("it was found before")
    }

    /// A 401 or 438 response.
    fn challenged(&mut self, now: Instant, transaction: &Transaction, message: &Message<'_>) {
        let request = transaction.request;
        let Some(error) = message.error_code() else {
            return;
        };
        if let Err(what) = self.authentication.take_challenge(message) {
            return self.failed(now, request, Failure::Protocol(what));
        }
        let same_user = match (&transaction.signature, self.authentication.signature()) {
            (Some(before), Some(after)) => before.is_same_user(after),
            _ => false,
        };
        // RFC 8489 §9.2.5: it would be refused again.
        let is_refused = error.code == ErrorCode::UNAUTHENTICATED && same_user;
        if is_refused || transaction.repeats >= MAX_REPEATS {
            return self.failed(now, request, Failure::of(error));
        }
        self.start(now, request, transaction.repeats + 1);
    }

    fn answered(&mut self, now: Instant, request: Request, message: &Message<'_>) {
        // RFC 8489 §6.3.3, §6.3.4.
        if let Some(kind) = message.unknown_attributes().next() {
            let what = format!("its answer needs an attribute that nobody knows, {kind:#06x}");
            return self.failed(now, request, Failure::Protocol(what));
        }
        match (message.class(), message.error_code()) {
            (Class::Success, _) => self.succeeded(now, request, message),
            (_, Some(error)) => self.refused(now, request, error, message),
            (_, None) => {
                let what = "its error has no code".to_owned();
                self.failed(now, request, Failure::Protocol(what));
            }
        }
    }

    fn succeeded(&mut self, now: Instant, request: Request, message: &Message<'_>) {
        match (request, &self.state) {
            (Request::Allocate, State::Allocating(families)) => {
                let families = *families;
                self.allocated(now, families, message);
            }
            (Request::Allocate, _) => {}
            (Request::Refresh, _) => self.refreshed(now, message),
            (Request::Release, _) => self.closed(),
            (Request::Permit(peer), _) => self.permission_installed(now, peer),
            (Request::Bind(number), _) => self.channel_bound(now, number),
        }
    }

    fn refused(
        &mut self,
        now: Instant,
        request: Request,
        error: ErrorCode<'_>,
        message: &Message<'_>,
    ) {
        let alternate = message
            .alternate_servers()
            .find(|server| is_usable(*server));
        match (request, error.code, &self.state, alternate) {
            (Request::Allocate, ErrorCode::TRY_ALTERNATE, _, Some(to)) => {
                let domain = message.alternate_domain().map(str::to_owned);
                self.end(Event::Redirected { to, domain });
            }
            // One family is another request (RFC 8656 §7.4).
            (
                Request::Allocate,
                ErrorCode::ADDRESS_FAMILY_NOT_SUPPORTED,
                State::Allocating(Families::Both),
                _,
            ) => {
                self.state = State::Allocating(Families::V4);
                self.start(now, request, 0);
            }
            _ => self.failed(now, request, Failure::of(error)),
        }
    }
}

/// RFC 8489 §9.2.5.
fn verdict(transaction: &Transaction, message: &Message<'_>) -> Verdict {
    let error = match message.class() {
        Class::Error => message.error_code(),
        _ => None,
    };
    let code = error.map(|error| error.code);
    if let Some(ErrorCode::UNAUTHENTICATED | ErrorCode::STALE_NONCE) = code {
        return Verdict::Challenge;
    }
    let features = message.security_features().unwrap_or_default();
    if features.password_algorithms && message.password_algorithms().is_none() {
        return Verdict::Ignore;
    }
    if code == Some(ErrorCode::BAD_REQUEST) && message.integrity_algorithm().is_none() {
        return Verdict::Ignore;
    }
    // A server that asks nobody for credentials has no key to answer with.
    let Some(signature) = &transaction.signature else {
        return Verdict::Sound;
    };
    if signature.verifies(message) {
        return Verdict::Sound;
    }
    let what = match error {
        Some(error) => format!("{} {}", error.code, readable(error.reason)),
        None => "success".to_owned(),
    };
    Verdict::Violation(format!("its answer was not authenticated: {what}"))
}
