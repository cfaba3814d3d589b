//! The messages of the signalling WebSocket: JSON objects told apart by their `type`.

use rill::{IceCandidateInit, Kind};
use serde::{Deserialize, Deserializer, Serialize};
use thiserror::Error;

use super::pairs::Pair;
use super::vigil::End;

/// What the page sends.
#[derive(Debug, PartialEq, Eq, Deserialize)]
#[serde(tag = "type", rename_all = "camelCase", deny_unknown_fields)]
pub(super) enum FromPage {
    /// The browser's offer; a later one renegotiates.
    Offer { sdp: String },
    /// The browser's answer to an offer of ours.
    Answer { sdp: String },
    /// The browser's candidate, or null when there are no more.
    Candidate {
        #[serde(deserialize_with = "present")]
        candidate: Option<Candidate>,
    },
    /// The Rust peer is to restart ICE.
    Restart,
}

/// The four members of W3C's `RTCIceCandidateInit`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Candidate {
    pub(super) candidate: String,
    pub(super) sdp_mid: Option<String>,
    pub(super) sdp_m_line_index: Option<u16>,
    pub(super) username_fragment: Option<String>,
}

/// Why a message of the page is of no use; `Display` is shown there.
#[derive(Debug, Error)]
pub(super) enum SignalError {
    #[error("A signalling message is not what rill expects: {0}.")]
    Json(#[from] serde_json::Error),
    #[error("A signalling message has to be text.")]
    Binary,
}

impl FromPage {
    pub(super) fn parse(text: &str) -> Result<Self, SignalError> {
        // serde_json stops at 128 levels, so a deep message is an error and not a deep stack.
        Ok(serde_json::from_str(text)?)
    }
}

/// What rill sends: signalling proper, and what the page shows of the Rust peer.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(
    tag = "type",
    rename_all = "camelCase",
    rename_all_fields = "camelCase"
)]
pub(super) enum FromRill {
    /// First of all; its time is the zero of all others.
    Hello {
        version: &'static str,
        ice_servers: Vec<IceServer>,
    },
    /// The Rust peer's offer, which restarts ICE.
    Offer { sdp: String },
    /// The Rust peer's answer.
    Answer { sdp: String },
    /// The Rust peer's candidate for the browser, null when there are no more.
    Candidate { candidate: Option<Candidate> },
    /// A candidate that the description will carry; the browser is not to be given it.
    Gathered { candidate: Option<Candidate> },
    /// One of the four states of the peer connection changed.
    State { name: StateName, value: String },
    /// The Rust peer's `canTrickleIceCandidates`, after the offer was applied.
    CanTrickle { value: Option<bool> },
    /// Which way the answer goes.
    Branch { answer: AnswerTime },
    /// The pair of candidates that carries the data.
    SelectedPair { local: PairEnd, remote: PairEnd },
    /// Every pair of candidates, whenever one of them is another than before.
    Pairs { pairs: Vec<Pair> },
    /// Why the Rust peer is not connected, or by what it is: whenever that changes. Text, so that the
    /// members keep their order.
    Diagnosis { json: String },
    /// The Rust peer begins an ICE restart.
    Restart,
    /// A STUN server answered, or failed to.
    Server {
        url: String,
        outcome: String,
        elapsed_ms: f64,
    },
    /// W3C's `icecandidateerror`.
    CandidateError {
        url: String,
        code: u16,
        text: String,
    },
    /// A data channel opened or closed.
    Channel { label: String, state: ChannelState },
    /// What has arrived of a throughput run, in bytes of messages.
    Throughput { received: u64, elapsed_ms: f64 },
    /// Worth a line in the list of steps.
    Note { text: String },
    /// Something went wrong; the session goes on.
    Problem { text: String },
    /// Last of all.
    End { text: String },
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct IceServer {
    pub(super) urls: String,
}

/// The W3C attributes whose changes the page shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub(super) enum StateName {
    #[serde(rename = "signalingState")]
    Signaling,
    #[serde(rename = "iceGatheringState")]
    IceGathering,
    #[serde(rename = "iceConnectionState")]
    IceConnection,
    #[serde(rename = "connectionState")]
    Connection,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum AnswerTime {
    /// The offer lists `trickle`: the answer leaves now, candidates follow.
    AtOnce,
    /// It does not: the answer waits for every candidate.
    WhenComplete,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum ChannelState {
    Open,
    Closed,
}

/// One end of a pair; `kind` is W3C's `RTCIceCandidateType`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct PairEnd {
    pub(super) kind: &'static str,
    pub(super) address: String,
}

/// W3C's `RTCIceCandidateType`.
pub(super) fn kind_name(kind: Kind) -> &'static str {
    match kind {
        Kind::Host => "host",
        Kind::ServerReflexive => "srflx",
        Kind::PeerReflexive => "prflx",
        Kind::Relayed => "relay",
    }
}

