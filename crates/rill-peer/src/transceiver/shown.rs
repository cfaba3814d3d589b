//! What getters show of a transceiver, and how descriptions change it (webrtc-pc §4.4.1.5, §5.1.1).

use rill_ice::TransportId;
use smallvec::SmallVec;

use super::{Direction, Transceiver, TransceiverId};
use crate::{
    Event,
    media::{Codec, HeaderExtension},
};

/// The state of a transceiver as of the last polled task.
#[derive(Debug)]
pub(crate) struct Shown {
    /// It is in the set of transceivers.
    pub(crate) listed: bool,
    pub(crate) mid: Option<String>,
    pub(crate) current_direction: Option<Direction>,
    /// `[[FiredDirection]]`
    fired_direction: Option<Direction>,
    /// An exchange let it send.
    pub(crate) has_sent: bool,
    /// `[[Stopped]]`
    pub(crate) stopped: bool,
    /// `[[AssociatedRemoteMediaStreams]]`
    pub(crate) streams: Vec<String>,
    pub(crate) transport: Option<TransportId>,
    pub(crate) send_codecs: Vec<Codec>,
    pub(crate) receive_codecs: Vec<Codec>,
    pub(crate) extensions: Vec<HeaderExtension>,
    stable: Stable,
}

/// What a rollback returns to.
#[derive(Debug, Default)]
struct Stable {
    streams: Vec<String>,
    transport: Option<TransportId>,
    receive_codecs: Vec<Codec>,
    extensions: Vec<HeaderExtension>,
}

/// What a description says of one transceiver.
#[derive(Debug)]
pub(crate) struct MediaChange {
    pub(crate) transceiver: TransceiverId,
    pub(crate) mid: String,
    pub(crate) transport: Option<TransportId>,
    /// From our point of view.
    pub(crate) direction: Direction,
    /// The peer's streams, in a remote description.
    pub(crate) streams: Vec<String>,
    pub(crate) rejected: bool,
    pub(crate) codecs: Vec<Codec>,
    pub(crate) send_codecs: Vec<Codec>,
    pub(crate) extensions: Vec<HeaderExtension>,
}

/// The events of one description, in the order in which they fire.
#[derive(Debug, Default)]
pub(crate) struct TrackEvents {
    ended: Vec<Event>,
    mute: Vec<Event>,
    removed: Vec<Event>,
    added: Vec<Event>,
    tracks: Vec<Event>,
}

impl TrackEvents {
    pub(crate) fn flush(self, events: &mut SmallVec<[Event; 1]>) {
        let Self {
            ended,
            mute,
            removed,
            added,
            tracks,
        } = self;
        for list in [ended, mute, removed, added, tracks] {
            events.extend(list);
        }
    }
}

impl Shown {
    pub(super) fn new(listed: bool) -> Self {
        Self {
            listed,
            mid: None,
            current_direction: None,
            fired_direction: None,
            has_sent: false,
            stopped: false,
            streams: Vec::new(),
            transport: None,
            send_codecs: Vec::new(),
            receive_codecs: Vec::new(),
            extensions: Vec::new(),
            stable: Stable::default(),
        }
    }

    /// An exchange was completed: this is what a rollback returns to.
    pub(crate) fn settle(&mut self) {
        self.stable = Stable {
            streams: self.streams.clone(),
            transport: self.transport,
            receive_codecs: self.receive_codecs.clone(),
            extensions: self.extensions.clone(),
        };
    }

    /// What a local and a remote description change alike.
    fn take(&mut self, change: &MediaChange, settles: bool) {
        self.listed = true;
        self.mid = Some(change.mid.clone());
        if change.rejected {
            return;
        }
        self.extensions.clone_from(&change.extensions);
        self.receive_codecs = if change.direction.receives() {
            change.codecs.clone()
        } else {
            Vec::new()
        };
        if settles {
            self.send_codecs.clone_from(&change.send_codecs);
            self.has_sent |= change.direction.sends();
        }
    }
}

