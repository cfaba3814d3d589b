//! Sections for audio and video, negotiated without media.

use std::time::Duration;

use rill_peer::{
    ConnectionState, Direction, Event, Exception, IceConnectionState, IceGatheringState, MediaKind,
    OfferOptions, SdpType, SessionDescription, TransceiverId, TransceiverInfo, TransceiverInit,
    codec_capabilities,
};

use crate::{
    adapter::Adapter,
    diary::Happening,
    lone::Lone,
    offer::{CHROMIUM, FIREFOX, Section, description, sections, value_of, values_of},
    scene::{LONG, Scene, Setting},
    signal::{LINE, with_mid},
};

fn info(lone: &Lone, id: TransceiverId) -> TransceiverInfo {
    lone.pc.transceiver(id).expect("it was made")
}

fn init(direction: Direction) -> TransceiverInit {
    TransceiverInit {
        direction,
        ..TransceiverInit::default()
    }
}

fn pair() -> [Lone; 2] {
    let setting = Setting::default();
    [0, 1].map(|side| Lone::of(&setting, side))
}

/// A page that only asks to receive gathers and connects as any other.
#[test]
fn a_section_that_only_receives_connects() {
    let mut scene = Setting::secure().build();
    let add = |side: &mut Adapter, now| {
        let init = init(Direction::RecvOnly);
        side.pc.add_transceiver(now, MediaKind::Audio, init)
    };
    scene.sim.with(scene.alice, add).expect("it is open");
    scene.offer(scene.alice);
    let up = scene.run_until(LONG, |alice, bob| {
        let up = |side: &Adapter| side.pc.connection_state() == ConnectionState::Connected;
        up(alice) && up(bob)
    });
    assert!(up.is_some(), "{:?}", scene.alice().diary.words());
    scene.run_for(Duration::from_secs(5));
    for host in scene.hosts() {
        let pc = &scene.side(host).pc;
        assert_eq!(pc.ice_gathering_state(), IceGatheringState::Complete);
        assert_eq!(pc.ice_connection_state(), IceConnectionState::Completed);
        assert_eq!(pc.transports().len(), 1);
        assert!(pc.sctp_transport().is_none());
    }
}

/// Trickle C13: crates/rill-peer/src/jsep/candidate.rs: `let Some(transport) = self.sections.get(index).and_then(Section::transport) else {` => `let Some(transport) = self.sections.get(index).and_then(Section::transport).or_else(|| self.sections.iter().find_map(Section::transport)) else {`
#[test]
fn c13_a_candidate_of_a_stopped_section_has_no_effect() {
    let mut lone = Lone::new();
    let offer = description(&[], &[Section::audio("a"), Section::data("d")]);
    lone.answer(&offer);
    assert_eq!(lone.pc.transports().len(), 2);
    lone.answer(&offer.replace("m=audio 9 ", "m=audio 0 "));
    assert_eq!(lone.pc.transports().len(), 1);
    let before = lone.getters();
    lone.add(Some(with_mid(LINE, "a"))).expect("it is taken");
    assert_eq!(lone.getters(), before);
}

fn offered(media: MediaKind) -> Scene {
    let mut setting = Setting::default();
    setting.servers[0] = vec!["stun:192.0.2.99"];
    let mut scene = setting.build();
    scene.sim.add_dead_address(crate::scene::ip("192.0.2.99"));
    scene.transceiver(scene.alice, media);
    scene.offer(scene.alice);
    scene
}

/// Bob's answer rejects the only section.
/// Trickle B15: crates/rill-peer/src/view/mod.rs: `self.transports.retain(is_live);`
#[test]
fn b15_a_rejected_session_is_new_again() {
    let mut scene = offered(MediaKind::Audio);
    scene.tamper[1] = crate::signal::rewriting(SdpType::Answer, |sdp| {
        let sdp = sdp.replace("m=audio 9 ", "m=audio 0 ");
        crate::signal::without_lines(&sdp, "a=group")
    });
    scene.run_for(Duration::from_secs(5));
    let alice = scene.alice();
    let words = alice.diary.connection_words();
    let gathering = words.iter().filter(|word| word.starts_with("gathering"));
    let gathering: Vec<_> = gathering.collect();
    assert_eq!(gathering, ["gathering gathering", "gathering new"]);
    assert_eq!(alice.pc.transports(), []);
    assert_eq!(alice.driver.sockets().len(), 0, "its sockets are closed");
}

