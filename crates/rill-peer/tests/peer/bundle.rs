//! Bundled sections and sections apart, as TRICKLE.md numbers them: E1 to E6.

use std::time::Duration;

use rill_peer::{BundlePolicy, Event, IceGatheringState, MediaKind, SdpType, TransportId};

use crate::{
    adapter::Adapter,
    diary::Diary,
    forms::{FORMS, Form, bundled},
    lone::Lone,
    offer::{
        BUNDLE_ONLY, Section, data_offer, description, restarted_data_offer, sections,
        session_part, value_of, values_of,
    },
    scene::{Scene, Setting, ip},
    signal::{LINE, Signal, Tamper, rewriting, with_index, with_mid, without_lines},
};

/// Alice has audio, video and a channel to offer.
fn with_media(setting: Setting) -> Scene {
    let mut scene = setting.build();
    scene.transceiver(scene.alice, MediaKind::Audio);
    scene.transceiver(scene.alice, MediaKind::Video);
    scene
}

/// The mids that events of a side named, each once, in order.
fn mids(diary: &Diary) -> Vec<String> {
    let mut mids: Vec<String> = Vec::new();
    for candidate in diary.candidates() {
        if !mids.contains(&candidate.sdp_mid) {
            mids.push(candidate.sdp_mid.clone());
        }
    }
    mids
}

fn local_sdp(side: &Adapter) -> String {
    side.pc.local_description().expect("it was applied").sdp
}

/// A dead server keeps Alice's gathering going for 1.8 s.
fn slow(mut setting: Setting) -> Setting {
    setting.servers[0] = vec!["stun:192.0.2.99"];
    setting
}

/// Trickle E1: crates/rill-peer/src/jsep/offer.rs: `BundlePolicy::MaxBundle => live.next(),` => `BundlePolicy::MaxBundle => None,`
#[test]
fn e1_under_max_bundle_only_the_tagged_section_has_a_transport() {
    let mut scene = with_media(Setting::bundling(BundlePolicy::MaxBundle));
    scene.first_offer();
    scene.run_for(Duration::from_secs(1));
    let offer = local_sdp(scene.alice());
    let parts = sections(&offer);
    assert_eq!(parts.len(), 3, "{offer}");
    let group = value_of(session_part(&offer), "group").expect("they are bundled");
    let of_all: Vec<_> = parts
        .iter()
        .map(|part| value_of(part, "mid").expect("it has one"))
        .collect();
    assert_eq!(group, format!("BUNDLE {}", of_all.join(" ")));
    for name in ["ice-ufrag", "ice-pwd", "fingerprint", "candidate"] {
        assert!(
            value_of(&parts[0], name).is_some(),
            "{name} in {}",
            parts[0]
        );
        for other in &parts[1..] {
            assert_eq!(value_of(other, name), None, "{other}");
        }
    }
    assert!(parts[0].contains("a=end-of-candidates"));
    for other in &parts[1..] {
        assert!(!other.contains("a=end-of-candidates"), "{other}");
        assert!(other.contains("a=bundle-only"), "{other}");
        assert_eq!(other.split(' ').nth(1), Some("0"), "{other}");
    }
    assert_eq!(mids(&scene.alice().diary), [of_all[0]]);
    assert_eq!(scene.alice().driver.sockets().len(), 1);
}

/// The ufrags of an offer of these sections, in order; none for bundle-only.
fn ufrags(policy: BundlePolicy, kinds: &[MediaKind]) -> Vec<Option<String>> {
    let mut lone = Lone::of(&Setting::bundling(policy), 0);
    for kind in kinds {
        lone.transceiver(*kind);
    }
    lone.channel();
    lone.set_local(None).expect("an offer fits");
    let offer = lone.local_sdp();
    let parts = sections(&offer);
    let of = |part: &String| value_of(part, "ice-ufrag").map(str::to_owned);
    for part in &parts {
        assert_eq!(of(part).is_none(), part.contains("a=bundle-only"), "{part}");
    }
    parts.iter().map(of).collect()
}

