//! What concerns the connection as a whole: configuration, the chain, the end.

use rill_peer::{BundlePolicy, IceTransportPolicy, PeerConnection};

use crate::{
    dice::Dice,
    model::Expected,
    setting::{certificate, server},
    snapshot::{Attribute, Subject},
    walk::Walk,
};

pub(crate) fn configure(walk: &mut Walk, side: usize, dice: &mut Dice) {
    let now = walk.sim.now();
    let own = walk.side(side);
    let mut wanted = own.pc.configuration().clone();
    let mut expected = Expected::Success;
    match dice.below(8) {
        0 => {}
        1 => wanted.ice_servers = vec![server("stun:192.0.2.1")],
        2 => wanted.ice_servers = vec![server("stun:192.0.2.98"), server("turn:192.0.2.1")],
        3 => {
            wanted.bundle_policy = match wanted.bundle_policy {
                BundlePolicy::MaxBundle => BundlePolicy::Balanced,
                BundlePolicy::Balanced | BundlePolicy::MaxCompat => BundlePolicy::MaxBundle,
            };
            expected = Expected::Exception("InvalidModificationError");
        }
        4 => {
            wanted.certificates = vec![certificate(1 - side)];
            expected = Expected::Exception("InvalidModificationError");
        }
        5 => {
            let size = &mut wanted.ice_candidate_pool_size;
            *size = if *size > 0 && dice.coin() {
                *size / 2
            } else {
                size.wrapping_add(1)
            };
            // webrtc-pc §4.4.1.6: and setLocalDescription has already been called.
            if own.watch.model.described {
                expected = Expected::Exception("InvalidModificationError");
            }
        }
        6 => {
            let url = dice.pick(&["turn:192.0.2.1", "stun:", "http://192.0.2.1"]);
            let url = url.unwrap_or_default();
            let mut bad = server(url);
            bad.username = None;
            expected = Expected::Exception(match url {
                "turn:192.0.2.1" => "InvalidAccessError",
                _ => "SyntaxError",
            });
            wanted.ice_servers = vec![bad];
        }
        _ => wanted.ice_transport_policy = other_policy(wanted.ice_transport_policy),
    }
    if own.watch.model.is_closed() {
        expected = Expected::Exception("InvalidStateError");
    }
    let set = |pc: &mut PeerConnection| Ok(pc.set_configuration(now, wanted)?);
    let configuration = |attribute| attribute == (Subject::Connection, "configuration");
    own.call("setConfiguration", expected, configuration, set);
}

fn other_policy(policy: IceTransportPolicy) -> IceTransportPolicy {
    match policy {
        IceTransportPolicy::All => IceTransportPolicy::Relay,
        IceTransportPolicy::Relay => IceTransportPolicy::All,
    }
}

pub(crate) fn change_chain(walk: &mut Walk, side: usize, dice: &mut Dice) {
    let own = walk.side(side);
    own.watch
        .check_unchanged(&own.pc, "what came before the chain");
    let begin = own.watch.model.chain == 0 || (own.watch.model.chain < 3 && dice.coin());
    if begin {
        own.watch.model.chain += 1;
        own.pc.begin_operation();
    } else {
        own.watch.model.chain -= 1;
        own.pc.end_operation();
    }
    own.watch.dirty = true;
}

/// What close() changes at once (webrtc-pc §4.4.2).
fn closes((subject, name): Attribute) -> bool {
    match subject {
        Subject::Connection => {
            matches!(
                name,
                "signalingState" | "iceConnectionState" | "connectionState"
            )
        }
        Subject::Sctp => name == "state",
        Subject::Transport(_) => matches!(name, "state" | "dtlsState" | "selectedPair"),
        Subject::Transceiver(_) => {
            matches!(
                name,
                "direction" | "currentDirection" | "stopped" | "receiverStreams"
            )
        }
        Subject::Channel(_) => true,
        Subject::Description => false,
    }
}

pub(crate) fn close(walk: &mut Walk, side: usize) {
    let now = walk.sim.now();
    let own = walk.side(side);
    let close = |pc: &mut PeerConnection| {
        pc.close(now);
        Ok(())
    };
    own.call("close", Expected::Success, closes, close);
    own.watch.model.close();
    check_closed(walk, side);
}

/// Everything shows it (webrtc-pc §4.4.2).
fn check_closed(walk: &mut Walk, side: usize) {
    let own = walk.side(side);
    let last = own.watch.last.clone();
    let wanted = |subject| -> &[(&'static str, &str)] {
        match subject {
            Subject::Connection => &[
                ("signalingState", "closed"),
                ("iceConnectionState", "closed"),
                ("connectionState", "closed"),
            ],
            Subject::Sctp => &[("state", "closed")],
            Subject::Transport(_) => &[
                ("state", "closed"),
                ("dtlsState", "closed"),
                ("selectedPair", "None"),
            ],
            Subject::Transceiver(_) => &[("stopped", "true"), ("direction", "stopped")],
            Subject::Channel(_) => &[("readyState", "closed")],
            Subject::Description => &[],
        }
    };
    for subject in last.subjects() {
        for (name, value) in wanted(subject) {
            if last.get(subject, name) != *value {
                let rule = format!("{name} after close()");
                own.watch
                    .fault(rule, format!("{subject:?} is {}", last.get(subject, name)));
            }
        }
    }
}
