//! Several generations of one transport, against a peer whom the test plays.

use std::time::Duration;

use rill_ice::{
    AddCandidateError, Config, Credentials, Event, Generation, PairState, Received, Role, SocketId,
    TransportState,
};
use rill_stun::{Class, Message};

use crate::subject::{Subject, address, candidate, respond};

/// To whom the agent sends checks now, and as whom: `theirs:ours`.
fn checked(subject: &mut Subject) -> Vec<(std::net::SocketAddr, String)> {
    let username = |bytes: &[u8]| {
        let message = Message::parse(bytes).expect("well formed");
        let name = message.username().expect("a check has it");
        String::from_utf8_lossy(name).into_owned()
    };
    let requests = subject.requests();
    let mut checked: Vec<_> = requests
        .iter()
        .map(|(to, bytes)| (*to, username(bytes)))
        .collect();
    checked.sort();
    checked
}

fn speaking(subject: &Subject) -> (SocketId, Credentials) {
    (subject.socket, subject.local.clone())
}

/// The generations that candidates and ends were reported of since `from`.
fn gathered(subject: &Subject, from: usize) -> Vec<u32> {
    let generation = |event: &Event| match event {
        Event::LocalCandidate { generation, .. }
        | Event::LocalEndOfCandidates { generation, .. } => Some(generation.0),
        _ => None,
    };
    subject.events[from..]
        .iter()
        .filter_map(generation)
        .collect()
}

fn selections(subject: &Subject) -> Vec<SocketId> {
    let selection = |event: &Event| match event {
        Event::SelectedPair { pair, .. } => Some(pair.path.socket),
        _ => None,
    };
    subject.events.iter().filter_map(selection).collect()
}

/// Connected over generation 0, to address 1.
fn connected(role: Role) -> Subject {
    let mut subject = Subject::new(role);
    subject.add(address(1), 1000);
    subject.answer_checks(&[address(1)]);
    assert_eq!(subject.state(), TransportState::Connected);
    subject
}

/// Trickle D1: crates/rill-ice/src/agent/remote.rs: `(Some(key), Some(ufrag)) => key.credentials.ufrag == ufrag,` => `(Some(_), Some(_)) => true,`
#[test]
fn candidates_go_to_the_generation_that_they_name() {
    let mut subject = Subject::new(Role::Controlled);
    let old = subject.local.ufrag.clone();
    subject.restart();
    subject.drive();
    subject.answer("newer");
    assert_eq!(subject.add_for(address(1), "them"), Ok(()));
    assert_eq!(subject.add_for(address(2), "newer"), Ok(()));
    let unknown = Err(AddCandidateError::UnknownUfrag);
    assert_eq!(subject.add_for(address(3), "other"), unknown);
    let new = subject.local.ufrag.clone();
    let expected = [
        (address(1), format!("them:{old}")),
        (address(2), format!("newer:{new}")),
    ];
    assert_eq!(checked(&mut subject), expected);
}

/// Trickle D1: crates/rill-ice/src/agent/remote.rs: `(Some(_), None) => true,` => `(Some(_), None) => session.key == newest.key,`
#[test]
fn candidates_that_name_none_are_for_the_newest_that_is_known() {
    let mut subject = Subject::new(Role::Controlled);
    let old = subject.local.ufrag.clone();
    subject.restart();
    subject.drive();
    subject.try_add(candidate(address(1))).expect("accepted");
    assert_eq!(checked(&mut subject), [(address(1), format!("them:{old}"))]);
    let remotes = |subject: &Subject| subject.agent.remote_candidates(subject.transport).count();
    assert_eq!(remotes(&subject), 1);
    subject.answer("newer");
    assert_eq!(remotes(&subject), 0);
    subject.add_of(address(2), 1000, "another");
    let new = subject.local.ufrag.clone();
    assert_eq!(
        checked(&mut subject),
        [(address(2), format!("newer:{new}"))]
    );
}