/// Trickle E2: crates/rill-peer/src/jsep/offer.rs: `BundlePolicy::Balanced => live.find(|section| section.kind == kind),`
/// Trickle E1: crates/rill-peer/src/jsep/offer.rs: `BundlePolicy::MaxBundle => live.next(),` => `BundlePolicy::MaxBundle => None,`
#[test]
fn e2_the_policy_decides_which_sections_are_apart() {
    use MediaKind::{Audio, Video};
    let kinds = [Audio, Audio, Video, Video];
    for (policy, apart) in [
        (BundlePolicy::MaxBundle, [true, false, false, false, false]),
        (BundlePolicy::Balanced, [true, false, true, false, true]),
        (BundlePolicy::MaxCompat, [true, true, true, true, true]),
    ] {
        let ufrags = ufrags(policy, &kinds);
        let own: Vec<_> = ufrags.iter().map(Option::is_some).collect();
        assert_eq!(own, apart, "{policy:?}");
        let mut given: Vec<_> = ufrags.into_iter().flatten().collect();
        let count = given.len();
        given.sort();
        given.dedup();
        assert_eq!(given.len(), count, "{policy:?}: each has its own");
    }
}

/// Trickle E2: crates/rill-peer/src/jsep/offer.rs: `BundlePolicy::MaxCompat => None,`
#[test]
fn e2_sections_apart_gather_apart() {
    let mut scene = with_media(Setting::bundling(BundlePolicy::MaxCompat));
    scene.first_offer();
    scene.run_for(Duration::from_secs(1));
    let alice = scene.alice();
    assert_eq!(alice.pc.transports().len(), 3);
    let offer = local_sdp(alice);
    for part in sections(&offer) {
        assert_eq!(values_of(&part, "candidate").len(), 1, "{part}");
        assert!(part.contains("a=end-of-candidates"), "{part}");
    }
    for candidate in alice.diary.candidates() {
        let part = &sections(&offer)[usize::from(candidate.sdp_m_line_index)];
        assert_eq!(value_of(part, "mid"), Some(&*candidate.sdp_mid));
        assert_eq!(
            value_of(part, "ice-ufrag"),
            Some(&*candidate.username_fragment)
        );
    }
    let ends = alice.diary.candidates();
    let ends = ends
        .iter()
        .filter(|candidate| candidate.candidate.is_empty());
    assert_eq!(ends.count(), 3, "one for each transport");
    let words = alice.diary.connection_words();
    let count = |wanted: &str| words.iter().filter(|word| *word == wanted).count();
    assert_eq!(count("candidate null"), 1, "{words:?}");
    assert_eq!(count("gathering complete"), 1, "{words:?}");
    assert_eq!(count("transport gathering"), 6, "{words:?}");
    assert_eq!(words.last().map(String::as_str), Some("candidate null"));
}

/// Trickle E2: crates/rill-peer/src/peer_connection/commit.rs: `self.agent.remove_transport(now, id);`
#[test]
fn e2_a_bundled_answer_leaves_one_transport() {
    let mut scene = with_media(slow(Setting::bundling(BundlePolicy::MaxCompat)));
    scene.sim.add_dead_address(ip("192.0.2.99"));
    let channel = scene.connect();
    let alice = scene.alice();
    assert_eq!(alice.pc.ice_gathering_state(), IceGatheringState::Gathering);
    assert_eq!(alice.pc.transports().len(), 1);
    assert_eq!(alice.driver.sockets().len(), 1, "the others are closed");
    let tag = value_of(&sections(&local_sdp(alice))[0], "mid")
        .expect("it has one")
        .to_owned();
    let told = alice.diary.entries.len();
    scene.run_for(Duration::from_secs(3));
    let alice = scene.alice();
    let later = alice.diary.entries[told..]
        .iter()
        .filter_map(|entry| match entry.event() {
            Some(Event::IceCandidate(Some(candidate))) => Some(&candidate.sdp_mid),
            _ => None,
        });
    assert_eq!(later.collect::<Vec<_>>(), [&tag], "its end alone");
    assert_eq!(alice.pc.ice_gathering_state(), IceGatheringState::Complete);
    let words = alice.diary.connection_words();
    let nulls = words.iter().filter(|word| *word == "candidate null");
    assert_eq!(nulls.count(), 1, "{words:?}");
    scene.check_echo(&channel);
}

