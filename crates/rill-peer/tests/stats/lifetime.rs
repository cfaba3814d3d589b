//! How long objects are in reports, and that their ids stay.

use std::{collections::BTreeSet, time::Duration};

use rill_peer::{MediaKind, StatsId, StatsReport, TransceiverInit};

use crate::{
    reading::{channels, connection, kinds, locals, pairs, remotes, selected, transport},
    scene::{Scene, plaintext},
};

/// Of candidates and pairs.
fn ice(report: &StatsReport) -> BTreeSet<StatsId> {
    let candidates = locals(report).into_iter().chain(remotes(report));
    let candidates = candidates.map(|(id, _)| id);
    candidates
        .chain(pairs(report).into_iter().map(|(id, _)| id))
        .collect()
}

#[test]
fn ids_outlive_a_renegotiation() {
    let mut scene = Scene::new([plaintext(), plaintext()]);
    scene.connect();
    scene.run_for(Duration::from_secs(1));
    let before = scene.hosts().map(|host| kinds(&scene.stats(host)));
    let add = |side: &mut crate::adapter::Adapter, now| {
        let init = TransceiverInit::default();
        side.pc.add_transceiver(now, MediaKind::Audio, init)
    };
    scene
        .sim
        .with(scene.alice, add)
        .expect("the connection is open");
    scene.offer(scene.alice);
    scene.create(scene.bob, "more");
    scene.run_for(Duration::from_secs(5));
    for (host, before) in scene.hosts().into_iter().zip(before) {
        let after = kinds(&scene.stats(host));
        for (id, kind) in &before {
            assert_eq!(after.get(id), Some(kind), "it is there and the same");
        }
        assert_eq!(after.len(), before.len() + 1, "one channel more");
    }
    let [alice, bob] = scene.hosts().map(|host| kinds(&scene.stats(host)));
    let common: Vec<_> = alice.keys().filter(|id| bob.contains_key(id)).collect();
    assert!(
        common.is_empty(),
        "ids of one connection tell nothing of another's"
    );
}

#[test]
fn an_ice_restart_replaces_candidates_and_pairs_and_nothing_else() {
    let mut scene = Scene::new([plaintext(), plaintext()]);
    let [channel, _] = scene.connect();
    scene.send(scene.alice, channel, 5000);
    scene.run_for(Duration::from_secs(1));
    let before = scene.stats(scene.alice);
    let restart = |side: &mut crate::adapter::Adapter, now| side.pc.restart_ice(now);
    scene.sim.with(scene.alice, restart);
    assert_eq!(
        kinds(&scene.stats(scene.alice)),
        kinds(&before),
        "nothing is offered yet"
    );
    scene.offer(scene.alice);

    // Until the peer answers, data goes over the old pair: that stays, with its candidates.
    let between = scene.stats(scene.alice);
    assert_eq!(selected(&between).0, selected(&before).0);
    let (_, old, ..) = selected(&before);
    let kept: BTreeSet<_> = ice(&between).intersection(&ice(&before)).copied().collect();
    let expected = [
        selected(&before).0,
        old.local_candidate,
        old.remote_candidate,
    ];
    assert_eq!(kept, BTreeSet::from(expected));

    scene.run_for(Duration::from_secs(60));
    let after = scene.stats(scene.alice);
    assert!(ice(&after).is_disjoint(&ice(&before)), "all of ICE is new");
    let rest = |report: &StatsReport| {
        let ice = ice(report);
        let mut kinds = kinds(report);
        kinds.retain(|id, _| !ice.contains(id));
        kinds
    };
    assert_eq!(rest(&after), rest(&before));
    let (earlier, later) = (transport(&before).1, transport(&after).1);
    assert!(later.bytes_sent >= earlier.bytes_sent, "it counts on");
    assert!(later.packets_received >= earlier.packets_received);
    assert_eq!(earlier.selected_candidate_pair_changes, 1);
    assert!(later.selected_candidate_pair_changes > 1);
    assert_ne!(
        later.ice_local_username_fragment,
        earlier.ice_local_username_fragment
    );
    let ufrag = later.ice_local_username_fragment;
    assert!(
        locals(&after)
            .iter()
            .all(|(_, local)| local.username_fragment == ufrag)
    );
}

#[test]
fn closing_leaves_the_last_figures() {
    let mut scene = Scene::new([plaintext(), plaintext()]);
    let [channel, _] = scene.connect();
    scene.send(scene.alice, channel, 5000);
    scene.run_for(Duration::from_secs(1));
    let before = scene.stats(scene.alice);
    scene.sim.with(scene.alice, |side, now| side.pc.close(now));
    scene.run_for(Duration::from_secs(1));
    let after = scene.stats(scene.alice);
    assert_eq!(kinds(&after), kinds(&before));
    let (earlier, later) = (transport(&before).1, transport(&after).1);
    assert!(
        later.bytes_sent > earlier.bytes_sent,
        "the goodbye counts too"
    );
    assert_eq!(later.bytes_received, earlier.bytes_received);
    assert_eq!(later.remote_certificate, earlier.remote_certificate);
    assert_eq!(later.dtls_role, earlier.dtls_role);
    assert_eq!(later.dtls_state, rill_peer::DtlsTransportState::Closed);
    assert_eq!(later.ice_state, rill_peer::TransportState::Closed);
    assert_eq!(channels(&after)[0].1.messages_sent, 1);
}

#[test]
fn a_forgotten_channel_is_gone_and_still_counted() {
    let mut scene = Scene::new([plaintext(), plaintext()]);
    let [channel, _] = scene.connect();
    let close = |side: &mut crate::adapter::Adapter, now| side.pc.close_data_channel(now, channel);
    scene.sim.with(scene.alice, close);
    scene.run_for(Duration::from_secs(1));
    assert_eq!(
        channels(&scene.stats(scene.alice)).len(),
        1,
        "closed is not gone"
    );
    let forget = |side: &mut crate::adapter::Adapter, _| side.pc.forget_data_channel(channel);
    scene.sim.with(scene.alice, forget);
    let report = scene.stats(scene.alice);
    assert!(channels(&report).is_empty());
    assert_eq!(connection(&report).data_channels_opened, 1);
    assert_eq!(connection(&report).data_channels_closed, 1);
}
