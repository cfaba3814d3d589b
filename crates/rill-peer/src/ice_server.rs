use std::net::{IpAddr, Ipv6Addr};

use rill_ice::{RelayProtocol, ServerConfig, ServerHost, Service, TurnAccess};

use crate::Exception;

/// A STUN or TURN server, with one or several URLs (webrtc-pc, `RTCIceServer`).
#[derive(Clone, Default, PartialEq, Eq)]
pub struct IceServer {
    /// `stun:host[:port]` (RFC 7064), `turn:` and `turns:` (RFC 7065).
    pub urls: Vec<String>,
    /// The TURN user.
    pub username: Option<String>,
    /// The TURN password.
    pub credential: Option<String>,
}

impl core::fmt::Debug for IceServer {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        // The credential is a secret.
        f.debug_struct("IceServer")
            .field("urls", &self.urls)
            .finish_non_exhaustive()
    }
}

/// Why a server was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IceServerError {
    /// No URL was given (webrtc-pc: SyntaxError).
    #[error("an ICE server needs at least one URL, such as stun:stun.example.org")]
    NoUrl,
    /// The URL could not be read (webrtc-pc: SyntaxError).
    #[error("`{url}` is not a STUN or TURN URL: {problem}")]
    Url {
        /// The URL as given.
        url: String,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// A TURN URL without username and credential (webrtc-pc: InvalidAccessError).
    #[error("`{url}` needs a username and a credential")]
    Credentials {
        /// The URL as given.
        url: String,
    },
}

impl IceServerError {
    /// The exception that W3C gives for it.
    #[must_use]
    pub const fn exception(&self) -> Exception {
        match self {
            Self::NoUrl | Self::Url { .. } => Exception::Syntax,
            Self::Credentials { .. } => Exception::InvalidAccess,
        }
    }
}

/// A URL that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ServerUrl {
    /// Asked for candidates.
    Usable(ServerConfig),
    /// Understood, but rill cannot use it yet; gathering reports it.
    Unsupported(String),
}

impl IceServer {
    /// Reads every URL (webrtc-pc §4.4.1.6, "validate an ICE server URL").
    pub(crate) fn parse(&self) -> Result<Vec<ServerUrl>, IceServerError> {
        if self.urls.is_empty() {
            return Err(IceServerError::NoUrl);
        }
        self.urls.iter().map(|url| self.parse_url(url)).collect()
    }

    fn parse_url(&self, url: &str) -> Result<ServerUrl, IceServerError> {
        let wrong = |problem| IceServerError::Url {
            url: url.to_owned(),
            problem,
        };
        let (scheme, rest) = url
            .split_once(':')
            .ok_or_else(|| wrong("it has no scheme"))?;
        let (authority, query) = match rest.split_once('?') {
            Some((authority, query)) => (authority, Some(query)),
            None => (rest, None),
        };
        let scheme = scheme.to_ascii_lowercase();
        let secure = scheme.ends_with('s');
        let (host, port) = split_authority(authority, secure).map_err(wrong)?;
        match scheme.as_str() {
            "stun" | "stuns" if query.is_some() => Err(wrong("a stun URL takes no query")),
            "stun" => Ok(ServerUrl::Usable(ServerConfig {
                url: url.to_owned(),
                host,
                port,
                service: Service::Stun,
            })),
            "stuns" => Ok(ServerUrl::Unsupported(url.to_owned())),
            "turn" | "turns" => {
                let protocol = relay_protocol(secure, query).map_err(wrong)?;
                // webrtc-pc §4.4.1.6: both are required for TURN.
                let (Some(username), Some(password)) = (&self.username, &self.credential) else {
                    return Err(IceServerError::Credentials {
                        url: url.to_owned(),
                    });
                };
                let Some(protocol) = protocol else {
                    return Ok(ServerUrl::Unsupported(url.to_owned()));
                };
                let access = TurnAccess {
                    protocol,
                    username: username.clone(),
                    password: password.clone(),
                };
                Ok(ServerUrl::Usable(ServerConfig {
                    url: url.to_owned(),
                    host,
                    port,
                    service: Service::Turn(access),
                }))
            }
            _ => Err(wrong("its scheme must be stun, stuns, turn or turns")),
        }
    }
}

/// How a TURN server is reached (RFC 7065 §3.1). `None` for DTLS over UDP, which rill does not speak.
fn relay_protocol(
    secure: bool,
    query: Option<&str>,
) -> Result<Option<RelayProtocol>, &'static str> {
    match (secure, query) {
        (false, None | Some("transport=udp")) => Ok(Some(RelayProtocol::Udp)),
        (false, Some("transport=tcp")) => Ok(Some(RelayProtocol::Tcp)),
        (true, None | Some("transport=tcp")) => Ok(Some(RelayProtocol::Tls)),
        (true, Some("transport=udp")) => Ok(None),
        (_, Some(_)) => Err("its query must be transport=udp or transport=tcp"),
    }
}

