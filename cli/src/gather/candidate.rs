//! A candidate's line taken apart for a reader (RFC 8839 §5.1).

use serde::Serialize;

/// The fields of a `candidate:` line that `rill gather` shows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Candidate {
    /// W3C's `RTCIceCandidateType`: `host`, `srflx`, …
    #[serde(rename = "type")]
    pub(super) kind: String,
    pub(super) protocol: String,
    pub(super) address: String,
    pub(super) port: u16,
    pub(super) foundation: String,
    pub(super) priority: u32,
    pub(super) related_address: Option<String>,
    pub(super) related_port: Option<u16>,
    /// The server that it came from.
    pub(super) url: Option<String>,
    /// The whole line.
    pub(super) candidate: String,
}

impl Candidate {
    pub(super) fn parse(line: &str, url: Option<String>) -> Option<Self> {
        let mut words = line.strip_prefix("candidate:")?.split(' ');
        let foundation = words.next()?.to_owned();
        let _component = words.next()?;
        let protocol = words.next()?.to_ascii_lowercase();
        let priority = words.next()?.parse().ok()?;
        let address = words.next()?.to_owned();
        let port = words.next()?.parse().ok()?;
        let mut extensions = std::iter::from_fn(|| Some((words.next()?, words.next()?)));
        let (_, kind) = extensions.next().filter(|(name, _)| *name == "typ")?;
        let kind = kind.to_owned();
        let mut candidate = Self {
            kind,
            protocol,
            address,
            port,
            foundation,
            priority,
            related_address: None,
            related_port: None,
            url,
            candidate: line.to_owned(),
        };
        for (name, value) in extensions {
            match name {
                "raddr" => candidate.related_address = Some(value.to_owned()),
                "rport" => candidate.related_port = value.parse().ok(),
                _ => {}
            }
        }
        Some(candidate)
    }

    /// Address and port as one reads them, an IPv6 address in brackets.
    pub(super) fn endpoint(&self) -> String {
        endpoint(&self.address, self.port)
    }

    /// Where a reflexive candidate was sent from.
    pub(super) fn related(&self) -> Option<String> {
        Some(endpoint(
            self.related_address.as_deref()?,
            self.related_port?,
        ))
    }
}

fn endpoint(address: &str, port: u16) -> String {
    if address.contains(':') {
        format!("[{address}]:{port}")
    } else {
        format!("{address}:{port}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reflexive_candidate_is_taken_apart() {
        let line = "candidate:3 1 UDP 1694498815 203.0.113.7 4000 typ srflx raddr 2001:db8::1 \
                    rport 5000 ufrag abcd";
        let candidate = Candidate::parse(line, Some("stun:a".to_owned())).expect("a candidate");
        assert_eq!(candidate.kind, "srflx");
        assert_eq!(candidate.protocol, "udp");
        assert_eq!(candidate.endpoint(), "203.0.113.7:4000");
        assert_eq!(candidate.related().as_deref(), Some("[2001:db8::1]:5000"));
        assert_eq!(
            (candidate.foundation.as_str(), candidate.priority),
            ("3", 1_694_498_815)
        );
    }

    #[test]
    fn what_is_not_a_candidate_is_none() {
        for line in [
            "",
            "candidate:",
            "candidate:1 1 udp 1 a 9",
            "candidate:1 1 udp 1 a 9 foo host",
            "candidate:1 1 udp x a 9 typ host",
            "candidate:1 1 udp 1 a 65536 typ host",
        ] {
            assert_eq!(Candidate::parse(line, None), None, "{line}");
        }
    }
}
