//! Data channels between two peers (RFC 8831, RFC 8832).

use std::time::Duration;

use bytes::Bytes;
use rill_peer::{
    ChannelId, CreateDataChannelError, DataChannelInit, DataChannelState, DtlsTransportState,
    Event, Message, SdpType, Security, SendError,
};
use rill_sim::{Datagram, HostId, Link, Seed, Verdict};

use crate::{
    adapter::Adapter,
    scene::{ALICE, Connected, LONG, Scene, Setting, ip},
    signal::{rewriting, without_lines},
};

fn connected() -> (Scene, Connected) {
    let mut scene = Setting::default().build();
    let channel = scene.connect();
    (scene, channel)
}

/// A channel from Alice that is open on both sides: her handle and Bob's.
fn opened(scene: &mut Scene, label: &str, init: DataChannelInit) -> Connected {
    let known = scene.bob().announced.len();
    let ours = scene.create(scene.alice, label, init);
    let open = scene.run_until(LONG, |_, bob| bob.announced.len() > known);
    assert!(open.is_some(), "`{label}` is announced");
    Connected {
        ours,
        theirs: scene.bob().announced[known],
        time: scene.sim.elapsed(),
    }
}

fn is_closed(side: &Adapter, id: ChannelId) -> bool {
    side.pc.data_channel_state(id) == DataChannelState::Closed
}

#[test]
fn the_peer_sees_how_a_channel_was_set_up() {
    let (mut scene, _) = connected();
    let limits = [
        (None, None),
        (Some(500), None),
        (None, Some(0)),
        (None, Some(65535)),
    ];
    for (max_packet_life_time, max_retransmits) in limits {
        for ordered in [true, false] {
            let init = DataChannelInit {
                ordered,
                max_packet_life_time,
                max_retransmits,
                protocol: "chat.v2 – ünïcode".into(),
                ..DataChannelInit::default()
            };
            let channel = opened(&mut scene, "a läbel", init.clone());
            let ours = scene
                .alice()
                .pc
                .data_channel(channel.ours)
                .expect("it is there");
            let theirs = scene
                .bob()
                .pc
                .data_channel(channel.theirs)
                .expect("it is there");
            assert_eq!((&*theirs.label, &theirs.init), ("a läbel", &ours.init));
            let id = ours.init.id;
            assert_eq!(theirs.init, DataChannelInit { id, ..init });
            scene.check_echo(&channel);
        }
    }
}

/// Reliable channels lose nothing, others keep the rest going.
#[test]
fn reliability_is_what_was_asked_for() {
    for seed in Seed::many(4) {
        let _replay = rill_sim::replay!(seed);
        let mut scene = Setting::seeded(seed).build();
        scene.connect();
        let unreliable = DataChannelInit {
            ordered: false,
            max_retransmits: Some(0),
            ..DataChannelInit::default()
        };
        let fleeting = DataChannelInit {
            max_packet_life_time: Some(1),
            ..DataChannelInit::default()
        };
        let reliable = DataChannelInit {
            ordered: false,
            ..DataChannelInit::default()
        };
        let channels = [unreliable, fleeting, reliable].map(|init| opened(&mut scene, "x", init));
        let rough = Link {
            loss: 0.15,
            ..Link::default()
        };
        for address in [crate::scene::ALICE, crate::scene::BOB] {
            scene.sim.set_link(crate::scene::ip(address), &rough);
        }
        for number in 0..60 {
            for channel in &channels {
                scene.send_text(scene.alice, channel.ours, &format!("{number}"));
            }
            scene.run_for(Duration::from_millis(20));
        }
        scene.run_for(Duration::from_secs(30));
        let counts = channels.map(|channel| scene.bob().texts(channel.theirs).len());
        assert!((20..60).contains(&counts[0]), "{counts:?}");
        assert!((20..60).contains(&counts[1]), "{counts:?}");
        assert_eq!(counts[2], 60);
        let mut numbers: Vec<u32> = texts_as_numbers(&scene, channels[1].theirs);
        assert!(numbers.is_sorted(), "in order: {numbers:?}");
        numbers = texts_as_numbers(&scene, channels[2].theirs);
        numbers.sort_unstable();
        assert_eq!(numbers, (0..60).collect::<Vec<_>>());
    }
}

