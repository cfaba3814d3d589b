//! An ICE agent and a script: commands, answers of the driver, datagrams and time, in any order.

mod peer;
mod world;

use rill_ice::{
    Interface, Kind, Protocol, RemoteAddress, RemoteCandidate, Response, Role, TransportId,
};

use crate::script::Script;
use world::{ADDRESSES, World};

/// The longest script that is played.
const MAX_STEPS: usize = 120;

/// The agent sends only from sockets it has, to addresses it was given or that have authenticated
/// themselves, and not for ever to those that stay silent; it holds no more than its limits; its
/// events keep their order and are of generations that live; it comes to rest; and the same script makes the same bytes.
pub fn ice(data: &[u8]) {
    let trace = play(data);
    assert_eq!(trace, play(data), "the same script, and other bytes");
}

/// Plays the script to its end, and gives a digest of everything that came out.
fn play(data: &[u8]) -> u64 {
    let mut world = play_open(data);
    world.close();
    world.trace()
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
    match script.below(23) {
        0 => world.add_transport(),
        1 => world.agent.gather(world.now, transport(world, script)),
        2 => world.restart(transport(world, script)),
        3 => describe(world, script),
        4 => add_candidate(world, script),
        5 => world
            .agent
            .end_of_remote_candidates(world.now, transport(world, script), None),
        6 => {
            let role = if script.flag() {
                Role::Controlled
            } else {
                Role::Controlling
            };
            world.agent.set_role(world.now, role);
        }
        7 | 8 => answer_request(world, script),
        9 => {
            let length = script.below(200);
            let (at, from) = (script.byte(), script.byte());
            world.receive(at, from, script.bytes(length).to_vec());
        }
        10 | 11 => peer::check(world, script),
        12 | 13 => peer::answer(world, script),
        14 | 15 => world.pass(u32::from(script.byte()) * 16),
        16 => world.send_error(script.byte()),
        17 => match script.below(4) {
            0 => world.remove_transport(transport(world, script)),
            1 => world
                .agent
                .set_remote_lite(transport(world, script), script.flag()),
            2 => world.lazy = !world.lazy,
            _ => drop(world.poll_some(script.byte())),
        },
        18 => {
            let (at, from) = (script.byte(), script.byte());
            world.receive(at, from, vec![22, 254, 253, script.byte()]);
        }
        19 => world.confirm_restart(transport(world, script)),
        20 => world
            .agent
            .cancel_restart(world.now, transport(world, script)),
        21 => {
            let id = transport(world, script);
            let ufrag = peer::credentials(script.byte()).ufrag;
            world
                .agent
                .end_of_remote_candidates(world.now, id, Some(&ufrag));
        }
        _ => world
            .agent
            .presume_end_of_remote_candidates(world.now, transport(world, script)),
    }
}

/// The peer's description.
fn describe(world: &mut World, script: &mut Script<'_>) {
    let (id, choice) = (transport(world, script), script.byte());
    let credentials = peer::credentials(choice);
    world.agent.set_remote_renomination(id, choice & 4 == 4);
    world
        .agent
        .set_remote_credentials(world.now, id, credentials);
}

/// One of the transports that there are, that were, or that never will be.
fn transport(world: &World, script: &mut Script<'_>) -> TransportId {
    let choice = script.below(6);
    world
        .transports
        .get(choice)
        .copied()
        .unwrap_or_else(|| TransportId::from_value(u32::from(script.byte())))
}