impl Transceiver {
    /// A local description was applied; `settles` for answers, provisional ones too.
    pub(crate) fn describe_local(
        &mut self,
        change: &MediaChange,
        settles: bool,
        events: &mut TrackEvents,
    ) {
        if self.shown.stopped {
            return;
        }
        self.shown.take(change, settles);
        if !change.rejected {
            self.shown.transport = change.transport;
        }
        if !settles {
            return;
        }
        let direction = change.direction;
        if !direction.receives() && self.fired().receives() {
            self.associate(Vec::new(), events);
            events.mute.push(Event::Mute(self.id));
        }
        self.shown.current_direction = Some(direction);
        self.shown.fired_direction = Some(direction);
        if change.rejected {
            self.stop(events);
        }
    }

    /// A remote description was applied.
    pub(crate) fn describe_remote(
        &mut self,
        change: &MediaChange,
        settles: bool,
        events: &mut TrackEvents,
    ) {
        // It left the set with the exchange that stopped it; its section keeps the place.
        if self.shown.stopped && !self.shown.listed {
            return;
        }
        self.shown.take(change, settles);
        self.process_remote_tracks(change.direction, change.streams.clone(), events);
        if settles {
            self.shown.current_direction = Some(change.direction);
            // A remote offer does not show the transport yet.
            if !change.rejected {
                self.shown.transport = change.transport;
            }
        }
        if change.rejected {
            self.stop(events);
        }
    }

    /// The exchange was taken back; `associated` if its section was there before.
    pub(crate) fn roll_back(&mut self, associated: bool, remote: bool, events: &mut TrackEvents) {
        if !associated {
            self.shown.mid = None;
        }
        self.shown.transport = self.shown.stable.transport;
        self.shown.receive_codecs = self.shown.stable.receive_codecs.clone();
        self.shown.extensions = self.shown.stable.extensions.clone();
        if remote {
            let streams = self.shown.stable.streams.clone();
            let direction = self.shown.current_direction.unwrap_or(Direction::Inactive);
            self.process_remote_tracks(direction, streams, events);
        }
    }

    /// webrtc-pc §5.4, "stop the RTCRtpTransceiver". Says so once.
    pub(crate) fn stop(&mut self, events: &mut TrackEvents) {
        if !self.stopping {
            self.stop_sending_and_receiving();
            events.ended.push(Event::Ended(self.id));
        }
        self.shown.stopped = true;
        self.shown.current_direction = None;
    }

    fn fired(&self) -> Direction {
        self.shown.fired_direction.unwrap_or(Direction::Inactive)
    }

    /// webrtc-pc §5.1.1, "process remote tracks".
    fn process_remote_tracks(
        &mut self,
        direction: Direction,
        streams: Vec<String>,
        events: &mut TrackEvents,
    ) {
        let grown = self.associate(streams, events);
        if direction.receives() && (!self.fired().receives() || grown) {
            events.tracks.push(Event::Track {
                transceiver: self.id,
                streams: self.shown.streams.clone(),
            });
        }
        if !direction.receives() && self.fired().receives() {
            events.mute.push(Event::Mute(self.id));
        }
        self.shown.fired_direction = Some(direction);
    }

    /// webrtc-pc §5.1.1, "set the associated remote streams". Whether one was added.
    fn associate(&mut self, streams: Vec<String>, events: &mut TrackEvents) -> bool {
        let transceiver = self.id;
        let before = std::mem::replace(&mut self.shown.streams, streams);
        let after = &self.shown.streams;
        let gone = before.iter().filter(|stream| !after.contains(stream));
        events
            .removed
            .extend(gone.map(|stream| Event::StreamRemoved {
                transceiver,
                stream: stream.clone(),
            }));
        let new: Vec<_> = after
            .iter()
            .filter(|stream| !before.contains(stream))
            .collect();
        let grown = !new.is_empty();
        events
            .added
            .extend(new.into_iter().map(|stream| Event::StreamAdded {
                transceiver,
                stream: stream.clone(),
            }));
        grown
    }
}
