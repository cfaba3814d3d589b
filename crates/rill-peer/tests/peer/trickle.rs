//! Trickle ICE, as TRICKLE.md numbers its behaviours: A, whether the peer can; B, what we say, and
//! when; C, what we take.

use std::time::Duration;

use rill_peer::{
    DataChannelInit, Event, Exception, IceCandidate, IceCandidateInit, IceConnectionState,
    IceGatheringState, OfferOptions, SdpType, SessionDescription, SignalingState,
};

use crate::{
    adapter::Adapter,
    diary::{Diary, Entry, Happening},
    lone::Lone,
    offer::{Section, data_offer, description, sections, session_part, value_of},
    scene::{ALICE, LONG, Scene, Setting, ip},
    signal::{
        LINE, Manner, Signal, init, rewriting, with_index, with_mid, with_ufrag, withholding,
        without_lines,
    },
};

const TOKEN: &str = "a=ice-options:trickle";

fn can_trickle_after(offer: &str) -> Option<bool> {
    let mut lone = Lone::new();
    lone.set_remote(SdpType::Offer, offer)
        .expect("the offer fits");
    lone.pc.can_trickle_ice_candidates()
}

/// Trickle A1: crates/rill-peer/src/jsep/descriptions.rs: `.map(|description| description.session.lists_trickle())`
#[test]
fn a1_null_until_there_is_a_remote_description() {
    let lone = Lone::with_channel();
    assert_eq!(lone.pc.can_trickle_ice_candidates(), None);
    assert_eq!(Lone::offering().pc.can_trickle_ice_candidates(), None);
}

/// Trickle A2: crates/rill-sdp/src/session.rs: `tokens.iter().any(|token| token == "trickle"),`
#[test]
fn a2_the_token_anywhere_decides() {
    let plain = || vec![Section::audio("0"), Section::data("1")];
    let on = |which: &[usize], line: &str| {
        let sections = plain().into_iter().enumerate();
        let sections: Vec<_> = sections
            .map(|(index, section)| match which.contains(&index) {
                true => section.with(line),
                false => section,
            })
            .collect();
        description(&[], &sections)
    };
    let vectors = [
        ("session only", description(&[TOKEN], &plain()), true),
        ("none", description(&[], &plain()), false),
        ("every section", on(&[0, 1], TOKEN), true),
        (
            "a list",
            description(&["a=ice-options:ice2 trickle"], &plain()),
            true,
        ),
        (
            "one unknown token",
            description(&["a=ice-options:ice2,trickle"], &plain()),
            false,
        ),
        (
            "no-trickle",
            description(&["a=ice-options:no-trickle"], &plain()),
            false,
        ),
        ("first section only", on(&[0], TOKEN), true),
        ("second section only", on(&[1], TOKEN), true),
        ("no sections", description(&[TOKEN], &[]), true),
        (
            "capitals",
            description(&["a=ice-options:TRICKLE"], &plain()),
            false,
        ),
        ("no sections, no token", description(&[], &[]), false),
        (
            "another token",
            description(&["a=ice-options:ice2"], &plain()),
            false,
        ),
    ];
    for (name, offer, expected) in vectors {
        assert_eq!(can_trickle_after(&offer), Some(expected), "{name}");
    }
}

/// Trickle A3: crates/rill-peer/src/jsep/descriptions.rs: `.or(self.current_remote.as_ref())`
#[test]
fn a3_every_kind_of_remote_description_counts() {
    let mut lone = Lone::offering();
    let with = answer_to(&lone);
    let without = without_lines(&with, TOKEN);
    for (kind, sdp, expected) in [
        (SdpType::Pranswer, &without, false),
        (SdpType::Pranswer, &with, true),
        (SdpType::Answer, &without, false),
    ] {
        lone.set_remote(kind, sdp).expect("it fits");
        assert_eq!(
            lone.pc.can_trickle_ice_candidates(),
            Some(expected),
            "{kind}"
        );
    }
    let mut lone = Lone::new();
    for (offer, expected) in [
        (data_offer(), true),
        (without_lines(&data_offer(), TOKEN), false),
        (data_offer(), true),
    ] {
        lone.set_remote(SdpType::Offer, &offer).expect("it fits");
        assert_eq!(lone.pc.can_trickle_ice_candidates(), Some(expected));
    }
}

