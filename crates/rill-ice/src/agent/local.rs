//! Candidates of ours: made, held back, and told of (RFC 8445 §5.1.1, RFC 8838 §9).

use std::net::{IpAddr, SocketAddr};

use crate::candidate::{FoundationKey, LocalId, candidate_priority};
use crate::context::Context;
use crate::gather::Base;
use crate::session::Session;
use crate::{Event, HostAddresses, Kind, LocalCandidate, RelayProtocol};

/// What distinguishes a candidate from others of its base.
pub(super) struct Draft {
    pub(super) kind: Kind,
    pub(super) address: SocketAddr,
    /// The `.local` name that is told in its place.
    pub(super) name: Option<String>,
    pub(super) preference: u16,
    /// Its number, and the address it was asked at.
    pub(super) server: Option<(usize, IpAddr)>,
    /// How the server that relays is reached.
    pub(super) relay: Option<RelayProtocol>,
    pub(super) related: Option<SocketAddr>,
}

impl Session {
    /// A NAT in front of us that maps one to one needs no server to be known.
    pub(super) fn add_external(&mut self, ctx: &mut Context, base: Base) {
        if let Some(external) = ctx.config.reach.external_of(base.address.ip()) {
            let candidate = Draft {
                kind: Kind::ServerReflexive,
                address: SocketAddr::new(external, base.address.port()),
                name: None,
                preference: base.preference,
                server: None,
                relay: None,
                related: Some(ctx.shown(base.address)),
            };
            self.add_local(ctx, base, candidate);
        }
    }

    /// One that is to have a name is there at once, so that pairs can be made of what is reflexive,
    /// and is told of when the name is answered for.
    pub(super) fn add_host(&mut self, ctx: &mut Context, base: Base) {
        let name = match ctx.config.host_addresses {
            HostAddresses::Plain => None,
            HostAddresses::Mdns => Some(ctx.name_of(base.address.ip())),
        };
        let candidate = Draft {
            kind: Kind::Host,
            address: base.address,
            name: name.clone(),
            preference: base.preference,
            server: None,
            relay: None,
            related: None,
        };
        match name {
            None => self.add_local(ctx, base, candidate),
            Some(name) => {
                self.hold_local(ctx, base, candidate);
                ctx.requests.register_name(self.key, base, name);
                self.gatherer.outstanding += 1;
            }
        }
    }

    /// Adds a candidate and tells of it, unless it is redundant (RFC 8838 §9).
    pub(super) fn add_local(&mut self, ctx: &mut Context, base: Base, draft: Draft) {
        if let Some(id) = self.hold_local(ctx, base, draft) {
            self.offer(ctx, id);
        }
    }

    /// Tells of a candidate.
    pub(super) fn offer(&mut self, ctx: &mut Context, id: LocalId) {
        ctx.push(Event::LocalCandidate {
            transport: self.key.transport,
            generation: self.key.generation,
            candidate: self.local.candidates.offer(id),
        });
    }

    /// Adds a candidate that nobody is told of yet.
    fn hold_local(&mut self, ctx: &mut Context, base: Base, draft: Draft) -> Option<LocalId> {
        let foundation = ctx.foundations.of(FoundationKey {
            kind: draft.kind,
            base: base.address.ip(),
            server: draft.server.map(|(_, address)| address),
            relay: draft.relay,
        });
        let url = |(index, _): (usize, IpAddr)| self.gatherer.servers[index].config.url.clone();
        let candidate = LocalCandidate {
            kind: draft.kind,
            address: draft.address,
            name: draft.name,
            base: base.address,
            related: draft.related,
            foundation: foundation.text(),
            priority: candidate_priority(draft.kind, draft.preference),
            url: draft.server.map(url),
            relay_protocol: draft.relay,
            socket: base.socket,
        };
        self.local.candidates.add(candidate, foundation)
    }
}