#[test]
fn directions_meet() {
    use Direction::{Inactive, RecvOnly, SendOnly, SendRecv};
    for (ours, theirs, result) in [
        (SendRecv, RecvOnly, SendOnly),
        (SendRecv, SendRecv, SendRecv),
        (RecvOnly, SendRecv, RecvOnly),
        (SendOnly, SendRecv, SendOnly),
        (RecvOnly, RecvOnly, Inactive),
        (Inactive, SendRecv, Inactive),
    ] {
        let [mut alice, mut bob] = pair();
        let own = alice
            .pc
            .add_transceiver(alice.now, MediaKind::Video, init(ours))
            .expect("it is open");
        alice.set_local(None).expect("an offer fits");
        assert_eq!(info(&alice, own).current_direction, None);
        bob.set_remote(SdpType::Offer, &alice.local_sdp())
            .expect("it fits");
        let other = bob.pc.transceivers()[0];
        assert_eq!(info(&bob, other).direction, RecvOnly, "nothing to send");
        bob.pc
            .set_direction(bob.now, other, theirs)
            .expect("it is there");
        bob.set_local(None).expect("an answer fits");
        alice
            .set_remote(SdpType::Answer, &bob.local_sdp())
            .expect("it fits");
        let reversed = |direction| match direction {
            SendOnly => RecvOnly,
            RecvOnly => SendOnly,
            other => other,
        };
        assert_eq!(info(&alice, own).current_direction, Some(result));
        assert_eq!(info(&bob, other).current_direction, Some(reversed(result)));
        assert_eq!(info(&alice, own).direction, ours, "the wish stays");
    }
}

#[test]
fn a_remote_track_is_announced_before_its_operation_completes() {
    let [mut alice, mut bob] = pair();
    let streams = vec!["camera".to_owned()];
    alice
        .pc
        .add_track(alice.now, MediaKind::Video, "picture", streams.clone())
        .expect("it is open");
    alice.set_local(None).expect("an offer fits");
    let operation = bob
        .set_remote(SdpType::Offer, &alice.local_sdp())
        .expect("it fits");
    let entries = &bob.diary.entries;
    let place = |wanted: &dyn Fn(&Happening) -> bool| {
        let found = entries.iter().position(|entry| wanted(&entry.what));
        found.expect("it happened")
    };
    let state = place(&|what| matches!(what, Happening::Event(Event::SignalingStateChange(_))));
    let track = place(
        &|what| matches!(what, Happening::Event(Event::Track { streams: of, .. }) if *of == streams),
    );
    let completed = place(&|what| matches!(what, Happening::Completed(id) if *id == operation));
    assert!(
        state < track && track < completed,
        "{:?}",
        bob.diary.words()
    );
    assert_eq!(entries[state].task, entries[completed].task);
    let seen = info(&bob, bob.pc.transceivers()[0]);
    assert_eq!(seen.receiver_streams, streams);
    assert!(seen.muted);
}

#[test]
fn a_stopped_section_is_used_again() {
    let [mut alice, mut bob] = pair();
    let first = alice.transceiver(MediaKind::Audio);
    alice.channel();
    alice.exchange(&mut bob);
    alice
        .pc
        .stop_transceiver(alice.now, first)
        .expect("it is there");
    alice.exchange(&mut bob);
    for lone in [&alice, &bob] {
        assert_eq!(lone.pc.transceivers(), [], "it has left the set");
        assert!(sections(&lone.local_sdp())[0].starts_with("m=audio 0 "));
    }
    assert!(info(&alice, first).stopped);
    let second = alice.transceiver(MediaKind::Video);
    alice.exchange(&mut bob);
    let parts = sections(&alice.local_sdp());
    assert_eq!(parts.len(), 2);
    assert!(parts[0].starts_with("m=video ") && !parts[0].starts_with("m=video 0 "));
    assert_eq!(
        info(&alice, second).mid.as_deref(),
        value_of(&parts[0], "mid")
    );
    assert_ne!(value_of(&parts[0], "mid"), Some("0"), "a mid of its own");
}

