//! The servers that commands ask, as arguments.

use clap::Args;
use rill::{IceServer, Loopback};
use thiserror::Error;

use crate::stun_url::StunUrl;
use crate::turn_url::TurnUrl;

/// Where the password is looked for that the arguments do not have: others see arguments.
const CREDENTIAL: &str = "RILL_CREDENTIAL";

/// STUN and TURN servers, and who asks.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct ServerArguments {
    /// STUN servers to ask, such as stun:stun.example.org:3478.
    #[arg(long, value_name = "URL", num_args = 1..)]
    pub(crate) stun: Vec<StunUrl>,
    /// TURN servers to ask, such as turn:turn.example.org, turn:turn.example.org?transport=tcp or
    /// turns:turn.example.org:443 (TLS); with --username and --credential.
    #[arg(long, value_name = "URL", num_args = 1.., requires = "username")]
    pub(crate) turn: Vec<TurnUrl>,
    /// The user name for the TURN servers.
    #[arg(long, value_name = "NAME")]
    pub(crate) username: Option<String>,
    /// The password for the TURN servers; better given in the environment variable
    /// `RILL_CREDENTIAL`, where other users of this machine do not see it.
    #[arg(long, value_name = "PASSWORD")]
    pub(crate) credential: Option<String>,
}

/// Why the servers cannot be asked.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub(crate) enum ServerArgumentsError {
    #[error(
        "The TURN servers need a password: give it with --credential, or in the environment variable {CREDENTIAL}."
    )]
    NoCredential,
}

impl ServerArguments {
    /// The servers, STUN first.
    ///
    /// # Errors
    ///
    /// When there is no password for the TURN servers.
    pub(crate) fn ice_servers(&self) -> Result<Vec<IceServer>, ServerArgumentsError> {
        let stun = self.stun.iter().map(|url| IceServer {
            urls: vec![url.to_string()],
            ..IceServer::default()
        });
        let mut servers: Vec<IceServer> = stun.collect();
        if !self.turn.is_empty() {
            servers.push(self.relays()?);
        }
        Ok(servers)
    }

    /// The TURN servers alone.
    fn relays(&self) -> Result<IceServer, ServerArgumentsError> {
        let credential = self.credential.clone();
        let credential = credential.or_else(|| std::env::var(CREDENTIAL).ok());
        Ok(IceServer {
            urls: self.turn.iter().map(ToString::to_string).collect(),
            username: self.username.clone(),
            credential: Some(credential.ok_or(ServerArgumentsError::NoCredential)?),
        })
    }

    /// The URLs of all.
    pub(crate) fn urls(&self) -> Vec<String> {
        let stun = self.stun.iter().map(ToString::to_string);
        stun.chain(self.turn.iter().map(ToString::to_string))
            .collect()
    }

    /// Loopback addresses are of use where a server is on this machine.
    pub(crate) fn loopback(&self) -> Loopback {
        let is_here = self.stun.iter().any(StunUrl::is_loopback)
            || self.turn.iter().any(TurnUrl::is_loopback);
        if is_here {
            Loopback::Always
        } else {
            Loopback::WhenAlone
        }
    }
}
