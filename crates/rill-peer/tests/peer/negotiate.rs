//! Offers and answers (RFC 9429).

use std::time::Duration;

use rill_peer::{
    ConnectionState, DataChannelInit, DataChannelState, DtlsTransportState, Event, Exception,
    MediaKind, OfferOptions, SdpType, SectionProblem, SessionDescription, SetDescriptionError,
    SignalingState,
};

use crate::{
    adapter::Adapter,
    lone::Lone,
    offer::{
        BUNDLE_ONLY, CHROMIUM, CHROMIUM_DATA, FINGERPRINT, FIREFOX, FIREFOX_DATA, PION_DATA,
        Section, data_offer, description, sections, session_part, value_of,
    },
    scene::{LONG, Setting},
    signal::{Signal, rewriting, without_lines},
};

/// The kind, port and mid of every section.
fn outline(sdp: &str) -> Vec<(String, String, String)> {
    let outline = |section: &String| {
        let mut words = section.trim_start_matches("m=").split(' ');
        let mut next = || words.next().unwrap_or_default().to_owned();
        let mid = value_of(section, "mid").unwrap_or_default().to_owned();
        (next(), next(), mid)
    };
    sections(sdp).iter().map(outline).collect()
}

fn answer_to(offer: &str) -> String {
    let lone = Lone::answered(offer);
    assert_eq!(lone.pc.signaling_state(), SignalingState::Stable);
    lone.pc.local_description().expect("it was applied").sdp
}

/// Trickle E5: crates/rill-sdp/src/media.rs: `self.port == 0 && !self.bundle_only()`
#[test]
fn every_section_is_accepted_in_its_place() {
    for (offer, mids) in [
        (CHROMIUM, ["0", "1", "2"]),
        (FIREFOX, ["0", "1", "2"]),
        (BUNDLE_ONLY, ["a0", "v1", "d2"]),
    ] {
        let answer = answer_to(offer);
        let outline = outline(&answer);
        let kinds = ["audio", "video", "application"];
        assert_eq!(outline.len(), 3, "{answer}");
        for (index, (kind, port, mid)) in outline.iter().enumerate() {
            assert_eq!((&**kind, &**mid), (kinds[index], mids[index]));
            assert_ne!(port, "0", "{answer}");
        }
        let bundle = format!("BUNDLE {}", mids.join(" "));
        assert_eq!(value_of(session_part(&answer), "group"), Some(&*bundle));
        let protocol = |sdp: &str| sections(sdp)[0].split(' ').nth(2).map(str::to_owned);
        assert_eq!(protocol(&answer), protocol(offer));
    }
}

#[test]
fn a_section_without_a_known_codec_is_rejected_in_its_place() {
    let unknown = |sdp: &str| sdp.replace("opus/48000/2", "novelty/48000/2");
    let session = ["a=group:BUNDLE 1 0"];
    let both = [Section::audio("0"), Section::data("1")];
    let answer = answer_to(&unknown(&description(&session, &both)));
    let ports: Vec<_> = outline(&answer)
        .into_iter()
        .map(|(_, port, _)| port)
        .collect();
    assert_eq!(ports, ["0", "9"]);
    assert_eq!(value_of(session_part(&answer), "group"), Some("BUNDLE 1"));
    // RFC 3264 §6: it keeps its formats, of which it needs one.
    assert!(
        answer.contains("m=audio 0 UDP/TLS/RTP/SAVPF 111\r\n"),
        "{answer}"
    );
}

#[test]
fn offers_of_data_alone_are_accepted() {
    for offer in [CHROMIUM_DATA, FIREFOX_DATA, PION_DATA] {
        let answer = answer_to(offer);
        let outline = outline(&answer);
        assert_eq!(outline.len(), 1);
        assert_ne!(outline[0].1, "0");
        assert_eq!(value_of(&answer, "setup"), Some("active"));
        assert_eq!(value_of(&answer, "sctp-port"), Some("5000"));
        assert_eq!(value_of(&answer, "max-message-size"), Some("262144"));
    }
}

#[test]
fn a_section_outside_the_bundle_is_not_bundled_by_the_answer() {
    let answer = answer_to(&description(&[], &[Section::data("0")]));
    assert_eq!(value_of(&answer, "group"), None);
    let session = ["a=group:BUNDLE 1"];
    let both = [Section::audio("0"), Section::data("1")];
    let answer = answer_to(&description(&session, &both));
    assert_eq!(value_of(&answer, "group"), Some("BUNDLE 1"));
}

#[test]
fn sections_without_mids_are_answered() {
    let offer = without_lines(&data_offer(), "a=mid");
    let offer = without_lines(&offer, "a=group");
    let outline = outline(&answer_to(&offer));
    assert_eq!(outline.len(), 1);
    assert_ne!(outline[0].1, "0");
}

