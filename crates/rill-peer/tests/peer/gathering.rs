//! Gathering, from its start to the null candidate: B1 to B3, B7 to B16 and B24 of TRICKLE.md.

use std::time::Duration;

use rill_peer::{
    BundlePolicy, Configuration, DataChannelInit, Event, Exception, IceGatheringState, MediaKind,
    SdpType, SessionDescription, SignalingState,
};

use crate::{
    diary::{Diary, Entry, Happening},
    lone::Lone,
    offer::sections,
    scene::{ALICE, Scene, Setting, ip},
    signal::Manner,
};

/// A session with two interfaces and two servers on Alice's side, of which one is dead.
pub(crate) fn rich_scene(manner: Manner) -> Scene {
    let mut setting = Setting {
        addresses: [vec![ip(ALICE), ip("203.0.113.1")], vec![ip("198.51.100.2")]],
        ..Setting::default()
    };
    setting.manners[0] = manner;
    setting.servers[0] = vec!["stun:192.0.2.1", "stun:192.0.2.99"];
    let mut scene = setting.build();
    scene.add_server("192.0.2.1:3478");
    scene.sim.add_dead_address(ip("192.0.2.99"));
    scene
}

pub(crate) fn gathered(manner: Manner) -> Scene {
    let mut scene = rich_scene(manner);
    scene.connect();
    scene.run_for(Duration::from_secs(3));
    scene
}

fn position(diary: &Diary, wanted: impl Fn(&Entry) -> bool) -> usize {
    let found = diary.entries.iter().position(wanted);
    found.unwrap_or_else(|| panic!("it is not there: {:#?}", diary.words()))
}

fn is_gathering(entry: &Entry, state: IceGatheringState) -> bool {
    matches!(entry.event(), Some(Event::IceGatheringStateChange(to)) if *to == state)
}

fn is_null(entry: &Entry) -> bool {
    matches!(entry.event(), Some(Event::IceCandidate(None)))
}

/// Trickle B1, B3: crates/rill-peer/src/peer_connection/commit.rs: `let mut described = self.described(Side::Local, plan.description, Some(operation));`
#[test]
fn b1_b3_the_description_is_applied_before_gathering_speaks() {
    let scene = gathered(Manner::Trickle);
    for side in [scene.alice(), scene.bob()] {
        // Alice's first operation; Bob's first is the remote offer.
        let completed = |entry: &Entry| matches!(entry.what, Happening::Completed(_));
        let applied = |entry: &Entry| completed(entry) && entry.getters().local.is_some();
        let applied = position(&side.diary, applied);
        let entry = &side.diary.entries[applied];
        assert_eq!(entry.getters().gathering, IceGatheringState::New);
        assert!(!entry.getters().local_sdp().contains("a=candidate"));
        let gathering = |entry: &Entry| is_gathering(entry, IceGatheringState::Gathering);
        let first = position(&side.diary, gathering);
        assert!(applied < first);
        assert!(first < position(&side.diary, |entry| entry.candidate().is_some()));
        assert!(entry.task < side.diary.entries[first].task);
    }
}

/// Trickle B2: crates/rill-peer/src/peer_connection/poll.rs: `Change::Gathering(id, state) => self.view.set_gathering(id, state, events),`
#[test]
fn b2_who_listens_after_the_description_hears_complete() {
    // Without an interface gathering takes no time at all.
    let mut setting = Setting::default();
    setting.addresses[0].clear();
    let mut scene = setting.build();
    scene.first_offer();
    scene.run_for(Duration::from_secs(1));
    let diary = &scene.alice().diary;
    let applied = diary
        .entries
        .iter()
        .position(|entry| matches!(entry.what, Happening::Completed(_)));
    let (before, after) = diary.entries.split_at(applied.expect("it was applied"));
    let is_complete = |entry: &Entry| {
        matches!(
            entry.event(),
            Some(Event::IceGatheringStateChange(IceGatheringState::Complete))
        )
    };
    assert!(!before.iter().any(is_complete));
    assert!(after.iter().any(is_complete), "{:?}", diary.words());
}

/// Trickle B7, B9: crates/rill-peer/src/view/states.rs: `if now.gathering == IceGatheringState::Complete {`
#[test]
fn b7_b9_every_transport_ends_and_one_null_follows() {
    let mut scene = Setting::bundling(BundlePolicy::MaxCompat).build();
    for kind in [MediaKind::Audio, MediaKind::Video] {
        scene.transceiver(scene.alice, kind);
    }
    scene.first_offer();
    scene.run_for(Duration::from_secs(1));
    let diary = &scene.alice().diary;
    let mut ended = Vec::new();
    for entry in &diary.entries {
        let Some(Event::IceCandidate(candidate)) = entry.event() else {
            continue;
        };
        let getters = entry.getters();
        match candidate {
            Some(candidate) if candidate.candidate.is_empty() => {
                let section =
                    &sections(getters.local_sdp())[usize::from(candidate.sdp_m_line_index)];
                assert!(section.contains("a=end-of-candidates"), "{section}");
                ended.push(candidate.sdp_mid.clone());
            }
            Some(candidate) => assert!(!ended.contains(&candidate.sdp_mid)),
            None => assert_eq!(ended.len(), 3, "null comes last"),
        }
    }
    ended.sort();
    assert_eq!(ended, ["0", "1", "2"]);
    let nulls = diary
        .events()
        .filter(|event| matches!(event, Event::IceCandidate(None)));
    assert_eq!(nulls.count(), 1);
}

