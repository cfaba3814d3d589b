//! The scenarios of `traces/`: what happens, in order, and what handlers see. The Node package plays the
//! same files and must come to the same text.

mod lines;
mod peer;
mod play;
mod script;
mod shown;
mod stage;

use self::play::play;

#[test]
fn first_offer() {
    play("first-offer");
}

#[test]
fn exchange() {
    play("exchange");
}

#[test]
fn no_transport() {
    play("no-transport");
}

#[test]
fn all_rejected() {
    play("all-rejected");
}

#[test]
fn close_while_gathering() {
    play("close-while-gathering");
}

#[test]
fn redundant_candidate() {
    play("redundant-candidate");
}

#[test]
fn reflexive_candidate() {
    play("reflexive-candidate");
}

/// Trickle B19: crates/rill-ice/src/agent/gathering.rs: `if self.gatherer.policy == CandidatePolicy::All {` => `if true {`
#[test]
fn relay_only() {
    play("relay-only");
}

#[test]
fn silent_server() {
    play("silent-server");
}

#[test]
fn two_transports() {
    play("two-transports");
}

#[test]
fn rolled_back_offer() {
    play("rolled-back-offer");
}

#[test]
fn rolled_back_while_gathering() {
    play("rolled-back-while-gathering");
}

#[test]
fn restart() {
    play("restart");
}

#[test]
fn restart_while_gathering() {
    play("restart-while-gathering");
}

#[test]
fn late_candidate() {
    play("late-candidate");
}

#[test]
fn rolled_back_restart() {
    play("rolled-back-restart");
}

#[test]
fn rolled_back_remote_restart() {
    play("rolled-back-remote-restart");
}

/// Trickle D8: crates/rill-peer/src/jsep/remote_answer.rs: `(true, false) => Err(SectionProblem::RestartUnanswered),` => `(true, false) => Ok(()),`
/// Trickle D8: crates/rill-peer/src/jsep/remote_answer.rs: `(false, true) => Err(SectionProblem::RestartUnasked),` => `(false, true) => Ok(()),`
#[test]
fn restart_refused() {
    play("restart-refused");
}

#[test]
fn pranswer() {
    play("pranswer");
}

#[test]
fn pranswers() {
    play("pranswers");
}

#[test]
fn configuration() {
    play("configuration");
}

#[test]
fn restart_needed() {
    play("restart-needed");
}
