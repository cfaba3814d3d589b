//! A peer that finishes ICE and DTLS as it should, and then says over the keys whatever it likes: row 28
//! of the score card. `crates/rill-sctp/tests/hostile` has the same attacks on an association alone, in
//! more detail; here it is shown what the whole connection makes of them. It may end its own
//! association; the victim's memory stays within the window and a megabyte, and its other connections
//! go on.

mod cookies;
mod dcep;
mod floods;
mod intruder;
mod lengths;
mod memory;
mod numbers;
mod order;
mod scene;
mod side;

#[path = "../../../rill-sctp/tests/hostile/peer.rs"]
#[expect(dead_code, reason = "only what it makes chunks of is needed here")]
mod peer;