/// RFC 9429 §5.3.1: the transport is the tag's. Without it nothing of the bundle can be.
/// Trickle E5: crates/rill-sdp/src/media.rs: `self.port == 0 && !self.bundle_only()`
#[test]
fn a_bundle_whose_tag_is_rejected_is_rejected_whole() {
    let data = Section::data("1").with("a=bundle-only");
    let offer = description(&["a=group:BUNDLE 0 1"], &[Section::audio("0"), data]);
    let offer = offer.replace("m=application 9 ", "m=application 0 ");
    let ports = |offer: &str| {
        let outline = outline(&answer_to(offer)).into_iter();
        outline.map(|(_, port, _)| port).collect::<Vec<_>>()
    };
    assert_eq!(ports(&offer), ["9", "9"]);
    let offer = offer.replace("opus/48000/2", "novelty/48000/2");
    assert_eq!(ports(&offer), ["0", "0"]);
}

pub(crate) fn section_error(error: &SetDescriptionError) -> Option<(usize, &str, SectionProblem)> {
    match error {
        SetDescriptionError::Section {
            index,
            mid,
            problem,
        } => Some((*index, mid, *problem)),
        _ => None,
    }
}

#[test]
fn an_answer_must_have_the_sections_of_the_offer() {
    let mut lone = Lone::offering();
    let offer = lone.pc.local_description().expect("it was applied").sdp;
    let good = answer_to(&offer);
    let data = sections(&good)[0].clone();
    let audio = sections(&description(&[], &[Section::audio("1")]))[0].clone();

    for (bad, actual) in [
        (session_part(&good).to_owned(), 0),
        (format!("{good}{audio}"), 2),
        (format!("{good}{}", data.replace("a=mid:0", "a=mid:1")), 2),
    ] {
        let error = lone.unchanged(|lone| lone.set_remote(SdpType::Answer, &bad));
        let expected = 1;
        assert_eq!(
            error,
            SetDescriptionError::SectionCount { actual, expected }
        );
        assert_eq!(error.exception(), Exception::InvalidAccess);
    }
    let kind = good.replace(&data, &audio.replace("a=mid:1", "a=mid:0"));
    let mid = good.replace("a=mid:0", "a=mid:other");
    for (bad, name) in [(kind, "0"), (mid, "other")] {
        let error = lone.unchanged(|lone| lone.set_remote(SdpType::Answer, &bad));
        let expected = (0, name, SectionProblem::Mismatch);
        assert_eq!(section_error(&error), Some(expected), "{error}");
        assert!(
            error
                .to_string()
                .contains(&format!("section 0 (mid `{name}`)")),
            "{error}"
        );
    }
    lone.set_remote(SdpType::Answer, &good)
        .expect("the good one still fits");
}

/// What is wrong with a section, whoever wrote it, and what is said of it.
fn bad_sections(good: &str) -> Vec<(String, SectionProblem)> {
    let replaced = |name: &str, line: &str| {
        let value = value_of(good, name).expect("the good one has it");
        good.replace(&format!("a={name}:{value}"), line)
    };
    let md5 = "a=fingerprint:md5 00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF";
    vec![
        (
            without_lines(good, "a=ice-ufrag"),
            SectionProblem::Credentials,
        ),
        (
            without_lines(good, "a=ice-pwd"),
            SectionProblem::Credentials,
        ),
        (
            without_lines(good, "a=fingerprint"),
            SectionProblem::Fingerprint,
        ),
        (replaced("fingerprint", md5), SectionProblem::Fingerprint),
        (without_lines(good, "a=setup"), SectionProblem::Setup),
        (replaced("setup", "a=setup:holdconn"), SectionProblem::Setup),
        (
            replaced("sctp-port", "a=sctp-port:0"),
            SectionProblem::SctpPort,
        ),
    ]
}

fn no_sdp() -> [&'static str; 5] {
    [
        "",
        "nonsense",
        "v=1\r\n",
        "v=0\r\no=-\r\ns=-\r\nt=0 0\r\n",
        "v=0\r\nm=audio",
    ]
}

#[test]
fn a_refused_offer_changes_nothing() {
    let good = data_offer();
    let fresh: fn() -> Lone = Lone::new;
    let answered = || Lone::answered(&data_offer());
    let offering = Lone::offering;
    for make in [fresh, offered, answered, offering] {
        for (bad, expected) in bad_sections(&good) {
            let mut lone = make();
            let error = lone.unchanged(|lone| lone.set_remote(SdpType::Offer, &bad));
            assert_eq!(section_error(&error), Some((0, "0", expected)), "{bad}");
            lone.set_remote(SdpType::Offer, &good)
                .expect("the good one still fits");
        }
        for bad in no_sdp() {
            let mut lone = make();
            let error = lone.unchanged(|lone| lone.set_remote(SdpType::Offer, bad));
            assert!(error.line().is_some(), "{error}");
            assert_eq!(error.exception(), Exception::Operation);
        }
        let mut lone = make();
        let twice = description(&[], &[Section::data("0"), Section::audio("0")]);
        let error = lone.unchanged(|lone| lone.set_remote(SdpType::Offer, &twice));
        let expected = (1, "0", SectionProblem::DuplicateMid);
        assert_eq!(section_error(&error), Some(expected));
    }
}

