//! What goes over the signalling: half trickle and its opposites (G of TRICKLE.md), what candidates
//! tell of themselves, and the order in which states speak.

use std::{net::SocketAddr, time::Duration};

use rill_peer::{
    BundlePolicy, Configuration, Event, Exception, IceCandidate, IceGatheringState,
    IceTransportPolicy, Kind, MediaKind, SdpType, SessionDescription,
};
use rill_sim::StunServer;

use crate::{
    adapter::Adapter,
    diary::{Diary, Entry, Happening},
    lone::Lone,
    offer::{data_offer, sections, session_part, value_of, values_of},
    scene::{LONG, Scene, Setting, ip},
    signal::{Manner, Signal, with_mid, withholding, without_lines},
};

fn told(diary: &Diary) -> Vec<&IceCandidate> {
    let candidate = |event| match event {
        &Event::IceCandidate(Some(ref candidate)) => Some(candidate),
        _ => None,
    };
    diary.events().filter_map(candidate).collect()
}

/// Two interfaces and a server; what Alice signals is kept.
fn signalled(manner: Manner) -> (Scene, Vec<Signal>) {
    let mut setting = Setting::default();
    setting.addresses[0].push(ip("203.0.113.1"));
    setting.manners[0] = manner;
    let mut scene = setting.build();
    let (sender, receiver) = std::sync::mpsc::channel();
    scene.tamper[0] = Box::new(move |signal| {
        sender.send(signal.clone()).ok()?;
        Some(signal)
    });
    scene.connect();
    scene.run_for(Duration::from_secs(3));
    (scene, receiver.try_iter().collect())
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

/// Trickle B18: crates/rill-peer/src/candidate.rs: `component: 1,`
#[test]
fn b18_every_candidate_is_of_the_one_component() {
    let (scene, _) = signalled(Manner::Trickle);
    for side in [scene.alice(), scene.bob()] {
        let lines = told(&side.diary).into_iter();
        let components: Vec<_> = lines
            .filter_map(|candidate| candidate.candidate.split(' ').nth(1))
            .collect();
        assert!(!components.is_empty());
        assert!(components.iter().all(|component| *component == "1"));
    }
}

fn relay_only() -> Setting {
    let mut setting = Setting::default();
    setting.servers[0] = vec!["stun:192.0.2.1"];
    setting.configurations[0].ice_transport_policy = IceTransportPolicy::Relay;
    setting
}

/// Trickle B19: crates/rill-peer/src/peer_connection/network.rs: `Response::Interfaces(_) if relayed_only => Response::Interfaces(Vec::new()),` => `Response::Interfaces(_) if relayed_only && false => Response::Interfaces(Vec::new()),`
#[test]
fn b19_under_relay_no_address_of_ours_is_told() {
    let mut scene = relay_only().build_at_home(&[]);
    scene.add_server("192.0.2.1:3478");
    scene.first_offer();
    scene.run_for(Duration::from_secs(3));
    let alice = scene.alice();
    let lines: Vec<_> = told(&alice.diary)
        .iter()
        .map(|told| told.candidate.clone())
        .collect();
    assert_eq!(lines, [""], "only the end");
    assert_eq!(alice.pc.ice_gathering_state(), IceGatheringState::Complete);
    let sdp = alice.pc.local_description().expect("applied").sdp;
    for address in ["10.0.0.1", "203.0.113.9"] {
        assert!(!sdp.contains(address), "{sdp}");
    }
}

/// Trickle B20: crates/rill-peer/src/peer_connection/pump.rs: `url: candidate.url,` => `url: None,`
#[test]
fn b20_reflexive_candidates_say_which_server_told_them() {
    let mut setting = Setting::default();
    setting.servers[0] = vec!["stun:192.0.2.1"];
    let mut scene = setting.build_at_home(&[]);
    scene.add_server("192.0.2.1:3478");
    scene.first_offer();
    scene.run_for(Duration::from_secs(1));
    let urls: Vec<_> = told(&scene.alice().diary)
        .iter()
        .map(|candidate| {
            (
                candidate.candidate.split(' ').nth(7),
                candidate.url.as_deref(),
            )
        })
        .collect();
    assert_eq!(
        urls,
        [
            (Some("host"), None),
            (Some("srflx"), Some("stun:192.0.2.1")),
            (None, None)
        ]
    );
}

/// Trickle B22: crates/rill-ice/src/agent/servers.rs: `let address = server.refusal.as_ref().map(|(_, _, address)| *address);`
#[test]
fn b22_a_server_that_refuses_says_so_from_where_it_was_asked() {
    let mut setting = Setting::default();
    setting.servers[0] = vec!["stun:192.0.2.1"];
    let mut scene = setting.build();
    let address: SocketAddr = "192.0.2.1:3478".parse().expect("a literal address");
    let server = StunServer::new(address).refusing(420, "unknown attribute");
    scene.sim.add_stun_server(server, rill_sim::Link::default());
    scene.first_offer();
    scene.run_for(Duration::from_secs(3));
    let errors: Vec<_> = scene
        .alice()
        .diary
        .entries
        .iter()
        .filter_map(|entry| match entry.event() {
            Some(Event::IceCandidateError(error)) => Some((entry.getters().gathering, error)),
            _ => None,
        })
        .collect();
    let [(gathering, error)] = &errors[..] else {
        panic!("once: {errors:?}");
    };
    assert_eq!(*gathering, IceGatheringState::Gathering);
    assert_eq!((error.code, &*error.url), (420, "stun:192.0.2.1"));
    let own = scene.alice().sockets.values().next().copied();
    assert_eq!(error.address, own, "it was announced, so it may be told");
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

/// Trickle F20: crates/rill-peer/src/peer_connection/pump.rs: `let pair = selected.take_if(|(id, _)| *id == transport);` => `let pair = selected.take_if(|_| false);`
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

/// Trickle G1: crates/rill-peer/src/jsep/create.rs: `let options = vec!["trickle".to_owned(), "ice2".to_owned()];` => `let options = vec!["trickle".to_owned()];`
#[test]
fn g1_a_half_trickled_offer_has_it_all_and_still_says_trickle() {
    let (scene, signals) = signalled(Manner::Half);
    let Signal::Description(offer) = &signals[0] else {
        panic!("the offer comes first: {signals:?}");
    };
    let options = value_of(session_part(&offer.sdp), "ice-options");
    assert_eq!(options, Some("trickle ice2"));
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
            offer.sdp = offer.sdp.replace("a=ice-options:trickle ice2\r\n", "");
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

/// Trickle G8: crates/rill-peer/src/peer_connection/poll.rs: `Change::LocalCandidate(found) => self.view.surface(*found, events),`
#[test]
fn g8_candidates_are_told_once_and_in_order() {
    let (scene, signals) = signalled(Manner::Trickle);
    let sent: Vec<_> = signals
        .iter()
        .filter_map(|signal| match signal {
            Signal::Candidate(Some(init)) => Some(init.candidate.clone()),
            _ => None,
        })
        .collect();
    let fired: Vec<_> = told(&scene.alice().diary)
        .iter()
        .map(|told| told.candidate.clone())
        .collect();
    assert_eq!(sent, fired);
    let mut once = sent.clone();
    once.sort();
    once.dedup();
    assert_eq!(once.len(), sent.len());
    assert_eq!(sent.last().map(String::as_str), Some(""));
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

/// A candidate of Bob's comes three times.
/// Trickle G8: crates/rill-peer/src/view/transport.rs: `if fits && !self.remote_candidates.contains(&candidate) {`
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
    let own = scene.alice().sockets.values().next().expect("it is bound");
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