/// What another connection answers.
fn answer_to(offerer: &Lone) -> String {
    let offer = offerer.pc.local_description().expect("it was applied");
    let answerer = Lone::answered(&offer.sdp);
    answerer.pc.local_description().expect("it was applied").sdp
}

/// Trickle A4: crates/rill-peer/src/peer_connection/mod.rs: `self.view.descriptions.can_trickle()` => `self.jsep.descriptions.can_trickle()`
#[test]
fn a4_it_changes_in_the_task_of_the_description() {
    let mut lone = Lone::new();
    let offer = SessionDescription::new(SdpType::Offer, data_offer());
    let operation = lone
        .pc
        .set_remote_description(lone.now, &offer)
        .expect("it fits");
    assert_eq!(lone.pc.can_trickle_ice_candidates(), None, "the task waits");
    lone.run_tasks();
    let changed = |event: &Event| matches!(event, Event::SignalingStateChange(_));
    let entry = lone.diary.find(changed).expect("it fires");
    assert_eq!(entry.getters().can_trickle, Some(true));
    let entry = lone.diary.completion(operation).expect("it completes");
    assert_eq!(entry.getters().can_trickle, Some(true));
}

/// Trickle A5: crates/rill-peer/src/peer_connection/apply.rs: `self.provide_spares(session.media.len());`
#[test]
fn a5_a_refused_description_leaves_it() {
    let mut lone = Lone::answered(&data_offer());
    let bad = description(&[], &[Section::data("0").with("a=mid:again")]);
    for (kind, sdp) in [
        (SdpType::Offer, "v=0\r\n"),
        (
            SdpType::Offer,
            &without_lines(&without_lines(&bad, "a=fingerprint"), "a=mid:again"),
        ),
        (SdpType::Answer, &description(&[], &[Section::data("0")])),
        (SdpType::Offer, &description(&[], &[Section::audio("0")])),
        (SdpType::Offer, &description(&[], &[])),
    ] {
        lone.unchanged(|lone| lone.set_remote(kind, sdp));
        assert_eq!(lone.pc.can_trickle_ice_candidates(), Some(true));
    }
}

/// Trickle A6: crates/rill-peer/src/jsep/descriptions.rs: `(_, SdpType::Rollback) => {`
#[test]
fn a6_rollback_returns_to_the_description_in_effect() {
    let mut lone = Lone::new();
    lone.set_remote(SdpType::Offer, &data_offer())
        .expect("it fits");
    lone.set_remote(SdpType::Rollback, "")
        .expect("there is an offer");
    assert_eq!(lone.pc.can_trickle_ice_candidates(), None);

    let mut lone = Lone::answered(&data_offer());
    let second = without_lines(&data_offer(), TOKEN);
    lone.set_remote(SdpType::Offer, &second).expect("it fits");
    assert_eq!(
        lone.pc.can_trickle_ice_candidates(),
        Some(false),
        "pending first"
    );
    lone.set_remote(SdpType::Rollback, "")
        .expect("there is an offer");
    assert_eq!(lone.pc.can_trickle_ice_candidates(), Some(true));
}

/// Trickle A7: crates/rill-sdp/src/session.rs: `.any(|attribute| match attribute {`
#[test]
fn a7_candidates_and_local_descriptions_do_not_matter() {
    let full = Section::data("0")
        .with("a=candidate:1 1 udp 2113937151 192.0.2.5 5000 typ host")
        .with("a=end-of-candidates");
    assert_eq!(
        can_trickle_after(&description(&[TOKEN], std::slice::from_ref(&full))),
        Some(true)
    );
    assert_eq!(
        can_trickle_after(&description(&[], std::slice::from_ref(&full))),
        Some(false)
    );
    let mut lone = Lone::answered(&without_lines(&data_offer(), TOKEN));
    assert_eq!(lone.pc.can_trickle_ice_candidates(), Some(false));
    lone.set_local(None).expect("an offer fits");
    assert_eq!(lone.pc.can_trickle_ice_candidates(), Some(false));
}