#[test]
fn a_refused_answer_changes_nothing() {
    let mut lone = Lone::offering();
    let offer = lone.pc.local_description().expect("it was applied").sdp;
    let good = answer_to(&offer);
    let mut bad = bad_sections(&good);
    let undecided = good.replace("a=setup:active", "a=setup:actpass");
    bad.push((undecided, SectionProblem::Setup));
    for kind in [SdpType::Pranswer, SdpType::Answer] {
        for (bad, expected) in &bad {
            let error = lone.unchanged(|lone| lone.set_remote(kind, bad));
            assert_eq!(section_error(&error), Some((0, "0", *expected)), "{bad}");
        }
        for bad in no_sdp() {
            lone.unchanged(|lone| lone.set_remote(kind, bad));
        }
        lone.set_remote(kind, &good)
            .expect("the good one still fits");
    }
}

#[test]
fn a_later_offer_continues_the_one_before() {
    let session = ["a=group:BUNDLE 0"];
    let first = description(&session, &[Section::data("0")]);
    let mut lone = Lone::answered(&first);
    for (sections, problem) in [
        (vec![Section::data("other")], SectionProblem::Mismatch),
        (vec![Section::audio("0")], SectionProblem::Mismatch),
    ] {
        let offer = description(&session, &sections);
        let error = lone.unchanged(|lone| lone.set_remote(SdpType::Offer, &offer));
        assert_eq!(
            section_error(&error).map(|(_, _, problem)| problem),
            Some(problem)
        );
    }
    let fewer = description(&[], &[]);
    let error = lone.unchanged(|lone| lone.set_remote(SdpType::Offer, &fewer));
    let (actual, expected) = (0, 1);
    assert_eq!(
        error,
        SetDescriptionError::SectionCount { actual, expected }
    );
    let more = description(&session, &[Section::data("0"), Section::audio("1")]);
    lone.set_remote(SdpType::Offer, &more)
        .expect("sections may be added");
    lone.set_local(None).expect("an answer fits");
    let answer = lone.pc.local_description().expect("it was applied").sdp;
    let outline = outline(&answer);
    assert_eq!((outline.len(), &*outline[1].1), (2, "9"));
}

/// What fits in a state: offer, pranswer, answer, rollback.
struct Steps {
    make: fn() -> Lone,
    local: [bool; 4],
    remote: [bool; 4],
}

fn offered() -> Lone {
    let mut lone = Lone::with_channel();
    lone.set_remote(SdpType::Offer, &data_offer())
        .expect("it fits");
    lone
}

const STEPS: [Steps; 3] = [
    Steps {
        make: Lone::with_channel,
        local: [true, false, false, false],
        remote: [true, false, false, false],
    },
    Steps {
        make: Lone::offering,
        local: [true, false, false, true],
        remote: [true, true, true, true],
    },
    Steps {
        make: offered,
        local: [false, true, true, true],
        remote: [true, false, false, true],
    },
];

#[test]
fn steps_that_do_not_fit_the_state_are_refused() {
    let kinds = [
        SdpType::Offer,
        SdpType::Pranswer,
        SdpType::Answer,
        SdpType::Rollback,
    ];
    let (offer, answer) = (data_offer(), answer_to(&data_offer()));
    let apply = |lone: &mut Lone, side, kind| match (side, kind) {
        ("local", kind) => lone.set_local(Some(SessionDescription::new(kind, ""))),
        (_, SdpType::Offer) => lone.set_remote(kind, &offer),
        (_, kind) => lone.set_remote(kind, &answer),
    };
    for steps in STEPS {
        for (index, kind) in kinds.into_iter().enumerate() {
            for (side, fits) in [("local", steps.local), ("remote", steps.remote)] {
                let mut lone = (steps.make)();
                let state = lone.pc.signaling_state();
                if fits[index] {
                    let done = apply(&mut lone, side, kind);
                    assert!(done.is_ok(), "{side} {kind} in {state}: {done:?}");
                } else {
                    let error = lone.unchanged(|lone| apply(lone, side, kind));
                    assert_eq!(error, SetDescriptionError::WrongState { side, kind, state });
                    assert_eq!(error.exception(), Exception::InvalidState);
                }
            }
        }
    }
}

#[test]
fn the_answer_takes_the_other_setup_role() {
    for (offered, expected) in [
        ("actpass", "active"),
        ("active", "passive"),
        ("passive", "active"),
    ] {
        let offer = data_offer().replace("a=setup:actpass", &format!("a=setup:{offered}"));
        assert_eq!(value_of(&answer_to(&offer), "setup"), Some(expected));
    }
    let offer = Lone::offering()
        .pc
        .local_description()
        .expect("it was applied");
    assert_eq!(value_of(&offer.sdp, "setup"), Some("actpass"));
}

/// Whoever is the DTLS client has the even stream ids.
#[test]
fn both_roles_connect() {
    for (offered, alice_is_client) in [("actpass", false), ("active", true), ("passive", false)] {
        let mut scene = Setting::secure().build();
        scene.tamper[0] = rewriting(SdpType::Offer, move |sdp| {
            sdp.replace("a=setup:actpass", &format!("a=setup:{offered}"))
        });
        let channel = scene.connect();
        let stream = scene.alice().pc.data_channel_stream(channel.ours);
        let expected = if alice_is_client { 0 } else { 1 };
        assert_eq!(stream, Some(expected), "{offered}");
        scene.check_echo(&channel);
    }
}

fn local_text(side: &Adapter) -> String {
    side.pc.local_description().expect("it was applied").sdp
}

