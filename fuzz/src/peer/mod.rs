//! Two whole peer connections, without encryption, and a script: what their users do, what the
//! signalling makes of descriptions and candidates, and what the network does to datagrams.

mod forge;
mod network;
mod renegotiate;
mod side;
mod snapshot;
mod transceivers;

use std::time::Duration;

use bytes::Bytes;
use rill_peer::{
    DataChannelInit, IceCandidateInit, Message, OfferOptions, SdpType, SessionDescription,
};

use crate::script::Script;
use network::Network;

/// The longest script that is played.
const MAX_STEPS: usize = 60;

/// Whatever is refused changes nothing; what a peer creates it can apply, and if both are where the
/// same exchange has left them, so can the other; getters agree with each other and show what the event
/// just fired says; the peers come to rest; after `close` nothing happens any more; and the peers reach
/// each other when nobody interferes.
pub fn peer(data: &[u8]) {
    let mut network = play(data);
    network.close(0);
    network.close(1);
}

/// Plays the script, and lets the peers come to rest.
fn play(data: &[u8]) -> Network {
    let mut script = Script::new(data);
    let mut network = open(script.byte());
    for _ in 0..MAX_STEPS {
        if script.is_empty() {
            break;
        }
        step(&mut network, &mut script);
        network.settle();
        network.check();
    }
    network.pass(Duration::from_secs(2));
    network
}

/// Two peers, which have found each other unless the flag says otherwise, with audio if one does.
fn open(flags: u8) -> Network {
    let mut network = Network::new(flags);
    if flags & 64 == 64 {
        transceivers::add_audio(&mut network, 0);
    }
    if flags & 1 == 0 {
        let first = DataChannelInit::default();
        network.create_channel(0, "first", first);
        network.exchange(0);
        network.pass(Duration::from_secs(2));
    }
    network
}

fn step(network: &mut Network, script: &mut Script<'_>) {
    let operation = script.byte();
    let side = usize::from(operation & 1);
    match operation >> 1 & 31 {
        0 => create_channel(network, side, script),
        1 => send(network, side, script),
        2 => network.close_channel(side, script.byte()),
        3 => network.exchange(side),
        4 => describe_locally(network, side, script),
        5 | 6 => describe_remotely(network, side, script),
        7 => add_candidate(network, side, script),
        8 => network.pass(Duration::from_millis(u64::from(script.byte()) * 20)),
        9 => network.drop_datagram(side),
        10 => network.repeat_datagram(side),
        11 => forge::tamper(network, side, script),
        12 => forge::dcep(network, side, script),
        13 => forge::chunk(network, side, script),
        14 => {
            let length = script.below(64);
            network.inject(side, script.bytes(length).to_vec());
        }
        15 if script.below(4) == 0 => network.close(side),
        15 => network.trickles = !network.trickles,
        16 => transceivers::add(network, side, script),
        17 => transceivers::add_track(network, side, script),
        18 => transceivers::remove_track(network, side, script),
        19 => transceivers::set_direction(network, side, script),
        20 => transceivers::stop(network, side, script),
        21 => transceivers::prefer(network, side, script),
        22 => transceivers::replace_track(network, side, script),
        23 => transceivers::set_streams(network, side, script),
        24 => network.sides[side].peer.restart_ice(network.now),
        25 => renegotiate::offer_restart(network, side),
        26 => renegotiate::configure(network, side, script),
        27 => renegotiate::roll_back(network, side, script),
        28 => renegotiate::exchange_provisionally(network, side),
        29 => renegotiate::offer_at_once(network, side),
        30 => renegotiate::take_media_offer(network, side, script),
        _ => renegotiate::chain(network, side, script),
    }
}