/// Without token and end marker the description is all there is: ICE completes. With the token more
/// may come: it stays connected.
/// Trickle A8: crates/rill-peer/src/peer_connection/commit.rs: `} else if !trickle {`
#[test]
fn a8_false_means_end_of_candidates() {
    for (token, expected) in [
        (false, IceConnectionState::Completed),
        (true, IceConnectionState::Connected),
    ] {
        let mut setting = Setting::default();
        setting.manners[0] = Manner::Half;
        let mut scene = setting.build();
        scene.tamper[0] = rewriting(SdpType::Offer, move |sdp| {
            let sdp = without_lines(sdp, "a=end-of-candidates");
            if token {
                sdp
            } else {
                without_lines(&sdp, "a=ice-options")
            }
        });
        let mut honest = std::mem::replace(&mut scene.tamper[0], withholding());
        let mut silent = withholding();
        scene.tamper[0] = Box::new(move |signal| honest(signal).and_then(&mut silent));
        scene.connect();
        scene.run_for(Duration::from_secs(5));
        assert_eq!(
            scene.bob().pc.ice_connection_state(),
            expected,
            "token: {token}"
        );
    }
}

/// Trickle A9: crates/rill-peer/src/jsep/create.rs: `let options = vec!["trickle".to_owned(), "ice2".to_owned()];` => `let options = vec!["trickle".to_owned()];`
#[test]
fn a9_offers_carry_both_tokens_at_session_level() {
    let mut lone = Lone::with_channel();
    let offer = lone
        .pc
        .create_offer(OfferOptions::default())
        .expect("it is open")
        .sdp;
    let options = value_of(session_part(&offer), "ice-options").expect("the session has it");
    let tokens: Vec<_> = options.split(' ').collect();
    assert_eq!(tokens, ["trickle", "ice2"]);
    assert_eq!(offer.matches("a=ice-options").count(), 1);
}

/// Trickle A10: crates/rill-peer/src/jsep/create.rs: `.filter(|token| lists_ice_option(offer, token))` => `.filter(|_| true)`
#[test]
fn a10_answers_carry_the_tokens_of_the_offer() {
    for (offered, expected) in [
        (None, None),
        (Some("trickle"), Some("trickle")),
        (Some("ice2"), Some("ice2")),
        (Some("ice2 trickle"), Some("trickle ice2")),
        (Some("TRICKLE renomination"), None),
    ] {
        let line = offered.map(|tokens| format!("a=ice-options:{tokens}"));
        let session: Vec<_> = line.iter().map(String::as_str).collect();
        let in_session = description(&session, &[Section::data("0")]);
        let section = line
            .iter()
            .fold(Section::data("0"), |section, line| section.with(line));
        let in_section = description(&[], &[section]);
        for offer in [in_session, in_section] {
            let lone = Lone::answered(&offer);
            let answer = lone.pc.local_description().expect("it was applied").sdp;
            assert_eq!(
                value_of(session_part(&answer), "ice-options"),
                expected,
                "{offered:?}"
            );
        }
    }
}

/// Trickle A11: crates/rill-peer/src/view/mod.rs: `self.descriptions.signaling_state = crate::SignalingState::Closed;`
#[test]
fn a11_it_is_readable_after_close() {
    let mut lone = Lone::answered(&data_offer());
    lone.pc.close(lone.now);
    assert_eq!(lone.pc.can_trickle_ice_candidates(), Some(true));
    let mut lone = Lone::new();
    lone.pc.close(lone.now);
    assert_eq!(lone.pc.can_trickle_ice_candidates(), None);
}