/// What must not change in a description of ours while its transport lives on.
fn identity(sdp: &str) -> Vec<Option<&str>> {
    let names = [
        "ice-ufrag",
        "ice-pwd",
        "fingerprint",
        "tls-id",
        "mid",
        "sctp-port",
    ];
    names.iter().map(|name| value_of(sdp, name)).collect()
}

fn origin(sdp: &str) -> (String, u64) {
    let line = sdp.lines().find_map(|line| line.strip_prefix("o=- "));
    let mut words = line.expect("it has an origin").split(' ');
    let id = words.next().expect("an id").to_owned();
    let version = words.next().expect("a version");
    (id, version.parse().expect("a number"))
}

#[test]
fn negotiating_again_keeps_the_session() {
    for offerer in 0..2 {
        let mut scene = Setting::secure().build();
        let channel = scene.connect();
        scene.run_for(Duration::from_secs(2));
        let hosts = scene.hosts();
        let before = hosts.map(|host| local_text(scene.side(host)));
        let told = hosts.map(|host| scene.side(host).diary.entries.len());
        scene.offer(hosts[offerer]);
        scene.run_for(Duration::from_secs(1));
        for (side, host) in hosts.into_iter().enumerate() {
            let adapter = scene.side(host);
            assert_eq!(adapter.refusals, Vec::<String>::new());
            assert_eq!(adapter.pc.signaling_state(), SignalingState::Stable);
            assert_eq!(adapter.pc.connection_state(), ConnectionState::Connected);
            let after = local_text(adapter);
            assert_eq!(identity(&before[side]), identity(&after));
            let candidates = |sdp: &str| sdp.matches("a=candidate:").count();
            assert_eq!(candidates(&before[side]), candidates(&after), "{after}");
            let ((id, version), (old_id, old_version)) = (origin(&after), origin(&before[side]));
            assert_eq!(id, old_id);
            assert!(version > old_version, "{version} after {old_version}");
            let later = adapter.diary.entries[told[side]..].iter();
            let other = later.filter_map(|entry| entry.event()).find(|event| {
                !matches!(
                    event,
                    Event::SignalingStateChange(_) | Event::IceCandidate(_)
                )
            });
            assert!(other.is_none(), "{other:?}");
        }
        let roles = [offerer, 1 - offerer].map(|side| local_text(scene.side(hosts[side])));
        let setups = roles.each_ref().map(|sdp| value_of(sdp, "setup"));
        // RFC 8842 §5.5: the DTLS client stays the client.
        let answerer = if offerer == 0 { "active" } else { "passive" };
        assert_eq!(setups[1], Some(answerer));
        scene.check_echo(&channel);
    }
}

#[test]
fn a_channel_of_a_connected_session_needs_no_negotiation() {
    let mut scene = Setting::default().build();
    scene.connect();
    let told = scene.alice().diary.connection_words().len();
    let second = scene.create(scene.alice, "second", DataChannelInit::default());
    let open = scene.run_until(LONG, |_, bob| bob.announced.len() == 2);
    assert!(open.is_some(), "it is announced");
    scene.run_for(Duration::from_millis(50));
    assert_eq!(
        scene.alice().pc.data_channel_state(second),
        DataChannelState::Open
    );
    let words = &scene.alice().diary.connection_words()[told..];
    assert!(
        !words.contains(&"negotiationneeded".to_owned()),
        "{words:?}"
    );
}

#[test]
fn rollback_returns_to_the_stable_state() {
    let back = || Some(SessionDescription::new(SdpType::Rollback, ""));
    let mut lone = Lone::with_channel();
    let before = lone.getters();
    lone.set_local(None).expect("an offer fits");
    lone.set_local(back()).expect("there is an offer");
    assert_eq!(lone.getters(), before);
    assert_eq!(
        lone.unchanged(|lone| lone.set_local(back())).exception(),
        Exception::InvalidState
    );
    lone.set_remote(SdpType::Offer, &data_offer())
        .expect("it fits");
    lone.set_remote(SdpType::Rollback, "")
        .expect("there is an offer");
    assert_eq!(lone.getters(), before);
    let error = lone.unchanged(|lone| lone.set_remote(SdpType::Rollback, ""));
    assert_eq!(error.exception(), Exception::InvalidState);
    // And both ways are open again.
    lone.set_local(None).expect("an offer fits");
    let answer = answer_to(&lone.pc.local_description().expect("it was applied").sdp);
    lone.set_remote(SdpType::Answer, &answer)
        .expect("an answer fits");
    assert_eq!(lone.pc.signaling_state(), SignalingState::Stable);
}

#[test]
fn a_rolled_back_renegotiation_leaves_the_session() {
    let mut scene = Setting::default().build();
    let channel = scene.connect();
    scene.run_for(Duration::from_secs(1));
    let before = local_text(scene.alice());
    for kind in [SdpType::Offer, SdpType::Rollback] {
        let apply = |side: &mut Adapter, now| {
            let description = SessionDescription::new(kind, "");
            side.pc.set_local_description(now, Some(description))
        };
        scene.sim.with(scene.alice, apply).expect("it fits");
        scene.run_for(Duration::from_millis(100));
    }
    assert_eq!(local_text(scene.alice()), before);
    assert_eq!(
        scene.alice().pc.connection_state(),
        ConnectionState::Connected
    );
    scene.check_echo(&channel);
}

