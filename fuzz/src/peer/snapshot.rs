//! Everything that the getters of a peer show.

use std::collections::BTreeSet;

use rill_peer::{
    Direction, PeerConnection, SctpTransportInfo, SessionDescription, SignalingState,
    TransceiverId, TransceiverInfo, TransportId,
};
use rill_sdp::Session;

/// What a refused call must leave as it was.
#[derive(Debug, PartialEq)]
pub(super) struct Snapshot {
    signaling: SignalingState,
    can_trickle: Option<bool>,
    /// Current local, pending local, current remote, pending remote.
    descriptions: [Option<SessionDescription>; 4],
    transceivers: Vec<(TransceiverId, TransceiverInfo)>,
    transports: Vec<(TransportId, String)>,
    sctp: Option<SctpTransportInfo>,
}

impl Snapshot {
    pub(super) fn new(peer: &PeerConnection) -> Self {
        let transceiver = |id| (id, peer.transceiver(id).expect("it is listed"));
        let transport = |id| {
            let ice = peer.ice_transport(id).expect("it is listed");
            let dtls = peer.dtls_transport(id).expect("it is listed");
            assert_eq!(
                ice.selected_pair.is_some(),
                ice.selected_candidates.is_some()
            );
            (id, format!("{ice:?} {dtls:?}"))
        };
        Self {
            signaling: peer.signaling_state(),
            can_trickle: peer.can_trickle_ice_candidates(),
            descriptions: [
                peer.current_local_description(),
                peer.pending_local_description(),
                peer.current_remote_description(),
                peer.pending_remote_description(),
            ],
            transceivers: peer.transceivers().into_iter().map(transceiver).collect(),
            transports: peer.transports().into_iter().map(transport).collect(),
            sctp: peer.sctp_transport(),
        }
    }

    /// What is shown fits together.
    pub(super) fn check(&self) {
        for description in self.descriptions.iter().flatten() {
            assert!(is_readable(&description.sdp), "{}", description.sdp);
        }
        let mut mids = BTreeSet::new();
        for (_, info) in &self.transceivers {
            let is_new = info.mid.as_ref().is_none_or(|mid| mids.insert(mid));
            assert!(is_new || info.stopped, "two transceivers of one mid");
            if info.stopped {
                assert_eq!(info.direction, Direction::Stopped);
                assert_eq!(info.current_direction, Some(Direction::Stopped));
            } else if info.mid.as_ref().is_some_and(|mid| self.names(mid)) {
                info.transport.into_iter().for_each(|id| self.has(id));
            }
        }
        self.sctp
            .into_iter()
            .for_each(|sctp| self.has(sctp.transport));
    }

    /// Whether an applied description has the section; another offer may have taken its place.
    fn names(&self, mid: &str) -> bool {
        let line = format!("a=mid:{mid}\r\n");
        let mut applied = self.descriptions.iter().flatten();
        applied.any(|description| description.sdp.contains(&line))
    }

    fn has(&self, transport: TransportId) {
        let mut known = self.transports.iter().map(|(id, _)| *id);
        assert!(known.any(|id| id == transport), "{transport:?} is gone");
    }
}

/// Whether our own parser reads a text.
pub(super) fn is_readable(sdp: &str) -> bool {
    Session::parse(sdp).is_ok()
}

/// The lines that both sides have of one description.
pub(super) fn without_candidates(description: Option<SessionDescription>) -> Option<Vec<String>> {
    let is_kept =
        |line: &&str| !line.starts_with("a=candidate:") && !line.starts_with("a=end-of-candidates");
    let sdp = description?.sdp;
    // With the first candidate the default address changes as well.
    let is_default = |line: &&str| {
        line.starts_with("c=") || line.starts_with("m=") || line.starts_with("a=rtcp:")
    };
    Some(
        sdp.lines()
            .filter(is_kept)
            .filter(|line| !is_default(line))
            .map(Into::into)
            .collect(),
    )
}
