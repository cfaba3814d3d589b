//! A TURN server that keeps the rules unless its fields tell it to break one.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, SocketAddr};

use rill_stun::{
    AddressErrorCode, AddressFamily, ChannelNumber, Class, ErrorCode, IntegrityKey, Message,
    Method, PasswordAlgorithm, SecurityFeatures, Writer, kind, userhash,
};

pub(crate) const USERNAME: &str = "alice";
pub(crate) const PASSWORD: &str = "wonderland";

/// How a response is protected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Protection {
    /// By the key of the request.
    Right,
    /// By another key.
    WrongKey,
    /// By MESSAGE-INTEGRITY, whatever the request had.
    Sha1,
    None,
}

/// What to answer to a method, in place of what is right.
#[derive(Clone, Debug)]
pub(crate) struct Refusal {
    pub(crate) code: u16,
    pub(crate) reason: String,
    /// How often, before all is well again.
    pub(crate) times: usize,
}

#[derive(Debug)]
pub(crate) struct Server {
    /// Whether it asks for credentials.
    pub(crate) asks: bool,
    pub(crate) realm: Vec<u8>,
    pub(crate) nonce: Vec<u8>,
    pub(crate) features: Option<SecurityFeatures>,
    /// PASSWORD-ALGORITHMS.
    pub(crate) algorithms: Option<Vec<u8>>,
    pub(crate) password: &'static str,
    pub(crate) protection: Protection,
    pub(crate) refusals: BTreeMap<Method, Refusal>,
    pub(crate) alternate: Option<(SocketAddr, Option<&'static str>)>,
    pub(crate) relayed: Vec<SocketAddr>,
    pub(crate) mapped: Option<SocketAddr>,
    /// The family that it has no address of, and its code.
    pub(crate) lacks: Option<(AddressFamily, u16)>,
    pub(crate) lifetime: Option<u32>,
    /// A comprehension-required attribute that nobody knows.
    pub(crate) puzzle: bool,
    /// Whether it gives addresses of families that nobody asked for.
    pub(crate) generous: bool,
    /// A NONCE in its successes.
    pub(crate) stray_nonce: Option<&'static [u8]>,
    /// What it knows.
    pub(crate) allocated: bool,
    pub(crate) permissions: BTreeSet<IpAddr>,
    pub(crate) channels: BTreeMap<ChannelNumber, SocketAddr>,
}

impl Server {
    pub(crate) fn new() -> Self {
        Self {
            asks: true,
            realm: b"example.org".to_vec(),
            nonce: b"first nonce".to_vec(),
            features: None,
            algorithms: None,
            password: PASSWORD,
            protection: Protection::Right,
            refusals: BTreeMap::new(),
            alternate: None,
            relayed: vec![address("192.0.2.15:50000"), address("[2001:db8::15]:50001")],
            mapped: Some(address("198.51.100.7:1234")),
            lacks: None,
            lifetime: Some(600),
            puzzle: false,
            generous: false,
            stray_nonce: None,
            allocated: false,
            permissions: BTreeSet::new(),
            channels: BTreeMap::new(),
        }
    }

    pub(crate) fn refuse(&mut self, method: Method, code: u16, times: usize) {
        let reason = "as told".to_owned();
        self.refusals.insert(
            method,
            Refusal {
                code,
                reason,
                times,
            },
        );
    }

    /// What it answers to a request.
    pub(crate) fn answer(&mut self, request: &[u8]) -> Vec<u8> {
        let message = Message::parse(request).expect("clients send sound messages");
        assert_eq!(message.class(), Class::Request);
        if let Some(refusal) = self.refusals.get_mut(&message.method())
            && refusal.times > 0
        {
            refusal.times -= 1;
            let Refusal { code, reason, .. } = refusal.clone();
            return self.error(&message, code, &reason);
        }
        if self.asks
            && let Err(code) = self.check(&message)
        {
            return self.error(&message, code, "");
        }
        if message.method() != Method::ALLOCATE && !self.allocated {
            return self.error(&message, ErrorCode::ALLOCATION_MISMATCH, "no allocation");
        }
        match message.method() {
            Method::ALLOCATE => self.allocate(&message),
            Method::REFRESH => self.refresh(&message),
            Method::CREATE_PERMISSION => self.permit(&message),
            Method::CHANNEL_BIND => self.bind(&message),
            other => panic!("no request of a client: {other:?}"),
        }
    }

    /// RFC 8489 §9.2.4.
    fn check(&self, message: &Message<'_>) -> Result<(), u16> {
        if message.integrity_algorithm().is_none() {
            return Err(401);
        }
        let features = self.features.unwrap_or_default();
        let user = match features.username_anonymity {
            true => message.userhash() == Some(userhash(USERNAME, &self.realm)),
            false => message.username() == Some(USERNAME.as_bytes()),
        };
        if message.nonce() != Some(&self.nonce()) {
            return Err(438);
        }
        let listed = message
            .password_algorithms()
            .map(|list| list.as_bytes().to_vec());
        if listed != self.algorithms || message.password_algorithm().is_some() != listed.is_some() {
            return Err(400);
        }
        let right = message.realm() == Some(&self.realm) && user;
        match right && message.verify_integrity_with(&self.key(message)) == rill_stun::Check::Valid
        {
            true => Ok(()),
            false => Err(401),
        }
    }