fn texts_as_numbers(scene: &Scene, id: ChannelId) -> Vec<u32> {
    let texts = scene.bob().texts(id);
    texts
        .iter()
        .map(|text| text.parse().expect("a number"))
        .collect()
}

fn negotiated(id: u16) -> DataChannelInit {
    DataChannelInit {
        negotiated: true,
        id: Some(id),
        ..DataChannelInit::default()
    }
}

#[test]
fn negotiated_channels_open_without_a_word() {
    for id in [0, 1, 7, 8, 1000] {
        let mut scene = Setting::default().build();
        let [ours, theirs] = scene
            .hosts()
            .map(|host| scene.create(host, "n", negotiated(id)));
        let chat = scene.connect();
        let channel = Connected {
            ours,
            theirs,
            ..chat
        };
        scene.check_echo(&channel);
        assert_eq!(scene.bob().announced.len(), 1, "only the other one");
        for host in scene.hosts() {
            assert_eq!(scene.side(host).pc.data_channel_stream(ours), Some(id));
        }
        assert_ne!(scene.alice().pc.data_channel_stream(chat.ours), Some(id));
        scene.check_echo(&chat);
    }
}

#[test]
fn arguments_are_checked() {
    let (mut scene, _) = connected();
    let taken = scene.create(scene.alice, "taken", negotiated(40));
    let mut create = |label: &str, init| {
        let create = |side: &mut Adapter, now| side.pc.create_data_channel(now, label, init);
        scene
            .sim
            .with(scene.alice, create)
            .expect_err("it is a bad one")
    };
    let plain = DataChannelInit::default;
    let long = "é".repeat(32768);
    assert_eq!(
        create(&long, plain()),
        CreateDataChannelError::TooLong("label")
    );
    let protocol = DataChannelInit {
        protocol: long,
        ..plain()
    };
    assert_eq!(
        create("", protocol),
        CreateDataChannelError::TooLong("protocol")
    );
    let missing = DataChannelInit {
        id: None,
        ..negotiated(0)
    };
    assert_eq!(create("", missing), CreateDataChannelError::IdMissing);
    assert_eq!(
        create("", negotiated(65535)),
        CreateDataChannelError::IdOutOfRange
    );
    assert_eq!(
        create("", negotiated(40)),
        CreateDataChannelError::IdInUse(40)
    );
    let both = DataChannelInit {
        max_packet_life_time: Some(1),
        max_retransmits: Some(1),
        ..plain()
    };
    assert_eq!(create("", both), CreateDataChannelError::TwoLimits);
    scene.sim.with(scene.alice, |side, now| {
        side.pc.close_data_channel(now, taken);
    });
    scene.sim.with(scene.alice, |side, now| side.pc.close(now));
    let create = |side: &mut Adapter, now| side.pc.create_data_channel(now, "", plain());
    let error = scene
        .sim
        .with(scene.alice, create)
        .expect_err("it is closed");
    assert_eq!(error, CreateDataChannelError::Closed);
}

#[test]
fn the_longest_names_arrive() {
    let (mut scene, _) = connected();
    let init = DataChannelInit {
        protocol: "p".repeat(65535),
        ..DataChannelInit::default()
    };
    let channel = opened(&mut scene, &"é".repeat(32767), init.clone());
    let theirs = scene
        .bob()
        .pc
        .data_channel(channel.theirs)
        .expect("it is there");
    assert_eq!(theirs.label.len(), 65534);
    assert_eq!(theirs.init.protocol, init.protocol);
    scene.check_echo(&channel);
}