/// A session with two interfaces and two servers on Alice's side, of which one is dead.
fn rich_scene(manner: Manner) -> Scene {
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

fn gathered(manner: Manner) -> Scene {
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

fn candidate_of(entry: &Entry) -> Option<&IceCandidate> {
    match entry.event() {
        Some(Event::IceCandidate(Some(candidate))) => Some(candidate),
        _ => None,
    }
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
        assert!(first < position(&side.diary, |entry| candidate_of(entry).is_some()));
        assert!(entry.task < side.diary.entries[first].task);
    }
}

/// Trickle B4: crates/rill-peer/src/view/candidates.rs: `let Some((mid, index)) = self.insert_local(&found.ufrag, &line) else {`
/// Trickle B5: crates/rill-peer/src/view/candidates.rs: `sdp_mid: mid,`
/// Trickle B6: crates/rill-peer/src/view/candidates.rs: `.map_or_else(String::new, |candidate| candidate.to_string()),`
#[test]
fn b4_b5_b6_a_candidate_is_in_its_section_when_it_is_told() {
    let scene = gathered(Manner::Trickle);
    for side in [scene.alice(), scene.bob()] {
        for entry in &side.diary.entries {
            let Some(candidate) = candidate_of(entry) else {
                continue;
            };
            let index = usize::from(candidate.sdp_m_line_index);
            let section = &sections(entry.getters().local_sdp())[index];
            assert_eq!(value_of(section, "mid"), Some(&*candidate.sdp_mid));
            assert_eq!(
                value_of(section, "ice-ufrag"),
                Some(&*candidate.username_fragment)
            );
            if candidate.candidate.is_empty() {
                continue;
            }
            let text = &candidate.candidate;
            assert!(text.starts_with("candidate:"), "{text}");
            assert_eq!(text.trim(), text);
            assert!(!text.contains(['\r', '\n']), "{text}");
            assert!(section.contains(&format!("a={text}\r\n")), "{section}");
        }
    }
}

/// Trickle B7: crates/rill-peer/src/view/candidates.rs: `let line = line.map_or(Attribute::EndOfCandidates, Attribute::from);`
#[test]
fn b7_one_end_marker_after_the_last_candidate() {
    let scene = gathered(Manner::Trickle);
    for side in [scene.alice(), scene.bob()] {
        let candidates: Vec<_> = side
            .diary
            .entries
            .iter()
            .filter_map(|entry| Some((entry, candidate_of(entry)?)))
            .collect();
        let (last, others) = candidates.split_last().expect("there are some");
        assert_eq!(last.1.candidate, "");
        assert!(last.0.getters().local_sdp().contains("a=end-of-candidates"));
        for (entry, candidate) in others {
            assert_ne!(candidate.candidate, "");
            assert!(!entry.getters().local_sdp().contains("a=end-of-candidates"));
        }
    }
}

/// Trickle B8, B9: crates/rill-peer/src/view/states.rs: `events.push(Event::IceCandidate(None));`
#[test]
fn b8_b9_complete_then_one_null_in_a_later_task() {
    let scene = gathered(Manner::Trickle);
    for side in [scene.alice(), scene.bob()] {
        let diary = &side.diary;
        let is_end = |entry: &Entry| {
            candidate_of(entry).is_some_and(|candidate| candidate.candidate.is_empty())
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
        let told: Vec<_> = diary.entries.iter().filter_map(candidate_of).collect();
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
    assert_eq!(scene.alice().sockets.len(), 0, "its sockets are closed");
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
        assert_eq!(scene.alice().sockets.len(), 0, "its sockets are closed");
    }
}

/// Two servers see the same address, and without a NAT it is that of the host.
/// Trickle B17: crates/rill-ice/src/candidate/local.rs: `if self.find(candidate.address, candidate.base).is_some() {`
#[test]
fn b17_duplicates_are_not_told() {
    let servers = vec!["stun:192.0.2.1", "stun:192.0.2.2"];
    let setting = Setting {
        servers: [servers.clone(), servers],
        ..Setting::default()
    };
    let mut scene = setting.build_at_home(&[]);
    scene.add_server("192.0.2.1:3478");
    scene.add_server("192.0.2.2:3478");
    scene.connect();
    scene.run_for(Duration::from_secs(3));
    let count = |side: &Adapter| {
        let told = side.diary.entries.iter().filter_map(candidate_of);
        told.filter(|candidate| !candidate.candidate.is_empty())
            .count()
    };
    assert_eq!(count(scene.alice()), 2, "{:?}", scene.alice().diary.words());
    assert_eq!(count(scene.bob()), 1, "{:?}", scene.bob().diary.words());
}

/// Trickle B22: crates/rill-ice/src/agent/servers.rs: `self.report_failure(ctx, now, index, outcome);`
#[test]
fn b22_errors_come_once_and_while_gathering() {
    let scene = gathered(Manner::Trickle);
    let errors: Vec<_> = scene
        .alice()
        .diary
        .entries
        .iter()
        .filter(|entry| matches!(entry.event(), Some(Event::IceCandidateError(_))))
        .collect();
    assert_eq!(errors.len(), 1, "two interfaces, one dead server");
    assert_eq!(errors[0].getters().gathering, IceGatheringState::Gathering);
    let Some(Event::IceCandidateError(error)) = errors[0].event() else {
        panic!("they were filtered");
    };
    assert_eq!((error.code, &*error.url), (701, "stun:192.0.2.99"));
}

/// Audio and data, each with a transport of its own as far as the offer goes.
fn two_sections() -> Lone {
    let offer = description(&[TOKEN], &[Section::audio("a"), Section::data("d")]);
    Lone::answered(&offer)
}

fn refuse(lone: &mut Lone, init: Option<IceCandidateInit>) -> Exception {
    lone.unchanged(|lone| lone.add(init)).exception()
}

/// Every way to say that there are no more candidates.
fn ends() -> [Option<IceCandidateInit>; 4] {
    let ufrag = with_ufrag(IceCandidateInit::default(), "dataUfrag");
    [
        None,
        Some(IceCandidateInit::default()),
        Some(init("")),
        Some(ufrag),
    ]
}

/// Trickle C1: crates/rill-peer/src/jsep/candidate.rs: `return Err(AddIceCandidateError::NoRemoteDescription);`
#[test]
fn c1_without_a_remote_description_nothing_is_taken() {
    for mut lone in [Lone::new(), Lone::offering()] {
        for form in ends() {
            assert_eq!(refuse(&mut lone, form), Exception::InvalidState);
        }
        for form in [with_mid(LINE, "0"), with_index(LINE, 0)] {
            assert_eq!(refuse(&mut lone, Some(form)), Exception::InvalidState);
        }
    }
}

/// Trickle C2, C10: crates/rill-peer/src/jsep/candidate.rs: `"" => None,`
#[test]
fn c2_c10_an_end_without_a_section_is_for_all_of_the_generation() {
    for form in ends() {
        let mut lone = Lone::answered(&data_offer());
        let operation = lone.add(form.clone()).expect("it is taken");
        let entry = lone.diary.completion(operation).expect("it completes");
        let remote = entry.getters().remote_sdp();
        assert_eq!(remote.matches("a=end-of-candidates").count(), 1, "{form:?}");
        lone.add(form).expect("it is taken again");
        let remote = lone.pc.remote_description().expect("it was applied").sdp;
        assert_eq!(remote.matches("a=end-of-candidates").count(), 1);
    }
    let mut lone = two_sections();
    let unknown = with_ufrag(IceCandidateInit::default(), "nobodys");
    assert_eq!(refuse(&mut lone, Some(unknown)), Exception::Operation);
}

/// Trickle C2: crates/rill-peer/src/jsep/candidate.rs: `Ok((0..remote.media.len()).collect())`
#[test]
fn c2_every_bundled_section_gets_the_end() {
    let audio = Section {
        ufrag: "dataUfrag",
        ..Section::audio("a")
    };
    let session = ["a=group:BUNDLE d a", TOKEN];
    let mut lone = Lone::answered(&description(&session, &[Section::data("d"), audio]));
    lone.add(None).expect("it is taken");
    let remote = lone.pc.remote_description().expect("it was applied").sdp;
    for section in sections(&remote) {
        assert!(section.contains("a=end-of-candidates"), "{section}");
    }
}

/// Trickle C4: crates/rill-peer/src/jsep/candidate.rs: `return Err(AddIceCandidateError::NoSection);` => `{}`
#[test]
fn c4_a_candidate_without_a_section_is_a_type_error_before_all_else() {
    let mut closed = two_sections();
    closed.pc.close(closed.now);
    for mut lone in [Lone::new(), two_sections(), closed] {
        for form in [
            init(LINE),
            init("nonsense"),
            with_ufrag(init(LINE), "nobodys"),
        ] {
            assert_eq!(refuse(&mut lone, Some(form)), Exception::Type);
        }
    }
}

/// Trickle C5, C6, C8: crates/rill-peer/src/jsep/candidate.rs: `if let Some(mid) = mid.filter(|mid| !mid.is_empty() || !by_index) {` => `if let Some(mid) = mid.filter(|_| !by_index) {`
/// Trickle C7: crates/rill-peer/src/jsep/candidate.rs: `return if usize::from(index) < remote.media.len() {` => `return if index > 0 && usize::from(index) < remote.media.len() {`
#[test]
fn c5_to_c8_the_mid_decides_then_the_index() {
    let mut lone = two_sections();
    let both = |mid: &str, index| IceCandidateInit {
        sdp_m_line_index: Some(index),
        ..with_mid(LINE, mid)
    };
    for form in [
        both("x", 0),
        both("", 2),
        with_mid(LINE, ""),
        with_mid("", "x"),
        with_index(LINE, 2),
        with_index(LINE, u16::MAX),
        with_index("", 2),
    ] {
        assert_eq!(refuse(&mut lone, Some(form)), Exception::Operation);
    }
    for form in [
        both("d", 0),
        both("d", 9999),
        both("", 1),
        with_mid(LINE, "d"),
        with_index(LINE, 1),
    ] {
        let mut lone = two_sections();
        lone.add(Some(form.clone())).expect("it is taken");
        let remote = lone.pc.remote_description().expect("it was applied").sdp;
        let found = sections(&remote)
            .iter()
            .position(|section| section.contains(LINE));
        assert_eq!(found, Some(1), "{form:?}");
    }
    let mut lone = Lone::answered(&data_offer());
    lone.add(Some(with_index(LINE, 0)))
        .expect("zero is not missing");
    let remote = lone.pc.remote_description().expect("it was applied").sdp;
    assert!(remote.contains(LINE));
}

/// Trickle C9: crates/rill-peer/src/jsep/candidate.rs: `Some(wanted) => known.find(|&known| known == wanted),`
#[test]
fn c9_the_generation_must_be_that_sections() {
    let mut lone = two_sections();
    for form in [
        with_ufrag(with_mid(LINE, "d"), "audioUfrag"),
        with_ufrag(with_mid(LINE, "d"), "nobodys"),
        with_ufrag(with_mid("", "d"), "audioUfrag"),
        with_ufrag(with_index(LINE, 0), "dataUfrag"),
        with_ufrag(with_mid(LINE, "d"), ""),
    ] {
        let exception = refuse(&mut lone, Some(form.clone()));
        assert_eq!(exception, Exception::Operation, "{form:?}");
    }
    lone.add(Some(with_ufrag(with_mid(LINE, "d"), "dataUfrag")))
        .expect("it is taken");
}

/// Trickle C11: crates/rill-peer/src/jsep/candidate.rs: `let wanted = init.username_fragment.as_deref().or(inside);` => `let wanted = init.username_fragment.as_deref();`
#[test]
fn c11_the_lines_own_generation_counts_too() {
    let mut lone = two_sections();
    let own = format!("{LINE} ufrag dataUfrag");
    let other = format!("{LINE} ufrag audioUfrag");
    assert_eq!(
        refuse(&mut lone, Some(with_mid(&other, "d"))),
        Exception::Operation
    );
    let contradicting = with_ufrag(with_mid(&other, "d"), "dataUfrag");
    assert_eq!(refuse(&mut lone, Some(contradicting)), Exception::Operation);
    lone.add(Some(with_mid(&own, "d"))).expect("it is taken");
}

/// Trickle C12: crates/rill-peer/src/jsep/candidate.rs: `text => Some(Candidate::parse(text)?),`
/// Trickle C12, C14: crates/rill-peer/src/view/candidates.rs: `Attribute::Candidate(candidate) => drop(media.insert_candidate((**candidate).clone())),`
#[test]
fn c12_c14_what_cannot_be_paired_is_mirrored_all_the_same() {
    let mut lone = two_sections();
    for line in [
        "nonsense",
        "candidate:",
        "candidate:1 1 udp x 192.0.2.5 5000 typ host",
        "candidate:1 1 udp 1 192.0.2.5 99999 typ host",
        "candidate:1 1 udp 1 192.0.2.5 5000",
    ] {
        assert_eq!(
            refuse(&mut lone, Some(with_mid(line, "d"))),
            Exception::Operation,
            "{line}"
        );
    }
    for line in [
        "candidate:2 1 udp 1 192.0.2.6 5000 typ novel",
        "candidate:3 1 tcp 1 192.0.2.6 9 typ host tcptype active",
        "candidate:4 1 quic 1 192.0.2.6 5000 typ host",
        "candidate:5 1 udp 1 3d0e8f2c.local 5000 typ host",
        "candidate:6 1 udp 1 nowhere.example 5000 typ host",
        "candidate:7 1 udp 1 192.0.2.6 0 typ host",
        "candidate:8 1 udp 1 192.0.2.6 5000 typ host novelty 7 generation 0",
        "candidate:9 2 udp 1 192.0.2.6 5001 typ host",
    ] {
        lone.add(Some(with_mid(line, "d")))
            .unwrap_or_else(|error| panic!("{line}: {error}"));
        let remote = lone.pc.remote_description().expect("it was applied").sdp;
        assert!(
            remote.contains(&format!("a={line}\r\n")),
            "{line}: {remote}"
        );
    }
}

/// Trickle C17: crates/rill-peer/src/peer_connection/poll.rs: `self.view.add_remote_candidate(&added);`
/// Trickle C15: crates/rill-sdp/src/media.rs: `if self.candidates().any(|other| *other == candidate) {`
#[test]
fn c15_c17_a_candidate_is_mirrored_once_before_it_completes() {
    let mut lone = two_sections();
    for _ in 0..2 {
        let operation = lone.add(Some(with_mid(LINE, "d"))).expect("it is taken");
        let entry = lone.diary.completion(operation).expect("it completes");
        let remote = sections(entry.getters().remote_sdp());
        assert_eq!(remote[1].matches(LINE).count(), 1);
        assert!(!remote[0].contains(LINE));
        assert_eq!(entry.getters().remote, entry.getters().current_remote);
    }
}

/// Trickle C15: crates/rill-sdp/src/media.rs: `if self.candidates().any(|other| *other == candidate) {`
#[test]
fn c15_a_candidate_told_twice_is_one_line() {
    let mut scene = Setting::default().build();
    let mut doubled = None;
    scene.tamper[1] = Box::new(move |signal| {
        // The second signal is lost for the first one's repetition.
        let next = doubled.take().unwrap_or_else(|| signal.clone());
        if matches!(&signal, Signal::Candidate(Some(init)) if !init.candidate.is_empty()) {
            doubled = Some(signal);
        }
        Some(next)
    });
    scene.connect();
    let alice = scene.alice();
    let remote = alice.pc.remote_description().expect("it was applied").sdp;
    assert_eq!(remote.matches("a=candidate:").count(), 1);
}

/// Trickle C18: crates/rill-peer/src/jsep/candidate.rs: `return Err(AddIceCandidateError::Closed);`
#[test]
fn c18_a_closed_connection_takes_nothing() {
    let mut lone = two_sections();
    lone.pc.close(lone.now);
    for form in ends().into_iter().chain([Some(with_mid(LINE, "d"))]) {
        assert_eq!(refuse(&mut lone, form), Exception::InvalidState);
    }
}

/// Bob's candidates come in have-remote-pranswer, and count.
#[test]
fn candidates_of_a_provisional_answer_make_the_session() {
    let mut scene = Setting::default().build();
    scene.tamper[1] = Box::new(|signal| {
        Some(match signal {
            Signal::Description(mut answer) => {
                answer.kind = SdpType::Pranswer;
                Signal::Description(answer)
            }
            other => other,
        })
    });
    let ours = scene.create(scene.alice, "chat", DataChannelInit::default());
    scene.offer(scene.alice);
    let open = scene.run_until(LONG, |alice, _| {
        alice.pc.data_channel_state(ours) == rill_peer::DataChannelState::Open
    });
    assert!(open.is_some(), "a provisional answer is enough");
    let state = scene.alice().pc.signaling_state();
    assert_eq!(state, SignalingState::HaveRemotePranswer);
    assert_eq!(scene.alice().refusals, Vec::<String>::new());
}
