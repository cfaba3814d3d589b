//! The cipher suite that a handshake agrees on, which the DTLS library does not tell: it is read from
//! the ServerHello, which is in the clear.

use super::hello;

/// Where the length of the session id stands in a ServerHello: after a version and a random number
/// (RFC 5246 §7.4.1.3; RFC 8446 §4.1.3 left the places as they were).
const SESSION_ID: usize = 2 + 32;

/// The name in IANA's registry of the suite of a ServerHello that begins a datagram. `None` for
/// anything else.
pub(super) fn of_server_hello(datagram: &[u8]) -> Option<&'static str> {
    let hello = hello::server_hello(datagram)?;
    let session_id = usize::from(*hello.get(SESSION_ID)?);
    let suite = hello.get(SESSION_ID + 1 + session_id..)?.first_chunk()?;
    name(u16::from_be_bytes(*suite))
}

/// Those that the library knows.
fn name(suite: u16) -> Option<&'static str> {
    Some(match suite {
        0x1301 => "TLS_AES_128_GCM_SHA256",
        0x1302 => "TLS_AES_256_GCM_SHA384",
        0x1303 => "TLS_CHACHA20_POLY1305_SHA256",
        0xc02b => "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
        0xc02c => "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
        0xcca9 => "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A record with a ServerHello that has a session id of this length.
    fn hello(session_id: u8, suite: u16) -> Vec<u8> {
        let mut body = vec![0xfe, 0xfd];
        body.extend([7; 32]);
        body.push(session_id);
        body.extend(vec![9; usize::from(session_id)]);
        body.extend(suite.to_be_bytes());
        body.push(0);
        let length = u8::try_from(body.len()).expect("it is short");
        let mut message = vec![2, 0, 0, length, 0, 0, 0, 0, 0, 0, 0, length];
        message.append(&mut body);
        let length = u8::try_from(message.len()).expect("it is short");
        let mut record = vec![22, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, length];
        record.append(&mut message);
        record
    }

    #[test]
    fn the_suite_stands_behind_the_session_id() {
        let tls13 = of_server_hello(&hello(0, 0x1302));
        assert_eq!(tls13, Some("TLS_AES_256_GCM_SHA384"));
        let tls12 = of_server_hello(&hello(32, 0xc02b));
        assert_eq!(tls12, Some("TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"));
    }

    #[test]
    fn nothing_else_is_one() {
        let whole = hello(32, 0x1301);
        for length in 0..whole.len() {
            assert_eq!(of_server_hello(&whole[..length]), None, "{length}");
        }
        let mut other = whole.clone();
        other[13] = 1;
        assert_eq!(of_server_hello(&other), None, "a ClientHello");
        assert_eq!(of_server_hello(&hello(0, 0x00ff)), None, "unknown");
    }
}