/// Bob answered, so he is the DTLS client: even ids are his.
#[test]
fn ids_have_the_parity_of_the_role() {
    let mut scene = Setting::default().build();
    let early: Vec<_> = (0..3)
        .map(|_| scene.create(scene.alice, "early", DataChannelInit::default()))
        .collect();
    let chat = scene.connect();
    let stream = |scene: &Scene, host: HostId, id| scene.side(host).pc.data_channel_stream(id);
    let ids: Vec<_> = early
        .iter()
        .map(|id| stream(&scene, scene.alice, *id))
        .collect();
    assert_eq!(ids, [Some(1), Some(3), Some(5)]);
    assert_eq!(stream(&scene, scene.alice, chat.ours), Some(7));
    scene.create(scene.bob, "taken", negotiated(0));
    for expected in [2, 4] {
        let late = scene.create(scene.bob, "late", DataChannelInit::default());
        assert_eq!(stream(&scene, scene.bob, late), Some(expected));
    }
    let open = scene.run_until(LONG, |alice, _| alice.announced.len() == 2);
    assert!(open.is_some(), "both are announced");
}

#[test]
fn ids_are_unknown_before_the_roles_are() {
    let mut scene = Setting::default().build();
    let ours = scene.create(scene.alice, "early", DataChannelInit::default());
    assert_eq!(scene.alice().pc.data_channel_stream(ours), None);
    let error = scene.sim.with(scene.alice, |side, now| {
        side.pc.send(now, ours, Message::Text("too early".into()))
    });
    assert_eq!(error, Err(SendError::NotOpen(DataChannelState::Connecting)));
}

fn pattern(length: usize) -> Bytes {
    (0..length)
        .map(|index| (index * 7 + index / 251) as u8)
        .collect()
}

#[test]
fn messages_of_every_size_arrive_whole() {
    let sizes = [0, 1, 1199, 65536, 262_144];
    for security in [Security::SimulationOnly, Security::Dtls] {
        for ordered in [true, false] {
            let mut scene = Setting {
                security,
                ..Setting::default()
            }
            .build();
            scene.connect();
            let init = DataChannelInit {
                ordered,
                ..DataChannelInit::default()
            };
            let channel = opened(&mut scene, "sizes", init);
            let messages = sizes.map(|size| Message::Binary(pattern(size)));
            let texts = ["", "x", "ä€😀"].map(|text| Message::Text(text.into()));
            let all: Vec<_> = messages.into_iter().chain(texts).collect();
            for message in &all {
                scene.send(scene.alice, channel.ours, message.clone());
                scene.send(scene.bob, channel.theirs, message.clone());
            }
            let count = |side: &Adapter, id| side.received.get(&id).map_or(0, Vec::len);
            let arrived = scene.run_until(LONG, |alice, bob| {
                [count(alice, channel.ours), count(bob, channel.theirs)] == [all.len(); 2]
            });
            assert!(arrived.is_some(), "all arrive");
            for got in [
                &scene.alice().received[&channel.ours],
                &scene.bob().received[&channel.theirs],
            ] {
                if ordered {
                    assert!(got == &all, "in order and unchanged");
                }
                assert!(all.iter().all(|message| got.contains(message)), "unchanged");
            }
        }
    }
}

type Rewrite = Box<dyn FnMut(&str) -> String>;

#[test]
fn a_message_above_the_peers_limit_is_refused() {
    let no_line = |sdp: &str| without_lines(sdp, "a=max-message-size");
    let with = |limit: usize| {
        let line = format!("a=max-message-size:{limit}");
        move |sdp: &str| sdp.replace("a=max-message-size:262144", &line)
    };
    let limits: [(Rewrite, usize); 4] = [
        (Box::new(str::to_owned), 262_144),
        (Box::new(with(1000)), 1000),
        (Box::new(with(1)), 1),
        (Box::new(no_line), 65536),
    ];
    for (rewrite, limit) in limits {
        let mut scene = Setting::default().build();
        scene.tamper[1] = rewriting(SdpType::Answer, rewrite);
        let channel = scene.connect();
        assert_eq!(scene.alice().pc.max_message_size(), Some(limit));
        let mut send = |size| {
            let message = Message::Binary(pattern(size));
            let send = |side: &mut Adapter, now| side.pc.send(now, channel.ours, message);
            scene.sim.with(scene.alice, send)
        };
        let size = limit + 1;
        assert_eq!(send(size), Err(SendError::TooLarge { size, limit }));
        assert_eq!(send(limit), Ok(()));
        let arrived = scene.run_until(LONG, |_, bob| !bob.received.is_empty());
        assert!(arrived.is_some(), "the longest one arrives");
        assert_eq!(scene.bob().received[&channel.theirs][0].len(), limit);
    }
}

