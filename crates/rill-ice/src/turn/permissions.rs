//! Which peers the server lets through (RFC 8656 §9).

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::time::{Duration, Instant};

use rill_stun::{AddressFamily, ErrorCode};

use super::client::{Client, State};
use super::timers::Timer;
use super::transaction::Request;
use super::{Event, Failure};

/// Most addresses that are permitted at one time.
const MAX_PERMISSIONS: usize = 256;

/// A permission lasts five minutes (RFC 8656 §9).
const REFRESH: Duration = Duration::from_secs(240);

/// Stands for an error code where the server did not answer.
const NO_ANSWER: u16 = 701;

/// How far a permission is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Permission {
    /// There is no allocation yet.
    Wanted,
    Requested,
    Installed,
}

/// The permissions that were asked for.
#[derive(Debug, Default)]
pub(super) struct Permissions {
    table: BTreeMap<IpAddr, Permission>,
}

impl Permissions {
    /// Whether the server has confirmed it.
    pub(super) fn is_installed(&self, peer: IpAddr) -> bool {
        self.table.get(&peer) == Some(&Permission::Installed)
    }

    /// Whether data from there are welcome: the confirmation may be on its way.
    pub(super) fn is_requested(&self, peer: IpAddr) -> bool {
        let permission = self.table.get(&peer);
        permission.is_some_and(|permission| *permission != Permission::Wanted)
    }

    pub(super) fn is_known(&self, peer: IpAddr) -> bool {
        self.table.contains_key(&peer)
    }

    fn is_empty(&self) -> bool {
        self.table.is_empty()
    }

    fn is_full(&self) -> bool {
        self.table.len() >= MAX_PERMISSIONS
    }
}

impl Client {
    /// Asks the server to let the peers at an address through, at once or when there is an
    /// allocation. Answered by [`Event::Permitted`] or [`Event::PermissionRefused`], once; asked
    /// again before the server forgets. There are 256 permissions at most.
    pub fn permit(&mut self, now: Instant, peer: IpAddr) {
        if self.state.is_over() || self.permissions.is_known(peer) {
            return;
        }
        if self.permissions.is_full() {
            let reason = format!("a relay takes {MAX_PERMISSIONS} permissions at most");
            return self.refuse(peer, ErrorCode::INSUFFICIENT_CAPACITY, reason);
        }
        self.permissions.table.insert(peer, Permission::Wanted);
        self.request_permission(now, peer);
    }

    /// Whether anybody may reach us, or may be let through yet.
    pub fn has_permissions(&self) -> bool {
        !self.permissions.is_empty()
    }

    /// There is an allocation: asks for all that was wanted.
    pub(super) fn request_permissions(&mut self, now: Instant) {
        let wanted: Vec<IpAddr> = self.permissions.table.keys().copied().collect();
        for peer in wanted {
            self.request_permission(now, peer);
        }
    }

    fn request_permission(&mut self, now: Instant, peer: IpAddr) {
        let State::Allocated(allocation) = &self.state else {
            return;
        };
        // The server would answer 443 (RFC 8656 §10.2).
        if allocation.relayed_for(AddressFamily::of(peer)).is_none() {
            self.permissions.table.remove(&peer);
            let reason = "there is no relayed address of its family".to_owned();
            return self.refuse(peer, ErrorCode::PEER_ADDRESS_FAMILY_MISMATCH, reason);
        }
        self.permissions.table.insert(peer, Permission::Requested);
        self.start(now, Request::Permit(peer), 0);
    }

    /// Its five minutes are nearly over.
    pub(super) fn permission_due(&mut self, now: Instant, peer: IpAddr) {
        if self.permissions.is_installed(peer) {
            self.start(now, Request::Permit(peer), 0);
        }
    }

    /// The server confirmed it, by CreatePermission or by ChannelBind.
    pub(super) fn permission_installed(&mut self, now: Instant, peer: IpAddr) {
        if !self.permissions.is_known(peer) && self.permissions.is_full() {
            return;
        }
        let before = self.permissions.table.insert(peer, Permission::Installed);
        self.timers.set(Timer::Permission(peer), now + REFRESH);
        if before != Some(Permission::Installed) {
            self.events.push_back(Event::Permitted(peer));
        }
    }

    pub(super) fn permission_failed(&mut self, peer: IpAddr, failure: &Failure) {
        self.permissions.table.remove(&peer);
        self.timers.clear(Timer::Permission(peer));
        let code = failure.code().unwrap_or(NO_ANSWER);
        self.refuse(peer, code, failure.to_string());
    }

    fn refuse(&mut self, peer: IpAddr, code: u16, reason: String) {
        self.events
            .push_back(Event::PermissionRefused { peer, code, reason });
    }
}