/// Trickle E2: crates/rill-peer/src/jsep/remote_answer.rs: `true => offered.get(bundles.tag(index)).and_then(Section::transport),`
#[test]
fn e2_answers_of_every_form_leave_one_transport() {
    for form in FORMS {
        let mut lone = Lone::of(&Setting::bundling(BundlePolicy::MaxCompat), 0);
        lone.transceiver(MediaKind::Audio);
        lone.channel();
        lone.set_local(None).expect("an offer fits");
        assert_eq!(lone.pc.transports().len(), 2);
        let mids = values_of(&lone.local_sdp(), "mid");
        let answer = bundled(form, "active", [&mids[0], &mids[1]]);
        let done = lone.set_remote(SdpType::Answer, &answer);
        done.unwrap_or_else(|error| panic!("{form:?}: {error}"));
        assert_eq!(lone.pc.transports().len(), 1, "{form:?}");
    }
}

/// Bob's answer knows no bundles.
/// Trickle E2: crates/rill-peer/src/jsep/remote_answer.rs: `false => section.transport().filter(|_| alone[index]),`
#[test]
fn e2_an_answer_without_bundles_leaves_sections_apart() {
    let mut setting = Setting::bundling(BundlePolicy::MaxCompat);
    setting.configurations[1].bundle_policy = BundlePolicy::MaxCompat;
    let mut scene = setting.build();
    scene.transceiver(scene.alice, MediaKind::Audio);
    scene.tamper[0] = rewriting(SdpType::Offer, |sdp| without_lines(sdp, "a=group:BUNDLE"));
    let channel = scene.connect();
    scene.run_for(Duration::from_secs(2));
    for host in scene.hosts() {
        let side = scene.side(host);
        let ids = side.pc.transports();
        assert_eq!(ids.len(), 2);
        for id in ids {
            let info = side.pc.ice_transport(id).expect("it is in use");
            assert!(info.selected_pair.is_some(), "{info:?}");
            let dtls = side.pc.dtls_transport(id).expect("it is in use");
            assert_eq!(dtls.state, rill_peer::DtlsTransportState::Connected);
        }
        assert_eq!(mids(&side.diary).len(), 2);
    }
    scene.check_echo(&channel);
}

/// Every candidate is told under another section of the bundle.
fn moving_candidates(from: &'static str, to: &'static str) -> Tamper {
    Box::new(move |signal| {
        Some(match signal {
            Signal::Candidate(Some(mut init)) if init.sdp_mid.as_deref() == Some(from) => {
                init.sdp_mid = Some(to.to_owned());
                init.sdp_m_line_index = None;
                Signal::Candidate(Some(init))
            }
            other => other,
        })
    })
}

/// Trickle E3: crates/rill-peer/src/jsep/candidate.rs: `own.or_else(|| session.section(bundles.tag(index))?.ice_ufrag())`
/// Trickle E3: crates/rill-peer/src/view/transport.rs: `.retain(|candidate| is_of(candidate, remote));` => `.retain(|_| false);`
/// Trickle E1: crates/rill-peer/src/jsep/offer.rs: `BundlePolicy::MaxBundle => live.next(),` => `BundlePolicy::MaxBundle => None,`
/// Trickle E5: crates/rill-sdp/src/media.rs: `self.port == 0 && !self.bundle_only()`
#[test]
fn e3_a_candidate_of_any_bundled_section_is_the_transports() {
    for to in ["0", "1", "2"] {
        let mut scene = with_media(Setting::bundling(BundlePolicy::MaxBundle));
        scene.tamper[0] = moving_candidates("0", to);
        scene.tamper[1] = moving_candidates("0", to);
        let channel = scene.connect();
        scene.run_for(Duration::from_secs(1));
        for host in scene.hosts() {
            let pc = &scene.side(host).pc;
            let info = pc.ice_transport(pc.transports()[0]).expect("it is in use");
            assert_eq!(info.remote_candidates.len(), 1, "under mid {to}");
        }
        scene.check_echo(&channel);
    }
}