/// Zero is no limit (RFC 8841 §6.1); what we accept ourselves still is one.
#[test]
fn a_limit_of_zero_is_none() {
    let mut scene = Setting::default().build();
    scene.tamper[1] = rewriting(SdpType::Answer, |sdp| {
        sdp.replace("a=max-message-size:262144", "a=max-message-size:0")
    });
    let channel = scene.connect();
    assert!(scene.alice().pc.max_message_size() > Some(1_000_000));
    let dropped = scene.bob().pc.dropped();
    scene.send(scene.alice, channel.ours, Message::Binary(pattern(300_000)));
    scene.run_for(Duration::from_secs(2));
    assert_eq!(
        scene.bob().received.len(),
        0,
        "above what Bob really accepts"
    );
    assert!(scene.bob().pc.dropped() > dropped);
    scene.check_echo(&channel);
}

#[test]
fn what_was_sent_before_close_is_delivered_first() {
    for closer in 0..2 {
        let (mut scene, channel) = connected();
        let hosts = scene.hosts();
        let ids = [channel.ours, channel.theirs];
        for number in 0..20 {
            let message = Message::Binary(pattern(30_000 + number));
            scene.send(hosts[closer], ids[closer], message);
        }
        scene.close(hosts[closer], ids[closer]);
        let state = |scene: &Scene| scene.side(hosts[closer]).pc.data_channel_state(ids[closer]);
        assert_eq!(state(&scene), DataChannelState::Closing);
        let over = scene.run_until(LONG, |alice, bob| {
            is_closed(alice, channel.ours) && is_closed(bob, channel.theirs)
        });
        assert!(over.is_some(), "both ends close");
        let other = scene.side(hosts[1 - closer]);
        let id = ids[1 - closer].value();
        let words = other.diary.channel_words(ids[1 - closer]);
        let messages = words
            .iter()
            .filter(|word| word.starts_with("message"))
            .count();
        assert_eq!(messages, 20);
        assert!(
            words.ends_with(&[format!("closing {id}"), format!("close {id}")]),
            "{words:?}"
        );
        let id = ids[closer].value();
        let words = scene.side(hosts[closer]).diary.channel_words(ids[closer]);
        let others = words.iter().filter(|word| !word.starts_with("low"));
        let last: Vec<_> = others.rev().take(2).collect();
        assert_eq!(last[0], &format!("close {id}"));
        assert!(!words.contains(&format!("closing {id}")), "{words:?}");
    }
}

#[test]
fn what_was_sent_before_close_survives_loss() {
    for seed in Seed::many(5) {
        let _replay = rill_sim::replay!(seed);
        for ordered in [true, false] {
            let mut scene = Setting::seeded(seed).build();
            scene.connect();
            let init = DataChannelInit {
                ordered,
                ..DataChannelInit::default()
            };
            let channel = opened(&mut scene, "lossy", init);
            let rough = Link {
                loss: 0.1,
                reordering: 0.2,
                duplication: 0.1,
                ..Link::default()
            };
            for address in [crate::scene::ALICE, crate::scene::BOB] {
                scene.sim.set_link(crate::scene::ip(address), &rough);
            }
            for number in 0..30 {
                let message = Message::Binary(pattern(5000 + number));
                scene.send(scene.alice, channel.ours, message);
            }
            scene.close(scene.alice, channel.ours);
            let over = scene.run_until(LONG, |alice, bob| {
                is_closed(alice, channel.ours) && is_closed(bob, channel.theirs)
            });
            assert!(over.is_some(), "both ends close");
            assert_eq!(scene.bob().received[&channel.theirs].len(), 30);
        }
    }
}

