//! Candidates of the peer, as TRICKLE.md numbers them under C, and G8 as far as it is the peer's.

use std::time::Duration;

use rill_peer::{
    DataChannelInit, Exception, IceCandidateInit, SdpType, SessionDescription, SignalingState,
};

use crate::{
    adapter::Adapter,
    announced::relay_only,
    can_trickle::TOKEN,
    lone::Lone,
    offer::{Section, data_offer, description, sections, values_of},
    scene::{LONG, Scene, Setting, ip},
    signal::{LINE, Signal, init, with_index, with_mid, with_ufrag, withholding},
};

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

/// Alice tells of addresses that nobody may be sent to.
/// Trickle C14: crates/rill-ice/src/path.rs: `!is_prohibited(self.remote.port())`
#[test]
fn c14_a_prohibited_address_is_mirrored_and_never_contacted() {
    let lines = [
        // A port of the Fetch standard's list, and one that cannot be.
        "candidate:1 1 udp 2113937151 192.0.2.5 6000 typ host",
        "candidate:2 1 udp 2113937151 192.0.2.5 0 typ host",
    ];
    let relayed = [
        "candidate:3 1 udp 2113937151 3d0e8f2c.local 5000 typ host",
        "candidate:4 1 udp 2113937151 somewhere.example 5000 typ host",
    ];
    for (setting, lines) in [(Setting::default(), &lines), (relay_only(), &relayed)] {
        let mut scene = setting.build();
        scene.sim.add_dead_address(ip("192.0.2.5"));
        scene.sim.with(scene.alice, |side, now| {
            let offer = SessionDescription::new(SdpType::Offer, data_offer());
            side.pc
                .set_remote_description(now, &offer)
                .expect("it fits");
            side.pc.set_local_description(now, None).expect("it fits");
            for line in lines {
                let init = with_mid(line, "0");
                side.pc
                    .add_ice_candidate(now, Some(&init))
                    .expect("it is taken");
            }
        });
        scene.run_for(Duration::from_secs(5));
        let pc = &scene.alice().pc;
        let remote = pc.remote_description().expect("applied").sdp;
        for line in lines {
            assert!(remote.contains(&format!("a={line}\r\n")), "{remote}");
        }
        let trace = scene.sim.trace().to_string();
        assert!(!trace.contains("192.0.2.5"), "{trace}");
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

/// A candidate of Bob's comes three times.
/// Trickle G8: crates/rill-peer/src/view/transport.rs: `if fits && !known.any(|known| *known == candidate) {`
#[test]
fn g8_repetitions_are_hidden_from_the_agent() {
    let mut scene = Setting::default().build();
    scene.create(scene.alice, "chat", rill_peer::DataChannelInit::default());
    scene.offer(scene.alice);
    let arrived = scene.run_until(LONG, |alice, _| {
        let remote = alice.pc.remote_description();
        remote.is_some_and(|remote| remote.sdp.contains("a=candidate:"))
    });
    assert!(arrived.is_some());
    let seen = |scene: &Scene| {
        let pc = &scene.alice().pc;
        let info = pc.ice_transport(pc.transports()[0]).expect("it is in use");
        let pairs = pc.candidate_pairs().into_iter();
        let pairs = pairs.map(|pair| (pair.local.address, format!("{:?}", pair.remote.address)));
        let remote = pc.remote_description().expect("applied").sdp;
        (
            info.remote_candidates.len(),
            pairs.collect::<Vec<_>>(),
            remote,
        )
    };
    let before = seen(&scene);
    let line = values_of(&before.2, "candidate").remove(0);
    let again = with_mid(&format!("candidate:{line}"), "0");
    for _ in 0..2 {
        let add = |side: &mut Adapter, now| side.pc.add_ice_candidate(now, Some(&again));
        scene.sim.with(scene.alice, add).expect("it is taken");
        scene.run_for(Duration::from_millis(1));
    }
    let after = seen(&scene);
    assert_eq!((after.0, after.1.len()), (before.0, before.1.len()));
    assert_eq!(after.2, before.2);
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

/// Bob's candidates do not arrive: Alice knows him by his checks alone.
/// Trickle C20: crates/rill-peer/src/view/selected.rs: `candidate: String::new(),` => `candidate: "candidate:unknown".to_owned(),`
#[test]
fn c20_a_discovered_candidate_has_no_text() {
    let mut scene = Setting::default().build();
    scene.tamper[1] = withholding();
    scene.connect();
    let selected = |side: &Adapter| {
        let info = side.pc.ice_transport(side.pc.transports()[0]);
        let selected = info.expect("it is in use").selected_candidates;
        selected.expect("it is connected")
    };
    let (own, discovered) = selected(scene.alice());
    assert_eq!(discovered.candidate, "");
    assert_eq!(discovered.sdp_mid, "0");
    let (_, signalled) = selected(scene.bob());
    assert_eq!(signalled.candidate, own.candidate);
    assert!(signalled.candidate.starts_with("candidate:"));
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
