//! Whether a transceiver needs negotiation (webrtc-pc §4.7.3, "check if negotiation is needed").

use rill_sdp::{Media, Session};

use super::{Direction, Transceiver};
use crate::{SdpType, jsep::Descriptions, media};

impl Transceiver {
    pub(crate) fn needs_negotiation(&self, descriptions: &Descriptions) -> bool {
        if self.stopping && !self.shown.stopped {
            return true;
        }
        let current_local = descriptions.current_local.as_ref();
        let kind = current_local.map(|local| local.kind);
        let local = current_local.map(|local| local.session());
        let remote = descriptions.current_remote.as_ref();
        let remote = remote.map(|remote| remote.session());
        let in_local = local.as_deref().and_then(|local| self.section(local));
        let in_remote = remote.as_deref().and_then(|remote| self.section(remote));
        if self.shown.stopped {
            // Its section is still to be rejected.
            let live = |media: Option<&Media>| media.is_some_and(|media| !media.is_rejected());
            return live(in_local) && live(in_remote);
        }
        let (Some(own), Some(local)) = (in_local, &local) else {
            return true;
        };
        if self.direction.sends() && self.streams_differ(own) {
            return true;
        }
        let ours = direction_in(local, own);
        let theirs = in_remote
            .zip(remote.as_deref())
            .map(|(media, remote)| direction_in(remote, media).reversed());
        match kind {
            Some(SdpType::Offer) => ours != self.direction && theirs != Some(self.direction),
            _ => theirs.is_some_and(|offered| ours != self.direction.intersect(offered)),
        }
    }

    fn section<'a>(&self, session: &'a Session) -> Option<&'a Media> {
        session.media_by_mid(self.shown.mid.as_deref()?)
    }

    fn streams_differ(&self, media: &Media) -> bool {
        let described = media::msids(media);
        described.is_none_or(|described| {
            let known = |stream: &String| self.sender.streams.contains(stream);
            described.len() != self.sender.streams.len() || !described.iter().all(known)
        })
    }
}

fn direction_in(session: &Session, media: &Media) -> Direction {
    let own = media.direction().or_else(|| session.direction());
    Direction::of_sdp(own.unwrap_or_default())
}