/// Trickle E3: crates/rill-peer/src/jsep/remote_offer.rs: `if let Some((_, transport)) = self.transports.iter().find(|(other, _)| *other == tag) {`
/// Trickle C7: crates/rill-peer/src/jsep/candidate.rs: `return if usize::from(index) < remote.media.len() {` => `return if index > 0 && usize::from(index) < remote.media.len() {`
#[test]
fn e3_every_form_of_bundle_takes_candidates_of_both_sections() {
    for form in FORMS {
        for init in [
            with_mid(LINE, "a"),
            with_mid(LINE, "d"),
            with_index(LINE, 0),
            with_index(LINE, 1),
        ] {
            // After aiortc's end marker nothing would be used any more (F12).
            let offer = without_lines(&bundled(form, "actpass", ["a", "d"]), "a=end-of-candidates");
            let mut lone = Lone::answered(&offer);
            let remote = |lone: &Lone| {
                let [id] = lone.pc.transports()[..] else {
                    panic!("{form:?}: one transport");
                };
                let info = lone.pc.ice_transport(id).expect("it is in use");
                info.remote_candidates.len()
            };
            let before = remote(&lone);
            lone.add(Some(init)).expect("it is taken");
            assert_eq!(remote(&lone), before + 1, "{form:?}");
            assert_eq!(lone.remote_sdp().matches(LINE).count(), 1);
        }
    }
}

/// Bob's answer has this end of candidates and no other; his candidates come through his checks.
fn ended(at: impl Fn(&str) -> String + 'static) -> (Scene, Vec<TransportId>) {
    let mut setting = Setting::bundling(BundlePolicy::MaxCompat);
    setting.configurations[1].bundle_policy = BundlePolicy::MaxCompat;
    let mut scene = setting.build();
    scene.transceiver(scene.alice, MediaKind::Audio);
    scene.tamper[0] = rewriting(SdpType::Offer, |sdp| without_lines(sdp, "a=group:BUNDLE"));
    scene.tamper[1] = Box::new(move |signal| match signal {
        Signal::Description(mut answer) => {
            answer.sdp = at(&answer.sdp);
            Some(Signal::Description(answer))
        }
        Signal::Candidate(_) => None,
    });
    scene.connect();
    scene.run_for(Duration::from_secs(5));
    let ids = scene.alice().pc.transports();
    (scene, ids)
}

fn ice_states(scene: &Scene, ids: &[TransportId]) -> Vec<String> {
    let state = |id: &TransportId| {
        let info = scene.alice().pc.ice_transport(*id).expect("it is in use");
        format!("{:?}", info.state)
    };
    ids.iter().map(state).collect()
}

const END: &str = "a=end-of-candidates\r\n";

/// Trickle E4: crates/rill-peer/src/jsep/remote_transport.rs: `let ended = [&media.attributes, &session.attributes];` => `let ended = [&media.attributes];`
#[test]
fn e4_the_sessions_end_is_for_every_section() {
    let (scene, ids) = ended(|sdp| {
        let session = session_part(sdp);
        sdp.replacen(session, &format!("{session}{END}"), 1)
    });
    assert_eq!(ice_states(&scene, &ids), ["Completed", "Completed"]);
}

