//! What the two sides tell each other beside the network.

use rill_peer::{IceCandidateInit, SdpType, SessionDescription};

/// One message of signalling.
#[derive(Clone, Debug)]
pub(crate) enum Signal {
    Description(SessionDescription),
    /// `None` is the null candidate.
    Candidate(Option<IceCandidateInit>),
}

/// How a side tells what it gathers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Manner {
    /// As the page does: at once, unless the peer cannot trickle.
    #[default]
    Trickle,
    /// The offer waits for every candidate and still says `trickle` (RFC 8838 §16).
    Half,
    /// As a peer that knows no trickling: everything at once, and no token.
    Vanilla,
}

/// A change that signals undergo on their way; `None` loses them.
pub(crate) type Tamper = Box<dyn FnMut(Signal) -> Option<Signal>>;

/// Signals as they are.
pub(crate) fn honest() -> Tamper {
    Box::new(Some)
}

/// Changes the text of every description of a kind.
pub(crate) fn rewriting(
    kind: SdpType,
    mut rewrite: impl FnMut(&str) -> String + 'static,
) -> Tamper {
    Box::new(move |signal| {
        Some(match signal {
            Signal::Description(mut description) if description.kind == kind => {
                description.sdp = rewrite(&description.sdp);
                Signal::Description(description)
            }
            other => other,
        })
    })
}

/// No candidate arrives.
pub(crate) fn withholding() -> Tamper {
    Box::new(|signal| match signal {
        Signal::Description(_) => Some(signal),
        Signal::Candidate(_) => None,
    })
}

/// Every address of a candidate becomes a name that nobody knows, as browsers have it.
pub(crate) fn naming() -> Tamper {
    Box::new(|signal| {
        Some(match signal {
            Signal::Candidate(Some(mut init)) => {
                init.candidate = with_name(&init.candidate);
                Signal::Candidate(Some(init))
            }
            other => other,
        })
    })
}

/// A candidate line with a name in the place of its address.
pub(crate) fn with_name(line: &str) -> String {
    let words = line.split(' ').enumerate();
    let words: Vec<_> = words
        .map(|(place, word)| match place {
            4 => "3d0e8f2c-5a4b-4c3d-9e8f-0a1b2c3d4e5f.local",
            _ => word,
        })
        .collect();
    words.join(" ")
}

/// Without the lines that begin like this.
pub(crate) fn without_lines(sdp: &str, start: &str) -> String {
    let kept = sdp.lines().filter(|line| !line.starts_with(start));
    kept.map(|line| format!("{line}\r\n")).collect()
}

/// A candidate as a peer may tell it.
pub(crate) const LINE: &str = "candidate:1 1 udp 2113937151 192.0.2.5 5000 typ host";

pub(crate) fn init(candidate: &str) -> IceCandidateInit {
    IceCandidateInit {
        candidate: candidate.into(),
        ..IceCandidateInit::default()
    }
}

pub(crate) fn with_mid(candidate: &str, mid: &str) -> IceCandidateInit {
    IceCandidateInit {
        sdp_mid: Some(mid.into()),
        ..init(candidate)
    }
}

pub(crate) fn with_index(candidate: &str, index: u16) -> IceCandidateInit {
    IceCandidateInit {
        sdp_m_line_index: Some(index),
        ..init(candidate)
    }
}

pub(crate) fn with_ufrag(init: IceCandidateInit, ufrag: &str) -> IceCandidateInit {
    IceCandidateInit {
        username_fragment: Some(ufrag.into()),
        ..init
    }
}
