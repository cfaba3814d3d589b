//! What goes over the signalling: half trickle and its opposites (G of TRICKLE.md), and the order in
//! which states speak (F20).

use std::time::Duration;

use rill_peer::{Event, Exception, Kind, SdpType};

use crate::{
    announced::signalled,
    diary::Diary,
    lone::Lone,
    offer::{data_offer, sections, session_part, value_of, values_of},
    scene::Setting,
    signal::{Manner, Signal, withholding, without_lines},
};

/// Trickle F20: crates/rill-peer/src/peer_connection/pump.rs: `let pair = selected.take_if(|(id, _)| *id == transport);`
#[test]
fn f20_pair_and_states_change_in_one_task() {
    let mut scene = Setting::default().build();
    scene.connect();
    for side in [scene.alice(), scene.bob()] {
        let diary = &side.diary;
        let selected = |event: &Event| matches!(event, Event::SelectedCandidatePairChange(..));
        let task = diary.find(selected).expect("it is selected").task;
        let own: Vec<_> = diary
            .entries
            .iter()
            .filter(|entry| entry.task == task)
            .collect();
        let words: Vec<_> = own
            .iter()
            .filter_map(|entry| entry.event())
            .map(crate::diary::word)
            .collect();
        assert_eq!(words, ["selected pair", "transport state", "ice connected"]);
        for entry in own {
            assert_eq!(
                entry.getters(),
                own_getters(diary, task),
                "final in the first"
            );
        }
    }
}

fn own_getters(diary: &Diary, task: usize) -> &crate::diary::Getters {
    let last = diary.entries.iter().rfind(|entry| entry.task == task);
    last.expect("it has events").getters()
}

/// Trickle G1: crates/rill-peer/src/jsep/create.rs: `const ICE_OPTIONS: [&str; 3] = ["trickle", "ice2", "renomination"];` => `const ICE_OPTIONS: [&str; 2] = ["ice2", "renomination"];`
#[test]
fn g1_a_half_trickled_offer_has_it_all_and_still_says_trickle() {
    let (scene, signals) = signalled(Manner::Half);
    let Signal::Description(offer) = &signals[0] else {
        panic!("the offer comes first: {signals:?}");
    };
    let options = value_of(session_part(&offer.sdp), "ice-options");
    assert_eq!(options, Some("trickle ice2 renomination"));
    assert_eq!(values_of(&offer.sdp, "candidate").len(), 2);
    assert_eq!(offer.sdp.matches("a=end-of-candidates").count(), 1);
    let more = signals[1..]
        .iter()
        .find(|signal| !matches!(signal, Signal::Candidate(None)));
    assert!(more.is_none(), "nothing more comes: {more:?}");
    assert_eq!(scene.bob().pc.can_trickle_ice_candidates(), Some(true));
}

/// Bob's page waits, and nothing of his but the answer arrives.
/// Trickle G2: crates/rill-peer/src/view/candidates.rs: `let Some((mid, index)) = self.insert_local(&found.ufrag, &line) else {`
#[test]
fn g2_to_a_peer_that_cannot_trickle_the_whole_answer_is_enough() {
    let mut setting = Setting::secure();
    setting.manners[0] = Manner::Vanilla;
    let mut scene = setting.build();
    scene.tamper[1] = withholding();
    let channel = scene.connect();
    assert_eq!(scene.bob().pc.can_trickle_ice_candidates(), Some(false));
    let answer = scene.alice().pc.remote_description().expect("applied").sdp;
    assert!(answer.contains("a=candidate:"), "{answer}");
    assert!(answer.contains("a=end-of-candidates"), "{answer}");
    scene.check_echo(&channel);
}

