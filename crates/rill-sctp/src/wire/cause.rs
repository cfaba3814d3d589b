//! Error causes: why an ABORT or ERROR was sent (RFC 9260 §3.3.10).

use std::fmt;

use super::{parameter::parameters, u16_at};

/// How much of the peer's own words is passed on.
const WORDS: usize = 128;

/// A cause that we give.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cause<'a> {
    UnrecognizedChunk(&'a [u8]),
    NoUserData(u32),
    UserAbort,
    ProtocolViolation(&'a str),
}

impl Cause<'_> {
    /// Appends the cause.
    pub(crate) fn write(&self, out: &mut Vec<u8>) {
        let (code, value) = match self {
            Self::UnrecognizedChunk(chunk) => (6_u16, *chunk),
            Self::NoUserData(tsn) => return write(out, 9, &tsn.to_be_bytes()),
            Self::UserAbort => (12, &[][..]),
            Self::ProtocolViolation(text) => (13, text.as_bytes()),
        };
        write(out, code, value);
    }

    /// What the causes in an ABORT say, in words.
    pub(crate) fn describe(value: &[u8]) -> String {
        let causes: Vec<_> = parameters(value)
            .take(4)
            .map(|cause| Described(cause.kind, cause.value).to_string())
            .collect();
        if causes.is_empty() {
            return "no cause given".into();
        }
        causes.join(", ")
    }

    /// Whether an ERROR says that our cookie came too late.
    pub(crate) fn is_stale_cookie(value: &[u8]) -> bool {
        parameters(value).any(|cause| cause.kind == 3)
    }
}

fn write(out: &mut Vec<u8>, code: u16, value: &[u8]) {
    super::parameter::write(out, code, |out| out.extend_from_slice(value));
}

/// A cause of the peer's.
struct Described<'a>(u16, &'a [u8]);

impl fmt::Display for Described<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(code, value) = self;
        let name = match code {
            1 => {
                let stream = u16_at(value, 0).unwrap_or_default();
                return write!(f, "invalid stream identifier {stream}");
            }
            2 => "missing mandatory parameter",
            3 => "stale cookie",
            4 => "out of resource",
            5 => "unresolvable address",
            6 => "unrecognized chunk type",
            7 => "invalid mandatory parameter",
            8 => "unrecognized parameters",
            9 => "no user data",
            10 => "cookie received while shutting down",
            11 => "restart of an association with new addresses",
            12 => "user-initiated abort",
            13 => "protocol violation",
            _ => return write!(f, "cause {code}"),
        };
        f.write_str(name)?;
        if matches!(code, 12 | 13) && !value.is_empty() {
            let words = &value[..value.len().min(WORDS)];
            write!(f, " \"{}\"", words.escape_ascii())?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn causes_are_told_in_words() {
        let mut value = Vec::new();
        Cause::UserAbort.write(&mut value);
        Cause::ProtocolViolation("no\n").write(&mut value);
        Cause::NoUserData(4).write(&mut value);
        assert_eq!(
            Cause::describe(&value),
            r#"user-initiated abort, protocol violation "no\n", no user data"#
        );
        assert_eq!(Cause::describe(&[]), "no cause given");
        assert_eq!(Cause::describe(&[0, 99, 0, 4]), "cause 99");
        let long = [b'x'; 5000];
        let text = std::str::from_utf8(&long).expect("ASCII");
        value.clear();
        Cause::ProtocolViolation(text).write(&mut value);
        assert!(Cause::describe(&value).len() < 200);
    }

    #[test]
    fn a_stale_cookie_is_known() {
        assert!(Cause::is_stale_cookie(&[0, 3, 0, 8, 0, 0, 0, 1]));
        assert!(!Cause::is_stale_cookie(&[0, 4, 0, 4]));
    }
}
