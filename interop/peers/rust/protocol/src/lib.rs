//! The protocol of `interop/README.md`: commands in, replies and events out, a line of JSON each.
#![forbid(unsafe_code)]

use std::io::{BufRead, Write};

use serde::Deserialize;
use serde_json::{Value, json};

/// What the driver asks for; which fields matter depends on `name`.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Command {
    pub id: u64,
    #[serde(rename = "do")]
    pub name: String,
    pub label: String,
    pub ordered: bool,
    pub ice_restart: bool,
    pub description: Description,
    pub candidate: Option<Candidate>,
    pub kind: String,
    pub size: usize,
    pub seed: i32,
}

#[derive(Debug, Default, Deserialize)]
pub struct Description {
    pub sdp: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Candidate {
    pub candidate: String,
    pub sdp_mid: Option<String>,
    #[serde(rename = "sdpMLineIndex")]
    pub sdp_mline_index: Option<u16>,
    pub username_fragment: Option<String>,
}

/// The commands, until the driver closes the pipe.
pub fn commands() -> impl Iterator<Item = Command> {
    std::io::stdin().lock().lines().map(|line| {
        let line = line.expect("standard input can be read");
        serde_json::from_str(&line).expect("the driver writes commands")
    })
}

/// Answers a command: with an object, or with the reason why not.
pub fn reply(id: u64, outcome: Result<Value, String>) {
    let mut line = outcome.unwrap_or_else(|error| json!({ "error": error }));
    line["id"] = id.into();
    emit(&line);
}

/// Writes one line, a reply or an event.
pub fn emit(line: &Value) {
    let mut output = std::io::stdout().lock();
    // A driver that is gone reads no more.
    let _ = writeln!(output, "{line}").and_then(|()| output.flush());
}

/// The reply that carries a description.
pub fn description(kind: &str, sdp: &str) -> Value {
    json!({ "description": { "type": kind, "sdp": sdp } })
}

/// A message as the driver orders it: pseudo-random, binary or text.
pub fn content(command: &Command) -> (bool, Vec<u8>) {
    let bytes = noise(command.size, command.seed);
    if command.kind != "text" {
        return (false, bytes);
    }
    let mut text: Vec<u8> = bytes
        .iter()
        .flat_map(|byte| format!("{byte:02x}").into_bytes())
        .collect();
    text.truncate(command.size);
    (true, text)
}

/// Kind, length in bytes and FNV-1a hash.
pub fn digest(is_text: bool, content: &[u8]) -> Value {
    let hash = content.iter().fold(0x811c_9dc5_u32, |hash, byte| {
        (hash ^ u32::from(*byte)).wrapping_mul(0x0100_0193)
    });
    let kind = if is_text { "text" } else { "binary" };
    json!({ "kind": kind, "length": content.len(), "hash": hash })
}

/// The same bytes for the same seed, by xorshift.
fn noise(size: usize, seed: i32) -> Vec<u8> {
    let mut state = seed.cast_unsigned() | 1;
    std::iter::repeat_with(|| {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        state.to_le_bytes()[0]
    })
    .take(size)
    .collect()
}