/// Alice has no token and takes no candidates; Bob, who does not look, answers at once.
/// Trickle G3: crates/rill-ice/src/agent/inbound.rs: `remotes.discover(path.remote, priority, remote_ufrag, limit)`
#[test]
fn g3_a_full_offer_and_a_bare_answer_connect() {
    let mut setting = Setting::secure();
    setting.manners[0] = Manner::Half;
    let mut scene = setting.build();
    scene.tamper[0] = Box::new(|signal| match signal {
        Signal::Description(mut offer) => {
            assert!(offer.sdp.contains("a=candidate:"), "{}", offer.sdp);
            offer.sdp = without_lines(&offer.sdp, "a=ice-options");
            Some(Signal::Description(offer))
        }
        Signal::Candidate(_) => None,
    });
    scene.tamper[1] = Box::new(|signal| match signal {
        Signal::Description(mut answer) => {
            answer.sdp = without_lines(&answer.sdp, "a=candidate");
            answer.sdp = without_lines(&answer.sdp, "a=end-of-candidates");
            Some(Signal::Description(answer))
        }
        Signal::Candidate(_) => None,
    });
    let channel = scene.connect();
    let pair = scene.alice().pc.selected_pair().expect("it is selected");
    assert_eq!(pair.remote.kind, Kind::PeerReflexive);
    scene.check_echo(&channel);
}

/// Trickle G4: crates/rill-sdp/src/attribute/ice.rs: `ice_chars("ufrag", value.text()?, 4..=256)?`
/// Trickle G4: crates/rill-sdp/src/attribute/ice.rs: `ice_chars("password", value.text()?, 22..=256)?`
/// Trickle G4: crates/rill-sdp/src/grammar.rs: `byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/')`
/// Trickle G4: crates/rill-peer/src/jsep/error.rs: `Self::Syntax(error) if is_credential(error) => Exception::InvalidAccess,`
#[test]
fn g4_credentials_have_their_lengths_and_letters() {
    let offer = |ufrag: &str, pwd: &str| {
        let offer = data_offer().replace("dataUfrag", ufrag);
        offer.replace("passwordOfTwentyTwoChars", pwd)
    };
    let letters = |count: usize| "aZ09+/".chars().cycle().take(count).collect::<String>();
    for (ufrag, pwd) in [(4, 22), (256, 22), (4, 256), (256, 256)] {
        let answered = Lone::answered(&offer(&letters(ufrag), &letters(pwd)));
        let id = answered.pc.transports()[0];
        let info = answered.pc.ice_transport(id).expect("it is in use");
        let remote = info.remote_parameters.expect("it was told");
        assert_eq!(remote.username_fragment, letters(ufrag));
        assert_eq!(remote.password, letters(pwd));
    }
    let mut lone = Lone::new();
    let (ufrag, pwd) = (letters(8), letters(24));
    for (ufrag, pwd) in [
        (&letters(3), &pwd),
        (&letters(257), &pwd),
        (&ufrag, &letters(21)),
        (&ufrag, &letters(257)),
        (&"with-hyphen".to_owned(), &pwd),
        (&ufrag, &"anUmlautInAPassword\u{e4}isTooMuch".to_owned()),
        (&ufrag, &"a/password/with/an/equals=".to_owned()),
    ] {
        let offer = offer(ufrag, pwd);
        let error = lone.unchanged(|lone| lone.set_remote(SdpType::Offer, &offer));
        assert_eq!(error.exception(), Exception::InvalidAccess, "{ufrag} {pwd}");
    }
}

/// Trickle G9: crates/rill-peer/src/jsep/default_candidate.rs: `media.port = port;` => `media.port = 9;`
#[test]
fn g9_the_default_address_is_the_discard_port_until_there_is_one() {
    let mut scene = Setting::default().build();
    let offer = scene.first_offer();
    let default = |sdp: &str| {
        let section = sections(sdp).remove(0);
        let port = section.split(' ').nth(1).map(str::to_owned);
        let line = section.lines().find(|line| line.starts_with("c="));
        (port.expect("a port"), line.expect("a c= line").to_owned())
    };
    let none = ("9".to_owned(), "c=IN IP4 0.0.0.0".to_owned());
    assert_eq!(default(&offer), none);
    scene.run_for(Duration::from_secs(1));
    let sdp = scene.alice().pc.local_description().expect("applied").sdp;
    let own = scene
        .alice()
        .driver
        .sockets()
        .values()
        .next()
        .expect("it is bound");
    let expected = (own.port().to_string(), format!("c=IN IP4 {}", own.ip()));
    assert_eq!(default(&sdp), expected);
    let first = scene
        .alice()
        .diary
        .entries
        .iter()
        .find(|entry| matches!(entry.event(), Some(Event::IceCandidate(Some(_)))));
    let then = first.expect("it was told").getters().local_sdp().to_owned();
    assert_eq!(default(&then), expected, "with the candidate itself");
}
