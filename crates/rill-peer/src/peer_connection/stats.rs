//! `getStats()` (webrtc-pc §8.2, §8.5).

use std::time::{Instant, SystemTime};

use rill_ice::{HostAddresses, TransportSnapshot};

use crate::{
    DataChannelStats, PeerConnection, PeerConnectionStats, StatsObject, StatsReport,
    TransportStats,
    stats::{Draft, GenerationPart, Object},
    view::TransportView,
};

impl PeerConnection {
    /// Statistics of the whole connection (webrtc-pc §8.5 without a selector).
    ///
    /// States are those that getters show, as of the last polled task; what is counted is of this
    /// moment. `wall` is the time of day that the timestamps take `now` for. Closing leaves the last
    /// figures; a data channel is in the report until it is forgotten.
    ///
    /// A track has no statistics of its own as long as no RTP flows: the selection algorithm gives an
    /// empty report for every sender and receiver.
    #[must_use]
    pub fn stats(&self, now: Instant, wall: SystemTime) -> StatsReport {
        let mut report = Draft::new(&self.ids, now, wall);
        let tally = self.channels.tally();
        let counts = PeerConnectionStats {
            data_channels_opened: tally.opened,
            data_channels_closed: tally.closed,
        };
        report.push(&Object::PeerConnection, StatsObject::PeerConnection(counts));
        for (id, channel) in self.channels.announced() {
            let channel = DataChannelStats::of(channel);
            report.push(&Object::DataChannel(id), StatsObject::DataChannel(channel));
        }
        for view in &self.view.transports {
            if let Some(snapshot) = self.agent.snapshot(view.id) {
                self.report_transport(&mut report, view, &snapshot);
            }
        }
        report.finish()
    }

    fn report_transport(
        &self,
        report: &mut Draft<'_>,
        view: &TransportView,
        snapshot: &TransportSnapshot,
    ) {
        let local_certificate = report.push_certificate(self.certificate.der());
        let remote = view.remote_certificate.as_deref();
        let remote_certificate = remote.map(|der| report.push_certificate(der));
        let dtls = self.transports.iter().find(|dtls| dtls.id() == view.id);
        // The first generation is the one that carries data, if one does.
        let carrier = snapshot.generations.first();
        let selected = carrier.and_then(|carrier| {
            let pair = carrier.pairs.iter().find(|pair| pair.info.selected)?;
            let object = Object::Pair(view.id, carrier.generation, pair.number);
            Some(self.ids.of(&object))
        });
        let traffic = snapshot.traffic;
        let transport = TransportStats {
            packets_sent: traffic.packets_sent,
            packets_received: traffic.packets_received,
            bytes_sent: traffic.bytes_sent,
            bytes_received: traffic.bytes_received,
            ice_role: self.view.role,
            ice_local_username_fragment: view.local.as_ref().map(|local| local.ufrag.clone()),
            dtls_state: view.dtls,
            ice_state: view.ice,
            selected_candidate_pair: selected,
            selected_candidate_pair_changes: snapshot.selection_changes,
            local_certificate,
            remote_certificate,
            tls_version: dtls.and_then(|dtls| dtls.handshake().version),
            dtls_cipher: dtls.and_then(|dtls| dtls.handshake().cipher),
            dtls_role: dtls.and_then(|dtls| dtls.handshake().role),
        };
        let object = Object::Transport(view.id);
        let transport = report.push(&object, StatsObject::Transport(transport));
        let hides = self.configuration.host_addresses == HostAddresses::Mdns;
        for (age, generation) in snapshot.generations.iter().rev().enumerate() {
            let part = GenerationPart {
                view,
                transport,
                generation,
                is_newest: age == 0,
                hides,
            };
            part.push(report);
        }
    }
}