/// Trickle B8, B9: crates/rill-peer/src/view/states.rs: `events.push(Event::IceCandidate(None));`
#[test]
fn b8_b9_complete_then_one_null_in_a_later_task() {
    let scene = gathered(Manner::Trickle);
    for side in [scene.alice(), scene.bob()] {
        let diary = &side.diary;
        let is_end = |entry: &Entry| {
            entry
                .candidate()
                .is_some_and(|candidate| candidate.candidate.is_empty())
        };
        let end = position(diary, is_end);
        let complete = position(diary, |entry| {
            is_gathering(entry, IceGatheringState::Complete)
        });
        let null = position(diary, is_null);
        let entries = &diary.entries;
        assert!(entries[end].task < entries[complete].task);
        assert_eq!(null, complete + 1);
        assert_eq!(entries[complete].task, entries[null].task);
        assert_eq!(
            entries[null].getters().gathering,
            IceGatheringState::Complete
        );
        assert_eq!(entries.iter().filter(|entry| is_null(entry)).count(), 1);
    }
}

/// Trickle B8: crates/rill-peer/src/view/mod.rs: `events.push(Event::IceTransportGatheringStateChange(id));`
#[test]
fn b8_the_transport_completes_before_the_connection() {
    let mut scene = Setting::default().build();
    scene.first_offer();
    scene.run_for(Duration::from_secs(1));
    let diary = &scene.alice().diary;
    let null = diary.find(|event| matches!(event, Event::IceCandidate(None)));
    let task = null.expect("it completes").task;
    let own = diary.entries.iter().filter(|entry| entry.task == task);
    let words: Vec<_> = own
        .clone()
        .filter_map(Entry::event)
        .map(crate::diary::word)
        .collect();
    assert_eq!(
        words,
        [
            "transport gathering",
            "gathering complete",
            "candidate null"
        ]
    );
    for entry in own {
        assert_eq!(entry.getters().gathering, IceGatheringState::Complete);
        assert!(entry.getters().transports[0].contains("Complete"));
    }
}

/// Trickle B10, B11: crates/rill-peer/src/view/states.rs: `if any(GatheringState::Gathering) {`
#[test]
fn b10_b11_gathering_then_complete_with_everything_in_the_description() {
    let scene = gathered(Manner::Trickle);
    for side in [scene.alice(), scene.bob()] {
        let state = |event: &Event| match event {
            Event::IceGatheringStateChange(state) => Some(*state),
            _ => None,
        };
        let states: Vec<_> = side.diary.events().filter_map(state).collect();
        assert_eq!(
            states,
            [IceGatheringState::Gathering, IceGatheringState::Complete]
        );
        let diary = &side.diary;
        let complete = position(diary, |entry| {
            is_gathering(entry, IceGatheringState::Complete)
        });
        let sdp = diary.entries[complete].getters().local_sdp();
        let told: Vec<_> = diary.entries.iter().filter_map(Entry::candidate).collect();
        for candidate in told
            .iter()
            .filter(|candidate| !candidate.candidate.is_empty())
        {
            assert!(sdp.contains(&candidate.candidate), "{sdp}");
        }
        assert_eq!(sdp.matches("a=candidate:").count(), told.len() - 1);
        assert_eq!(sdp.matches("a=end-of-candidates").count(), 1);
    }
}

/// Trickle B12: crates/rill-peer/src/peer_connection/commit.rs: `self.restart_asked(now, before.as_ref(), &plan.remote, &plan.restarts);`
#[test]
fn b12_a_remote_description_does_not_gather() {
    let mut scene = Setting::default().build();
    let offer = scene.first_offer();
    let now = scene.sim.now();
    let bob = scene.sim.endpoint_mut(scene.bob);
    let offer = SessionDescription::new(SdpType::Offer, offer);
    bob.pc.set_remote_description(now, &offer).expect("it fits");
    scene.run_for(Duration::from_secs(5));
    let words = scene.bob().diary.connection_words();
    assert_eq!(words[0], "signaling have-remote-offer");
    let is_gathering =
        |word: &String| word.starts_with("gathering") || word.starts_with("candidate");
    assert!(!words.iter().any(is_gathering), "{words:?}");
    assert_eq!(scene.bob().pc.ice_gathering_state(), IceGatheringState::New);
}

