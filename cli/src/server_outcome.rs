//! What became of a server, in words.

use rill::ServerOutcome;

/// The rest of a sentence that begins with the server, without a full stop.
pub(crate) fn sentence(outcome: &ServerOutcome) -> String {
    match outcome {
        ServerOutcome::Reflexive(address) => {
            format!("answered: it sees this machine as {address}")
        }
        ServerOutcome::Redundant(address) => {
            format!("answered: it sees {address}, which is a candidate already")
        }
        ServerOutcome::Relayed(address) => format!("relays for you at {address}"),
        ServerOutcome::Unusable(cause) => format!("could not be used: {cause}"),
        ServerOutcome::TimedOut => "did not answer: it is down, or something blocks the way to it".to_owned(),
        ServerOutcome::ResolveFailed(cause) => {
            format!("has a name that was not resolved: {cause}")
        }
        // It may be worded for people already.
        ServerOutcome::Rejected { code, reason } if reason.contains(&code.to_string()) => {
            format!("refused: {reason}")
        }
        ServerOutcome::Rejected { code, reason } => {
            format!("refused with error {code} ({reason})")
        }
        ServerOutcome::Unreachable => {
            "cannot be reached from any address that was gathered: none is of its family (IPv4 or IPv6)"
                .to_owned()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_names_its_code_once() {
        let said = |code, reason: &str| {
            let reason = reason.to_owned();
            sentence(&ServerOutcome::Rejected { code, reason })
        };
        assert_eq!(
            said(500, "Server Error"),
            "refused with error 500 (Server Error)"
        );
        let worded = "the TURN server does not accept the password (401 Unauthorized): check it";
        assert_eq!(said(401, worded), format!("refused: {worded}"));
    }
}