#[test]
fn a_remote_offer_rolls_back_our_own() {
    let mut lone = Lone::offering();
    let told = lone.diary.entries.len();
    lone.set_remote(SdpType::Offer, &data_offer())
        .expect("it fits");
    assert_eq!(lone.pc.signaling_state(), SignalingState::HaveRemoteOffer);
    assert_eq!(lone.pc.local_description(), None);
    let words = lone.diary.words().split_off(told);
    let states: Vec<_> = words
        .iter()
        .filter(|word| word.starts_with("signaling"))
        .collect();
    assert_eq!(states, ["signaling stable", "signaling have-remote-offer"]);
    lone.set_local(None).expect("an answer fits");
    assert_eq!(lone.pc.signaling_state(), SignalingState::Stable);
}

/// Both offer at once; Alice gives way, Bob does not hear her offer.
#[test]
fn offers_that_cross_end_in_one_session() {
    let mut scene = Setting::secure().build();
    scene.tamper[0] = Box::new(|signal| match signal {
        Signal::Description(offer) if offer.kind == SdpType::Offer => None,
        // Candidates of the offer that nobody has.
        Signal::Candidate(None) => None,
        other => Some(other),
    });
    let ours = scene.create(scene.alice, "of alice", DataChannelInit::default());
    let theirs = scene.create(scene.bob, "of bob", DataChannelInit::default());
    scene.offer(scene.alice);
    scene.offer(scene.bob);
    let is_open = |side: &Adapter, id| side.pc.data_channel_state(id) == DataChannelState::Open;
    let open = scene.run_until(LONG, |alice, bob| {
        let counts = (alice.announced.len(), bob.announced.len());
        is_open(alice, ours) && is_open(bob, theirs) && counts == (1, 1)
    });
    let words = scene.hosts().map(|host| scene.side(host).diary.words());
    assert!(open.is_some(), "{words:#?}");
    for side in [scene.alice(), scene.bob()] {
        assert_eq!(side.pc.connection_state(), ConnectionState::Connected);
        assert_eq!(side.pc.signaling_state(), SignalingState::Stable);
    }
}

#[test]
fn a_created_description_is_applied_as_it_is_or_not_at_all() {
    let mut lone = Lone::with_channel();
    let offer = lone
        .pc
        .create_offer(OfferOptions::default())
        .expect("it is open");
    let modified = |kind, sdp: &str| SessionDescription::new(kind, sdp.replace("5000", "5001"));
    for bad in [
        modified(SdpType::Offer, &offer.sdp),
        SessionDescription::new(SdpType::Offer, offer.sdp.trim_end()),
        SessionDescription::new(SdpType::Offer, data_offer()),
    ] {
        let error = lone.unchanged(|lone| lone.set_local(Some(bad)));
        assert_eq!(error, SetDescriptionError::Modified(SdpType::Offer));
        assert_eq!(error.exception(), Exception::InvalidModification);
    }
    lone.set_local(Some(offer)).expect("the created one fits");

    let mut lone = Lone::new();
    lone.set_remote(SdpType::Offer, &data_offer())
        .expect("it fits");
    let answer = lone.pc.create_answer().expect("there is an offer");
    let bad = modified(SdpType::Answer, &answer.sdp);
    let error = lone.unchanged(|lone| lone.set_local(Some(bad)));
    assert_eq!(error.exception(), Exception::InvalidModification);
    lone.set_local(Some(answer)).expect("the created one fits");
}

/// The text is looked at before the state (webrtc-pc §4.4.2), an empty one excepted.
#[test]
fn an_answer_that_was_never_created_is_a_modification_in_any_state() {
    let mut lone = Lone::with_channel();
    let foreign = || SessionDescription::new(SdpType::Answer, data_offer());
    let empty = || SessionDescription::new(SdpType::Answer, "");
    for _ in 0..2 {
        let error = lone.unchanged(|lone| lone.set_local(Some(foreign())));
        assert_eq!(error.exception(), Exception::InvalidModification);
        let error = lone.unchanged(|lone| lone.set_local(Some(empty())));
        assert_eq!(error.exception(), Exception::InvalidState);
        lone.set_local(None).expect("an offer fits");
    }
}

/// An answer fits the one offer that it was created for.
#[test]
fn an_answer_to_an_earlier_offer_is_refused() {
    let mut lone = Lone::new();
    lone.set_remote(SdpType::Offer, &data_offer())
        .expect("it fits");
    let answer = lone.pc.create_answer().expect("there is an offer");
    let session = ["a=group:BUNDLE 0"];
    let more = description(&session, &[Section::data("0"), Section::audio("1")]);
    lone.set_remote(SdpType::Offer, &more).expect("it fits");
    let error = lone.unchanged(|lone| lone.set_local(Some(answer)));
    assert_eq!(error.exception(), Exception::InvalidModification);
    lone.set_local(None).expect("a new answer fits");
    let answer = lone.pc.local_description().expect("it was applied");
    assert_eq!(outline(&answer.sdp).len(), 2);
}

