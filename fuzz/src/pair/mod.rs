//! Two ICE agents, the line between them, and a script: signals, loss, cuts, restarts, strangers and time, in
//! any order. In the end they are left in peace.

mod line;
mod side;
mod world;

use rill_ice::Role;

use crate::script::Script;
use world::World;

/// The longest script that is played.
const MAX_STEPS: usize = 100;

/// No data leave but over a path on which the other agent answered within 30 seconds; nobody is sent much who does
/// not answer; limits hold; no deadline is named twice for nothing; left in peace, both ends agree on one
/// path, if need be after a restart, and data flow over it; and the same script makes the same bytes.
pub fn pair(data: &[u8]) {
    let trace = play(data).trace();
    assert_eq!(
        trace,
        play(data).trace(),
        "the same script, and other bytes"
    );
}

/// Plays the script, and then leaves the agents in peace.
fn play(data: &[u8]) -> World {
    let mut world = play_open(data);
    world.settle();
    world
}

fn play_open(data: &[u8]) -> World {
    let mut script = Script::new(data);
    let mut world = World::new(script.byte());
    for _ in 0..MAX_STEPS {
        if script.is_empty() {
            break;
        }
        step(&mut world, &mut script);
        world.observe();
    }
    world
}

fn step(world: &mut World, script: &mut Script<'_>) {
    match script.below(16) {
        0 | 1 => world.pass(u64::from(script.byte()) * 16),
        2 => world.pass(u64::from(script.byte()) * 500),
        3 => world.signal(script.below(8)),
        4 => world.signal(usize::MAX),
        5 => world.send(side(script)),
        6 => world.restart(side(script)),
        7 => world
            .line
            .cut(script.below(3), script.below(3), script.byte()),
        8 => world.line.loss = f64::from(script.byte()) / 512.0,
        9 => world.line.delay = u64::from(script.byte()),
        10 => world.line.duplication = f64::from(script.byte()) / 256.0,
        11 => {
            let side = side(script);
            let role = if script.flag() {
                Role::Controlled
            } else {
                Role::Controlling
            };
            world.set_role(side, role);
        }
        12 => world.replay(script.byte(), script.byte()),
        13 => {
            let (side, from, length) = (side(script), script.byte(), script.below(64));
            world.inject(side, from, script.bytes(length).to_vec());
        }
        14 => world.send_error(side(script)),
        _ => world.end_candidates(side(script)),
    }
}

fn side(script: &mut Script<'_>) -> usize {
    usize::from(script.flag())
}

#[cfg(test)]
mod tests {
    use rill_ice::TransportState;

    use super::*;

    fn input(name: &str) -> Vec<u8> {
        std::fs::read(crate::corpus_directory("pair").join(name)).expect("it is in the corpus")
    }

    #[test]
    fn scripts_of_the_corpus_lead_where_their_names_say() {
        for connected in [
            "connect",
            "loss-20",
            "conflict-controlling",
            "restart-connected",
        ] {
            let states = play_open(&input(connected)).states();
            let is_up = |state: &TransportState| {
                matches!(state, TransportState::Connected | TransportState::Completed)
            };
            assert!(states.iter().all(is_up), "{connected}: {states:?}");
        }
        assert_eq!(
            play_open(&input("cut-for-ever")).states(),
            [TransportState::Failed; 2]
        );
        assert_eq!(play_open(&input("idle")).states(), [TransportState::New; 2]);
    }

    #[test]
    fn data_are_received_in_peace_and_a_restart_helps_where_consent_was_lost() {
        let world = play(&input("cut-for-ever"));
        assert!(world.was_restarted());
        assert!(!play(&input("connect")).was_restarted());
    }
}