#[test]
fn a_channel_closed_before_it_opens_is_never_announced() {
    for after in [0, 45] {
        let mut scene = Setting::default().build();
        let early = scene.create(scene.alice, "early", DataChannelInit::default());
        if after == 0 {
            scene.close(scene.alice, early);
        }
        let chat = scene.create(scene.alice, "chat", DataChannelInit::default());
        scene.offer(scene.alice);
        scene.run_for(Duration::from_millis(after));
        scene.close(scene.alice, early);
        let open = scene.run_until(LONG, |_, bob| !bob.announced.is_empty());
        assert!(open.is_some(), "the other one opens");
        scene.run_for(Duration::from_secs(1));
        let words = scene.alice().diary.channel_words(early);
        assert_eq!(words, [format!("close {}", early.value())]);
        let theirs = scene.bob().announced.clone();
        assert_eq!(theirs.len(), 1);
        let streams = (
            scene.alice().pc.data_channel_stream(chat),
            scene.bob().pc.data_channel_stream(theirs[0]),
        );
        assert_eq!(streams.0, streams.1);
    }
}

#[test]
fn what_is_not_read_yet_comes_before_the_end_of_its_channel() {
    let (mut scene, channel) = connected();
    scene.sim.endpoint_mut(scene.bob).reads = false;
    for _ in 0..12 {
        scene.send(scene.alice, channel.ours, Message::Binary(pattern(250_000)));
    }
    scene.close(scene.alice, channel.ours);
    scene.run_for(Duration::from_secs(5));
    assert!(scene.bob().received[&channel.theirs].len() < 12);
    let state = scene.bob().pc.data_channel_state(channel.theirs);
    assert_eq!(state, DataChannelState::Open);
    scene.sim.with(scene.bob, Adapter::resume);
    scene.run_for(Duration::from_secs(1));
    assert_eq!(scene.bob().received[&channel.theirs].len(), 12);
    assert!(is_closed(scene.bob(), channel.theirs) && is_closed(scene.alice(), channel.ours));
}

#[test]
fn both_may_close_at_once_and_the_id_is_free_again() {
    let (mut scene, channel) = connected();
    let stream = scene.alice().pc.data_channel_stream(channel.ours);
    scene.close(scene.alice, channel.ours);
    scene.close(scene.bob, channel.theirs);
    scene.run_for(Duration::from_secs(1));
    for (host, id) in [(scene.alice, channel.ours), (scene.bob, channel.theirs)] {
        let words = scene.side(host).diary.channel_words(id);
        let closes = words
            .iter()
            .filter(|word| word.starts_with("close"))
            .count();
        assert_eq!(closes, 1, "{words:?}");
        let send = |side: &mut Adapter, now| side.pc.send(now, id, Message::Text("late".into()));
        let error = scene.sim.with(host, send);
        assert_eq!(error, Err(SendError::NotOpen(DataChannelState::Closed)));
    }
    let again = opened(&mut scene, "again", DataChannelInit::default());
    assert_eq!(scene.alice().pc.data_channel_stream(again.ours), stream);
    assert_ne!(again.ours, channel.ours);
    scene.check_echo(&again);
}

/// RFC 8831 §6.7: who knows first that both directions are reset may use the stream again at once.
#[test]
fn a_stream_is_used_again_while_the_peer_waits_for_the_answer_to_its_reset() {
    let mut early = 0;
    for lost in 1..32_u32 {
        // Which of the next packets of hers are lost, and of his, as bits.
        let masks = [lost & 3, lost >> 2];
        let (mut scene, channel) = connected();
        scene.run_for(Duration::from_secs(2));
        let stream = scene.alice().pc.data_channel_stream(channel.ours);
        let mut sent = [0_u32; 2];
        scene.sim.intercept(move |_, datagram: &mut Datagram| {
            if datagram.bytes[0] != 23 {
                return Verdict::Pass;
            }
            let side = usize::from(datagram.local.ip() != ip(ALICE));
            let place = sent[side];
            sent[side] += 1;
            match masks[side].checked_shr(place) {
                Some(bits) if bits & 1 == 1 => Verdict::Drop,
                _ => Verdict::Pass,
            }
        });
        scene.close(scene.bob, channel.theirs);
        let closed = scene.run_until(LONG, |alice, _| is_closed(alice, channel.ours));
        assert!(closed.is_some(), "{lost}: it closes");
        early += usize::from(!is_closed(scene.bob(), channel.theirs));
        let again = opened(&mut scene, "again", DataChannelInit::default());
        assert_eq!(scene.alice().pc.data_channel_stream(again.ours), stream);
        assert!(is_closed(scene.bob(), channel.theirs));
        scene.check_echo(&again);
    }
    assert!(early > 0, "Alice is ahead of Bob");
}

