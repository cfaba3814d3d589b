//! Every getter of a connection at one moment, as text, so that two moments can be compared.

use rill_peer::{ChannelId, PeerConnection, SessionDescription, TransceiverId, TransportId};

/// Whose attribute it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Subject {
    Connection,
    Description,
    Sctp,
    Transport(u32),
    Transceiver(u32),
    Channel(u32),
}

pub(crate) type Attribute = (Subject, &'static str);

/// The objects that the application has seen; only those can be asked.
#[derive(Clone, Debug, Default)]
pub(crate) struct Known {
    pub(crate) transceivers: Vec<TransceiverId>,
    pub(crate) channels: Vec<ChannelId>,
}

impl Known {
    pub(crate) fn learn(&mut self, pc: &PeerConnection) {
        for id in pc.transceivers() {
            if !self.transceivers.contains(&id) {
                self.transceivers.push(id);
            }
        }
    }

    pub(crate) fn learn_channel(&mut self, id: ChannelId) {
        if !self.channels.contains(&id) {
            self.channels.push(id);
        }
    }
}

/// All attributes, in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Snapshot(Vec<(Attribute, String)>);

impl Snapshot {
    pub(crate) fn of(pc: &PeerConnection, known: &Known) -> Self {
        let mut shot = Self::default();
        shot.connection(pc);
        shot.descriptions(pc);
        for id in pc.transports() {
            shot.transport(pc, id);
        }
        for id in &known.transceivers {
            shot.transceiver(pc, *id);
        }
        for id in &known.channels {
            shot.channel(pc, *id);
        }
        shot.0.sort_unstable_by_key(|(attribute, _)| *attribute);
        shot
    }

    pub(crate) fn get(&self, subject: Subject, attribute: &'static str) -> &str {
        self.find((subject, attribute)).unwrap_or_default()
    }

    fn find(&self, wanted: Attribute) -> Option<&str> {
        let place = self
            .0
            .binary_search_by_key(&wanted, |(attribute, _)| *attribute);
        place.ok().map(|place| &*self.0[place].1)
    }

    /// The subjects that are there.
    pub(crate) fn subjects(&self) -> Vec<Subject> {
        let mut subjects: Vec<_> = self.0.iter().map(|((subject, _), _)| *subject).collect();
        subjects.dedup();
        subjects
    }

    /// What differs, with both values.
    pub(crate) fn changes<'a>(&'a self, after: &'a Self) -> Vec<(Attribute, &'a str, &'a str)> {
        if self == after {
            return Vec::new();
        }
        let new = after.0.iter().filter(|(key, _)| self.find(*key).is_none());
        let keys = self.0.iter().chain(new).map(|(key, _)| *key);
        let values = keys.map(|key| {
            let value = |shot: &'a Self| shot.find(key).unwrap_or(ABSENT);
            (key, value(self), value(after))
        });
        values
            .filter(|(_, before, after)| before != after)
            .collect()
    }

    fn put(&mut self, subject: Subject, attribute: &'static str, value: impl ToString) {
        self.0.push(((subject, attribute), value.to_string()));
    }

    fn connection(&mut self, pc: &PeerConnection) {
        let subject = Subject::Connection;
        self.put(subject, "signalingState", pc.signaling_state());
        self.put(subject, "iceGatheringState", pc.ice_gathering_state());
        self.put(subject, "iceConnectionState", pc.ice_connection_state());
        self.put(subject, "connectionState", pc.connection_state());
        let can_trickle = pc.can_trickle_ice_candidates();
        self.put(subject, "canTrickle", format!("{can_trickle:?}"));
        let size = pc.max_message_size();
        self.put(subject, "maxMessageSize", format!("{size:?}"));
        self.put(subject, "transceivers", format!("{:?}", pc.transceivers()));
        let own = pc.configuration();
        let policies = (own.ice_transport_policy, own.bundle_policy);
        let configuration = (&own.ice_servers, policies, own.ice_candidate_pool_size);
        self.put(subject, "configuration", format!("{configuration:?}"));
        if let Some(sctp) = pc.sctp_transport() {
            self.put(Subject::Sctp, "state", sctp.state);
            self.put(Subject::Sctp, "transport", sctp.transport.value());
            let limits = (sctp.max_message_size, sctp.max_channels);
            self.put(Subject::Sctp, "limits", format!("{limits:?}"));
        }
    }

    fn descriptions(&mut self, pc: &PeerConnection) {
        let all = [
            ("currentLocal", pc.current_local_description()),
            ("pendingLocal", pc.pending_local_description()),
            ("currentRemote", pc.current_remote_description()),
            ("pendingRemote", pc.pending_remote_description()),
        ];
        for (name, description) in all {
            if let Some(SessionDescription { kind, sdp }) = description {
                self.put(Subject::Description, name, format!("{kind}\n{sdp}"));
            }
        }
    }

    fn transport(&mut self, pc: &PeerConnection, id: TransportId) {
        let subject = Subject::Transport(id.value());
        if let Some(ice) = pc.ice_transport(id) {
            self.put(subject, "state", ice.state);
            self.put(subject, "gatheringState", ice.gathering_state);
            self.put(subject, "role", format!("{:?}", ice.role));
            // Nominated, it is still the same pair.
            let pair = ice.selected_pair;
            let pair = pair.map(|pair| (pair.local, pair.remote, pair.path));
            self.put(subject, "selectedPair", format!("{pair:?}"));
            let local = ice.local_candidates.iter().map(|c| &*c.candidate);
            self.put(
                subject,
                "localCandidates",
                local.collect::<Vec<_>>().join("\n"),
            );
            let remote = ice.remote_candidates.iter().map(|c| &*c.candidate);
            self.put(
                subject,
                "remoteCandidates",
                remote.collect::<Vec<_>>().join("\n"),
            );
            let ufrag = ice.local_parameters.map(|own| own.username_fragment);
            self.put(subject, "localUfrag", ufrag.unwrap_or_default());
            let ufrag = ice.remote_parameters.map(|theirs| theirs.username_fragment);
            self.put(subject, "remoteUfrag", ufrag.unwrap_or_default());
        }
        if let Some(dtls) = pc.dtls_transport(id) {
            self.put(subject, "dtlsState", dtls.state);
            self.put(subject, "certificates", dtls.remote_certificates.len());
        }
    }

    fn transceiver(&mut self, pc: &PeerConnection, id: TransceiverId) {
        let subject = Subject::Transceiver(id.value());
        let Some(info) = pc.transceiver(id) else {
            return;
        };
        self.put(subject, "kind", info.kind);
        self.put(subject, "mid", info.mid.unwrap_or_default());
        self.put(subject, "direction", info.direction);
        self.put(
            subject,
            "currentDirection",
            format!("{:?}", info.current_direction),
        );
        self.put(subject, "stopped", info.stopped);
        self.put(
            subject,
            "senderTrack",
            info.sender_track.unwrap_or_default(),
        );
        self.put(subject, "senderStreams", info.sender_streams.join(" "));
        self.put(subject, "receiverTrack", info.receiver_track);
        self.put(subject, "receiverStreams", info.receiver_streams.join(" "));
        let transport = info.transport.map(|id| id.value().to_string());
        self.put(subject, "transport", transport.unwrap_or_default());
        let counts = [
            info.send_codecs.len(),
            info.receive_codecs.len(),
            info.header_extensions.len(),
        ];
        self.put(subject, "codecs", format!("{counts:?}"));
    }

    fn channel(&mut self, pc: &PeerConnection, id: ChannelId) {
        let subject = Subject::Channel(id.value());
        let Some(info) = pc.data_channel(id) else {
            return;
        };
        self.put(subject, "readyState", info.ready_state);
        self.put(subject, "bufferedAmount", info.buffered_amount);
        self.put(subject, "label", info.label);
        self.put(
            subject,
            "id",
            info.init.id.map_or(String::new(), |id| id.to_string()),
        );
    }
}

/// Stands for an attribute whose object is not there.
pub(crate) const ABSENT: &str = "(absent)";
