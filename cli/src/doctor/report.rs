//! What `rill doctor` prints: findings for people, or one JSON object for programs.

use std::fmt::Write as _;
use std::io::{self, Write as _};

use serde_json::{Value, json};

use super::Examination;
use super::finding::{Finding, Grade};

/// Writes to standard output.
pub(super) fn write(examination: &Examination, as_json: bool) -> io::Result<()> {
    let text = if as_json {
        format!("{}\n", to_json(examination)?)
    } else {
        to_text(&examination.findings)
    };
    let mut stdout = io::stdout().lock();
    stdout.write_all(text.as_bytes())?;
    stdout.flush()
}

fn to_json(examination: &Examination) -> io::Result<Value> {
    let parse = |text: String| serde_json::from_str::<Value>(&text).map_err(io::Error::other);
    let mut connections = Vec::new();
    for connection in &examination.connections {
        connections.push(json!({
            "through": connection.through,
            "connected": connection.elapsed.is_some(),
            "ms": connection.elapsed.map(|elapsed| elapsed.as_secs_f64() * 1000.0),
            "diagnosis": parse(connection.diagnosis.to_json())?,
        }));
    }
    Ok(json!({
        "healthy": !examination.findings.iter().any(Finding::is_bad),
        "findings": examination.findings,
        "gathering": parse(examination.gathering.to_json())?,
        "connections": connections,
    }))
}

fn to_text(findings: &[Finding]) -> String {
    let mut text = String::new();
    for finding in findings {
        let mark = match finding.grade {
            Grade::Good => "ok   ",
            Grade::Note => "note ",
            Grade::Bad => "FAIL ",
        };
        let _ = writeln!(text, "{mark} {:<11} {}", finding.topic, finding.text);
    }
    let bad = findings.iter().filter(|finding| finding.is_bad()).count();
    let verdict = match bad {
        0 => "Everything that was tried works.".to_owned(),
        1 => "One thing does not work.".to_owned(),
        many => format!("{many} things do not work."),
    };
    let _ = writeln!(text, "{verdict}");
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_read_marks_topics_and_a_verdict() {
        let findings = [
            Finding::new("addresses", Grade::Good, "IPv4: 192.0.2.1 on eth0."),
            Finding::new("servers", Grade::Bad, "stun:a did not answer."),
        ];
        assert_eq!(
            to_text(&findings),
            "ok    addresses   IPv4: 192.0.2.1 on eth0.\n\
             FAIL  servers     stun:a did not answer.\n\
             One thing does not work.\n"
        );
        assert!(to_text(&findings[..1]).ends_with("Everything that was tried works.\n"));
    }
}
