//! The transports that the states of a connection are made of (webrtc-pc §4.3.2 to §4.3.4): those that a
//! transceiver of the set or the SCTP transport refers to.

use std::time::Duration;

use rill_peer::{
    BundlePolicy, ConnectionState, DataChannelInit, DataChannelState, IceConnectionState,
    MediaKind, SdpType, SessionDescription, SignalingState,
};

use crate::{
    lone::Lone,
    offer::{Section, description},
    scene::{LONG, Setting},
    signal::{LINE, Signal, Tamper, without_lines},
};

/// Until then no transceiver refers to the transport (§4.4.1.5), although its ICE has begun.
#[test]
fn offered_media_count_from_the_answer_on() {
    let mut lone = Lone::new();
    let audio = Section::audio("a").with(&format!("a={LINE}"));
    let taken = lone.set_remote(SdpType::Offer, &description(&[], &[audio]));
    taken.expect("an offer fits");
    assert_eq!(lone.pc.ice_connection_state(), IceConnectionState::New);
    assert_eq!(lone.pc.connection_state(), ConnectionState::New);
    lone.set_local(None).expect("an answer fits");
    assert_eq!(lone.pc.ice_connection_state(), IceConnectionState::Checking);
    assert_eq!(lone.pc.connection_state(), ConnectionState::Connecting);
}

/// The transport that it leaves without a section may be taken up by the answer, and is new as long.
#[test]
fn a_provisional_answer_that_bundles_connects() {
    let mut scene = Setting::bundling(BundlePolicy::MaxCompat).build();
    scene.transceiver(scene.alice, MediaKind::Audio);
    scene.tamper[1] = Box::new(|signal| {
        Some(match signal {
            Signal::Description(answer) => {
                Signal::Description(SessionDescription::new(SdpType::Pranswer, answer.sdp))
            }
            other => other,
        })
    });
    scene.connect();
    let alice = &scene.alice().pc;
    assert_eq!(alice.signaling_state(), SignalingState::HaveRemotePranswer);
    assert_eq!(alice.transports().len(), 2);
}

/// Offers bundle nothing, and nobody learns a candidate of the first section.
fn apart() -> Tamper {
    Box::new(|signal| match signal {
        Signal::Description(SessionDescription { kind, sdp }) => {
            let sdp = without_lines(&sdp, "a=group:BUNDLE");
            Some(Signal::Description(SessionDescription::new(kind, sdp)))
        }
        Signal::Candidate(Some(init)) if init.sdp_mid.as_deref() == Some("0") => None,
        other => Some(other),
    })
}

#[test]
fn a_stopped_section_with_a_transport_of_its_own_counts_no_more() {
    let mut setting = Setting::bundling(BundlePolicy::MaxCompat);
    setting.configurations[1].bundle_policy = BundlePolicy::MaxCompat;
    let mut scene = setting.build();
    let audio = scene.transceiver(scene.alice, MediaKind::Audio);
    scene.tamper = [apart(), apart()];
    let channel = scene.create(scene.alice, "chat", DataChannelInit::default());
    scene.offer(scene.alice);
    let opened = scene.run_until(LONG, |alice, _| {
        alice.pc.data_channel_state(channel) == DataChannelState::Open
    });
    assert!(opened.is_some());
    for host in scene.hosts() {
        let pc = &scene.side(host).pc;
        assert_eq!(pc.connection_state(), ConnectionState::Connecting);
        assert_eq!(pc.transports().len(), 2);
    }
    let stop = |side: &mut crate::adapter::Adapter, now| side.pc.stop_transceiver(now, audio);
    scene.sim.with(scene.alice, stop).expect("it is open");
    scene.offer(scene.alice);
    scene.run_for(Duration::from_secs(1));
    for host in scene.hosts() {
        let pc = &scene.side(host).pc;
        assert_eq!(pc.connection_state(), ConnectionState::Connected);
        assert_eq!(pc.transports().len(), 1);
    }
}