/// Trickle B13: crates/rill-ice/src/agent/gathering.rs: `if self.ctx.closed || session.gatherer.state != GatheringState::New {`
#[test]
fn b13_renegotiation_does_not_gather_again() {
    let mut scene = gathered(Manner::Trickle);
    let about_gathering = |scene: &Scene| {
        let words = scene.alice().diary.connection_words();
        let words = words.into_iter();
        words
            .filter(|word| word.starts_with("gathering") || word.starts_with("candidate"))
            .count()
    };
    let before = about_gathering(&scene);
    scene.offer(scene.alice);
    scene.run_for(Duration::from_secs(3));
    assert_eq!(about_gathering(&scene), before);
    assert_eq!(
        scene.alice().pc.ice_gathering_state(),
        IceGatheringState::Complete
    );
    assert_eq!(scene.alice().pc.signaling_state(), SignalingState::Stable);
}

/// Trickle B14: crates/rill-peer/src/view/states.rs: `gathering: IceGatheringState::New,`
#[test]
fn b14_an_empty_offer_does_not_gather() {
    let mut scene = Setting::default().build();
    scene.offer(scene.alice);
    scene.run_for(Duration::from_secs(3));
    for side in [scene.alice(), scene.bob()] {
        assert_eq!(side.refusals, Vec::<String>::new());
        assert_eq!(side.pc.signaling_state(), SignalingState::Stable);
        assert_eq!(side.pc.ice_gathering_state(), IceGatheringState::New);
        let words = side.diary.connection_words();
        assert!(
            words.iter().all(|word| word.starts_with("signaling")),
            "{words:?}"
        );
    }
}

/// B15, D11: the rollback of the first offer takes the transport away.
/// Trickle B15, D11: crates/rill-peer/src/view/mod.rs: `self.transports.retain(is_live);`
#[test]
fn b15_without_transports_gathering_is_new_again() {
    let mut scene = rich_scene(Manner::Trickle);
    scene.first_offer();
    scene.run_for(Duration::from_millis(100));
    assert_eq!(
        scene.alice().pc.ice_gathering_state(),
        IceGatheringState::Gathering
    );
    scene.roll_back(scene.alice);
    scene.run_for(Duration::from_secs(3));
    let words = scene.alice().diary.connection_words();
    let last: Vec<_> = words.iter().rev().take(2).map(String::as_str).collect();
    assert_eq!(last, ["negotiationneeded", "gathering new"], "{words:?}");
    assert_eq!(
        scene.alice().driver.sockets().len(),
        0,
        "its sockets are closed"
    );
}

/// Trickle B16: crates/rill-peer/src/peer_connection/mod.rs: `self.tasks.clear();` => `{}`
#[test]
fn b16_nothing_fires_after_close() {
    for after in [0, 5, 15, 25, 45, 65, 85, 200, 3000] {
        let mut scene = rich_scene(Manner::Trickle);
        scene.create(scene.alice, "chat", DataChannelInit::default());
        scene.offer(scene.alice);
        scene.run_for(Duration::from_millis(after));
        let told = scene.alice().diary.entries.len();
        scene.sim.with(scene.alice, |side, now| {
            // Its task is queued by now.
            side.pc.restart_ice(now);
            side.pc.set_local_description(now, None).expect("it fits");
            side.pc.close(now);
        });
        scene.run_for(Duration::from_secs(10));
        assert_eq!(
            scene.alice().diary.entries.len(),
            told,
            "closed after {after} ms"
        );
        assert_eq!(
            scene.alice().driver.sockets().len(),
            0,
            "its sockets are closed"
        );
    }
}

fn pooled(size: u8) -> Configuration {
    let mut configuration = Lone::new().pc.configuration().clone();
    configuration.ice_candidate_pool_size = size;
    configuration
}

/// Trickle B24: crates/rill-peer/src/peer_connection/configure.rs: `if sized && self.was_described {` => `if sized && self.was_described && false {`
#[test]
fn b24_the_pool_cannot_change_after_the_first_local_description() {
    let mut lone = Lone::new();
    for size in [3, 0] {
        lone.pc
            .set_configuration(lone.now, pooled(size))
            .expect("nothing is set yet");
    }
    lone.channel();
    lone.set_local(None).expect("an offer fits");
    let error = lone.unchanged(|lone| lone.pc.set_configuration(lone.now, pooled(1)));
    assert_eq!(error.exception(), Exception::InvalidModification);
    lone.pc
        .set_configuration(lone.now, pooled(0))
        .expect("nothing changes");
    lone.pc.close(lone.now);
    let error = lone.unchanged(|lone| lone.pc.set_configuration(lone.now, pooled(0)));
    assert_eq!(error.exception(), Exception::InvalidState);
}
