//! Numbered nominations, which both sides must have named (draft-thatcher-ice-renomination §3).

use std::sync::{Arc, Mutex};

use rill_peer::SdpType;
use rill_sim::{Datagram, Verdict};

use crate::{scene::Setting, signal::rewriting};

const OPTION: &str = " renomination";

/// The headers of two attributes of STUN.
const USE_CANDIDATE: [u8; 4] = [0x00, 0x25, 0, 0];
const NOMINATION: [u8; 4] = [0xc0, 0x01, 0, 4];

/// Which nominations had numbers until two peers were connected, where the option is missing in the
/// descriptions of these types.
fn numbered(missing: &[SdpType]) -> Vec<bool> {
    let mut scene = Setting::secure().build();
    for kind in missing {
        let side = usize::from(*kind == SdpType::Answer);
        scene.tamper[side] = rewriting(*kind, |sdp| {
            assert!(sdp.contains(OPTION), "{sdp}");
            sdp.replace(OPTION, "")
        });
    }
    let nominations: Arc<Mutex<Vec<bool>>> = Arc::default();
    let seen = Arc::clone(&nominations);
    scene.sim.intercept(move |_, datagram: &mut Datagram| {
        let has = |header| datagram.bytes.windows(4).any(|four| four == header);
        // A Binding request.
        if datagram.bytes.starts_with(&[0, 1]) && has(USE_CANDIDATE) {
            seen.lock().expect("nobody panicked").push(has(NOMINATION));
        }
        Verdict::Pass
    });
    scene.connect();
    let nominations = nominations.lock().expect("nobody panicked").clone();
    assert!(!nominations.is_empty());
    nominations
}

#[test]
fn nominations_have_numbers_if_both_sides_say_so() {
    let numbered = numbered(&[]);
    assert!(numbered.iter().all(|numbered| *numbered));
}

/// Trickle A10: crates/rill-peer/src/jsep/create.rs: `.filter(|token| offer.lists_ice_option(token))` => `.filter(|_| true)`
#[test]
fn nominations_are_those_of_old_where_one_side_does_not() {
    for missing in [SdpType::Offer, SdpType::Answer] {
        let numbered = numbered(&[missing]);
        assert!(!numbered.iter().any(|numbered| *numbered), "{missing:?}");
    }
}