/// Trickle E4: crates/rill-peer/src/jsep/remote_transport.rs: `.any(|place| place.contains(&Attribute::EndOfCandidates)),`
#[test]
fn e4_a_sections_end_is_for_its_transport() {
    let (scene, ids) = ended(|sdp| format!("{sdp}{END}"));
    assert_eq!(ice_states(&scene, &ids), ["Connected", "Completed"]);
    let (scene, ids) = ended(|sdp| {
        let first = &sections(sdp)[0];
        sdp.replacen(&**first, &format!("{first}{END}"), 1)
    });
    assert_eq!(ice_states(&scene, &ids), ["Completed", "Connected"]);
}

/// Trickle E5: crates/rill-sdp/src/media.rs: `self.port == 0 && !self.bundle_only()`
#[test]
fn e5_port_zero_with_bundle_only_is_not_a_rejection() {
    let lone = Lone::answered(BUNDLE_ONLY);
    let answer = lone.local_sdp();
    for part in sections(&answer) {
        assert_ne!(part.split(' ').nth(1), Some("0"), "{part}");
        assert!(!part.contains("a=bundle-only"), "{part}");
    }
    assert_eq!(
        value_of(session_part(&answer), "group"),
        Some("BUNDLE a0 v1 d2")
    );
    let stopped = lone.pc.transceivers().into_iter();
    let stopped = stopped.filter_map(|id| lone.pc.transceiver(id));
    assert_eq!(stopped.filter(|info| !info.stopped).count(), 2);
    assert_eq!(lone.pc.transports().len(), 1);
    // Without the attribute it is one.
    let rejected = without_lines(BUNDLE_ONLY, "a=bundle-only");
    let answer = Lone::answered(&rejected).local_sdp();
    let ports: Vec<_> = sections(&answer)
        .iter()
        .map(|part| part.split(' ').nth(1) == Some("0"))
        .collect();
    assert_eq!(ports, [false, true, true]);
}

/// Audio is the tag until it is stopped; the data section takes over what it had.
/// Trickle E6: crates/rill-peer/src/jsep/create.rs: `.filter(|section| !section.is_rejected());`
#[test]
fn e6_transport_and_candidates_move_to_the_next_tag() {
    for offerer in 0..2 {
        let mut scene = Setting::default().build();
        let audio = scene.transceiver(scene.alice, MediaKind::Audio);
        let channel = scene.connect();
        scene.run_for(Duration::from_secs(5));
        let hosts = scene.hosts();
        let before = hosts.map(|host| {
            let sdp = local_sdp(scene.side(host));
            let tag = sections(&sdp)[0].clone();
            let of = |name| values_of(&tag, name);
            (
                of("ice-ufrag"),
                of("candidate"),
                scene.side(host).pc.transports(),
            )
        });
        let told = hosts.map(|host| scene.side(host).diary.words().len());
        let stopped = match offerer {
            0 => audio,
            _ => scene.bob().pc.transceivers()[0],
        };
        let stop = |side: &mut Adapter, now| side.pc.stop_transceiver(now, stopped);
        scene.sim.with(hosts[offerer], stop).expect("it is there");
        scene.offer(hosts[offerer]);
        scene.run_for(Duration::from_secs(2));
        for (index, host) in hosts.into_iter().enumerate() {
            let side = scene.side(host);
            assert_eq!(side.refusals, Vec::<String>::new());
            let sdp = local_sdp(side);
            let parts = sections(&sdp);
            assert!(parts[0].starts_with("m=audio 0 "), "{sdp}");
            assert_eq!(value_of(session_part(&sdp), "group"), Some("BUNDLE 1"));
            let (ufrag, candidates, ids) = &before[index];
            assert_eq!(&values_of(&parts[1], "ice-ufrag"), ufrag);
            assert_eq!(&values_of(&parts[1], "candidate"), candidates);
            assert!(parts[1].contains("a=end-of-candidates"), "{sdp}");
            assert_eq!(&side.pc.transports(), ids);
            let words = side.diary.words().split_off(told[index]);
            let busy = words.iter().any(|word| {
                ["gathering", "candidate", "ice", "dtls", "connection"]
                    .iter()
                    .any(|kind| word.starts_with(kind))
            });
            assert!(!busy, "{words:?}");
        }
        scene.check_echo(&channel);
    }
}

