//! What peers tell each other, as lines of text: they pass through channels as well as pipes.

use rill::{IceCandidateInit, SdpType, SessionDescription};

/// Stand for the ends of lines within a line.
const ENDS: [(&str, &str); 2] = [("\r\n", "\x1d"), ("\n", "\x1e")];

#[derive(Debug)]
pub(crate) enum Signal {
    Description(SessionDescription),
    Candidate(IceCandidateInit),
}

impl Signal {
    pub(crate) fn to_line(&self) -> String {
        match self {
            Self::Description(SessionDescription { kind, sdp }) => {
                format!("{kind}\t{}", as_one_line(sdp))
            }
            Self::Candidate(candidate) => format!(
                "candidate\t{}\t{}\t{}",
                candidate.sdp_mid.as_deref().unwrap_or_default(),
                candidate.username_fragment.as_deref().unwrap_or_default(),
                candidate.candidate
            ),
        }
    }

    /// # Panics
    ///
    /// If it was not made by [`Self::to_line`].
    pub(crate) fn of_line(line: &str) -> Self {
        let (kind, rest) = line.split_once('\t').expect("a signal has a kind");
        if kind != "candidate" {
            let kind: SdpType = kind.parse().expect("a kind of description");
            return Self::Description(SessionDescription::new(kind, as_lines(rest)));
        }
        let mut parts = rest.splitn(3, '\t').map(str::to_owned);
        let [mid, fragment, candidate] = std::array::from_fn(|_| parts.next());
        Self::Candidate(IceCandidateInit {
            candidate: candidate.expect("a candidate has three parts"),
            sdp_mid: mid,
            sdp_m_line_index: None,
            username_fragment: fragment,
        })
    }
}

pub(crate) fn as_one_line(text: &str) -> String {
    let mut line = text.to_owned();
    for (end, mark) in ENDS {
        line = line.replace(end, mark);
    }
    line
}

pub(crate) fn as_lines(line: &str) -> String {
    let mut text = line.to_owned();
    for (end, mark) in ENDS {
        text = text.replace(mark, end);
    }
    text
}