/// `host[:port]` with IPv6 addresses in brackets (RFC 7064 §3.1).
fn split_authority(authority: &str, secure: bool) -> Result<(ServerHost, u16), &'static str> {
    let default = if secure { 5349 } else { 3478 };
    let (host, port) = if let Some(rest) = authority.strip_prefix('[') {
        let (host, tail) = rest.split_once(']').ok_or("the bracket is not closed")?;
        let address: Ipv6Addr = host.parse().map_err(|_| "the IPv6 address is malformed")?;
        let port = match tail {
            "" => None,
            tail => Some(tail.strip_prefix(':').ok_or("text follows the bracket")?),
        };
        (ServerHost::Ip(IpAddr::V6(address)), port)
    } else {
        let (host, port) = match authority.split_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (authority, None),
        };
        (named_host(host)?, port)
    };
    let port = port.map_or(Ok(default), |port| {
        port.parse()
            .ok()
            .filter(|&port| port != 0)
            .ok_or("the port must be 1 to 65535")
    })?;
    Ok((host, port))
}

fn named_host(host: &str) -> Result<ServerHost, &'static str> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_');
    if host.is_empty() {
        return Err("the host is missing");
    }
    if host.len() > 253 || !host.chars().all(allowed) {
        return Err("the host has characters that a name cannot have");
    }
    Ok(host
        .parse()
        .map_or_else(|_| ServerHost::Name(host.to_owned()), ServerHost::Ip))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(url: &str) -> Result<Vec<ServerUrl>, IceServerError> {
        IceServer {
            urls: vec![url.to_owned()],
            ..IceServer::default()
        }
        .parse()
    }

    fn stun(url: &str) -> (ServerHost, u16) {
        match parse(url).unwrap().remove(0) {
            ServerUrl::Usable(server) => (server.host, server.port),
            ServerUrl::Unsupported(url) => panic!("{url} is not supported"),
        }
    }

    #[test]
    fn host_and_port_are_read() {
        assert_eq!(
            stun("stun:example.org"),
            (ServerHost::Name("example.org".into()), 3478)
        );
        assert_eq!(
            stun("STUN:192.0.2.1:5000"),
            (ServerHost::Ip([192, 0, 2, 1].into()), 5000)
        );
        assert_eq!(
            stun("stun:[::1]:99"),
            (ServerHost::Ip(IpAddr::V6(Ipv6Addr::LOCALHOST)), 99)
        );
    }

    #[test]
    fn malformed_urls_name_the_problem() {
        for (url, word) in [
            ("example.org", "scheme"),
            ("http:example.org", "scheme"),
            ("stun:", "host"),
            ("stun:a b", "characters"),
            ("stun:x:0", "port"),
            ("stun:x:65536", "port"),
            ("stun:[::1", "bracket"),
            ("stun:x?transport=udp", "query"),
            ("turn:x?transport=sctp", "query"),
        ] {
            let error = parse(url).unwrap_err();
            assert!(error.to_string().contains(word), "{url}: {error}");
            assert_eq!(error.exception(), Exception::Syntax);
        }
    }

    #[test]
    fn turn_needs_credentials() {
        assert_eq!(
            parse("turn:x").unwrap_err().exception(),
            Exception::InvalidAccess
        );
        let server = IceServer {
            urls: vec!["turn:x?transport=tcp".into()],
            username: Some("u".into()),
            credential: Some("secret".into()),
        };
        assert!(!format!("{server:?}").contains("secret"));
        assert!(!format!("{:?}", server.parse().unwrap()).contains("secret"));
    }

    fn turn(url: &str) -> Option<(RelayProtocol, u16)> {
        let server = IceServer {
            urls: vec![url.to_owned()],
            username: Some("u".into()),
            credential: Some("secret".into()),
        };
        match server.parse().unwrap().remove(0) {
            ServerUrl::Usable(ServerConfig {
                service: Service::Turn(access),
                port,
                ..
            }) => Some((access.protocol, port)),
            ServerUrl::Usable(_) => panic!("{url} is no STUN server"),
            ServerUrl::Unsupported(_) => None,
        }
    }

    #[test]
    fn a_turn_url_says_how_the_server_is_reached() {
        use RelayProtocol::{Tcp, Tls, Udp};
        assert_eq!(turn("turn:x"), Some((Udp, 3478)));
        assert_eq!(turn("turn:x:99?transport=udp"), Some((Udp, 99)));
        assert_eq!(turn("turn:x?transport=tcp"), Some((Tcp, 3478)));
        assert_eq!(turn("turns:x"), Some((Tls, 5349)));
        assert_eq!(turn("turns:x:443?transport=tcp"), Some((Tls, 443)));
        assert_eq!(turn("turns:x?transport=udp"), None);
    }
}
