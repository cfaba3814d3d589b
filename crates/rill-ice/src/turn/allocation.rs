//! The allocation: what the server gave, and keeping it (RFC 8656 §6 to §8).

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use rill_stun::{AddressFamily, Message};

use super::client::{Client, State};
use super::timers::Timer;
use super::transaction::Request;
use super::{Event, Failure, Families};

/// The lifetime of an allocation when the server states none (RFC 8656 §6).
const DEFAULT: Duration = Duration::from_secs(600);

/// Shorter lifetimes are taken for this one: no server makes us ask every second.
const SHORTEST: Duration = Duration::from_secs(20);

/// Longer ones for this: a server may forget us all the same.
const LONGEST: Duration = Duration::from_secs(3600);

/// An allocation is refreshed this long before its end (RFC 8656 §8).
const AHEAD: Duration = Duration::from_secs(60);

/// After a refusal of the server a refresh is tried again no sooner.
const AGAIN: Duration = Duration::from_secs(5);

/// What the server gave.
#[derive(Debug)]
pub(super) struct Allocation {
    /// At most one of each family.
    pub(super) relayed: Vec<SocketAddr>,
    expires: Instant,
}

impl Allocation {
    /// Our address towards peers of a family.
    pub(super) fn relayed_for(&self, family: AddressFamily) -> Option<SocketAddr> {
        let mut relayed = self.relayed.iter().copied();
        relayed.find(|address| AddressFamily::of(address.ip()) == family)
    }
}

impl Client {
    /// The server answers the Allocate request with success (RFC 8656 §7.3).
    pub(super) fn allocated(&mut self, now: Instant, families: Families, message: &Message<'_>) {
        let relayed: Vec<SocketAddr> = [AddressFamily::V4, AddressFamily::V6]
            .into_iter()
            .filter(|family| families.include(*family))
            .filter_map(|family| {
                let mut given = message.xor_relayed_addresses();
                given.find(|address| {
                    AddressFamily::of(address.ip()) == family && is_usable(*address)
                })
            })
            .collect();
        let (false, Some(mapped)) = (relayed.is_empty(), message.xor_mapped_address()) else {
            // Such an allocation must be deleted, and none asked for again.
            let missing = "its allocation lacks a relayed or a mapped address that can be used";
            self.events
                .push_back(Event::Failed(Failure::Protocol(missing.into())));
            return self.release(now, true);
        };
        let lifetime = lifetime(message);
        let expires = now + lifetime;
        self.state = State::Allocated(Allocation {
            relayed: relayed.clone(),
            expires,
        });
        self.events.push_back(Event::Allocated {
            relayed,
            mapped,
            lifetime,
        });
        self.timers
            .set(Timer::Refresh, now + refresh_after(lifetime));
        self.request_permissions(now);
        self.request_channels(now);
    }

    pub(super) fn refreshed(&mut self, now: Instant, message: &Message<'_>) {
        if let State::Allocated(allocation) = &mut self.state {
            let lifetime = lifetime(message);
            allocation.expires = now + lifetime;
            self.timers
                .set(Timer::Refresh, now + refresh_after(lifetime));
        }
    }

    pub(super) fn refresh_due(&mut self, now: Instant) {
        if matches!(self.state, State::Allocated(_)) {
            self.start(now, Request::Refresh, 0);
        }
    }

    /// The server refuses to keep the allocation: it is asked again while there is time.
    pub(super) fn refresh_failed(&mut self, now: Instant, failure: Failure) {
        let State::Allocated(allocation) = &self.state else {
            return;
        };
        let again = allocation.expires.saturating_duration_since(now) / 2;
        match failure {
            Failure::Rejected { .. } | Failure::Capacity if again >= AGAIN => {
                self.timers.set(Timer::Refresh, now + again);
            }
            failure => self.end(Event::Lost(failure)),
        }
    }

    /// Gives the allocation up: tells the server, and waits for its answer a little.
    pub(super) fn release(&mut self, now: Instant, is_failure: bool) {
        self.stop();
        self.state = State::Closing { is_failure };
        self.start(now, Request::Release, 0);
    }
}

/// Whether peers can send to it at all.
pub(super) fn is_usable(address: SocketAddr) -> bool {
    !address.ip().is_unspecified() && !address.ip().is_multicast() && address.port() != 0
}

/// The lifetime that the server states, within reason.
fn lifetime(message: &Message<'_>) -> Duration {
    let stated = message
        .lifetime()
        .map(|seconds| Duration::from_secs(seconds.into()));
    stated.unwrap_or(DEFAULT).clamp(SHORTEST, LONGEST)
}

fn refresh_after(lifetime: Duration) -> Duration {
    lifetime.saturating_sub(AHEAD).max(lifetime / 2)
}