fn create_channel(network: &mut Network, side: usize, script: &mut Script<'_>) {
    let flags = script.byte();
    let limit = u16::from(script.byte());
    let init = DataChannelInit {
        ordered: flags & 1 == 0,
        max_packet_life_time: (flags & 6 == 2).then_some(limit),
        max_retransmits: (flags & 6 == 4).then_some(limit),
        protocol: "p".repeat(usize::from(flags >> 6)),
        negotiated: flags & 8 == 8,
        id: (flags & 16 == 16).then_some(limit),
    };
    network.create_channel(side, "é", init);
}

fn send(network: &mut Network, side: usize, script: &mut Script<'_>) {
    let (channel, choice) = (script.byte(), script.byte());
    let length = usize::from(script.byte()).pow(2);
    let message = if choice & 1 == 0 {
        Message::Text("é".repeat(length))
    } else {
        Message::Binary(Bytes::from(vec![choice; length]))
    };
    network.send(side, channel, message);
}

fn kind(choice: u8) -> SdpType {
    [
        SdpType::Offer,
        SdpType::Answer,
        SdpType::Pranswer,
        SdpType::Rollback,
    ][usize::from(choice & 3)]
}

fn describe_locally(network: &mut Network, side: usize, script: &mut Script<'_>) {
    let choice = script.byte();
    let options = OfferOptions {
        ice_restart: choice & 16 == 16,
    };
    let description = match choice >> 2 & 3 {
        0 => None,
        1 => return network.offer(side, options),
        2 => return network.answer(side, SdpType::Answer),
        _ => Some(SessionDescription {
            kind: kind(choice),
            sdp: String::new(),
        }),
    };
    let now = network.now;
    network.attempt(side, |peer| {
        peer.set_local_description(now, description).is_ok()
    });
}

/// Gives a peer the other's description, or an offer that it never made, perhaps damaged.
fn describe_remotely(network: &mut Network, side: usize, script: &mut Script<'_>) {
    const FOREIGN: [&str; 3] = [
        include_str!("../../corpus/sdp/chromium-data"),
        include_str!("../../corpus/sdp/firefox-data"),
        include_str!("../../corpus/sdp/libwebrtc-bundle-only"),
    ];
    let choice = script.byte();
    let description = match FOREIGN.get(usize::from(choice >> 2 & 7)) {
        Some(offer) => Some(SessionDescription {
            kind: kind(choice),
            sdp: (*offer).into(),
        }),
        None => network.sides[1 - side].peer.local_description(),
    };
    let Some(mut description) = description else {
        return;
    };
    if choice & 32 == 32 {
        description.sdp = damaged(&description.sdp, script);
    }
    if choice & 64 == 64 {
        description.kind = kind(choice);
    }
    let now = network.now;
    network.attempt(side, |peer| {
        peer.set_remote_description(now, &description).is_ok()
    });
}

/// The text with a line left out, doubled, or replaced by one of the script's own.
fn damaged(text: &str, script: &mut Script<'_>) -> String {
    let mut lines: Vec<String> = text.lines().map(Into::into).collect();
    for _ in 0..=script.below(3) {
        let place = script.below(lines.len().min(256));
        match script.below(4) {
            _ if lines.is_empty() => {}
            0 => drop(lines.remove(place)),
            1 => lines.insert(place, lines[place].clone()),
            how => {
                let length = script.below(48);
                let line = String::from_utf8_lossy(script.bytes(length)).into_owned();
                if how == 2 {
                    lines[place] = line;
                } else {
                    lines.insert(place, format!("a={line}"));
                }
            }
        }
    }
    lines.join("\r\n")
}

