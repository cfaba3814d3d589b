//! Long-term credentials, the server's side (RFC 8489 §9.2.4).

use std::collections::BTreeMap;
use std::time::Instant;

use rill_stun::{
    Algorithm, Check, ErrorCode, IntegrityKey, Message, PasswordAlgorithm, Writer, userhash,
};

use super::FiveTuple;
use super::config::Config;
use super::refusal::Refusal;

/// In the server's order of preference.
pub(super) const ALGORITHMS: [PasswordAlgorithm; 2] =
    [PasswordAlgorithm::Sha256, PasswordAlgorithm::Md5];

/// Who sent a request, and how the answer is protected.
#[derive(Debug)]
pub(super) struct Session {
    pub(super) user: String,
    key: IntegrityKey,
    algorithm: Algorithm,
}

impl Session {
    pub(super) fn seal<'b>(&self, writer: Writer<'b>) -> Writer<'b> {
        match self.algorithm {
            Algorithm::HmacSha1 => writer.message_integrity_with(&self.key),
            Algorithm::HmacSha256 => writer.message_integrity_sha256_with(&self.key),
        }
    }
}

/// The nonces given out, one per client at a time. They differ without chance: tests compare traces.
#[derive(Clone, Debug, Default)]
pub(super) struct Nonces {
    given: u64,
    current: BTreeMap<FiveTuple, Nonce>,
}

#[derive(Clone, Debug)]
struct Nonce {
    text: Vec<u8>,
    since: Instant,
    requests: usize,
}

impl Nonces {
    /// Forgets them all, as a restart does.
    pub(super) fn clear(&mut self) {
        self.current.clear();
    }

    /// The nonce for a client: its own if it is good, else a new one.
    pub(super) fn give(&mut self, now: Instant, client: FiveTuple, config: &Config) -> Vec<u8> {
        if let Some(nonce) = self.current.get(&client)
            && nonce.is_good(now, config)
        {
            return nonce.text.clone();
        }
        self.given += 1;
        let mut text = config.features.cookie().to_vec();
        text.extend_from_slice(format!("nonce{}", self.given).as_bytes());
        let nonce = Nonce {
            text: text.clone(),
            since: now,
            requests: 0,
        };
        self.current.insert(client, nonce);
        text
    }

    /// Counts a request with a nonce; whether it is still good.
    fn take(&mut self, now: Instant, client: FiveTuple, text: &[u8], config: &Config) -> bool {
        let nonce = self.current.get_mut(&client);
        let good = nonce.filter(|nonce| nonce.text == text && nonce.is_good(now, config));
        good.map(|nonce| nonce.requests += 1).is_some()
    }
}

impl Nonce {
    fn is_good(&self, now: Instant, config: &Config) -> bool {
        self.requests < config.nonce_requests && now - self.since < config.nonce_lifetime
    }
}

/// Checks a request in the order of RFC 8489 §9.2.4.
pub(super) fn authenticate(
    now: Instant,
    client: FiveTuple,
    message: &Message<'_>,
    config: &Config,
    nonces: &mut Nonces,
) -> Result<Session, Refusal> {
    if message.integrity_algorithm().is_none() {
        return Err(Refusal::challenge(
            ErrorCode::UNAUTHENTICATED,
            "Unauthenticated",
        ));
    }
    let named = message.username().is_some() || message.userhash().is_some();
    let (Some(realm), Some(nonce), true) = (message.realm(), message.nonce(), named) else {
        return Err(Refusal::new(
            ErrorCode::BAD_REQUEST,
            "Credentials incomplete",
        ));
    };
    let (password_algorithm, algorithm) = algorithms(message, config)?;
    let wrong = || Refusal::challenge(ErrorCode::UNAUTHENTICATED, "Wrong credentials");
    let (user, password) = user(message, config).ok_or_else(wrong)?;
    let key = IntegrityKey::long_term(password_algorithm, user, realm, password);
    let right_realm = realm == config.realm.as_bytes();
    if !right_realm || message.verify_integrity_with(&key) != Check::Valid {
        return Err(wrong());
    }
    if !nonces.take(now, client, nonce, config) {
        return Err(Refusal::challenge(ErrorCode::STALE_NONCE, "Stale nonce"));
    }
    Ok(Session {
        user: user.to_owned(),
        key,
        algorithm,
    })
}

/// How the request's key was made, and how the response is to be protected.
fn algorithms(
    message: &Message<'_>,
    config: &Config,
) -> Result<(PasswordAlgorithm, Algorithm), Refusal> {
    let offered = config.features.password_algorithms;
    let list = message.password_algorithms();
    match (message.password_algorithm(), list) {
        (None, None) => Ok((PasswordAlgorithm::Md5, Algorithm::HmacSha1)),
        _ if !offered => Ok((PasswordAlgorithm::Md5, Algorithm::HmacSha1)),
        (Some(algorithm), Some(list)) if list.as_bytes() == encoded_algorithms() => {
            Ok((algorithm, Algorithm::HmacSha256))
        }
        _ => Err(Refusal::new(ErrorCode::BAD_REQUEST, "Algorithms changed")),
    }
}

pub(super) fn encoded_algorithms() -> Vec<u8> {
    ALGORITHMS
        .iter()
        .flat_map(|algorithm| algorithm.encode())
        .collect()
}

/// The user that a request names, with its password.
fn user<'c>(message: &Message<'_>, config: &'c Config) -> Option<(&'c str, &'c str)> {
    let is_named = |name: &str| match message.userhash() {
        Some(hash) => {
            config.features.username_anonymity && hash == userhash(name, config.realm.as_bytes())
        }
        None => message.username() == Some(name.as_bytes()),
    };
    let mut users = config.users.iter();
    let (name, password) = users.find(|(name, _)| is_named(name))?;
    Some((name, password))
}
