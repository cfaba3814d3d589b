//! What `rill serve` says on standard output: never an SDP, never a peer's address.

use std::io::{self, Write as _};
use std::net::SocketAddr;

use serde::Serialize;

use super::vigil::End;

/// Writes one line per event, as sentences or as JSON objects.
#[derive(Clone, Debug)]
pub(super) struct Log(Form);

#[derive(Clone, Copy, Debug)]
enum Form {
    Sentences,
    Json,
    #[cfg(test)]
    Silent,
}

#[derive(Debug, Serialize)]
#[serde(tag = "event", rename_all = "camelCase")]
enum Entry {
    Listening {
        url: String,
        port: u16,
        loopback: bool,
    },
    SessionOpened {
        session: u64,
    },
    SessionEnded {
        session: u64,
        reason: String,
    },
    AcceptFailed {
        reason: String,
    },
    Stopped,
}

impl Log {
    pub(super) fn new(json: bool) -> Self {
        Self(if json { Form::Json } else { Form::Sentences })
    }

    #[cfg(test)]
    pub(super) fn silent() -> Self {
        Self(Form::Silent)
    }

    pub(super) fn listening(&self, address: SocketAddr) {
        self.write(&Entry::Listening {
            url: format!("http://{address}/"),
            port: address.port(),
            loopback: address.ip().is_loopback(),
        });
    }

    pub(super) fn opened(&self, session: u64) {
        self.write(&Entry::SessionOpened { session });
    }

    pub(super) fn ended(&self, session: u64, end: End) {
        self.write(&Entry::SessionEnded {
            session,
            reason: end.to_string(),
        });
    }

    pub(super) fn accept_failed(&self, error: &io::Error) {
        self.write(&Entry::AcceptFailed {
            reason: error.to_string(),
        });
    }

    pub(super) fn stopped(&self) {
        self.write(&Entry::Stopped);
    }

    fn write(&self, entry: &Entry) {
        let line = match self.0 {
            Form::Sentences => entry.sentence(),
            Form::Json => {
                serde_json::to_string(entry).expect("strings and numbers always become JSON")
            }
            #[cfg(test)]
            Form::Silent => return,
        };
        // Nobody reads any more: the sessions matter, the log does not.
        let _ = writeln!(io::stdout().lock(), "{line}");
    }
}

impl Entry {
    fn sentence(&self) -> String {
        match self {
            Self::Listening {
                url,
                loopback: true,
                ..
            } => {
                format!("rill serves on {url} (open it in a browser; Ctrl-C stops).")
            }
            Self::Listening {
                url,
                loopback: false,
                ..
            } => format!(
                "rill serves on {url}, to everyone who can reach this address (Ctrl-C stops)."
            ),
            Self::SessionOpened { session } => format!("Session {session}: a page connects."),
            Self::SessionEnded { session, reason } => format!("Session {session}: {reason}"),
            Self::AcceptFailed { reason } => {
                format!("A browser's connection could not be taken: {reason}.")
            }
            Self::Stopped => "Stopped.".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_names_the_url_and_the_port_for_programs_that_wait_for_it() {
        let entry = Entry::Listening {
            url: "http://127.0.0.1:8080/".to_owned(),
            port: 8080,
            loopback: true,
        };
        assert_eq!(
            serde_json::to_string(&entry).expect("JSON"),
            r#"{"event":"listening","url":"http://127.0.0.1:8080/","port":8080,"loopback":true}"#
        );
    }

    #[test]
    fn a_server_open_to_others_says_so() {
        let entry = Entry::Listening {
            url: "http://0.0.0.0:80/".to_owned(),
            port: 80,
            loopback: false,
        };
        assert!(entry.sentence().contains("everyone who can reach"));
    }
}
