//! How much one connection takes, over real sockets: rows 20 and 21 of the score card.

mod channels;
mod stalled;

#[path = "../loopback/scene.rs"]
#[expect(dead_code, reason = "the tests of the other binary have more")]
mod scene;