/// Both are answered, each by its own password.
///
/// Trickle D1: crates/rill-ice/src/agent/restart.rs: `key.generation == confirmed || Some(key) == carrier`
/// Trickle F16: crates/rill-ice/src/agent/inbound.rs: `let is_open = self.local.candidates.is_surfaced(path.socket);`
#[test]
fn both_generations_answer_checks() {
    let mut subject = Subject::new(Role::Controlled);
    let old = speaking(&subject);
    subject.restart();
    subject.drive();
    subject.check_from(address(1), false);
    let new = subject.turn_to(old);
    subject.check_from(address(1), false);
    // The old user name on the new socket is a stranger's.
    let check = subject.check(false);
    subject.turn_to(new);
    assert_eq!(subject.feed(address(1), check), Received::Dropped);
}

/// Trickle D5: crates/rill-ice/src/agent/remote.rs: `let Ok(key) = self.session_for(id, ufrag) else {` => `let Ok(key) = self.session_for(id, None) else {`
/// Trickle D5: crates/rill-ice/src/agent/remote.rs: `(Some(key), Some(ufrag)) => key.credentials.ufrag == ufrag,`
/// Trickle F11: crates/rill-ice/src/agent/states.rs: `let is_said = self.candidates_ended();`
#[test]
fn the_end_of_candidates_of_one_generation_is_not_that_of_another() {
    let mut subject = connected(Role::Controlling);
    subject.restart();
    subject.drive();
    subject.answer("newer");
    subject.end(Some("them"));
    subject.add(address(2), 1000);
    subject.answer_checks(&[address(1), address(2)]);
    assert_eq!(subject.selected(), Some((address(2), true)));
    assert_eq!(subject.state(), TransportState::Connected);
    subject.end(Some("newer"));
    assert_eq!(subject.state(), TransportState::Completed);
}

/// Trickle D5: crates/rill-ice/src/agent/remote.rs: `if session.remote.ended_early.take().as_ref() == Some(&credentials.ufrag) {` => `if session.remote.ended_early.take().is_some() {`
/// Trickle F11: crates/rill-ice/src/agent/states.rs: `let is_said = self.candidates_ended();`
#[test]
fn an_end_ahead_of_its_credentials_counts_if_it_names_them() {
    for (named, expected) in [
        ("newer", TransportState::Completed),
        ("other", TransportState::Connected),
    ] {
        let mut subject = Subject::unpolled(Role::Controlling, Config::default());
        subject.drive();
        // The first answer never came.
        subject
            .agent
            .remove_transport(subject.now, subject.transport);
        subject.transport = subject.agent.add_transport();
        let local = subject.agent.local_credentials(subject.transport);
        subject.local = local.expect("it exists").1.clone();
        subject.agent.gather(subject.now, subject.transport);
        subject.drive();
        subject.add(address(2), 1000);
        subject.end(Some(named));
        subject.answer("newer");
        subject.answer_checks(&[address(2)]);
        assert_eq!(subject.state(), expected, "{named}");
    }
}

/// RFC 8445 §9: the states of the old pairs do not count, though the candidates be the same.
///
/// Trickle D15: crates/rill-ice/src/transport.rs: `Self::Present => key == newest,` => `Self::Present => true,`
/// Trickle F3: crates/rill-ice/src/agent/pairing.rs: `if is_topmost || has_succeeded {`
#[test]
fn a_restart_does_not_wait_for_checks_of_the_old_generation() {
    let mut subject = Subject::new(Role::Controlled);
    subject.add_of(address(1), 1000, "f");
    assert_eq!(subject.requests().len(), 1);
    subject.restart();
    subject.drive();
    subject.answer("newer");
    subject.add_of(address(2), 900, "f");
    assert_eq!(subject.requests().len(), 1);
    // Nor does the old one thaw the new.
    subject.add_of(address(3), 800, "f");
    subject.check_from(address(2), false);
    let (waiting, frozen) = (PairState::Waiting, PairState::Frozen);
    assert_eq!(subject.pair_states(), [waiting, frozen]);
}

