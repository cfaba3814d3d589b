//! Asking for a restart, and satisfying it: D7 and D8 of TRICKLE.md.

use rill_peer::{BundlePolicy, MediaKind, OfferOptions, SdpType, SetDescriptionError};

use crate::{
    lone::Lone,
    offer::{Section, data_offer, description, restarted_data_offer, values_of},
    scene::Setting,
};

/// The username fragment and the password of every section that has them.
fn credentials(sdp: &str) -> Vec<(String, String)> {
    let ufrags = values_of(sdp, "ice-ufrag").into_iter();
    ufrags.zip(values_of(sdp, "ice-pwd")).collect()
}

fn of_local(lone: &Lone) -> Vec<(String, String)> {
    credentials(&lone.local_sdp())
}

/// Every one is new.
fn assert_renewed(before: &[(String, String)], after: &[(String, String)]) {
    assert_eq!(before.len(), after.len());
    for (ufrag, pwd) in after {
        let old = before
            .iter()
            .any(|(old_ufrag, old_pwd)| ufrag == old_ufrag || pwd == old_pwd);
        assert!(!old, "{ufrag} in {before:?}");
    }
}

/// Trickle D7: crates/rill-peer/src/peer_connection/configure.rs: `self.restart.replace = self.used_credentials();`
#[test]
fn d7_before_the_first_exchange_it_means_nothing() {
    let setting = Setting::default();
    let [mut alice, mut bob] = [0, 1].map(|side| Lone::of(&setting, side));
    alice.restart();
    assert_eq!(alice.asked(), 0, "nothing to negotiate");
    alice.channel();
    assert_eq!(alice.asked(), 1, "for the channel");
    alice.restart();
    alice.exchange(&mut bob);
    assert_eq!(alice.asked(), 1);
    // Nor while the first remote offer waits for an answer.
    let mut carol = Lone::new();
    carol
        .set_remote(SdpType::Offer, &data_offer())
        .expect("it fits");
    carol.restart();
    carol.set_local(None).expect("an answer fits");
    assert_eq!(carol.asked(), 0);
}

/// Trickle D7: crates/rill-peer/src/peer_connection/create.rs: `return self.rng.draw(Credentials::generate);`
#[test]
fn d7_the_next_offer_renews_every_section() {
    let setting = Setting::bundling(BundlePolicy::MaxCompat);
    let [mut alice, mut bob] = [0, 1].map(|side| Lone::of(&setting, side));
    alice.transceiver(MediaKind::Audio);
    alice.channel();
    alice.exchange(&mut bob);
    // Bundled by now; a section of its own comes with the restart.
    alice.transceiver(MediaKind::Video);
    let asked = alice.asked();
    let before = [of_local(&alice), of_local(&bob)];
    let control = alice.pc.create_offer(OfferOptions::default());
    assert!(credentials(&control.expect("it is open").sdp).contains(&before[0][0]));
    alice.restart();
    alice.exchange(&mut bob);
    assert_renewed(&before[0], &of_local(&alice));
    assert_renewed(&before[1], &of_local(&bob));
    assert_eq!(alice.asked(), asked, "one request covers both");
    let renewed = of_local(&alice);
    alice.exchange(&mut bob);
    // What is bundled by now speaks with the tag's.
    assert_eq!(of_local(&alice), renewed[..1], "once is enough");
}

/// Trickle D7: crates/rill-peer/src/peer_connection/create.rs: `return self.rng.draw(Credentials::generate);`
#[test]
fn d7_sections_apart_are_all_renewed() {
    let mut lone = Lone::of(&Setting::bundling(BundlePolicy::MaxCompat), 0);
    lone.answer(&description(
        &[],
        &[Section::audio("a"), Section::data("d")],
    ));
    let before = of_local(&lone);
    assert_eq!(before.len(), 2);
    lone.restart();
    lone.set_local(None).expect("an offer fits");
    assert_renewed(&before, &of_local(&lone));
}

