//! From an applied description to the task that shows it.

use std::time::Instant;

use rill_sdp::{Media, Session};

use crate::{
    OperationId, PeerConnection, SdpType,
    jsep::{Description, Section, Side, Usage},
    media,
    task::Change,
    transceiver::{Direction, MediaChange, TrackEvents},
    view::Described,
};

impl PeerConnection {
    /// What changes with a description, as far as the parts know it by themselves.
    pub(super) fn described(
        &self,
        side: Side,
        description: Description,
        operation: Option<OperationId>,
    ) -> Described {
        let media = match description.kind {
            SdpType::Rollback => Vec::new(),
            _ => media_changes(
                side,
                &description.session(),
                &self.jsep.sections,
                &self.default_stream,
            ),
        };
        Described {
            operation,
            side,
            media,
            description,
            transports: self.jsep.transports(),
            local_credentials: Vec::new(),
            remote_credentials: Vec::new(),
            data: self.described_data(),
            role: self.agent.role(),
            assigned: Vec::new(),
            kept: Vec::new(),
            removed: Vec::new(),
        }
    }

    pub(super) fn describe(&mut self, described: Described) {
        let live = described.transports.clone();
        let rollback = described.description.kind == SdpType::Rollback;
        self.tasks.push(Change::Describe(Box::new(described)));
        // The gathering that a rollback ends ends in a task of its own, as all gathering does.
        if std::mem::take(&mut self.transports_left) && rollback {
            self.tasks.push(Change::Transports(live));
        }
    }

    /// The transport of the data section, and the longest message that can be sent on it, once
    /// negotiated.
    fn described_data(&self) -> Option<(rill_ice::TransportId, Option<u64>)> {
        let data = self
            .jsep
            .sections
            .iter()
            .find_map(|section| match section.usage {
                Usage::Data(transport) => Some(transport),
                _ => None,
            })?;
        let limit = self.channels.max_message_size();
        Some((data, limit.and_then(|limit| u64::try_from(limit).ok())))
    }

    /// The last step of webrtc-pc §4.4.1.5: a completed exchange may leave something to negotiate.
    pub(super) fn after_description(&mut self, now: Instant, kind: SdpType) {
        if matches!(kind, SdpType::Answer | SdpType::Rollback) {
            self.update_negotiation_needed();
        }
        self.fill_pool(now);
        self.pump(now);
    }

    /// The steps of webrtc-pc §4.4.1.5 that concern transceivers.
    pub(super) fn describe_transceivers(
        &mut self,
        described: &Described,
        events: &mut TrackEvents,
    ) {
        let kind = described.description.kind;
        let settles = matches!(kind, SdpType::Answer | SdpType::Pranswer);
        for change in &described.media {
            let Some(transceiver) = self.transceivers.get_mut(change.transceiver) else {
                continue;
            };
            match described.side {
                Side::Local => transceiver.describe_local(change, settles, events),
                Side::Remote => transceiver.describe_remote(change, settles, events),
            }
        }
        if kind == SdpType::Rollback {
            self.roll_back_transceivers(described, events);
        }
    }

    fn roll_back_transceivers(&mut self, described: &Described, events: &mut TrackEvents) {
        let remote = self.view.descriptions.pending_remote.is_some();
        for transceiver in self.transceivers.listed_mut() {
            let associated = described.kept.contains(&transceiver.id);
            transceiver.roll_back(associated, remote, events);
            if described.removed.contains(&transceiver.id) {
                transceiver.stop(events);
            }
        }
        for id in &described.removed {
            self.transceivers.unlist(*id);
        }
    }

    /// After an answer: stopped transceivers leave with their section, and what is there now is what
    /// a rollback returns to.
    pub(super) fn settle_transceivers(&mut self) {
        let current: Vec<_> = self.view.descriptions.current().collect();
        let rejected = |mid: &str| {
            current.iter().any(|session| {
                let media = session.media_by_mid(mid);
                media.is_some_and(Media::is_rejected)
            })
        };
        let mut left = Vec::new();
        for transceiver in self.transceivers.listed_mut() {
            transceiver.shown.settle();
            // One that no description ever had is stopped as far as it can be; else it asked for
            // negotiation for ever.
            if transceiver.stopping && transceiver.shown.mid.is_none() {
                transceiver.shown.stopped = true;
                left.push(transceiver.id);
                continue;
            }
            let mid = transceiver.shown.mid.as_deref();
            if transceiver.shown.stopped && mid.is_some_and(rejected) {
                left.push(transceiver.id);
            }
        }
        for id in left {
            self.transceivers.unlist(id);
        }
    }
}

/// What a description says of each transceiver.
fn media_changes(
    side: Side,
    session: &Session,
    sections: &[Section],
    default_stream: &str,
) -> Vec<MediaChange> {
    let mut changes = Vec::new();
    for (section, media) in sections.iter().zip(&session.media) {
        let Some(transceiver) = section.transceiver() else {
            continue;
        };
        let rejected = media.is_rejected();
        let negotiated = section.as_media().filter(|_| !rejected);
        let direction = negotiated.map_or(Direction::Inactive, |media| media.direction);
        let streams = match side {
            // RFC 9429 §5.8.2: without a=msid the track is one of the default stream.
            Side::Remote if direction.receives() => {
                media::msids(media).unwrap_or_else(|| vec![default_stream.to_owned()])
            }
            Side::Remote | Side::Local => Vec::new(),
        };
        changes.push(MediaChange {
            transceiver,
            mid: section.mid.clone(),
            transport: section.transport(),
            direction,
            streams,
            rejected,
            codecs: negotiated.map_or_else(Vec::new, |media| media.codecs.clone()),
            send_codecs: negotiated.map_or_else(Vec::new, |media| media.send_codecs.clone()),
            extensions: negotiated.map_or_else(Vec::new, |media| media.extensions.clone()),
        });
    }
    changes
}