/// Trickle D3: crates/rill-ice/src/agent/restart.rs: `transport.retain(&mut self.ctx, |key| key == newest || Some(key) == carrier);`
/// Trickle D5: crates/rill-ice/src/agent/remote.rs: `let Ok(key) = self.session_for(id, ufrag) else {`
/// Trickle D3: crates/rill-ice/src/agent/remote.rs: `(Some(key), Some(ufrag)) => key.credentials.ufrag == ufrag,`
#[test]
fn a_generation_that_is_gone_takes_nothing() {
    let mut subject = Subject::new(Role::Controlled);
    subject.restart();
    subject.drive();
    subject.answer("newer");
    let (now, transport) = (subject.now, subject.transport);
    subject.agent.confirm_restart(now, transport);
    subject.drive();
    let unknown = Err(AddCandidateError::UnknownUfrag);
    assert_eq!(subject.add_for(address(1), "them"), unknown);
    subject.end(Some("them"));
    assert_eq!(checked(&mut subject), []);
    assert_eq!(subject.agent.counters().ignored_candidates, 1);
    assert_eq!(subject.agent.credentials(transport, Generation(0)), None);
}

/// Trickle D13: crates/rill-ice/src/agent/restart.rs: `transport.retain(&mut self.ctx, |key| key.generation <= confirmed);`
/// Trickle D13: crates/rill-ice/src/agent/remote.rs: `(Some(key), Some(ufrag)) => key.credentials.ufrag == ufrag,`
#[test]
fn after_a_cancelled_restart_the_old_candidates_work_and_the_new_do_not() {
    let mut subject = Subject::new(Role::Controlled);
    let old = speaking(&subject);
    subject.restart();
    subject.drive();
    subject.answer("newer");
    assert_eq!(subject.add_for(address(1), "newer"), Ok(()));
    subject.agent.cancel_restart(subject.now, subject.transport);
    subject.turn_to(old.clone());
    let unknown = Err(AddCandidateError::UnknownUfrag);
    assert_eq!(subject.add_for(address(2), "newer"), unknown);
    assert_eq!(subject.add_for(address(3), "them"), Ok(()));
    let expected = [(address(3), format!("them:{}", old.1.ufrag))];
    assert_eq!(checked(&mut subject), expected);
    let remote = subject.agent.remote_credentials(subject.transport);
    assert_eq!(remote.map(|remote| remote.ufrag.as_str()), Some("them"));
}

/// Trickle D14: crates/rill-ice/src/context.rs: `self.events.forget_session(session);` => ``
/// Trickle D14: crates/rill-ice/src/agent/restart.rs: `transport.retain(&mut self.ctx, |key| key.generation <= confirmed);`
#[test]
fn candidates_of_a_cancelled_restart_are_never_heard_of() {
    let mut subject = Subject::new(Role::Controlled);
    let from = subject.events.len();
    subject.restart();
    let cancelled = speaking(&subject);
    let check = subject.check(false);
    subject.agent.cancel_restart(subject.now, subject.transport);
    subject.drive();
    assert_eq!(gathered(&subject, from), []);
    assert_eq!(subject.restart(), Generation(2));
    subject.drive();
    assert_eq!(gathered(&subject, from), [2, 2]);
    let locals = subject.agent.local_candidates(subject.transport);
    let sockets: Vec<SocketId> = locals.map(|local| local.socket).collect();
    assert_eq!(sockets, [subject.socket]);
    subject.turn_to(cancelled);
    assert_eq!(subject.feed(address(1), check), Received::Dropped);
    assert_eq!(subject.agent.counters().unknown_socket, 1);
}

