//! The DTLS roles of an association that goes on (RFC 8842).

use rill_peer::{Exception, SdpType, SectionProblem};

use crate::{lone::Lone, negotiate::section_error, offer::value_of};

/// RFC 8842 §5.3: an association that goes on keeps its roles, and so says the answer.
#[test]
fn an_answer_that_contradicts_the_roles_is_refused() {
    for restart in [false, true] {
        let [mut alice, mut bob] = Lone::pair();
        if restart {
            alice.restart();
        }
        alice.set_local(None).expect("an offer fits");
        bob.answer(&alice.local_sdp());
        let good = bob.local_sdp();
        let bad = good.replace("a=setup:active", "a=setup:passive");
        assert_ne!(bad, good);
        for kind in [SdpType::Pranswer, SdpType::Answer] {
            let error = alice.unchanged(|alice| alice.set_remote(kind, &bad));
            let expected = (0, "0", SectionProblem::Setup);
            assert_eq!(section_error(&error), Some(expected));
            assert_eq!(error.exception(), Exception::InvalidAccess);
        }
        alice.set_remote(SdpType::Answer, &good).expect("it fits");
    }
}

/// RFC 8842 §5.3, §5.5: an offer should leave the roles open; older stacks name those that there are.
#[test]
fn an_offer_that_contradicts_the_roles_is_refused() {
    let [mut alice, mut bob] = Lone::pair();
    // Bob became the client.
    for (setup, fits) in [("active", true), ("passive", false), ("actpass", true)] {
        bob.set_local(None).expect("an offer fits");
        let offer = bob.local_sdp();
        let offer = offer.replace("a=setup:actpass", &format!("a=setup:{setup}"));
        if fits {
            alice.answer(&offer);
            assert_eq!(value_of(&alice.local_sdp(), "setup"), Some("passive"));
        } else {
            let error = alice.unchanged(|alice| alice.set_remote(SdpType::Offer, &offer));
            let problem = section_error(&error).map(|(_, _, problem)| problem);
            assert_eq!(problem, Some(SectionProblem::Setup));
        }
        bob.roll_back();
    }
}
