//! Statistics (webrtc-pc §8).

use std::time::{Instant, SystemTime};

use rill_peer::StatsReport;

use super::PeerConnection;

impl PeerConnection {
    /// What is known at this moment of the connection, its data channels, transports, certificates,
    /// candidates and pairs: W3C's `getStats()`. Costs a walk over them, and nothing while it is not
    /// called but the counting. Closing leaves the last figures.
    ///
    /// ```no_run
    /// # fn show(pc: &rill::PeerConnection) {
    /// use rill::StatsObject;
    ///
    /// let report = pc.stats();
    /// for stats in &report {
    ///     let StatsObject::Transport(transport) = &stats.object else { continue };
    ///     println!("{} bytes sent, {} received", transport.bytes_sent, transport.bytes_received);
    ///     let pair = transport.selected_candidate_pair.and_then(|id| report.get(id));
    ///     if let Some(StatsObject::CandidatePair(pair)) = pair.map(|pair| &pair.object) {
    ///         println!("round trip: {:?}", pair.current_round_trip_time);
    ///     }
    /// }
    /// # }
    /// ```
    #[must_use]
    pub fn stats(&self) -> StatsReport {
        self.peer(|peer| peer.stats(Instant::now(), SystemTime::now()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Configuration, DataChannelInit, StatsObject};

    #[tokio::test]
    async fn a_report_is_of_this_moment() {
        let pc = PeerConnection::new(Configuration::default()).expect("the defaults are good");
        let kinds = |report: &StatsReport| -> Vec<_> {
            report.iter().map(|stats| stats.object.kind()).collect()
        };
        assert_eq!(kinds(&pc.stats()), ["peer-connection"]);
        let before = SystemTime::now();
        let _channel = pc.create_data_channel("chat", DataChannelInit::default());
        pc.set_local_description(None)
            .await
            .expect("it is an offer");
        let report = pc.stats();
        let expected = [
            "peer-connection",
            "data-channel",
            "certificate",
            "transport",
        ];
        assert_eq!(kinds(&report)[..4], expected);
        assert!(report.iter().all(|stats| stats.timestamp >= before));
        let channel = report.iter().find_map(|stats| match &stats.object {
            StatsObject::DataChannel(channel) => Some(channel.label.clone()),
            _ => None,
        });
        assert_eq!(channel.as_deref(), Some("chat"));
    }
}
