//! What `rill gather` prints: a table for people, or JSON lines for programs.

use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::time::Duration;

use serde::Serialize;

use super::candidate::Candidate;
use super::servers::{Outcome, Servers};

/// Prints to standard output.
#[derive(Debug)]
pub(super) struct Report {
    json: bool,
}

/// One JSON line.
#[derive(Serialize)]
#[serde(
    tag = "event",
    rename_all = "camelCase",
    rename_all_fields = "camelCase"
)]
enum Line<'a> {
    Candidate {
        ms: f64,
        #[serde(flatten)]
        candidate: &'a Candidate,
    },
    Server {
        ms: f64,
        url: &'a str,
        outcome: &'static str,
        answered: bool,
        address: Option<String>,
        text: String,
    },
    Summary {
        ms: f64,
        candidates: usize,
        servers: usize,
        answered: usize,
        complete: bool,
    },
}

impl Report {
    pub(super) fn new(json: bool) -> Self {
        Self { json }
    }

    pub(super) fn candidate(&self, elapsed: Duration, candidate: &Candidate) -> io::Result<()> {
        self.print(&Line::Candidate {
            ms: milliseconds(elapsed),
            candidate,
        })
    }

    pub(super) fn server(&self, url: &str, outcome: &Outcome, elapsed: Duration) -> io::Result<()> {
        self.print(&Line::Server {
            ms: milliseconds(elapsed),
            url,
            outcome: outcome.name(),
            answered: outcome.is_answer(),
            address: outcome.address().map(|address| address.to_string()),
            text: outcome.sentence(),
        })
    }

    pub(super) fn summary(
        &self,
        elapsed: Duration,
        found: &[Candidate],
        servers: &Servers,
        complete: bool,
    ) -> io::Result<()> {
        let ms = milliseconds(elapsed);
        let (count, answered) = (servers.count(), servers.answered());
        if self.json {
            let candidates = found.len();
            self.print(&Line::Summary {
                ms,
                candidates,
                servers: count,
                answered,
                complete,
            })
        } else {
            write_line(&summary(ms, found, count, answered, complete))
        }
    }

    fn print(&self, line: &Line<'_>) -> io::Result<()> {
        if self.json {
            write_line(&serde_json::to_string(line).map_err(io::Error::other)?)
        } else {
            write_line(&line.text())
        }
    }
}

impl Line<'_> {
    fn text(&self) -> String {
        match self {
            Self::Candidate { ms, candidate } => {
                let Candidate {
                    kind,
                    protocol,
                    foundation,
                    priority,
                    ..
                } = candidate;
                let endpoint = candidate.endpoint();
                let mut line = format!(
                    "{ms:>8.1} ms  {kind:<6} {protocol:<4} {endpoint:<32} \
                     foundation {foundation}  priority {priority}"
                );
                if let Some(related) = candidate.related() {
                    let _ = write!(line, "  from {related}");
                }
                if let Some(url) = &candidate.url {
                    let _ = write!(line, "  by {url}");
                }
                line
            }
            Self::Server { ms, url, text, .. } => format!("{ms:>8.1} ms  server {url} {text}"),
            Self::Summary { ms, .. } => format!("{ms:>8.1} ms  done"),
        }
    }
}

fn summary(
    ms: f64,
    found: &[Candidate],
    servers: usize,
    answered: usize,
    complete: bool,
) -> String {
    let mut kinds: Vec<(&str, usize)> = Vec::new();
    for candidate in found {
        match kinds.iter_mut().find(|(kind, _)| *kind == candidate.kind) {
            Some((_, count)) => *count += 1,
            None => kinds.push((&candidate.kind, 1)),
        }
    }
    let kinds: Vec<String> = kinds
        .iter()
        .map(|(kind, count)| format!("{count} {kind}"))
        .collect();
    let kinds = match kinds.is_empty() {
        true => String::new(),
        false => format!(" ({})", kinds.join(", ")),
    };
    let end = if complete {
        "complete"
    } else {
        "not complete when the time was up"
    };
    let candidates = if found.len() == 1 {
        "candidate"
    } else {
        "candidates"
    };
    let answers = match servers {
        0 => "no server was asked".to_owned(),
        1 => format!(
            "the server {}",
            if answered == 1 {
                "works"
            } else {
                "does not work"
            }
        ),
        _ => format!("{answered} of {servers} servers work"),
    };
    format!(
        "{} {candidates}{kinds} in {ms:.1} ms, {end}; {answers}.",
        found.len()
    )
}

fn milliseconds(elapsed: Duration) -> f64 {
    (elapsed.as_secs_f64() * 10_000.0).round() / 10.0
}

fn write_line(line: &str) -> io::Result<()> {
    // Standard output buffers whole lines, so each is seen as it trickles; a pipe needs a flush.
    let mut stdout = io::stdout().lock();
    writeln!(stdout, "{line}")?;
    stdout.flush()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn host() -> Candidate {
        Candidate::parse("candidate:1 1 udp 2130706431 192.0.2.2 4000 typ host", None)
            .expect("a candidate")
    }

    #[test]
    fn a_line_for_people_has_type_address_foundation_priority_and_time() {
        let text = Line::Candidate {
            ms: 1.25,
            candidate: &host(),
        }
        .text();
        for part in [
            "1.2 ms",
            "host",
            "192.0.2.2:4000",
            "foundation 1",
            "priority 2130706431",
        ] {
            assert!(text.contains(part), "{part} in {text}");
        }
    }

    #[test]
    fn a_line_for_programs_is_one_object() {
        let line = Line::Candidate {
            ms: 1.5,
            candidate: &host(),
        };
        let json: serde_json::Value =
            serde_json::from_str(&serde_json::to_string(&line).expect("JSON")).expect("JSON");
        assert_eq!(json["event"], "candidate");
        assert_eq!(json["type"], "host");
        assert_eq!(json["ms"], 1.5);
        assert_eq!(json["priority"], 2_130_706_431);
        assert_eq!(json["relatedAddress"], serde_json::Value::Null);
    }

    #[test]
    fn the_summary_counts_types_and_answers() {
        assert_eq!(
            summary(12.5, &[host(), host()], 2, 1, true),
            "2 candidates (2 host) in 12.5 ms, complete; 1 of 2 servers work."
        );
        assert_eq!(
            summary(1.0, &[], 0, 0, true),
            "0 candidates in 1.0 ms, complete; no server was asked."
        );
        assert!(summary(1.0, &[host()], 1, 0, false).contains("the server does not work"));
    }
}