fn add_candidate(world: &mut World, script: &mut Script<'_>) {
    let id = transport(world, script);
    let (choice, flags) = (script.byte(), script.byte());
    let address = match ADDRESSES.get(usize::from(choice)) {
        Some(address) => RemoteAddress::Ip(address.parse().expect("a literal")),
        None if choice & 1 == 1 => RemoteAddress::Ip(([10, 9, 8, choice], 1000).into()),
        None => RemoteAddress::Name {
            name: format!("{choice}.local"),
            port: 1000,
        },
    };
    if let RemoteAddress::Ip(address) = &address {
        world.allow(*address);
    }
    let candidate = RemoteCandidate {
        foundation: (flags & 3).to_string(),
        component: if flags & 4 == 0 { 1 } else { 2 },
        protocol: if flags & 8 == 0 {
            Protocol::Udp
        } else {
            Protocol::Other
        },
        priority: u32::from(script.word()) << 15 | u32::from(flags),
        kind: if flags & 16 == 0 {
            Kind::Host
        } else {
            Kind::Relayed
        },
        address,
        ufrag: (flags & 32 == 32).then(|| peer::credentials(flags >> 6).ufrag),
    };
    // A refusal is one of the things that may happen.
    let _ = world.agent.add_remote_candidate(world.now, id, candidate);
}

/// Answers a request to the driver, as it should be, or not.
fn answer_request(world: &mut World, script: &mut Script<'_>) {
    let choice = script.byte();
    let Some(asked) = world.take_request(choice) else {
        return;
    };
    let how = script.byte();
    let response = match how & 15 {
        12 => Response::Failed("no".into()),
        13 => Response::Resolved(Vec::new()),
        14 => Response::Interfaces(Vec::new()),
        15 => Response::Bound(([0, 0, 0, 0], 0).into()),
        _ => asked.response(how),
    };
    world.respond(asked, response);
}

/// The machine's addresses.
fn interfaces(choice: u8) -> Vec<Interface> {
    const ALL: [&str; 8] = [
        "192.168.1.2",
        "2001:db8:1::2",
        "127.0.0.1",
        "::1",
        "fe80::1",
        "169.254.0.1",
        "10.0.0.2",
        "fd00::2",
    ];
    let chosen = ALL
        .iter()
        .enumerate()
        .filter(|(bit, _)| choice == 0 || choice >> bit & 1 == 1);
    let interface = |(bit, address): (usize, &&str)| Interface {
        name: format!("if{bit}"),
        address: address.parse().expect("a literal"),
        loopback: matches!(bit, 2 | 3),
    };
    chosen.map(interface).collect()
}

#[cfg(test)]
mod tests {
    use rill_ice::TransportState;

    use super::*;

    fn input(name: &str) -> Vec<u8> {
        std::fs::read(crate::corpus_directory("ice").join(name)).expect("it is in the corpus")
    }

    fn state(name: &str) -> TransportState {
        let world = play_open(&input(name));
        world.agent.state(world.transports[0])
    }

    #[test]
    fn scripts_of_the_corpus_lead_where_their_names_say() {
        for connected in [
            "connect",
            "connect-controlled",
            "connect-by-prflx",
            "consent-kept",
            "restart-cancelled-connected",
        ] {
            let state = state(connected);
            let is_connected = [TransportState::Connected, TransportState::Completed];
            assert!(is_connected.contains(&state), "{connected}: {state}");
        }
        assert_eq!(state("silence"), TransportState::Failed);
        assert_eq!(state("consent-lost"), TransportState::Failed);
        assert_eq!(state("gather"), TransportState::New);
    }

    #[test]
    #[should_panic(expected = "sends to 192.0.2.1:1000")]
    fn a_datagram_to_an_address_that_nobody_gave_is_noticed() {
        let mut world = play_open(&input("gather"));
        let id = world.transports[0];
        world
            .agent
            .set_remote_credentials(world.now, id, peer::credentials(0));
        let candidate = RemoteCandidate {
            foundation: "1".into(),
            component: 1,
            protocol: Protocol::Udp,
            priority: 1,
            kind: Kind::Host,
            address: RemoteAddress::Ip(ADDRESSES[0].parse().expect("a literal")),
            ufrag: None,
        };
        let added = world.agent.add_remote_candidate(world.now, id, candidate);
        assert_eq!(added, Ok(()));
        world.pass(100);
    }
}
