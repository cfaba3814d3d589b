//! What a connection goes through after its first exchange, or in the place of a plain one.

use rill_peer::{
    BundlePolicy, IceServer, IceTransportPolicy, OfferOptions, SdpType, SessionDescription,
};

use super::network::Network;
use crate::script::Script;

/// A local offer that restarts ICE.
pub(super) fn offer_restart(network: &mut Network, side: usize) {
    network.offer(side, OfferOptions { ice_restart: true });
}

/// Another configuration, also one that is not allowed.
pub(super) fn configure(network: &mut Network, side: usize, script: &mut Script<'_>) {
    let choice = script.byte();
    let mut configuration = network.sides[side].peer.configuration().clone();
    let urls: &[&str] = match choice & 7 {
        1 => &["stun:10.0.0.9"],
        2 => &["stun:name.invalid:3479", "stun:[fd00::9]"],
        3 => &["turn:10.0.0.9"],
        4 => &["stun:"],
        _ => &[],
    };
    configuration.ice_servers = vec![IceServer {
        urls: urls.iter().map(|url| (*url).into()).collect(),
        username: (choice & 8 == 8).then(|| "user".into()),
        credential: (choice & 8 == 8).then(|| "secret".into()),
    }];
    if urls.is_empty() {
        configuration.ice_servers.clear();
    }
    if choice & 16 == 16 {
        configuration.ice_transport_policy = IceTransportPolicy::Relay;
    }
    if choice & 32 == 32 {
        configuration.bundle_policy = BundlePolicy::MaxCompat;
    }
    if choice & 64 == 64 {
        configuration.ice_candidate_pool_size ^= 1;
    }
    if choice & 128 == 128 {
        configuration.certificates.clear();
    }
    let now = network.now;
    network.attempt(side, |peer| {
        peer.set_configuration(now, configuration).is_ok()
    });
}

/// Takes back what is pending, on one side or on both.
pub(super) fn roll_back(network: &mut Network, side: usize, script: &mut Script<'_>) {
    let choice = script.byte();
    let now = network.now;
    let rollback = SessionDescription::new(SdpType::Rollback, "");
    if choice & 1 == 0 {
        network.attempt(side, |peer| {
            peer.set_local_description(now, Some(rollback.clone()))
                .is_ok()
        });
    }
    if choice & 2 == 0 {
        let other = if choice & 1 == 0 { 1 - side } else { side };
        network.attempt(other, |peer| {
            peer.set_remote_description(now, &rollback).is_ok()
        });
    }
}

/// An exchange whose answer is provisional; the next answer, if one, ends it.
pub(super) fn exchange_provisionally(network: &mut Network, offerer: usize) {
    network.offer(offerer, OfferOptions::default());
    network.settle();
    if network.hand_over(offerer).is_ok() {
        network.answer(1 - offerer, SdpType::Pranswer);
        network.settle();
        // It may be none.
        let _ = network.hand_over(1 - offerer);
    }
}

/// Both offer; the side given is the polite one (webrtc-pc §10.7).
pub(super) fn offer_at_once(network: &mut Network, polite: usize) {
    network.offer(polite, OfferOptions::default());
    network.offer(1 - polite, OfferOptions::default());
    network.settle();
    if network.hand_over(1 - polite).is_ok() {
        network.answer(polite, SdpType::Answer);
        network.settle();
        // It may be none.
        let _ = network.hand_over(polite);
    }
}

/// An offer with media of a browser that is not there.
pub(super) fn take_media_offer(network: &mut Network, side: usize, script: &mut Script<'_>) {
    const OFFERS: [&str; 5] = [
        include_str!("../../corpus/sdp/chromium-audio-video-data"),
        include_str!("../../corpus/sdp/firefox-audio-video-data"),
        include_str!("../../corpus/sdp/jsep-everything"),
        include_str!("../../corpus/sdp/chromium-simulcast"),
        include_str!("../../corpus/sdp/bundle-only"),
    ];
    let choice = script.byte();
    let mut sdp = OFFERS[usize::from(choice) % OFFERS.len()].to_owned();
    if choice & 32 == 32 {
        sdp = super::damaged(&sdp, script);
    }
    let offer = SessionDescription::new(SdpType::Offer, sdp);
    let now = network.now;
    network.attempt(side, |peer| {
        peer.set_remote_description(now, &offer).is_ok()
    });
    if choice & 64 == 64 {
        network.answer(side, SdpType::Answer);
    }
}

/// A binding puts operations on its chain, or takes them off.
pub(super) fn chain(network: &mut Network, side: usize, script: &mut Script<'_>) {
    let peer = &mut network.sides[side].peer;
    if script.flag() {
        peer.begin_operation();
    } else {
        peer.end_operation();
    }
}