#[test]
fn a_closed_channel_can_be_forgotten() {
    let (mut scene, channel) = connected();
    scene
        .sim
        .endpoint_mut(scene.alice)
        .pc
        .forget_data_channel(channel.ours);
    assert!(
        scene.alice().pc.data_channel(channel.ours).is_some(),
        "it is open"
    );
    scene.close(scene.alice, channel.ours);
    scene.run_for(Duration::from_secs(1));
    assert!(scene.alice().pc.data_channel(channel.ours).is_none());
    let theirs = scene.bob().pc.data_channel(channel.theirs);
    assert_eq!(
        theirs.map(|info| info.ready_state),
        Some(DataChannelState::Closed)
    );
}

#[test]
fn the_buffered_amount_falls_and_says_so_once() {
    let (mut scene, channel) = connected();
    let alice = scene.sim.endpoint_mut(scene.alice);
    alice
        .pc
        .set_buffered_amount_low_threshold(channel.ours, 100_000);
    for _ in 0..4 {
        scene.send(scene.alice, channel.ours, Message::Binary(pattern(100_000)));
    }
    assert_eq!(scene.alice().pc.buffered_amount(channel.ours), 400_000);
    let is_low = |event: &Event| matches!(event, Event::BufferedAmountLow(_));
    let low = scene.run_until(LONG, |alice, _| alice.diary.find(is_low).is_some());
    assert!(low.is_some(), "it fires");
    let amount = scene.alice().pc.buffered_amount(channel.ours);
    assert!((1..=100_000).contains(&amount), "{amount}");
    scene.run_for(Duration::from_secs(5));
    assert_eq!(scene.alice().pc.buffered_amount(channel.ours), 0);
    let lows = scene
        .alice()
        .diary
        .events()
        .filter(|event| is_low(event))
        .count();
    assert_eq!(lows, 1);
    scene.send(scene.alice, channel.ours, Message::Text("1".into()));
    scene.run_for(Duration::from_secs(1));
    let lows = scene
        .alice()
        .diary
        .events()
        .filter(|event| is_low(event))
        .count();
    assert_eq!(lows, 1, "it never was above");
}

#[test]
fn closing_the_connection_closes_the_peers_channels_with_an_error() {
    for security in [Security::SimulationOnly, Security::Dtls] {
        let mut scene = Setting {
            security,
            ..Setting::default()
        }
        .build();
        let first = scene.connect();
        let second = opened(&mut scene, "second", DataChannelInit::default());
        scene.sim.with(scene.alice, |side, now| side.pc.close(now));
        scene.run_for(Duration::from_millis(100));
        for theirs in [first.theirs, second.theirs] {
            let words = scene.bob().diary.channel_words(theirs);
            assert_eq!(words.last(), Some(&format!("close {}", theirs.value())));
            let errors = words
                .iter()
                .filter(|word| word.starts_with("error"))
                .count();
            assert_eq!(errors, 1, "{security:?}: {words:?}");
        }
        assert_eq!(
            scene.bob().pc.dtls_state(),
            Some(DtlsTransportState::Closed)
        );
        assert!(
            is_closed(scene.alice(), first.ours),
            "our own are closed too"
        );
    }
}

#[test]
fn closing_the_connection_does_not_wait_for_its_queue() {
    for security in [Security::SimulationOnly, Security::Dtls] {
        let mut scene = Setting {
            security,
            ..Setting::default()
        }
        .build();
        let channel = scene.connect();
        for _ in 0..10 {
            let message = Message::Binary(pattern(250_000));
            scene.send(scene.alice, channel.ours, message);
        }
        scene.run_for(Duration::from_millis(35));
        scene.sim.with(scene.alice, |side, now| side.pc.close(now));
        scene.run_for(Duration::from_millis(30));
        let words = scene.bob().diary.channel_words(channel.theirs);
        assert_eq!(
            words.last(),
            Some(&format!("close {}", channel.theirs.value()))
        );
        assert!(
            words.iter().any(|word| word.starts_with("error")),
            "{words:?}"
        );
        assert_eq!(
            scene.alice().driver.sockets().len(),
            0,
            "its sockets are closed"
        );
    }
}

