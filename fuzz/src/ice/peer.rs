//! What a peer, or somebody who would like to be one, sends to the agent.

use std::net::SocketAddr;

use rill_ice::{Credentials, Path};
use rill_stun::{Class, Message, Method, TransactionId, Writer};

use super::world::{World, remote};
use crate::script::Script;

/// The peer's credentials in one of four generations.
pub(super) fn credentials(choice: u8) -> Credentials {
    let number = choice & 3;
    Credentials {
        ufrag: format!("peer{number}"),
        pwd: format!("peer-password-number-{number}"),
    }
}

/// A Binding request: signed, unless the script wants it otherwise.
pub(super) fn check(world: &mut World, script: &mut Script<'_>) {
    let (at, from, flags) = (script.byte(), script.byte(), script.byte());
    let Some(own) = world.local_credentials(script.byte()) else {
        return;
    };
    let right_key = flags & 1 == 0;
    let key = if right_key { own.pwd.as_str() } else { "guess" };
    let peer = credentials(flags >> 6);
    let mut bytes = Vec::new();
    let name = script.byte();
    let id = TransactionId([name; 12]);
    let mut writer = Writer::new(&mut bytes, Class::Request, Method::BINDING, id);
    writer = writer.username(format!("{}:{}", own.ufrag, peer.ufrag));
    if flags & 2 == 0 {
        writer = writer.priority(u32::from(script.word()) << 15 | 1);
    }
    let tie_breaker = u64::from(script.byte()) << 56;
    writer = match flags >> 2 & 3 {
        0 | 1 => writer.ice_controlling(tie_breaker),
        2 => writer.ice_controlled(tie_breaker),
        _ => writer,
    };
    if flags & 16 == 16 {
        writer = writer.use_candidate();
    }
    if name & 8 == 8 {
        writer = writer.nomination(u32::from(name & 7));
    }
    let is_signed = flags & 32 == 0;
    if is_signed {
        writer = writer.message_integrity(key.as_bytes());
    }
    writer.fingerprint().finish();
    if is_signed && right_key {
        // The agent may answer, and check in turn.
        world.allow(remote(from));
    }
    world.receive(at, from, bytes);
}

/// A response to one of the datagrams that the agent sent lately.
pub(super) fn answer(world: &mut World, script: &mut Script<'_>) {
    let Some((to, request)) = world.sent(script.byte()) else {
        return;
    };
    let flags = script.byte();
    let Ok(request) = Message::parse(&request) else {
        return;
    };
    if request.class() != Class::Request {
        return;
    }
    let username = request
        .username()
        .map(|name| String::from_utf8_lossy(name).into_owned());
    // The peer's part stands first in what the agent sends; a server's request has none.
    let peer = username.as_deref().and_then(|name| name.split(':').next());
    let key = (0..4)
        .map(credentials)
        .find(|credentials| Some(credentials.ufrag.as_str()) == peer);
    let mut bytes = Vec::new();
    let class = if flags & 3 == 3 {
        Class::Error
    } else {
        Class::Success
    };
    let writer = Writer::new(&mut bytes, class, Method::BINDING, request.transaction_id());
    let mapped: SocketAddr = match flags >> 2 & 3 {
        0 => world.own_address(to.socket),
        1 => ([203, 0, 113, 5], 4000).into(),
        2 => ([203, 0, 113, flags], 4000).into(),
        _ => ([0x2001, 0xdb8, 0, 0, 0, 0, 0, 5], 4000).into(),
    };
    let code = [487, 400, 401, 500][usize::from(flags >> 4 & 3)];
    let writer = match class {
        Class::Error => writer.error_code(code, "no"),
        _ => writer.xor_mapped_address(mapped),
    };
    let is_forged = flags & 64 == 64;
    let writer = match &key {
        Some(_) if is_forged => writer.message_integrity(b"guess"),
        Some(key) => writer.message_integrity(key.pwd.as_bytes()),
        None => writer,
    };
    writer.fingerprint().finish();
    let from = if flags & 128 == 128 {
        ([192, 0, 2, 250], 9).into()
    } else {
        to.remote
    };
    if !is_forged && from == to.remote {
        world.answered(from.ip());
    }
    world.deliver(Path { remote: from, ..to }, bytes);
}
