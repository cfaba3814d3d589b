//! What a TURN server does with requests (RFC 8656 §7 to §12).

use std::net::{IpAddr, SocketAddr};
use std::time::{Duration, Instant};

use rill_stun::{
    AddressErrorCode, AddressFamily, Class, ErrorCode, Message, Method, TransactionId, Writer,
};

use super::allocation::{Allocation, FiveTuple};
use super::authentication::{Session, authenticate};
use super::refusal::Refusal;
use super::{TurnManner, TurnServer};

/// What a success response carries.
#[derive(Debug)]
enum Grant {
    Mapped,
    Allocated {
        relayed: Vec<SocketAddr>,
        lifetime: Duration,
        /// The family that there is no address of, though it was asked for.
        missing: Option<AddressFamily>,
    },
    Refreshed(Duration),
    Done,
}

impl Grant {
    fn write<'b>(&self, writer: Writer<'b>, client: SocketAddr) -> Writer<'b> {
        match self {
            Self::Mapped => writer.xor_mapped_address(client),
            Self::Allocated {
                relayed,
                lifetime,
                missing,
            } => {
                let writer = relayed
                    .iter()
                    .fold(writer, |writer, &address| {
                        writer.xor_relayed_address(address)
                    })
                    .lifetime(lifetime.as_secs() as u32)
                    .xor_mapped_address(client);
                let Some(family) = *missing else {
                    return writer;
                };
                let error = ErrorCode {
                    code: ErrorCode::ADDRESS_FAMILY_NOT_SUPPORTED,
                    reason: "Address family not supported",
                };
                writer.address_error_code(AddressErrorCode { family, error })
            }
            Self::Refreshed(lifetime) => writer.lifetime(lifetime.as_secs() as u32),
            Self::Done => writer,
        }
    }
}

impl TurnServer {
    /// The response to a request, if it gets any.
    pub(super) fn respond(
        &mut self,
        now: Instant,
        client: FiveTuple,
        message: &Message<'_>,
    ) -> Option<Vec<u8>> {
        *self.counters.requests.entry(message.method()).or_default() += 1;
        if self.to_drop > 0 {
            self.to_drop -= 1;
            return None;
        }
        if self.manner == TurnManner::Silent {
            return None;
        }
        let mut session = None;
        let outcome = self.serve(now, client, message, &mut session);
        let nonce = match &outcome {
            Err(refusal) if refusal.challenges => Some(self.nonces.give(now, client, &self.config)),
            _ => None,
        };
        let class = match outcome {
            Ok(_) => Class::Success,
            Err(_) => Class::Error,
        };
        let mut bytes = Vec::new();
        let writer = Writer::new(
            &mut bytes,
            class,
            message.method(),
            message.transaction_id(),
        );
        let writer = match &outcome {
            Ok(grant) => grant.write(writer, client.client),
            Err(refusal) => {
                *self.counters.errors.entry(refusal.code).or_default() += 1;
                refusal.write(writer, &self.config, nonce.as_deref())
            }
        };
        let writer = writer.software("rill-sim");
        match &session {
            Some(session) => session.seal(writer),
            None => writer,
        }
        .fingerprint()
        .finish();
        Some(bytes)
    }

    fn serve(
        &mut self,
        now: Instant,
        client: FiveTuple,
        message: &Message<'_>,
        session: &mut Option<Session>,
    ) -> Result<Grant, Refusal> {
        let unknown: Vec<_> = message.unknown_attributes().collect();
        if !unknown.is_empty() {
            return Err(Refusal::unknown(unknown));
        }
        if message.method() == Method::BINDING {
            return Ok(Grant::Mapped);
        }
        let session = session.insert(authenticate(
            now,
            client,
            message,
            &self.config,
            &mut self.nonces,
        )?);
        match &self.manner {
            TurnManner::Refusing { code, reason } => return Err(Refusal::new(*code, reason)),
            TurnManner::Redirecting { to, domain } if message.method() == Method::ALLOCATE => {
                return Err(Refusal::redirect(*to, domain.clone()));
            }
            _ => {}
        }
        if message.method() == Method::ALLOCATE {
            return self.allocate(now, client, &session.user, message);
        }
        // RFC 8656 §5.
        match self.allocations.get(&client) {
            None => Err(Refusal::new(
                ErrorCode::ALLOCATION_MISMATCH,
                "No allocation",
            )),
            Some(allocation) if allocation.user != session.user => Err(Refusal::new(
                ErrorCode::WRONG_CREDENTIALS,
                "Another user's allocation",
            )),
            Some(_) => match message.method() {
                Method::REFRESH => self.refresh(now, client, message),
                Method::CREATE_PERMISSION => self.create_permission(now, client, message),
                Method::CHANNEL_BIND => self.bind_channel(now, client, message),
                _ => Err(Refusal::new(ErrorCode::BAD_REQUEST, "Unknown method")),
            },
        }
    }