#[test]
fn creating_changes_nothing() {
    let mut lone = Lone::with_channel();
    let before = lone.getters();
    let first = lone
        .pc
        .create_offer(OfferOptions::default())
        .expect("it is open");
    assert_eq!(
        lone.pc
            .create_offer(OfferOptions::default())
            .expect("it is open"),
        first
    );
    assert_eq!(lone.getters(), before);
    assert!(!lone.pc.has_task());
    assert!(lone.pc.create_answer().is_err());
    lone.set_remote(SdpType::Offer, &data_offer())
        .expect("it fits");
    let before = lone.getters();
    lone.pc.create_answer().expect("there is an offer");
    assert_eq!(lone.getters(), before);
    lone.pc.close(lone.now);
    assert!(lone.pc.create_offer(OfferOptions::default()).is_err());
    assert!(lone.pc.create_answer().is_err());
}

#[test]
fn without_a_text_the_right_description_is_made() {
    let empty = |kind| Some(SessionDescription::new(kind, ""));
    let kind_of = |lone: &Lone| lone.pc.local_description().map(|local| local.kind);
    for description in [None, empty(SdpType::Offer)] {
        let mut lone = Lone::with_channel();
        lone.set_local(description).expect("an offer fits");
        assert_eq!(kind_of(&lone), Some(SdpType::Offer));
        assert_eq!(
            outline(&lone.getters().local.expect("it was applied").sdp).len(),
            1
        );
    }
    for description in [None, empty(SdpType::Answer), empty(SdpType::Pranswer)] {
        let mut lone = Lone::new();
        lone.set_remote(SdpType::Offer, &data_offer())
            .expect("it fits");
        let expected = description
            .as_ref()
            .map_or(SdpType::Answer, |given| given.kind);
        lone.set_local(description).expect("an answer fits");
        assert_eq!(kind_of(&lone), Some(expected));
    }
}

/// A channel made after `createOffer` is in the offer that no text stands for.
#[test]
fn an_implied_offer_is_made_afresh() {
    let mut lone = Lone::new();
    lone.pc
        .create_offer(OfferOptions::default())
        .expect("it is open");
    lone.pc
        .create_data_channel(lone.now, "late", DataChannelInit::default())
        .expect("a good one");
    lone.set_local(None).expect("an offer fits");
    let offer = lone.pc.local_description().expect("it was applied");
    assert_eq!(outline(&offer.sdp).len(), 1);
}

#[test]
fn a_provisional_answer_may_be_followed_by_the_answer() {
    let mut lone = Lone::new();
    lone.set_remote(SdpType::Offer, &data_offer())
        .expect("it fits");
    let provisional = SessionDescription::new(SdpType::Pranswer, "");
    lone.set_local(Some(provisional)).expect("it fits");
    assert_eq!(lone.pc.signaling_state(), SignalingState::HaveLocalPranswer);
    assert_eq!(lone.pc.current_local_description(), None);
    lone.set_local(None).expect("the answer fits");
    assert_eq!(lone.pc.signaling_state(), SignalingState::Stable);
    let getters = lone.getters();
    assert_eq!(
        (getters.pending_local, getters.pending_remote),
        (None, None)
    );
    assert!(getters.current_local.is_some() && getters.current_remote.is_some());
}

#[test]
fn a_rejected_data_section_ends_its_channels_transport() {
    let mut lone = Lone::offering();
    let offer = lone.pc.local_description().expect("it was applied").sdp;
    let rejected = answer_to(&offer).replace("m=application 9 ", "m=application 0 ");
    let rejected = without_lines(&rejected, "a=group");
    lone.set_remote(SdpType::Answer, &rejected)
        .expect("a rejection is an answer");
    assert_eq!(lone.pc.signaling_state(), SignalingState::Stable);
    assert_eq!(lone.pc.dtls_state(), None);
    assert_eq!(lone.pc.connection_state(), ConnectionState::New);
}

#[test]
fn negotiation_is_needed_once_for_the_first_channel() {
    let needed = |lone: &Lone| {
        let words = lone.diary.words();
        words
            .iter()
            .filter(|word| *word == "negotiationneeded")
            .count()
    };
    let mut lone = Lone::new();
    lone.run_tasks();
    assert_eq!(needed(&lone), 0);
    lone.pc.begin_operation();
    for label in ["first", "second"] {
        let init = DataChannelInit::default();
        lone.pc
            .create_data_channel(lone.now, label, init)
            .expect("a good one");
        lone.run_tasks();
    }
    assert_eq!(needed(&lone), 0, "an operation is under way");
    lone.pc.end_operation();
    lone.run_tasks();
    assert_eq!(needed(&lone), 1);
    lone.set_local(None).expect("an offer fits");
    let answer = answer_to(&lone.pc.local_description().expect("it was applied").sdp);
    lone.set_remote(SdpType::Answer, &answer).expect("it fits");
    assert_eq!(needed(&lone), 1);
}