#[test]
fn negotiation_is_needed_for_what_changes_sections() {
    let [mut alice, mut bob] = pair();
    let id = alice.transceiver(MediaKind::Audio);
    assert_eq!(alice.asked(), 1);
    alice.exchange(&mut bob);
    assert_eq!(alice.asked(), 1);
    let mut expected = 1;
    type Change = fn(&mut Lone, TransceiverId);
    let changes: [Change; 3] = [
        |lone, id| {
            let set = lone.pc.set_direction(lone.now, id, Direction::RecvOnly);
            set.expect("it is there");
        },
        |lone, id| {
            let set = lone.pc.set_streams(lone.now, id, vec!["other".into()]);
            set.expect("it is there");
            let set = lone.pc.set_direction(lone.now, id, Direction::SendRecv);
            set.expect("it is there");
        },
        |lone, id| {
            let stop = lone.pc.stop_transceiver(lone.now, id);
            stop.expect("it is there");
        },
    ];
    for change in changes {
        change(&mut alice, id);
        alice.run_tasks();
        expected += 1;
        assert_eq!(alice.asked(), expected);
        alice.exchange(&mut bob);
        assert_eq!(alice.asked(), expected);
    }
}

#[test]
fn rollback_undoes_association_and_creation() {
    let [mut alice, mut bob] = pair();
    let own = alice.transceiver(MediaKind::Audio);
    alice.set_local(None).expect("an offer fits");
    assert!(info(&alice, own).mid.is_some() && info(&alice, own).transport.is_some());
    bob.set_remote(SdpType::Offer, &alice.local_sdp())
        .expect("it fits");
    let other = bob.pc.transceivers()[0];
    alice.roll_back();
    assert_eq!(
        (info(&alice, own).mid, info(&alice, own).transport),
        (None, None)
    );
    assert_eq!(alice.pc.transceivers(), [own], "it was made here");
    bob.set_remote(SdpType::Rollback, "")
        .expect("there is an offer");
    assert_eq!(bob.pc.transceivers(), [], "it was made by the offer");
    assert!(info(&bob, other).stopped);
}

#[test]
fn codecs_of_an_answer_are_those_of_the_offer() {
    for offer in [CHROMIUM, FIREFOX] {
        let lone = Lone::answered(offer);
        let answer = lone.local_sdp();
        for (ours, theirs) in sections(&answer).iter().zip(sections(offer)).take(2) {
            let formats = |part: &str| -> Vec<String> {
                let line = part.lines().next().expect("it has a line");
                line.split(' ').skip(3).map(str::to_owned).collect()
            };
            let (ours, theirs) = (formats(ours), formats(&theirs));
            assert!(!ours.is_empty());
            assert!(
                ours.iter().all(|format| theirs.contains(format)),
                "{ours:?} of {theirs:?}"
            );
        }
        let of = |part: &String| values_of(part, "rtpmap");
        let answered: Vec<_> = sections(&answer).iter().flat_map(of).collect();
        assert!(
            answered.iter().any(|map| map.contains("opus/48000/2")),
            "{answered:?}"
        );
        assert!(
            answered.iter().any(|map| map.contains("VP8/90000")),
            "{answered:?}"
        );
    }
}

#[test]
fn codec_preferences_order_the_offer() {
    let mut lone = Lone::new();
    let id = lone.transceiver(MediaKind::Video);
    let mut wanted = codec_capabilities(MediaKind::Video);
    wanted.retain(|codec| ["video/AV1", "video/VP8"].contains(&&*codec.mime_type));
    wanted.reverse();
    lone.pc
        .set_codec_preferences(id, wanted.clone())
        .expect("they are capabilities");
    lone.set_local(None).expect("an offer fits");
    let offered = values_of(&lone.local_sdp(), "rtpmap");
    let mut names: Vec<_> = wanted
        .iter()
        .map(|codec| codec.mime_type.trim_start_matches("video/"))
        .collect();
    names.dedup();
    let mut seen: Vec<_> = offered
        .iter()
        .filter_map(|map| map.split([' ', '/']).nth(1))
        .collect();
    seen.dedup();
    assert_eq!(seen, names);
    wanted[0].mime_type = "video/unknown".into();
    let error = lone.pc.set_codec_preferences(id, wanted).err();
    let exception = error.map(|error| error.exception());
    assert_eq!(exception, Some(Exception::InvalidModification));
}