    /// RFC 8656 §7.2.
    fn allocate(
        &mut self,
        now: Instant,
        client: FiveTuple,
        user: &str,
        message: &Message<'_>,
    ) -> Result<Grant, Refusal> {
        let transaction = message.transaction_id();
        if let Some(allocation) = self.allocations.get(&client) {
            return Self::allocated_already(allocation, transaction, message);
        }
        match message.requested_transport() {
            Some(17) => {}
            Some(_) => return Err(Refusal::new(ErrorCode::UNSUPPORTED_TRANSPORT, "Only UDP")),
            None => return Err(Refusal::new(ErrorCode::BAD_REQUEST, "Transport missing")),
        }
        let (families, missing) = self.families(message)?;
        let of_user = self.allocations.values().filter(|it| it.user == user);
        if of_user.count() >= self.config.quota {
            let code = ErrorCode::ALLOCATION_QUOTA_REACHED;
            return Err(Refusal::new(code, "Allocation quota reached"));
        }
        let special = message.even_port().is_some() || message.reservation_token().is_some();
        if special || self.allocations.len() >= self.config.capacity {
            let code = ErrorCode::INSUFFICIENT_CAPACITY;
            return Err(Refusal::new(code, "Insufficient capacity"));
        }
        let relayed: Vec<_> = families
            .iter()
            .map(|&ip| self.relayed_address(ip))
            .collect();
        let asked = message.lifetime().filter(|&seconds| seconds > 0);
        let lifetime = self.config.granted(asked);
        let allocation =
            Allocation::new(now, user.to_owned(), relayed.clone(), lifetime, transaction);
        self.allocations.insert(client, allocation);
        Ok(Grant::Allocated {
            relayed,
            lifetime,
            missing,
        })
    }

    /// A request for an allocation that exists: again the same one (RFC 8656 §7.2), or another.
    fn allocated_already(
        allocation: &Allocation,
        transaction: TransactionId,
        message: &Message<'_>,
    ) -> Result<Grant, Refusal> {
        if allocation.transaction != transaction {
            let code = ErrorCode::ALLOCATION_MISMATCH;
            return Err(Refusal::new(code, "The allocation exists"));
        }
        let wanted = message.additional_address_family();
        Ok(Grant::Allocated {
            relayed: allocation.relayed.clone(),
            lifetime: allocation.lifetime,
            missing: wanted.filter(|_| allocation.relayed.len() < 2),
        })
    }

    /// The relay's addresses that are wanted, and the family that it lacks.
    fn families(
        &self,
        message: &Message<'_>,
    ) -> Result<(Vec<IpAddr>, Option<AddressFamily>), Refusal> {
        let relay = |family| {
            let mut relays = self.config.relays.iter();
            relays.find(|&&ip| AddressFamily::of(ip) == family).copied()
        };
        let (v4, v6) = (relay(AddressFamily::V4), relay(AddressFamily::V6));
        let lacking = || {
            Refusal::new(
                ErrorCode::ADDRESS_FAMILY_NOT_SUPPORTED,
                "Family not supported",
            )
        };
        let requested = message.requested_address_family();
        match (requested, message.additional_address_family()) {
            (Some(_), Some(_)) | (None, Some(AddressFamily::V4)) => {
                Err(Refusal::new(ErrorCode::BAD_REQUEST, "Families contradict"))
            }
            (None, Some(AddressFamily::V6)) => match (v4, v6) {
                (Some(v4), Some(v6)) => Ok((vec![v4, v6], None)),
                (Some(v4), None) => Ok((vec![v4], Some(AddressFamily::V6))),
                (None, Some(v6)) => Ok((vec![v6], Some(AddressFamily::V4))),
                (None, None) => Err(lacking()),
            },
            (Some(AddressFamily::V6), None) => Ok((vec![v6.ok_or_else(lacking)?], None)),
            (Some(AddressFamily::V4) | None, None) => Ok((vec![v4.ok_or_else(lacking)?], None)),
        }
    }

