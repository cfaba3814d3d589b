//! Telling a peer's first messages from everything else, before the DTLS library sees them.
//!
//! While the version is open, dimpl takes a datagram that it does not recognise for a fatal error
//! (client) or keeps it until it has too many (server). The network may well deliver a late or a
//! foreign datagram first.

/// The record header of DTLS 1.2, and of plaintext in DTLS 1.3 (RFC 6347 §4.1, RFC 9147 §4).
const RECORD_HEADER: usize = 13;
/// The handshake message header (RFC 6347 §4.2.2).
const HANDSHAKE_HEADER: usize = 12;

const CONTENT_ALERT: u8 = 21;
const CONTENT_HANDSHAKE: u8 = 22;
const CLIENT_HELLO: u8 = 1;
const SERVER_HELLO: u8 = 2;
const HELLO_VERIFY_REQUEST: u8 = 3;
const LEVEL_FATAL: u8 = 2;

/// What a datagram begins with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Opening {
    /// A ClientHello, or a fragment of one.
    ClientHello,
    /// A whole answer to a ClientHello: it decides the version.
    ServerAnswer,
    /// A fatal alert, without protection, with its description.
    Alert(u8),
    /// Something else.
    Other,
}

/// What the first record of a datagram is.
pub(super) fn opening(datagram: &[u8]) -> Opening {
    read(datagram).unwrap_or(Opening::Other)
}

/// The body of a ServerHello that begins a datagram, whole.
pub(super) fn server_hello(datagram: &[u8]) -> Option<&[u8]> {
    let (content, body) = first_record(datagram)?;
    let (header, message) = body.split_first_chunk::<HANDSHAKE_HEADER>()?;
    let is_it = content == CONTENT_HANDSHAKE
        && header[0] == SERVER_HELLO
        && handshake(body) == Some(Opening::ServerAnswer);
    is_it.then_some(message)
}

fn read(datagram: &[u8]) -> Option<Opening> {
    let (content, body) = first_record(datagram)?;
    match content {
        CONTENT_ALERT => match *body {
            [LEVEL_FATAL, description, ..] => Some(Opening::Alert(description)),
            _ => None,
        },
        CONTENT_HANDSHAKE => handshake(body),
        _ => None,
    }
}

/// The content type and the body of a record without protection.
fn first_record(datagram: &[u8]) -> Option<(u8, &[u8])> {
    let (header, rest) = datagram.split_first_chunk::<RECORD_HEADER>()?;
    let &[
        content,
        _,
        _,
        epoch_high,
        epoch_low,
        ..,
        length_high,
        length_low,
    ] = header;
    if [epoch_high, epoch_low] != [0, 0] {
        return None;
    }
    let body = rest.get(..usize::from(u16::from_be_bytes([length_high, length_low])))?;
    Some((content, body))
}

fn handshake(body: &[u8]) -> Option<Opening> {
    let (header, message) = body.split_first_chunk::<HANDSHAKE_HEADER>()?;
    let &[kind, l0, l1, l2, _, _, o0, o1, o2, f0, f1, f2] = header;
    let [length, offset, fragment] = [[l0, l1, l2], [o0, o1, o2], [f0, f1, f2]]
        .map(|[a, b, c]| u32::from_be_bytes([0, a, b, c]));
    let whole = offset == 0 && fragment == length && message.len() >= length as usize;
    match kind {
        CLIENT_HELLO => Some(Opening::ClientHello),
        SERVER_HELLO | HELLO_VERIFY_REQUEST if whole => Some(Opening::ServerAnswer),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(content: u8, epoch: u8, body: &[u8]) -> Vec<u8> {
        let mut record = vec![
            content,
            0xfe,
            0xfd,
            0,
            epoch,
            0,
            0,
            0,
            0,
            0,
            0,
            0,
            body.len() as u8,
        ];
        record.extend_from_slice(body);
        record
    }

    fn message(kind: u8, length: u8, offset: u8, fragment: &[u8]) -> Vec<u8> {
        let size = fragment.len() as u8;
        let mut message = vec![kind, 0, 0, length, 0, 0, 0, 0, offset, 0, 0, size];
        message.extend_from_slice(fragment);
        record(CONTENT_HANDSHAKE, 0, &message)
    }

    #[test]
    fn hellos_are_recognised() {
        assert_eq!(opening(&message(1, 9, 0, &[0; 9])), Opening::ClientHello);
        assert_eq!(
            opening(&message(1, 9, 3, &[0; 6])),
            Opening::ClientHello,
            "a fragment"
        );
        assert_eq!(opening(&message(2, 9, 0, &[0; 9])), Opening::ServerAnswer);
        assert_eq!(opening(&message(3, 9, 0, &[0; 9])), Opening::ServerAnswer);
    }

    #[test]
    fn a_fragment_of_a_server_hello_decides_nothing() {
        assert_eq!(opening(&message(2, 9, 0, &[0; 8])), Opening::Other);
        assert_eq!(opening(&message(2, 9, 1, &[0; 8])), Opening::Other);
    }

    #[test]
    fn only_fatal_alerts_without_protection_count() {
        assert_eq!(opening(&record(21, 0, &[2, 40])), Opening::Alert(40));
        assert_eq!(opening(&record(21, 0, &[1, 0])), Opening::Other);
        assert_eq!(opening(&record(21, 1, &[2, 40])), Opening::Other);
        assert_eq!(opening(&record(21, 0, &[2])), Opening::Other);
    }

    #[test]
    fn what_is_cut_or_unknown_is_other() {
        let whole = message(2, 9, 0, &[0; 9]);
        for length in 0..whole.len() {
            assert_eq!(opening(&whole[..length]), Opening::Other, "{length} bytes");
        }
        assert_eq!(opening(&message(11, 9, 0, &[0; 9])), Opening::Other);
        assert_eq!(opening(&record(23, 0, &[0; 20])), Opening::Other);
        assert_eq!(opening(&[0x2f; 40]), Opening::Other);
    }
}