#[test]
fn a_track_takes_a_sender_that_has_never_sent() {
    let mut lone = Lone::new();
    let first = lone.transceiver(MediaKind::Audio);
    let add = |lone: &mut Lone, kind, track: &str| {
        let added = lone.pc.add_track(lone.now, kind, track, Vec::new());
        lone.run_tasks();
        added
    };
    let reused = add(&mut lone, MediaKind::Audio, "voice").expect("it is open");
    assert_eq!(reused, first);
    let error = add(&mut lone, MediaKind::Audio, "voice").err();
    assert_eq!(
        error.map(|error| error.exception()),
        Some(Exception::InvalidAccess)
    );
    let other = add(&mut lone, MediaKind::Video, "picture").expect("it is open");
    assert_ne!(other, first);
    lone.pc.remove_track(lone.now, first).expect("it is there");
    assert_eq!(info(&lone, first).direction, Direction::RecvOnly);
    let error = lone.pc.set_direction(lone.now, first, Direction::Stopped);
    assert_eq!(
        error.err().map(|error| error.exception()),
        Some(Exception::Type)
    );
}

#[test]
fn an_offer_in_place_of_an_offer_finds_its_transceivers_and_transport() {
    let offer = description(&[], &[Section::audio("0")]);
    let mut lone = Lone::new();
    lone.set_remote(SdpType::Offer, &offer).expect("it fits");
    let before = (lone.pc.transceivers(), lone.pc.transports());
    assert_eq!((before.0.len(), before.1.len()), (1, 1));
    let both = description(&[], &[Section::audio("0"), Section::audio("1")]);
    lone.set_remote(SdpType::Offer, &both).expect("it fits too");
    assert_eq!(lone.pc.transceivers()[0], before.0[0]);
    assert_eq!(lone.pc.transceivers().len(), 2);
    assert_eq!(lone.pc.transports()[0], before.1[0]);
}

/// A peer can make us remember only so many.
#[test]
fn transceivers_that_left_are_forgotten_in_the_end() {
    let mut lone = Lone::new();
    let mut first = None;
    for round in 0..100 {
        let offer = description(&[], &[Section::audio("mid")]);
        let offer = offer.replace("a=mid:mid", &format!("a=mid:{round}"));
        lone.answer(&offer);
        first = first.or_else(|| lone.pc.transceivers().first().copied());
        lone.answer(&offer.replace("m=audio 9", "m=audio 0"));
        assert!(
            lone.pc.transceivers().is_empty(),
            "it left with its section"
        );
    }
    assert_eq!(lone.pc.transceiver(first.expect("there was one")), None);
}

/// webrtc-pc §5.4, stop(): what is stopping and not stopped does not affect an answer.
#[test]
fn a_transceiver_that_is_stopping_is_answered_all_the_same() {
    let mut lone = Lone::new();
    let offer = description(&[], &[Section::audio("a")]);
    lone.set_remote(SdpType::Offer, &offer).expect("it fits");
    let audio = lone.pc.transceivers()[0];
    let stopped = lone.pc.stop_transceiver(lone.now, audio);
    stopped.expect("it is there");
    lone.set_local(None).expect("an answer fits");
    let answer = lone.local_sdp();
    assert!(sections(&answer)[0].starts_with("m=audio 9 "), "{answer}");
    assert!(answer.contains("a=inactive"), "{answer}");
    assert!(!info(&lone, audio).stopped, "the next offer does that");
    assert_eq!(lone.asked(), 1);
}