/// An old generation that finds a better pair does not speak over the new one; one that data goes
/// back to does.
///
/// Trickle F20: crates/rill-ice/src/agent/states.rs: `let selected = self.carrier().and_then(|session| {` => `let selected = self.sessions.first().and_then(|session| {`
/// Trickle D12: crates/rill-ice/src/agent/restart.rs: `transport.retain(&mut self.ctx, |key| key.generation <= confirmed);`
/// Trickle F20: crates/rill-ice/src/agent/states.rs: `self.report_selection(ctx);`
#[test]
fn only_the_generation_that_carries_data_reports_its_pair() {
    let mut subject = connected(Role::Controlled);
    let old = speaking(&subject).0;
    subject.restart();
    subject.drive();
    subject.answer("newer");
    assert_eq!(subject.add_for(address(2), "newer"), Ok(()));
    subject.answer_checks(&[address(1), address(2)]);
    let new = subject.socket;
    assert_eq!(selections(&subject), [old, new]);
    assert_eq!(subject.add_for(address(3), "them"), Ok(()));
    subject.answer_checks(&[address(1), address(2), address(3)]);
    assert_eq!(selections(&subject), [old, new]);
    subject.agent.cancel_restart(subject.now, subject.transport);
    subject.drive();
    assert_eq!(selections(&subject), [old, new, old]);
    assert!(subject.agent.route(subject.transport).is_some());
}

/// RFC 8445 §12.1: the previous selected pair is used until the new session has concluded.
///
/// Trickle D15: crates/rill-ice/src/transport.rs: `let nominated = newest_first().find(|session| session.is_nominated());` => `let nominated = None;`
/// Trickle D15: crates/rill-ice/src/agent/restart.rs: `if !confirmed.is_some_and(Session::is_nominated) {` => `if !confirmed.is_some_and(|session| session.conclusion.selected.is_some()) {`
#[test]
fn a_nominated_pair_carries_data_until_another_is_nominated() {
    let mut subject = connected(Role::Controlled);
    subject.check_from(address(1), true);
    let (old, transport) = (subject.socket, subject.transport);
    subject.restart();
    subject.drive();
    subject.answer("newer");
    subject.agent.confirm_restart(subject.now, transport);
    assert_eq!(subject.add_for(address(2), "newer"), Ok(()));
    subject.answer_checks(&[address(1), address(2)]);
    let over = |subject: &Subject| subject.agent.route(transport).map(|path| path.socket);
    for _ in 0..10 {
        assert_eq!(over(&subject), Some(old));
        subject.advance(Duration::from_secs(1));
        subject.answer_checks(&[address(1), address(2)]);
    }
    subject.check_from(address(2), true);
    assert_eq!(over(&subject), Some(subject.socket));
}

/// RFC 8445 §12.1: a failed list has no selected pair, be it an old one.
///
/// Trickle D15: crates/rill-ice/src/agent/states.rs: `.and_then(|old| old.is_answering(now, &ctx.config))`
/// Trickle F11: crates/rill-ice/src/agent/states.rs: `let is_said = self.candidates_ended();`
/// Trickle F9: crates/rill-ice/src/agent/states.rs: `|| !has_patience`
#[test]
fn a_restart_that_fails_ends_the_old_path_too() {
    let mut subject = connected(Role::Controlling);
    subject.restart();
    subject.drive();
    subject.answer("newer");
    let (now, transport) = (subject.now, subject.transport);
    subject.agent.confirm_restart(now, transport);
    assert_eq!(subject.add_for(address(2), "newer"), Ok(()));
    subject.end(None);
    for _ in 0..39 {
        subject.advance(Duration::from_secs(1));
        subject.answer_checks(&[address(1)]);
        assert_eq!(subject.state(), TransportState::Connected);
        assert!(subject.agent.route(transport).is_some());
    }
    subject.advance(Duration::from_secs(1));
    assert_eq!(subject.state(), TransportState::Failed);
    assert_eq!(subject.agent.route(transport), None);
}

/// Trickle D9: crates/rill-ice/src/agent/remote.rs: `self.conclusion = Conclusion::default();` => ``
/// Trickle D9: crates/rill-ice/src/agent/remote.rs: `session.forget_peer(&mut self.ctx);`
#[test]
fn another_peer_is_waited_for_anew() {
    let mut subject = Subject::new(Role::Controlling);
    subject.add(address(1), 1000);
    subject.end(None);
    for _ in 0..41 {
        subject.advance(Duration::from_secs(1));
        subject.answer_checks(&[]);
    }
    assert_eq!(subject.state(), TransportState::Failed);
    subject.answer("second");
    subject.end(None);
    subject.advance(Duration::from_secs(38));
    assert_eq!(subject.state(), TransportState::New, "its checks may come");
    subject.check_from(address(2), false);
    subject.answer_checks(&[address(2)]);
    assert_eq!(subject.state(), TransportState::Completed);
}

