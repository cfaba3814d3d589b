//! Every order of calls ends alike, and the same seed gives the same events.

use std::time::Duration;

use rill_peer::{DataChannelInit, Message, Security};
use rill_sim::{Link, Seed};

use crate::{
    adapter::Adapter,
    diary::Getters,
    scene::{Scene, Setting},
};

/// Connects, talks, negotiates again, closes a channel.
fn play(setting: Setting) -> Scene {
    let mut scene = setting.build();
    let channel = scene.connect();
    let second = scene.create(scene.bob, "second", DataChannelInit::default());
    scene.send_text(scene.alice, channel.ours, "first words");
    let bytes = vec![7; 50_000];
    scene.send(scene.bob, channel.theirs, Message::Binary(bytes.into()));
    scene.run_for(Duration::from_secs(1));
    scene.offer(scene.bob);
    scene.run_for(Duration::from_secs(1));
    scene.send_text(scene.bob, second, "last words");
    let close = |side: &mut Adapter, now| side.pc.close_data_channel(now, second);
    scene.sim.with(scene.bob, close);
    scene.run_for(Duration::from_secs(3));
    scene.check_echo(&channel);
    scene.run_for(Duration::from_secs(4));
    scene
}

/// What a side told, in order, and what its getters show in the end.
fn outcome(side: &Adapter) -> (Vec<String>, Getters) {
    (side.diary.words(), Getters::of(&side.pc))
}

#[test]
fn the_order_of_polls_does_not_matter() {
    let setting = || Setting {
        servers: [vec!["stun:192.0.2.99"], vec![]],
        ..Setting::default()
    };
    let straight = play(setting());
    let expected = straight.hosts().map(|host| outcome(straight.side(host)));
    for seed in Seed::many(20) {
        let _replay = rill_sim::replay!(seed);
        let shuffled = play(Setting {
            shuffle: Some(seed),
            ..setting()
        });
        for (host, (words, getters)) in shuffled.hosts().into_iter().zip(&expected) {
            let (own_words, own_getters) = outcome(shuffled.side(host));
            assert_eq!(&own_words, words, "seed {seed}");
            assert_eq!(&own_getters, getters, "seed {seed}");
        }
    }
}

/// Tasks that are run late delay what a side tells, and change nothing of it.
#[test]
fn late_tasks_tell_the_same() {
    let straight = play(Setting::default());
    for seed in Seed::many(12) {
        let _replay = rill_sim::replay!(seed);
        let late = play(Setting {
            shuffle: Some(seed),
            lazy: true,
            ..Setting::default()
        });
        for host in straight.hosts() {
            let (expected, side) = (straight.side(host), late.side(host));
            for number in 0..2 {
                let id = rill_peer::ChannelId::from_value(number);
                let words = side.diary.channel_words(id);
                assert_eq!(words, expected.diary.channel_words(id), "seed {seed}");
            }
            assert_eq!(
                Getters::of(&side.pc),
                Getters::of(&expected.pc),
                "seed {seed}"
            );
        }
    }
}

#[test]
fn the_order_of_polls_does_not_matter_with_dtls() {
    let straight = play(Setting::secure());
    let expected = straight.hosts().map(|host| outcome(straight.side(host)).0);
    for seed in Seed::many(4) {
        let _replay = rill_sim::replay!(seed);
        let shuffled = play(Setting {
            shuffle: Some(seed),
            ..Setting::secure()
        });
        for (host, words) in shuffled.hosts().into_iter().zip(&expected) {
            assert_eq!(&outcome(shuffled.side(host)).0, words, "seed {seed}");
        }
    }
}

/// Every happening with its time, and every packet.
fn trace(seed: u64, security: Security) -> (Vec<String>, String) {
    let scene = play(Setting {
        security,
        link: Link {
            loss: 0.05,
            jitter: Duration::from_millis(7),
            reordering: 0.1,
            duplication: 0.05,
            ..Link::default()
        },
        ..Setting::seeded(Seed::new(seed))
    });
    let start = scene.sim.start();
    let lines = scene.hosts().map(|host| {
        let diary = &scene.side(host).diary;
        let words = diary.words().into_iter();
        let times = diary.entries.iter().map(|entry| entry.at - start);
        let lines = times.zip(words).map(|(at, word)| format!("{at:?} {word}"));
        lines.collect::<Vec<_>>()
    });
    (lines.concat(), scene.sim.trace().to_string())
}

#[test]
fn the_same_seed_gives_the_same_events_and_packets() {
    let first = trace(3, Security::SimulationOnly);
    assert_eq!(first, trace(3, Security::SimulationOnly));
    assert_ne!(first, trace(4, Security::SimulationOnly));
}