#[test]
fn a_channel_made_while_an_exchange_runs_asks_for_the_next() {
    let mut lone = Lone::new();
    let empty = description(&["a=ice-options:trickle"], &[]);
    lone.set_remote(SdpType::Offer, &empty).expect("it fits");
    let init = DataChannelInit::default();
    lone.pc
        .create_data_channel(lone.now, "late", init)
        .expect("a good one");
    lone.run_tasks();
    let is_needed = |event: &Event| matches!(event, Event::NegotiationNeeded);
    assert!(lone.diary.find(is_needed).is_none());
    lone.set_local(None).expect("an answer fits");
    assert!(lone.diary.find(is_needed).is_some());
}

/// webrtc-pc §4.4.1.5: a return to stable clears the flag, so that what is still needed is asked for
/// again.
#[test]
fn what_an_exchange_left_out_is_asked_for_again() {
    let asked = |lone: &Lone| {
        let events = lone.diary.events();
        let asked = events.filter(|event| matches!(event, Event::NegotiationNeeded));
        asked.count()
    };
    let mut lone = Lone::offering();
    assert_eq!(asked(&lone), 1);
    let rollback = SessionDescription::new(SdpType::Rollback, "");
    lone.set_local(Some(rollback)).expect("an offer is pending");
    assert_eq!(asked(&lone), 2);
    // An offer without data meets ours.
    lone.set_local(None).expect("an offer fits");
    let empty = description(&["a=ice-options:trickle"], &[]);
    lone.set_remote(SdpType::Offer, &empty).expect("it fits");
    assert_eq!(asked(&lone), 2, "not while an offer is pending");
    lone.set_local(None).expect("an answer fits");
    assert_eq!(asked(&lone), 3);
}

#[test]
fn no_task_follows_the_close() {
    let mut lone = Lone::answered(&data_offer());
    lone.pc.begin_operation();
    let init = DataChannelInit::default();
    lone.pc
        .create_data_channel(lone.now, "chat", init)
        .expect("a good one");
    lone.pc.close(lone.now);
    lone.pc.end_operation();
    assert!(!lone.pc.has_task());
    assert_eq!(lone.pc.dtls_state(), Some(DtlsTransportState::Closed));
}

#[test]
fn nothing_is_applied_after_close() {
    let mut lone = Lone::answered(&data_offer());
    lone.pc.close(lone.now);
    assert_eq!(lone.pc.signaling_state(), SignalingState::Closed);
    let error = lone.unchanged(|lone| lone.set_remote(SdpType::Offer, &data_offer()));
    assert_eq!(error, SetDescriptionError::Closed);
    let error = lone.unchanged(|lone| lone.set_local(None));
    assert_eq!(error, SetDescriptionError::Closed);
}

/// The session-level form of every transport attribute (RFC 8839 §5.4, RFC 8122 §5).
#[test]
fn transport_attributes_may_stand_at_session_level() {
    let offer = data_offer();
    let section = sections(&offer)[0].clone();
    let names = ["a=ice-ufrag", "a=ice-pwd", "a=fingerprint", "a=setup"];
    let moved: String = section
        .split_inclusive("\r\n")
        .filter(|line| names.iter().any(|name| line.starts_with(name)))
        .collect();
    let rest = names
        .iter()
        .fold(section, |section, name| without_lines(&section, name));
    assert!(!rest.contains(FINGERPRINT));
    let outline = outline(&answer_to(&format!(
        "{}{moved}{rest}",
        session_part(&offer)
    )));
    assert_ne!(outline[0].1, "0");
}

#[test]
fn refusals_leave_a_connected_session_alone() {
    let mut scene = Setting::secure().build();
    let channel = scene.connect();
    let remote = scene
        .bob()
        .pc
        .remote_description()
        .expect("it was applied")
        .sdp;
    for (bad, _) in bad_sections(&remote) {
        let offer = SessionDescription::new(SdpType::Offer, bad);
        let apply = |side: &mut Adapter, now| side.pc.set_remote_description(now, &offer);
        assert!(scene.sim.with(scene.bob, apply).is_err());
    }
    scene.check_echo(&channel);
    assert_eq!(
        scene.bob().pc.connection_state(),
        ConnectionState::Connected
    );
}

/// An offer that drops the data section changes nothing before it is answered.
#[test]
fn a_rollback_brings_back_a_dropped_section() {
    let mut lone = Lone::answered(&data_offer());
    let ufrag = |lone: &mut Lone| {
        let offer = lone
            .pc
            .create_offer(OfferOptions::default())
            .expect("it is open");
        value_of(&offer.sdp, "ice-ufrag").map(str::to_owned)
    };
    let before = ufrag(&mut lone);
    let section = without_port(&sections(&data_offer())[0]);
    let dropping = format!("{}{section}", session_part(&data_offer()));
    lone.set_remote(SdpType::Offer, &dropping).expect("it fits");
    assert!(lone.pc.dtls_state().is_some());
    lone.set_remote(SdpType::Rollback, "").expect("it is there");
    assert!(before.is_some());
    assert_eq!(ufrag(&mut lone), before);
}

fn without_port(sdp: &str) -> String {
    let lines = sdp.lines().map(|line| {
        if line.starts_with("m=application ") {
            "m=application 0 UDP/DTLS/SCTP webrtc-datachannel\r\n".to_owned()
        } else {
            format!("{line}\r\n")
        }
    });
    lines.collect()
}

