//! Whether the peer can trickle, as TRICKLE.md numbers it under A.

use std::time::Duration;

use rill_peer::{Event, IceConnectionState, OfferOptions, SdpType, SessionDescription};

use crate::{
    lone::Lone,
    offer::{Section, data_offer, description, session_part, value_of},
    scene::Setting,
    signal::{Manner, rewriting, withholding, without_lines},
};

pub(crate) const TOKEN: &str = "a=ice-options:trickle";

fn can_trickle_after(offer: &str) -> Option<bool> {
    let mut lone = Lone::new();
    lone.set_remote(SdpType::Offer, offer)
        .expect("the offer fits");
    lone.pc.can_trickle_ice_candidates()
}

/// Trickle A1: crates/rill-peer/src/jsep/descriptions.rs: `.map(|description| description.session().lists_trickle())`
#[test]
fn a1_null_until_there_is_a_remote_description() {
    let lone = Lone::with_channel();
    assert_eq!(lone.pc.can_trickle_ice_candidates(), None);
    assert_eq!(Lone::offering().pc.can_trickle_ice_candidates(), None);
}

/// Trickle A2: crates/rill-sdp/src/session.rs: `tokens.iter().any(|other| other == token),`
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

/// Trickle A9: crates/rill-peer/src/jsep/create.rs: `const ICE_OPTIONS: [&str; 3] = ["trickle", "ice2", "renomination"];` => `const ICE_OPTIONS: [&str; 2] = ["trickle", "renomination"];`
#[test]
fn a9_offers_carry_the_tokens_at_session_level() {
    let mut lone = Lone::with_channel();
    let offer = lone
        .pc
        .create_offer(OfferOptions::default())
        .expect("it is open")
        .sdp;
    let options = value_of(session_part(&offer), "ice-options").expect("the session has it");
    let tokens: Vec<_> = options.split(' ').collect();
    assert_eq!(tokens, ["trickle", "ice2", "renomination"]);
    assert_eq!(offer.matches("a=ice-options").count(), 1);
}

/// Trickle A10: crates/rill-peer/src/jsep/create.rs: `.filter(|token| offer.lists_ice_option(token))` => `.filter(|_| true)`
#[test]
fn a10_answers_carry_the_tokens_of_the_offer() {
    for (offered, expected) in [
        (None, None),
        (Some("trickle"), Some("trickle")),
        (Some("ice2"), Some("ice2")),
        (Some("ice2 trickle"), Some("trickle ice2")),
        (Some("TRICKLE unknown"), None),
        (Some("renomination,trickle"), None),
        (Some("renomination"), Some("renomination")),
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