fn add_candidate(network: &mut Network, side: usize, script: &mut Script<'_>) {
    let (choice, place) = (script.byte(), script.byte());
    let candidate = match choice & 7 {
        0 => String::new(),
        1 => "candidate:1 1 udp 2122260223 10.0.0.1 1000 typ host".into(),
        2 => "candidate:1 1 udp 2122260223 x.local 1000 typ host ufrag none".into(),
        3 => "candidate:1 1 tcp 1 10.0.0.1 9 typ host tcptype active".into(),
        _ => {
            let length = script.below(80);
            String::from_utf8_lossy(script.bytes(length)).into_owned()
        }
    };
    let init = IceCandidateInit {
        candidate,
        sdp_mid: (choice & 8 == 8).then(|| (place & 3).to_string()),
        sdp_m_line_index: (choice & 16 == 16).then_some(u16::from(place >> 4)),
        username_fragment: (choice & 32 == 32).then(|| "none".into()),
    };
    let init = (choice & 64 == 0).then_some(init);
    let now = network.now;
    network.attempt(side, |peer| {
        peer.add_ice_candidate(now, init.as_ref()).is_ok()
    });
}

#[cfg(test)]
mod tests {
    use rill_peer::{ConnectionState, DataChannelState, PeerConnection};

    use super::*;

    fn played(name: &str) -> Network {
        let corpus = crate::corpus_directory("peer");
        play(&std::fs::read(corpus.join(name)).expect("it is in the corpus"))
    }

    fn ufrags(peer: &PeerConnection) -> Vec<String> {
        let parameters = |id| peer.ice_transport(id)?.local_parameters;
        let parameters = peer.transports().into_iter().filter_map(parameters);
        parameters.map(|own| own.username_fragment).collect()
    }

    #[test]
    fn scripts_of_the_corpus_connect_where_their_names_say() {
        for name in [
            "audio-alone",
            "audio-and-data",
            "audio-then-data",
            "media-max-compat",
            "media-max-bundle",
            "media-without-trickle",
            "restart-by-offerer",
            "restart-by-answerer",
            "restart-offered",
            "restart-rolled-back",
            "restart-rolled-back-remotely",
            "restart-while-data-flows",
            "rollback-first-remote",
            "rollback-implicit",
            "provisional",
            "glare-in-connection",
            "section-recycled",
        ] {
            let network = played(name);
            for side in &network.sides {
                let state = side.peer.connection_state();
                assert_eq!(state, ConnectionState::Connected, "{name}");
            }
        }
        assert_eq!(played("audio-then-data").sides[1].received, 25);
    }

    #[test]
    fn restarts_of_the_corpus_begin_other_generations() {
        let before = ufrags(&play(&[0]).sides[0].peer);
        for name in ["restart-by-offerer", "restart-offered", "restart-twice"] {
            assert_ne!(ufrags(&played(name).sides[0].peer), before, "{name}");
        }
        let kept = &played("restart-rolled-back-remotely").sides[0];
        assert_eq!(ufrags(&kept.peer), before, "as if it had never been");
        let received = played("restart-while-data-flows").sides[1].received;
        assert_eq!(received, 4 * 255 * 255, "nothing is lost");
    }

    #[test]
    fn without_disturbance_the_peers_connect_and_talk() {
        let mut network = open(0);
        for side in [0, 1] {
            let peer = &network.sides[side].peer;
            assert_eq!(peer.connection_state(), ConnectionState::Connected);
            let channel = network.sides[side].channels[0];
            let state = network.sides[side].peer.data_channel_state(channel);
            assert_eq!(state, DataChannelState::Open);
        }
        network.send(0, 0, Message::Text("hello".into()));
        network.settle();
        network.pass(Duration::from_millis(100));
        assert_eq!(network.sides[1].received, 5);
    }

    #[test]
    fn a_forged_dcep_message_is_read() {
        let mut network = open(0);
        let open = [3, 0, 1, 0, 0, 0, 0, 0, 0, 1, 0, 0, b'x'];
        let script = [&[9, 13][..], &open].concat();
        forge::dcep(&mut network, 0, &mut Script::new(&script));
        network.settle();
        network.pass(Duration::from_millis(100));
        assert_eq!(
            network.sides[1].channels.len(),
            2,
            "the peer announced a channel"
        );
    }
}
