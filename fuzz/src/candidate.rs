//! Candidate lines.

use rill_sdp::Candidate;

/// What is accepted survives being written and read again, and is within the ranges of RFC 8839.
pub fn candidate(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let candidate = match Candidate::parse(&text) {
        Ok(candidate) => candidate,
        Err(error) => {
            assert!(error.to_string().len() < 500, "a long error: {error}");
            return;
        }
    };
    assert!((1..=32).contains(&candidate.foundation.len()));
    assert!((1..=256).contains(&candidate.component));
    assert!((1..=0x7fff_ffff).contains(&candidate.priority));
    assert!(
        candidate
            .extensions
            .iter()
            .all(|(name, _)| !name.is_empty())
    );
    let written = candidate.to_string();
    assert!(
        !written.contains(['\r', '\n', '\0']),
        "a line end: {written:?}"
    );
    assert_eq!(
        Candidate::parse(&written).as_ref(),
        Ok(&candidate),
        "{written}"
    );
    assert_eq!(
        Candidate::parse(&format!("a={written}")).as_ref(),
        Ok(&candidate),
        "{written}"
    );
}