/// webrtc-pc §4.4.1.5: only an answer makes us forget what was created.
#[test]
fn what_was_created_before_a_rollback_may_be_applied_after_it() {
    let offer = description(
        &["a=group:BUNDLE a d"],
        &[Section::audio("a"), Section::data("d")],
    );
    let mut lone = Lone::new();
    lone.channel();
    let ours = lone
        .pc
        .create_offer(OfferOptions::default())
        .expect("it is open");
    lone.set_remote(SdpType::Offer, &offer).expect("it fits");
    let answer = lone.pc.create_answer().expect("there is an offer");
    lone.set_remote(SdpType::Rollback, "")
        .expect("there is an offer");
    lone.set_local(Some(ours.clone()))
        .expect("it is the last one");
    assert_eq!(lone.local_sdp(), ours.sdp);
    lone.set_local(Some(SessionDescription::new(SdpType::Rollback, "")))
        .expect("there is an offer");

    let other = offer.replace("opus/48000", "opus/24000");
    lone.set_remote(SdpType::Offer, &other).expect("it fits");
    lone.set_local(Some(answer.clone()))
        .expect_err("it answers another offer");
    lone.set_remote(SdpType::Offer, &offer).expect("it fits");
    lone.set_local(Some(answer.clone()))
        .expect("it is the last one");
    assert_eq!(lone.local_sdp(), answer.sdp);
    let transport = lone.pc.transports()[0];
    let shown = lone.pc.ice_transport(transport).expect("it is in use");
    let parameters = shown.local_parameters.expect("they were told");
    assert!(answer.sdp.contains(&parameters.password));
    let audio = lone.pc.transceivers()[0];
    assert_eq!(info(&lone, audio).transport, Some(transport));
    lone.restart();
    lone.set_local(None).expect("an offer fits");
    assert_ne!(
        value_of(&lone.local_sdp(), "ice-ufrag"),
        value_of(&answer.sdp, "ice-ufrag")
    );
    assert_eq!(
        value_of(&lone.local_sdp(), "tls-id"),
        value_of(&answer.sdp, "tls-id")
    );
}

/// How often a track of the peer's was announced.
fn announced(lone: &Lone) -> usize {
    let tracks = |event: &&Event| matches!(event, Event::Track { .. });
    lone.diary.events().filter(tracks).count()
}

/// webrtc-pc §4.4.1.5: what was stopped and left the set does not come back with its section.
#[test]
fn a_stopped_transceiver_stays_away() {
    let offer = description(&[], &[Section::audio("a")]);
    let rejected = offer.replace("m=audio 9 ", "m=audio 0 ");
    let mut lone = Lone::answered(&offer);
    assert_eq!((lone.pc.transceivers().len(), announced(&lone)), (1, 1));
    let taken = lone.set_remote(SdpType::Offer, &rejected);
    taken.expect("it fits");
    // Stopped for good: the rollback brings its section back, and no track.
    let back = lone.set_remote(SdpType::Rollback, "");
    back.expect("there is an offer");
    assert_eq!(announced(&lone), 1);
    lone.answer(&rejected);
    assert_eq!(lone.pc.transceivers(), []);
    let taken = lone.set_remote(SdpType::Offer, &rejected);
    taken.expect("it fits");
    assert_eq!(lone.pc.transceivers(), []);
    lone.set_local(None).expect("an answer fits");
    assert_eq!((lone.pc.transceivers().len(), announced(&lone)), (0, 1));
}

/// A created description that was taken back finds the transport of its second life the third time.
#[test]
fn what_was_created_may_be_applied_again_and_again() {
    let mut lone = Lone::with_channel();
    let offer = lone.pc.create_offer(OfferOptions::default());
    let offer = offer.expect("it is open");
    let mut apply = || {
        let done = lone.set_local(Some(offer.clone()));
        done.expect("it is the last one");
        lone.pc.transports()
    };
    let first = apply();
    assert_eq!(apply(), first);
    lone.roll_back();
    let mut apply = || {
        let done = lone.set_local(Some(offer.clone()));
        done.expect("it is the last one");
        lone.pc.transports()
    };
    let second = apply();
    assert_ne!(second, first);
    assert_eq!(apply(), second);
}