/// Damages the OPEN with a certain label on the wire, where nothing protects it.
fn damage_opens(scene: &mut Scene, damage: fn(&mut [u8])) {
    const LABEL: &[u8] = b"to be damaged";
    // An OPEN has 12 bytes before its label (RFC 8832 §5.1).
    scene.sim.intercept(move |_, datagram: &mut Datagram| {
        let bytes = &mut datagram.bytes;
        let found = bytes
            .windows(LABEL.len())
            .position(|window| window == LABEL);
        if let Some(at) = found.filter(|_| bytes[0] == 23) {
            damage(&mut bytes[at - 12..at]);
            // Zero is a checksum that both sides agreed to take (RFC 9653).
            bytes[9..13].fill(0);
        }
        Verdict::Pass
    });
}

#[test]
fn a_malformed_open_is_counted_and_others_go_on() {
    let damages: [fn(&mut [u8]); 3] = [
        |header| header[0] = 0x77,
        |header| header[1] = 0x7f,
        |header| header[8] = 0xff,
    ];
    for damage in damages {
        let (mut scene, channel) = connected();
        damage_opens(&mut scene, damage);
        let dropped = scene.bob().pc.dropped();
        let bad = scene.create(scene.alice, "to be damaged", DataChannelInit::default());
        scene.run_for(Duration::from_secs(1));
        assert_eq!(scene.bob().pc.dropped(), dropped + 1);
        assert_eq!(scene.bob().announced, [channel.theirs]);
        // RFC 8832 §6: it is closed, not acknowledged.
        let words = scene.alice().diary.channel_words(bad);
        let number = bad.value();
        assert_eq!(words.last(), Some(&format!("close {number}")));
        assert!(!words.iter().any(|word| word.starts_with("error")));
        scene.check_echo(&channel);
        assert_eq!(scene.bob().pc.dropped(), dropped + 1);
        let good = opened(&mut scene, "good", DataChannelInit::default());
        scene.check_echo(&good);
        assert_eq!(scene.bob().received.len(), 2);
    }
}

#[test]
fn who_does_not_read_stops_the_sender() {
    let (mut scene, channel) = connected();
    scene.sim.endpoint_mut(scene.bob).reads = false;
    let (message, count) = (pattern(262_144), 76);
    for _ in 0..count {
        scene.send(scene.alice, channel.ours, Message::Binary(message.clone()));
    }
    scene.run_for(Duration::from_secs(20));
    let received = scene.bob().received[&channel.theirs].len();
    // A mebibyte for the application, 16 in the receive window.
    assert!(
        (4..=6).contains(&received),
        "{received} messages given to who takes none"
    );
    let waiting = scene.alice().pc.buffered_amount(channel.ours);
    assert!(waiting > 1_000_000, "{waiting}");
    scene.run_for(Duration::from_secs(20));
    assert_eq!(scene.alice().pc.buffered_amount(channel.ours), waiting);

    scene.sim.with(scene.bob, Adapter::resume);
    let all = scene.run_until(LONG, |_, bob| bob.received[&channel.theirs].len() == count);
    assert!(all.is_some(), "the rest arrives");
    let received = &scene.bob().received[&channel.theirs];
    let expected = Message::Binary(message);
    assert!(received.iter().all(|message| *message == expected));
    scene.run_for(Duration::from_secs(2));
    assert_eq!(scene.alice().pc.buffered_amount(channel.ours), 0);
}

#[test]
fn a_hundred_channels_work_side_by_side() {
    let (mut scene, _) = connected();
    let ids: Vec<_> = (0..100)
        .map(|number| scene.create(scene.alice, &number.to_string(), DataChannelInit::default()))
        .collect();
    let open = scene.run_until(LONG, |_, bob| bob.announced.len() == 101);
    assert!(open.is_some(), "all are announced");
    for (number, id) in ids.iter().enumerate() {
        scene.send_text(scene.alice, *id, &number.to_string());
    }
    let arrived = scene.run_until(LONG, |_, bob| bob.received.len() == 100);
    assert!(arrived.is_some(), "every channel has its message");
    let bob = scene.bob();
    for id in &bob.announced[1..] {
        let label = bob.pc.data_channel(*id).expect("it is open").label;
        assert_eq!(bob.texts(*id), [label]);
    }
}