/// Trickle D7: crates/rill-peer/src/peer_connection/configure.rs: `!self.replace.is_empty()`
#[test]
fn d7_it_asks_for_negotiation_once() {
    let [mut alice, mut bob] = Lone::pair();
    assert_eq!(alice.asked(), 1, "for the channel");
    alice.restart();
    assert_eq!(alice.asked(), 2);
    alice.restart();
    assert_eq!(alice.asked(), 2, "it is known already");
    alice.exchange(&mut bob);
    assert_eq!(alice.asked(), 2, "it is satisfied");
}

/// Trickle D7: crates/rill-peer/src/peer_connection/configure.rs: `!self.replace.is_empty()`
#[test]
fn d7_it_waits_for_the_offer_under_way() {
    let [mut alice, mut bob] = Lone::pair();
    let before = of_local(&alice);
    alice.set_local(None).expect("an offer fits");
    alice.restart();
    assert_eq!(alice.asked(), 1, "not while an offer is pending");
    bob.answer(&alice.local_sdp());
    let done = alice.set_remote(SdpType::Answer, &bob.local_sdp());
    done.expect("the answer fits");
    assert_eq!(of_local(&alice), before, "that offer was made before");
    assert_eq!(alice.asked(), 2);
    alice.exchange(&mut bob);
    assert_renewed(&before, &of_local(&alice));
    assert_eq!(alice.asked(), 2);
}

/// Trickle D7: crates/rill-peer/src/peer_connection/configure.rs: `if !list.iter().any(is_there) {`
#[test]
fn d7_it_survives_a_remote_offer_without_a_restart() {
    let [mut alice, mut bob] = Lone::pair();
    let before = of_local(&alice);
    alice.restart();
    bob.exchange(&mut alice);
    assert_eq!(of_local(&alice), before, "an answer does not restart");
    assert_eq!(alice.asked(), 3, "asked for again");
    alice.exchange(&mut bob);
    assert_renewed(&before, &of_local(&alice));
    assert_eq!(alice.asked(), 3);
}

/// Trickle D7: crates/rill-peer/src/peer_connection/configure.rs: `list.clear();`
#[test]
fn d7_a_restart_by_the_peer_satisfies_it() {
    let [mut alice, mut bob] = Lone::pair();
    let before = of_local(&alice);
    alice.restart();
    bob.restart();
    bob.exchange(&mut alice);
    let renewed = of_local(&alice);
    assert_renewed(&before, &renewed);
    assert_eq!(alice.asked(), 2, "not again");
    alice.exchange(&mut bob);
    assert_eq!(of_local(&alice), renewed);
}

/// Only one of two sections is restarted by the peer; the other is still to do.
/// Trickle D7: crates/rill-peer/src/peer_connection/configure.rs: `if !list.iter().any(is_there) {`
#[test]
fn d7_a_restart_in_part_does_not_satisfy_it() {
    let mut lone = Lone::of(&Setting::bundling(BundlePolicy::MaxCompat), 0);
    let sections = || [Section::audio("a"), Section::data("d")];
    lone.answer(&description(&[], &sections()));
    let before = of_local(&lone);
    lone.restart();
    let asked = lone.asked();
    let [audio, data] = sections();
    lone.answer(&description(&[], &[audio, data.restarted()]));
    let after = of_local(&lone);
    assert_eq!(after[0], before[0]);
    assert_ne!(after[1], before[1]);
    assert_eq!(lone.asked(), asked + 1, "asked for again");
    lone.set_local(None).expect("an offer fits");
    assert_ne!(of_local(&lone)[0], before[0]);
}