/// The answer rejects the first section and lists it in its group all the same.
/// Trickle E6: crates/rill-peer/src/jsep/bundle.rs: `let tag = members().find(|index| !session.media[**index].is_rejected());`
#[test]
fn e6_a_rejected_section_does_not_speak_for_its_bundle() {
    let mut lone = Lone::of(&Setting::bundling(BundlePolicy::MaxCompat), 0);
    lone.transceiver(MediaKind::Audio);
    lone.channel();
    lone.set_local(None).expect("an offer fits");
    let before = lone.pc.transports();
    let mids = values_of(&lone.local_sdp(), "mid");
    let answer = bundled(Form::Chromium, "active", [&mids[0], &mids[1]]);
    let answer = answer.replace("m=audio 9 ", "m=audio 0 ");
    lone.set_remote(SdpType::Answer, &answer)
        .expect("the data section is answered");
    assert_eq!(lone.pc.transports(), before[1..]);
    let info = lone.pc.ice_transport(before[1]).expect("it is in use");
    let remote = info.remote_parameters.expect("it was told");
    assert_eq!(remote.username_fragment, "formUfrag");
}

#[test]
fn offers_of_every_form_are_bundled_as_they_ask() {
    for form in FORMS {
        let lone = Lone::answered(&bundled(form, "actpass", ["a", "d"]));
        let answer = lone.local_sdp();
        assert_eq!(
            value_of(session_part(&answer), "group"),
            Some("BUNDLE a d"),
            "{form:?}"
        );
        assert_eq!(
            values_of(&answer, "ice-ufrag").len(),
            1,
            "{form:?}: the tag's"
        );
        assert_eq!(lone.pc.transports().len(), 1, "{form:?}");
    }
    let mut lone = Lone::of(&Setting::bundling(BundlePolicy::MaxCompat), 0);
    lone.answer(&description(
        &[],
        &[Section::audio("a"), Section::data("d")],
    ));
    let answer = lone.local_sdp();
    assert_eq!(values_of(&answer, "ice-ufrag").len(), 2);
    assert_eq!(value_of(session_part(&answer), "group"), None);
}

/// What the peer says of its transports in a second offer, in which a new section speaks for the
/// bundle; the transports after our answer to the first offer and to that one.
fn joined_by_audio(second: impl Fn(Section) -> Section) -> [Vec<TransportId>; 2] {
    let named = |section: Section| section.with("a=tls-id:firstAssociationOfOurs");
    let first = description(&["a=group:BUNDLE d"], &[named(Section::data("d"))]);
    let mut lone = Lone::answered(&first);
    let before = lone.pc.transports();
    let both = [second(Section::data("d")), second(Section::audio("a"))];
    lone.answer(&description(&["a=group:BUNDLE a d"], &both));
    assert_eq!(values_of(&lone.local_sdp(), "ice-ufrag").len(), 1);
    [before, lone.pc.transports()]
}

#[test]
fn a_restarted_bundle_keeps_its_transport_whoever_speaks_for_it() {
    let [before, after] = joined_by_audio(|section| {
        let restarted = section.restarted();
        restarted.with("a=tls-id:firstAssociationOfOurs")
    });
    assert_eq!(after, before);
    let [before, after] = joined_by_audio(|section| {
        let restarted = section.restarted();
        restarted.with("a=tls-id:anotherAssociationOfTheirs")
    });
    assert_ne!(after, before, "that association is another one");
}