/// A message with the milliseconds since [`FromRill::Hello`].
#[derive(Debug, Serialize)]
pub(super) struct Timed {
    at: f64,
    #[serde(flatten)]
    message: FromRill,
}

impl Timed {
    pub(super) fn json(at: f64, message: FromRill) -> String {
        serde_json::to_string(&Self { at, message })
            .expect("strings and finite numbers always become JSON")
    }
}

impl From<Candidate> for IceCandidateInit {
    fn from(candidate: Candidate) -> Self {
        Self {
            candidate: candidate.candidate,
            sdp_mid: candidate.sdp_mid,
            sdp_m_line_index: candidate.sdp_m_line_index,
            username_fragment: candidate.username_fragment,
        }
    }
}

impl From<IceCandidateInit> for Candidate {
    fn from(init: IceCandidateInit) -> Self {
        Self {
            candidate: init.candidate,
            sdp_mid: init.sdp_mid,
            sdp_m_line_index: init.sdp_m_line_index,
            username_fragment: init.username_fragment,
        }
    }
}

impl From<End> for FromRill {
    fn from(end: End) -> Self {
        Self::End {
            text: end.to_string(),
        }
    }
}

/// Makes a member mandatory that may be null: serde takes a missing `Option` for `None`, and a
/// forgotten candidate must not mean the end of candidates.
fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Candidate>, D::Error> {
    Option::deserialize(deserializer)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_browsers_candidate_is_read_as_its_to_json_gives_it() {
        let text = r#"{"type":"candidate","candidate":{"candidate":"candidate:1 1 udp 1 a.local 9 typ host",
            "sdpMid":"0","sdpMLineIndex":0,"usernameFragment":"abcd"}}"#;
        let expected = Candidate {
            candidate: "candidate:1 1 udp 1 a.local 9 typ host".to_owned(),
            sdp_mid: Some("0".to_owned()),
            sdp_m_line_index: Some(0),
            username_fragment: Some("abcd".to_owned()),
        };
        assert_eq!(
            FromPage::parse(text).expect("a candidate"),
            FromPage::Candidate {
                candidate: Some(expected)
            }
        );
    }

    #[test]
    fn null_is_the_end_of_candidates_and_must_be_written() {
        assert_eq!(
            FromPage::parse(r#"{"type":"candidate","candidate":null}"#).expect("the end"),
            FromPage::Candidate { candidate: None }
        );
        let error = FromPage::parse(r#"{"type":"candidate"}"#).expect_err("nothing written");
        assert!(
            error.to_string().contains("missing field `candidate`"),
            "{error}"
        );
    }

    #[test]
    fn wrong_messages_say_what_is_wrong() {
        for (text, cause) in [
            ("", "EOF"),
            ("[]", "missing field `type`"),
            (r#"{"type":"hello","sdp":""}"#, "unknown variant `hello`"),
            (r#"{"type":"answer"}"#, "missing field `sdp`"),
            (r#"{"type":"offer"}"#, "missing field `sdp`"),
            (
                r#"{"type":"offer","sdp":"","more":1}"#,
                "unknown field `more`",
            ),
            (
                r#"{"type":"candidate","candidate":{"sdpMLineIndex":65536}}"#,
                "65536",
            ),
        ] {
            let error = FromPage::parse(text).expect_err(text).to_string();
            assert!(error.contains(cause), "{text}: {error}");
        }
    }

    #[test]
    fn a_deep_message_is_an_error() {
        let deep = format!("{{\"type\":\"offer\",\"sdp\":{}", "[".repeat(50_000));
        assert!(
            FromPage::parse(&deep)
                .expect_err("too deep")
                .to_string()
                .contains("recursion")
        );
    }

    #[test]
    fn our_messages_have_a_time_a_type_and_w3c_names() {
        let json = |message| Timed::json(1.5, message);
        assert_eq!(
            json(FromRill::State {
                name: StateName::IceGathering,
                value: "complete".to_owned()
            }),
            r#"{"at":1.5,"type":"state","name":"iceGatheringState","value":"complete"}"#
        );
        assert_eq!(
            json(FromRill::Candidate { candidate: None }),
            r#"{"at":1.5,"type":"candidate","candidate":null}"#
        );
        assert_eq!(
            json(FromRill::CanTrickle { value: Some(true) }),
            r#"{"at":1.5,"type":"canTrickle","value":true}"#
        );
        assert_eq!(
            json(FromRill::Branch {
                answer: AnswerTime::WhenComplete
            }),
            r#"{"at":1.5,"type":"branch","answer":"whenComplete"}"#
        );
        let server = IceServer {
            urls: "stun:a".to_owned(),
        };
        assert_eq!(
            json(FromRill::Hello {
                version: "1",
                ice_servers: vec![server]
            }),
            r#"{"at":1.5,"type":"hello","version":"1","iceServers":[{"urls":"stun:a"}]}"#
        );
    }
}