/// Acknowledged messages that wait for the reader are not lost when the peer closes the connection.
#[test]
fn what_is_not_read_yet_comes_before_the_end_of_the_connection() {
    let (mut scene, channel) = connected();
    scene.sim.endpoint_mut(scene.bob).reads = false;
    for _ in 0..12 {
        scene.send(scene.alice, channel.ours, Message::Binary(pattern(250_000)));
    }
    scene.run_for(Duration::from_secs(5));
    assert_eq!(
        scene.alice().pc.buffered_amount(channel.ours),
        0,
        "Bob's SCTP has all"
    );
    scene.sim.with(scene.alice, |side, now| side.pc.close(now));
    scene.run_for(Duration::from_secs(1));
    scene.sim.with(scene.bob, Adapter::resume);
    scene.run_for(Duration::from_secs(1));
    assert_eq!(scene.bob().received[&channel.theirs].len(), 12);
    assert!(is_closed(scene.bob(), channel.theirs));
}

/// A peer cannot fill the memory of a reader that rests with messages that have no bytes.
#[test]
fn empty_messages_wait_with_the_peer_too() {
    const COUNT: usize = 10_000;
    let (mut scene, channel) = connected();
    scene.sim.endpoint_mut(scene.bob).reads = false;
    for _ in 0..COUNT {
        scene.send_text(scene.alice, channel.ours, "");
    }
    scene.run_for(Duration::from_secs(5));
    let taken = scene.bob().texts(channel.theirs).len();
    assert!((1..9000).contains(&taken), "{taken}");
    scene.sim.with(scene.bob, Adapter::resume);
    let all = |bob: &Adapter| bob.texts(channel.theirs).len() == COUNT;
    assert!(scene.run_until(LONG, |_, bob| all(bob)).is_some());
}

#[test]
fn a_channel_is_announced_once_a_full_buffer_has_room() {
    let (mut scene, channel) = connected();
    let send = |side: &mut Adapter, now| {
        let message = Message::Binary(pattern(100_000));
        while side.pc.send(now, channel.ours, message.clone()).is_ok() {}
    };
    scene.sim.with(scene.alice, send);
    let late = opened(&mut scene, "late", DataChannelInit::default());
    scene.check_echo(&late);
    // And one that is closed before it could be announced is closed on both sides.
    scene.sim.with(scene.alice, send);
    let brief = scene.create(scene.alice, "brief", DataChannelInit::default());
    scene.close(scene.alice, brief);
    let closed = scene.run_until(LONG, |alice, bob| {
        let theirs = bob.announced.get(2);
        is_closed(alice, brief) && theirs.is_some_and(|id| is_closed(bob, *id))
    });
    assert!(closed.is_some());
}

/// A peer cannot fill our memory with the names of its channels.
#[test]
fn channels_beyond_the_room_for_them_are_refused() {
    const COUNT: usize = 100;
    let (mut scene, _) = connected();
    let init = DataChannelInit {
        protocol: "p".repeat(65535),
        ..DataChannelInit::default()
    };
    let label = "l".repeat(65535);
    let ids: Vec<_> = (0..COUNT)
        .map(|_| scene.create(scene.alice, &label, init.clone()))
        .collect();
    let refused = |alice: &Adapter| ids.iter().filter(|id| is_closed(alice, **id)).count();
    scene.run_until(LONG, |alice, bob| {
        bob.announced.len() + refused(alice) > COUNT
    });
    assert_eq!(
        scene.bob().announced.len(),
        96,
        "the first, and 95 long ones"
    );
    assert_eq!(refused(scene.alice()), COUNT - 95);
    // What is closed and forgotten makes room.
    let theirs = scene.bob().announced[1];
    scene.close(scene.bob, theirs);
    scene
        .sim
        .endpoint_mut(scene.bob)
        .pc
        .forget_data_channel(theirs);
    scene.run_for(Duration::from_secs(1));
    opened(&mut scene, &label, init);
}