    fn relayed_address(&mut self, ip: IpAddr) -> SocketAddr {
        let port = self.next_port;
        // RFC 8656 §7.2: 49152 to 65535.
        self.next_port = port.checked_add(1).unwrap_or(super::FIRST_PORT);
        SocketAddr::new(ip, port)
    }

    /// RFC 8656 §8.2.
    fn refresh(
        &mut self,
        now: Instant,
        client: FiveTuple,
        message: &Message<'_>,
    ) -> Result<Grant, Refusal> {
        let allocation = self.allocations.get_mut(&client).ok_or_else(mismatch)?;
        if let Some(family) = message.requested_address_family() {
            let mut relayed = allocation.relayed.iter();
            if !relayed.any(|address| AddressFamily::of(address.ip()) == family) {
                return Err(family_mismatch());
            }
        }
        self.counters.last_refresh = message.lifetime();
        let lifetime = self.config.granted(message.lifetime());
        if lifetime.is_zero() {
            self.counters.deallocations += 1;
            self.allocations.remove(&client);
        } else {
            allocation.expires = now + lifetime;
        }
        Ok(Grant::Refreshed(lifetime))
    }

    /// RFC 8656 §10.2.
    fn create_permission(
        &mut self,
        now: Instant,
        client: FiveTuple,
        message: &Message<'_>,
    ) -> Result<Grant, Refusal> {
        let peers: Vec<_> = message.xor_peer_addresses().map(|peer| peer.ip()).collect();
        if peers.is_empty() {
            return Err(Refusal::new(ErrorCode::BAD_REQUEST, "No peer"));
        }
        for &peer in &peers {
            self.check_peer(client, peer)?;
        }
        let allocation = self.allocations.get_mut(&client).ok_or_else(mismatch)?;
        for peer in peers {
            allocation.permit(now, peer);
        }
        Ok(Grant::Done)
    }

    /// RFC 8656 §12.2.
    fn bind_channel(
        &mut self,
        now: Instant,
        client: FiveTuple,
        message: &Message<'_>,
    ) -> Result<Grant, Refusal> {
        let bad = || Refusal::new(ErrorCode::BAD_REQUEST, "No such binding");
        let channel = message.channel_number().ok_or_else(bad)?;
        let peer = message.xor_peer_addresses().next().ok_or_else(bad)?;
        self.check_peer(client, peer.ip())?;
        let allocation = self.allocations.get_mut(&client).ok_or_else(mismatch)?;
        match allocation.bind(now, channel, peer) {
            true => Ok(Grant::Done),
            false => Err(bad()),
        }
    }

    fn check_peer(&self, client: FiveTuple, peer: IpAddr) -> Result<(), Refusal> {
        let allocation = self.allocations.get(&client).ok_or_else(mismatch)?;
        if allocation.relayed_for(peer).is_none() {
            return Err(family_mismatch());
        }
        match self.config.denied.contains(&peer) {
            true => Err(Refusal::new(ErrorCode::FORBIDDEN, "Forbidden")),
            false => Ok(()),
        }
    }
}

fn mismatch() -> Refusal {
    Refusal::new(ErrorCode::ALLOCATION_MISMATCH, "No allocation")
}

fn family_mismatch() -> Refusal {
    let code = ErrorCode::PEER_ADDRESS_FAMILY_MISMATCH;
    Refusal::new(code, "Peer address family mismatch")
}