/// Another section that speaks for itself goes on with what it had.
#[test]
fn a_new_bundle_takes_nothing_from_the_section_that_it_left() {
    let mut lone = Lone::of(&Setting::bundling(BundlePolicy::MaxCompat), 0);
    let [audio, data] = [Section::audio("a"), Section::data("d")];
    let bundled = ["a=group:BUNDLE a d"];
    lone.answer(&description(&bundled, &[data.clone(), audio.clone()]));
    let before = lone.pc.transports();
    let new = Section::audio("b").restarted();
    let split = description(&["a=group:BUNDLE b d"], &[data.restarted(), audio, new]);
    lone.answer(&split);
    let of = |index: usize| {
        let id = lone.pc.transceivers()[index];
        lone.pc.transceiver(id).and_then(|info| info.transport)
    };
    assert_eq!(of(0), Some(before[0]));
    assert_ne!(of(1), Some(before[0]));
    assert_eq!(lone.pc.sctp_transport().map(|sctp| sctp.transport), of(1));
}

/// webrtc-pc §4.4.1.5: the data goes over its own transport until an answer agrees to the bundle.
#[test]
fn an_offer_bundles_what_is_apart_no_sooner_than_its_answer() {
    let mut lone = Lone::of(&Setting::bundling(BundlePolicy::MaxCompat), 0);
    let sections = [Section::audio("a"), Section::data("d")];
    lone.answer(&description(&[], &sections));
    let before = lone.pc.transports();
    let transport = |lone: &Lone| lone.pc.sctp_transport().map(|sctp| sctp.transport);
    let bundled = description(&["a=group:BUNDLE a d"], &sections);
    let taken = lone.set_remote(SdpType::Offer, &bundled);
    taken.expect("an offer fits");
    assert_eq!(transport(&lone), Some(before[1]));
    lone.set_local(None).expect("an answer fits");
    assert_eq!(transport(&lone), Some(before[0]));
}

/// An offer that nobody answered bundled what is apart; the next one does not.
#[test]
fn an_offer_in_the_place_of_another_finds_the_transports_that_hold() {
    let mut lone = Lone::of(&Setting::bundling(BundlePolicy::MaxCompat), 0);
    let sections = [Section::audio("a"), Section::data("d")];
    let apart = description(&[], &sections);
    lone.answer(&apart);
    let before = lone.pc.transports();
    assert_eq!(before.len(), 2);
    let bundled = description(&["a=group:BUNDLE a d"], &sections);
    let taken = lone.set_remote(SdpType::Offer, &bundled);
    taken.expect("an offer fits");
    lone.answer(&apart);
    assert_eq!(lone.pc.transports(), before);
    let data = lone.pc.sctp_transport().expect("there is data");
    assert_eq!(data.transport, before[1]);
}

/// The peer restarts, thinks better of the section altogether, then wants it as it was.
#[test]
fn an_offer_without_the_section_takes_a_restart_back() {
    let mut lone = Lone::answered(&data_offer());
    let before = (
        lone.pc.transports(),
        values_of(&lone.local_sdp(), "ice-ufrag"),
    );
    let rejected = data_offer().replace("m=application 9 ", "m=application 0 ");
    for offer in [restarted_data_offer(), rejected] {
        let taken = lone.set_remote(SdpType::Offer, &offer);
        taken.expect("an offer fits");
    }
    lone.answer(&data_offer());
    let after = (
        lone.pc.transports(),
        values_of(&lone.local_sdp(), "ice-ufrag"),
    );
    assert_eq!(after, before);
}

/// It joined the bundle in an offer that the peer never saw, and speaks for it in the next.
#[test]
fn a_section_that_takes_over_unseen_keeps_the_transport() {
    let setting = Setting::bundling(BundlePolicy::MaxBundle);
    let [mut alice, mut bob] = [0, 1].map(|side| Lone::of(&setting, side));
    bob.transceiver(MediaKind::Audio);
    bob.exchange(&mut alice);
    let before = (alice.pc.transports(), bob.pc.transports());
    alice.channel();
    alice.set_local(None).expect("an offer fits");
    let audio = alice.pc.transceivers()[0];
    let stopped = alice.pc.stop_transceiver(alice.now, audio);
    stopped.expect("the connection is open");
    alice.run_tasks();
    alice.exchange(&mut bob);
    assert_eq!((alice.pc.transports(), bob.pc.transports()), before);
}