/// Trickle D7: crates/rill-peer/src/peer_connection/create.rs: `if in_use && (options.ice_restart || self.restart.is_wanted(&present)) {`
#[test]
fn d7_it_survives_rollback_and_the_option_does_not() {
    let [mut alice, mut bob] = Lone::pair();
    let before = of_local(&alice);
    let options = OfferOptions { ice_restart: true };
    let offer = alice.pc.create_offer(options).expect("it is open");
    assert_renewed(&before, &credentials(&offer.sdp));
    alice.set_local(Some(offer)).expect("it was created");
    alice.roll_back();
    alice.set_local(None).expect("an offer fits");
    assert_eq!(of_local(&alice), before, "the option is forgotten");
    alice.roll_back();

    alice.restart();
    let asked = alice.asked();
    alice.set_local(None).expect("an offer fits");
    alice.roll_back();
    assert_eq!(alice.asked(), asked + 1, "asked for again");
    let options = OfferOptions { ice_restart: false };
    let offer = alice.pc.create_offer(options).expect("it is open");
    assert_renewed(&before, &credentials(&offer.sdp));
    alice.exchange(&mut bob);
    assert_renewed(&before, &of_local(&alice));
}

/// What the other peer answers, with its credentials or those of another generation.
fn answer_of(bob: &mut Lone, offer: &str, credentials: &[(String, String)]) -> String {
    bob.answer(offer);
    let answer = bob.local_sdp();
    let own = self::credentials(&answer);
    let swap = |text: String, (from, to): (&String, &String)| text.replace(from, to);
    let pairs = own.iter().zip(credentials);
    pairs.fold(answer, |text, ((ufrag, pwd), (other_ufrag, other_pwd))| {
        swap(swap(text, (ufrag, other_ufrag)), (pwd, other_pwd))
    })
}

/// Trickle D8: crates/rill-peer/src/jsep/remote_answer.rs: `(true, false) => Err(SectionProblem::RestartUnanswered),` => `(true, false) => Ok(()),`
#[test]
fn d8_an_answer_to_a_restart_restarts_too() {
    let [mut alice, mut bob] = Lone::pair();
    let old = of_local(&bob);
    alice.restart();
    alice.set_local(None).expect("an offer fits");
    let answer = answer_of(&mut bob, &alice.local_sdp(), &old);
    for kind in [SdpType::Pranswer, SdpType::Answer] {
        let error = alice.unchanged(|alice| alice.set_remote(kind, &answer));
        assert!(is_about_restarts(&error), "{error}");
    }
    let good = bob.local_sdp();
    alice
        .set_remote(SdpType::Answer, &good)
        .expect("the restarted one fits");
}

/// Trickle D8: crates/rill-peer/src/jsep/remote_answer.rs: `(false, true) => Err(SectionProblem::RestartUnasked),` => `(false, true) => Ok(()),`
#[test]
fn d8_an_answer_to_anything_else_does_not_restart() {
    let [mut alice, mut bob] = Lone::pair();
    alice.set_local(None).expect("an offer fits");
    let changed = [(
        "changed".to_owned(),
        "anotherPasswordOfTwentyFive".to_owned(),
    )];
    let answer = answer_of(&mut bob, &alice.local_sdp(), &changed);
    for kind in [SdpType::Pranswer, SdpType::Answer] {
        let error = alice.unchanged(|alice| alice.set_remote(kind, &answer));
        assert!(is_about_restarts(&error), "{error}");
    }
    let good = bob.local_sdp();
    alice
        .set_remote(SdpType::Answer, &good)
        .expect("the same credentials fit");
}

fn is_about_restarts(error: &SetDescriptionError) -> bool {
    matches!(
        error,
        SetDescriptionError::Section { problem, .. } if problem.to_string().contains("restart")
    )
}

/// An offer of other credentials is a restart, and our answer is one too.
/// Trickle D8: crates/rill-peer/src/peer_connection/commit.rs: `if restarts.contains(&id) {`
#[test]
fn d8_a_restarting_offer_is_answered_with_new_credentials() {
    let mut lone = Lone::answered(&data_offer());
    let before = of_local(&lone);
    lone.answer(&data_offer());
    assert_eq!(of_local(&lone), before);
    lone.answer(&restarted_data_offer());
    assert_renewed(&before, &of_local(&lone));
}
