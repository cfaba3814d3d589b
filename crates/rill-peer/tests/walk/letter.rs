//! Descriptions on their way, and what makes one the answer to another.

use rill_peer::{PeerConnection, SdpType, SessionDescription};

/// A description that was applied by its sender and is on its way.
#[derive(Clone, Debug)]
pub(crate) struct Letter {
    pub(crate) description: SessionDescription,
    /// The sender answers nothing that was made up.
    pub(crate) honest: bool,
    /// What the sender stands on.
    basis: Standing,
}

/// What two sides agreed on, as one of them sees it; without candidates, which come and go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Standing {
    local: String,
    remote: String,
    /// The offer that is being answered.
    offer: String,
}

impl Letter {
    /// `before` are the sender's current descriptions, local and remote, before it was applied.
    pub(crate) fn new(
        pc: &PeerConnection,
        description: SessionDescription,
        before: [&str; 2],
    ) -> Self {
        let offer = match description.kind {
            SdpType::Answer => pc.current_remote_description(),
            _ => pc.pending_remote_description(),
        };
        Self {
            basis: Standing {
                local: essence(before[0]),
                remote: essence(before[1]),
                offer: text(offer.as_ref()),
            },
            honest: true,
            description,
        }
    }

    /// What it says of bundles and transports.
    pub(crate) fn summary(&self) -> String {
        let telling = [
            "a=group:BUNDLE",
            "m=",
            "a=mid",
            "a=ice-ufrag",
            "a=setup",
            "a=tls-id",
        ];
        let lines = self.description.sdp.lines();
        let lines = lines.filter(|line| telling.iter().any(|start| line.starts_with(start)));
        let words = lines.map(|line| format!("{line:.40}")).collect::<Vec<_>>();
        format!("{}: {}", self.description.kind, words.join(" "))
    }

    /// Whether this side must take it, as far as the text of the exchange goes: it builds on what
    /// both agreed on, and an answer answers the very offer that waits.
    pub(crate) fn must_be_taken_by(&self, pc: &PeerConnection) -> bool {
        let agreed = self.basis.local == text(pc.current_remote_description().as_ref())
            && self.basis.remote == text(pc.current_local_description().as_ref());
        if !agreed || !self.honest || pc.pending_remote_description().is_some() {
            return false;
        }
        let pending = pc.pending_local_description();
        self.description.kind == SdpType::Offer || self.basis.offer == text(pending.as_ref())
    }
}

/// Whether both sides agree on the last exchange.
pub(crate) fn agree(one: &PeerConnection, other: &PeerConnection) -> bool {
    let local = [one, other].map(|pc| text(pc.current_local_description().as_ref()));
    let remote = [other, one].map(|pc| text(pc.current_remote_description().as_ref()));
    local == remote
}

fn text(description: Option<&SessionDescription>) -> String {
    essence(description.map_or("", |description| &description.sdp))
}

/// The text without what candidates change: their lines, and the default address.
fn essence(sdp: &str) -> String {
    // A snapshot's text begins with the kind.
    let lines = sdp
        .lines()
        .filter(|line| line.as_bytes().get(1) == Some(&b'='));
    let essential = lines.filter(|line| {
        let changing = ["a=candidate:", "a=end-of-candidates", "c=", "a=rtcp:"];
        !changing.iter().any(|start| line.starts_with(start))
    });
    essential.map(without_port).collect::<Vec<_>>().join("\n")
}

fn without_port(line: &str) -> String {
    let mut words: Vec<_> = line.split(' ').collect();
    if line.starts_with("m=") && words.len() > 1 && words[1] != "0" {
        words[1] = "9";
    }
    words.join(" ")
}