/// At most three: what a cancelled restart goes back to, what was begun since, and what carries
/// data.
///
/// Trickle F11: crates/rill-ice/src/agent/states.rs: `let is_said = self.candidates_ended();`
#[test]
fn restarts_over_and_over_do_not_grow() {
    let mut subject = connected(Role::Controlling);
    let transport = subject.transport;
    let mut begun = 0;
    for step in 0..60 {
        begun = subject.restart().0;
        subject.drive();
        if step % 3 == 2 {
            subject.agent.confirm_restart(subject.now, transport);
        }
        let lives = |number: &u32| {
            let credentials = subject.agent.credentials(transport, Generation(*number));
            credentials.is_some()
        };
        let living: Vec<u32> = (0..=begun).filter(lives).collect();
        assert!(living.len() <= 3 && living.contains(&0), "{living:?}");
        assert!(living.contains(&begun), "{living:?}");
    }
    assert_eq!(begun, 60);
    assert!(subject.agent.route(transport).is_some());
}

/// The peer tells us to stop on the old path, which is not the end of the new one.
///
/// Trickle D15: crates/rill-ice/src/agent/states.rs: `let is_restarted = self.newest().key.generation > Generation(0);`
/// Trickle F11: crates/rill-ice/src/agent/states.rs: `let is_said = self.candidates_ended();`
#[test]
fn lost_consent_of_the_old_path_is_not_failure() {
    let mut subject = connected(Role::Controlling);
    subject.end(None);
    subject.restart();
    subject.drive();
    subject.advance(Duration::from_secs(6));
    let (to, check) = subject.requests().remove(0);
    let forbidden = respond(&check, Class::Error, |writer| {
        writer.error_code(403, "Forbidden")
    });
    let new = subject.turn_to((SocketId(1), subject.local.clone()));
    subject.feed(to, forbidden);
    subject.turn_to(new);
    assert_eq!(subject.agent.route(subject.transport), None);
    assert_eq!(subject.state(), TransportState::Checking);
}

/// libwebrtc checks our old candidates from its new ones when it restarts.
#[test]
fn a_check_of_another_generation_of_the_peer_gets_no_answer() {
    let mut subject = connected(Role::Controlled);
    let own = subject.remote.clone();
    subject.remote = "restarted".into();
    let check = subject.check(true);
    let before = subject.agent.counters().requests_received;
    assert_eq!(subject.feed(address(9), check), Received::Dropped);
    assert_eq!(subject.agent.counters().requests_received, before);
    assert_eq!(subject.pairs().len(), 1, "no pair came of it");
    subject.remote = own;
    subject.check_from(address(9), false);
    assert_eq!(subject.pairs().len(), 2, "of its own generation it counts");
}

/// A check of ours that is there before our answer may cost a peer the new pair: libwebrtc prunes it.
#[test]
fn a_peer_that_restarts_beside_a_working_pair_checks_first() {
    for is_heard in [true, false] {
        let mut subject = connected(Role::Controlled);
        subject.be_restarted("newer");
        assert_eq!(subject.add_for(address(2), "newer"), Ok(()));
        assert_eq!(checked(&mut subject), []);
        if is_heard {
            subject.check_from(address(2), false);
        } else {
            subject.advance(Duration::from_millis(999));
            assert_eq!(checked(&mut subject), []);
            subject.advance(Duration::from_millis(1));
        }
        let new = subject.local.ufrag.clone();
        assert_eq!(
            checked(&mut subject),
            [(address(2), format!("newer:{new}"))]
        );
    }
}

/// There is nothing to lose then, and a NAT may need our checks to let the peer's in.
#[test]
fn a_peer_that_restarts_beside_a_dead_pair_is_checked_at_once() {
    let mut subject = Subject::new(Role::Controlled);
    subject.be_restarted("newer");
    assert_eq!(subject.add_for(address(2), "newer"), Ok(()));
    assert_eq!(checked(&mut subject).len(), 1);
}
