//! setConfiguration and restartIce (webrtc-pc §4.4.1.6, §4.4.2).

use std::time::Instant;

use rill_ice::Credentials;
use rill_sdp::Session;

use crate::{Configuration, ConfigurationError, PeerConnection, jsep::Side};

/// Which credentials the next offer is to replace.
#[derive(Debug, Default)]
pub(super) struct Restart {
    /// `[[LocalIceCredentialsToReplace]]`
    replace: Vec<Credentials>,
    /// Those of transports that gathered with servers that were changed since: an offer replaces
    /// them, but they do not ask for one (RFC 9429 §4.1.18).
    outdated: Vec<Credentials>,
}

impl Restart {
    /// Whether an offer is needed because of it.
    pub(super) fn is_pending(&self) -> bool {
        !self.replace.is_empty()
    }

    pub(super) fn is_wanted(&self, present: &Credentials) -> bool {
        self.replace.contains(present) || self.outdated.contains(present)
    }

    /// The exchange that holds has other credentials: the restart took place
    /// (webrtc-pc §4.4.1.5).
    pub(super) fn settle(&mut self, current: &Session) {
        let is_there = |credentials: &Credentials| in_session(current).any(|c| c == *credentials);
        for list in [&mut self.replace, &mut self.outdated] {
            if !list.iter().any(is_there) {
                list.clear();
            }
        }
    }
}

fn in_session(session: &Session) -> impl Iterator<Item = Credentials> {
    session.media.iter().filter_map(|media| {
        Some(Credentials {
            ufrag: media.ice_ufrag()?.to_owned(),
            pwd: media.ice_pwd()?.to_owned(),
        })
    })
}

impl PeerConnection {
    /// Asks for an ICE restart with the next offer (webrtc-pc §4.4.2, `restartIce`):
    /// `negotiationneeded` follows. Does nothing before the first description, or once closed.
    pub fn restart_ice(&mut self, now: Instant) {
        self.restart.replace = self.used_credentials();
        self.update_negotiation_needed();
        self.pump(now);
    }

    /// Other servers or policies (webrtc-pc §4.4.2, `setConfiguration`). They have effect when the
    /// next gathering starts, and changed servers make the next offer restart ICE. What was gathered
    /// ahead is gathered anew from other servers.
    ///
    /// # Errors
    ///
    /// The connection is closed, a server cannot be read, or a member is changed that must not.
    pub fn set_configuration(
        &mut self,
        now: Instant,
        configuration: Configuration,
    ) -> Result<(), ConfigurationError> {
        if self.is_closed() {
            return Err(ConfigurationError::Closed);
        }
        let before = &self.configuration;
        if configuration.bundle_policy != before.bundle_policy {
            return Err(ConfigurationError::Unchangeable("bundlePolicy"));
        }
        if configuration.certificates != before.certificates {
            return Err(ConfigurationError::Unchangeable("certificates"));
        }
        let sized = configuration.ice_candidate_pool_size != before.ice_candidate_pool_size;
        if sized && self.was_described {
            return Err(ConfigurationError::Unchangeable("iceCandidatePoolSize"));
        }
        let servers = configuration.check()?;
        let other_servers = configuration.ice_servers != before.ice_servers;
        let gathers_anew =
            other_servers || configuration.ice_transport_policy != before.ice_transport_policy;
        if gathers_anew {
            self.restart.outdated = self.used_credentials();
            self.unsupported_servers = servers.unsupported;
            let policy = configuration.ice_transport_policy.candidates();
            self.agent.set_servers(servers.usable, policy);
        }
        self.configuration = configuration;
        if other_servers {
            self.renew_pool(now);
        }
        self.fill_pool(now);
        self.pump(now);
        Ok(())
    }

    /// Every credential of ours in an applied description.
    fn used_credentials(&self) -> Vec<Credentials> {
        let sessions = self.jsep.descriptions.sessions(Side::Local);
        sessions
            .flat_map(|session| in_session(&session).collect::<Vec<_>>())
            .collect()
    }
}