/// webrtc-pc §6.1.1: what rejects data closes the association and its channels.
#[test]
fn rejecting_the_data_section_closes_its_channels() {
    let mut scene = Setting::default().build();
    let channel = scene.connect();
    scene.tamper[0] = rewriting(SdpType::Offer, without_port);
    scene.offer(scene.alice);
    let is_closed = |side: &Adapter, id| side.pc.data_channel_state(id) == DataChannelState::Closed;
    let closed = scene.run_until(LONG, |alice, bob| {
        is_closed(alice, channel.ours) && is_closed(bob, channel.theirs)
    });
    assert!(closed.is_some());
    // And another section may follow.
    scene.tamper[0] = crate::signal::honest();
    let again = scene.create(scene.alice, "again", DataChannelInit::default());
    scene.offer(scene.alice);
    let open = scene.run_until(LONG, |alice, bob| {
        alice.pc.data_channel_state(again) == DataChannelState::Open && bob.announced.len() == 2
    });
    assert!(open.is_some());
}

/// RFC 8842 §5.5: the roles of a running association stay, whatever a later answer says. Stacks without
/// tls-ids take others.
#[test]
fn stream_ids_follow_the_roles_that_dtls_has() {
    let mut scene = Setting::default().build();
    scene.connect();
    scene.tamper[1] = rewriting(SdpType::Answer, |sdp| {
        let contradicting = sdp.replace("a=setup:active", "a=setup:passive");
        without_lines(&contradicting, "a=tls-id")
    });
    scene.offer(scene.alice);
    scene.run_for(Duration::from_secs(1));
    assert_eq!(scene.alice().refusals, Vec::<String>::new());
    scene.create(scene.alice, "second", DataChannelInit::default());
    let announced = scene.run_until(LONG, |_, bob| bob.announced.len() == 2);
    assert!(announced.is_some());
}

#[test]
fn an_offer_that_is_applied_again_keeps_its_candidates() {
    let mut scene = Setting::default().build();
    scene.create(scene.alice, "chat", DataChannelInit::default());
    let create = |side: &mut Adapter, _| side.pc.create_offer(OfferOptions::default());
    let offer = scene.sim.with(scene.alice, create).expect("it is open");
    for _ in 0..2 {
        let again = offer.clone();
        let apply = |side: &mut Adapter, now| side.pc.set_local_description(now, Some(again));
        scene.sim.with(scene.alice, apply).expect("it is unchanged");
        scene.run_for(Duration::from_secs(1));
        let sdp = scene.alice().pc.local_description().expect("applied").sdp;
        assert!(sdp.contains("a=candidate:") && sdp.contains("a=end-of-candidates"));
    }
}

/// RFC 9429 §5.11.
#[test]
fn another_certificate_needs_a_restart() {
    let first = data_offer();
    let mut lone = Lone::answered(&first);
    let other = first.replace(FINGERPRINT, &FINGERPRINT.replace("AF:4D", "AF:4E"));
    assert_ne!(other, first);
    let error = lone.unchanged(|lone| lone.set_remote(SdpType::Offer, &other));
    let problem = section_error(&error).map(|(_, _, problem)| problem);
    assert_eq!(problem, Some(SectionProblem::DtlsChanged));
    let restarted = crate::offer::restarted_data_offer();
    let restarted = restarted.replace(FINGERPRINT, &FINGERPRINT.replace("AF:4D", "AF:4E"));
    lone.set_remote(SdpType::Offer, &restarted)
        .expect("it restarts");
}

/// webrtc-pc §4.4.2: without a text it is the offer that was created.
#[test]
fn an_offer_that_restarts_does_so_without_a_text() {
    let mut lone = Lone::answered(&data_offer());
    let before = value_of(&lone.local_sdp(), "ice-ufrag").map(str::to_owned);
    let options = OfferOptions { ice_restart: true };
    lone.pc.create_offer(options).expect("it is open");
    lone.set_local(None).expect("it fits");
    assert_ne!(
        value_of(&lone.local_sdp(), "ice-ufrag").map(str::to_owned),
        before
    );
}

/// RFC 3264 §6: an answer to the offer before, in which the section lived.
#[test]
fn an_answer_revives_no_section_that_the_offer_rejected() {
    let [mut alice, mut bob] = Lone::pair();
    let audio = alice.transceiver(MediaKind::Audio);
    alice.exchange(&mut bob);
    alice.set_local(None).expect("an offer fits");
    bob.answer(&alice.local_sdp());
    let late = bob.local_sdp();
    let stopped = alice.pc.stop_transceiver(alice.now, audio);
    stopped.expect("it is there");
    alice.run_tasks();
    alice.set_local(None).expect("an offer fits");
    for kind in [SdpType::Pranswer, SdpType::Answer] {
        let error = alice.unchanged(|alice| alice.set_remote(kind, &late));
        assert_eq!(
            section_error(&error),
            Some((1, "1", SectionProblem::Revived))
        );
        assert_eq!(error.exception(), Exception::InvalidAccess);
    }
    let rejected = late.replace("m=audio 9 ", "m=audio 0 ");
    let rejected = rejected.replace("a=group:BUNDLE 0 1", "a=group:BUNDLE 0");
    let taken = alice.set_remote(SdpType::Answer, &rejected);
    taken.expect("it rejects what was rejected");
}
