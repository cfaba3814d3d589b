//! The attacks of RELIABILITY.md on an agent, each to the letter of what must hold under it. Those on the
//! TURN client are in `turn.rs`, which runs beside that client's other tests.

mod attacker;
mod candidates;
mod consent;
mod credentials;
mod flood;
mod integrity;
mod names;
mod parser;
mod reflection;
mod roles;
mod secrets;
mod spoofing;

#[path = "../agents/node.rs"]
#[expect(dead_code, reason = "the scenes of the other tests have more")]
mod node;
#[path = "../agents/relays.rs"]
#[expect(dead_code, reason = "as above")]
mod relays;
#[path = "../agents/scene.rs"]
#[expect(dead_code, reason = "as above")]
mod scene;
#[path = "../agents/subject.rs"]
#[expect(dead_code, reason = "as above")]
mod subject;