    fn key(&self, message: &Message<'_>) -> IntegrityKey {
        let algorithm = message
            .password_algorithm()
            .unwrap_or(PasswordAlgorithm::Md5);
        IntegrityKey::long_term(algorithm, USERNAME, &self.realm, self.password)
    }

    fn nonce(&self) -> Vec<u8> {
        let cookie = self.features.map(SecurityFeatures::cookie);
        [
            cookie.as_ref().map_or(&[][..], |cookie| cookie),
            &self.nonce,
        ]
        .concat()
    }

    fn error(&self, request: &Message<'_>, code: u16, reason: &str) -> Vec<u8> {
        let mut buffer = Vec::new();
        let id = request.transaction_id();
        let mut writer =
            Writer::new(&mut buffer, Class::Error, request.method(), id).error_code(code, reason);
        if matches!(code, 401 | 438) {
            writer = writer.realm(&self.realm).nonce(&self.nonce());
            if let Some(list) = &self.algorithms {
                writer = writer.password_algorithms(list);
            }
            writer.finish();
            return buffer;
        }
        if let (300, Some((server, domain))) = (code, self.alternate) {
            writer = writer.alternate_server(server);
            if let Some(domain) = domain {
                writer = writer.alternate_domain(domain);
            }
        }
        self.protect(request, writer);
        buffer
    }

    fn protect(&self, request: &Message<'_>, writer: Writer<'_>) {
        let key = match self.protection {
            Protection::WrongKey => IntegrityKey::new(b"another"),
            _ => self.key(request),
        };
        let is_strong = request.password_algorithms().is_some();
        if request.integrity_algorithm().is_none() || self.protection == Protection::None {
            writer.finish();
        } else if is_strong && self.protection != Protection::Sha1 {
            writer.message_integrity_sha256_with(&key).finish();
        } else {
            writer.message_integrity_with(&key).finish();
        }
    }

    fn allocate(&mut self, request: &Message<'_>) -> Vec<u8> {
        assert_eq!(request.requested_transport(), Some(17), "UDP to the peers");
        let mut buffer = Vec::new();
        let id = request.transaction_id();
        let mut writer = Writer::new(&mut buffer, Class::Success, Method::ALLOCATE, id);
        let wanted = match (
            request.additional_address_family(),
            request.requested_address_family(),
        ) {
            (Some(_), _) => [AddressFamily::V4, AddressFamily::V6].to_vec(),
            (None, Some(family)) => [family].to_vec(),
            (None, None) => [AddressFamily::V4].to_vec(),
        };
        for relayed in &self.relayed {
            let family = AddressFamily::of(relayed.ip());
            if let Some((_, code)) = self.lacks.filter(|(lacked, _)| *lacked == family) {
                let error = ErrorCode { code, reason: "" };
                writer = writer.address_error_code(AddressErrorCode { family, error });
            } else if wanted.contains(&family) || self.generous {
                writer = writer.xor_relayed_address(*relayed);
            }
        }
        if let Some(mapped) = self.mapped {
            writer = writer.xor_mapped_address(mapped);
        }
        if let Some(lifetime) = self.lifetime {
            writer = writer.lifetime(lifetime);
        }
        if self.puzzle {
            writer = writer.raw(0x7abc, b"?");
        }
        if let Some(nonce) = self.stray_nonce {
            writer = writer.nonce(nonce);
        }
        self.allocated = true;
        self.protect(request, writer);
        buffer
    }

    fn refresh(&mut self, request: &Message<'_>) -> Vec<u8> {
        self.allocated = request.lifetime() != Some(0);
        let lifetime = if self.allocated {
            self.lifetime.unwrap_or(600)
        } else {
            0
        };
        self.succeed(request, |writer| writer.lifetime(lifetime))
    }

    fn permit(&mut self, request: &Message<'_>) -> Vec<u8> {
        self.permissions
            .extend(request.xor_peer_addresses().map(|peer| peer.ip()));
        self.succeed(request, |writer| writer)
    }

    fn bind(&mut self, request: &Message<'_>) -> Vec<u8> {
        let number = request.channel_number().expect("CHANNEL-NUMBER in range");
        let peer = request
            .xor_peer_addresses()
            .next()
            .expect("XOR-PEER-ADDRESS");
        let before = self.channels.insert(number, peer);
        assert!(
            before.is_none_or(|before| before == peer),
            "a number for two peers"
        );
        self.permissions.insert(peer.ip());
        self.succeed(request, |writer| writer)
    }

    fn succeed(
        &self,
        request: &Message<'_>,
        fill: impl for<'b> Fn(Writer<'b>) -> Writer<'b>,
    ) -> Vec<u8> {
        let mut buffer = Vec::new();
        let id = request.transaction_id();
        let mut writer = Writer::new(&mut buffer, Class::Success, request.method(), id);
        if self.puzzle {
            writer = writer.raw(0x7abc, b"?");
        }
        self.protect(request, fill(writer));
        buffer
    }

    /// A Data indication from a peer.
    pub(crate) fn data(peer: SocketAddr, data: &[u8]) -> Vec<u8> {
        let mut buffer = Vec::new();
        let id = rill_stun::TransactionId([9; 12]);
        Writer::new(&mut buffer, Class::Indication, Method::DATA, id)
            .xor_peer_address(peer)
            .raw(kind::DATA, data)
            .finish();
        buffer
    }
}

pub(crate) fn address(text: &str) -> SocketAddr {
    text.parse().expect("a literal")
}
