//! The Rust peer's diagnosis, as the page's panel shows it.

use std::time::Duration;

use rill::PeerConnection;
use tokio::time::{Interval, MissedTickBehavior, interval};

/// How often it is asked.
const ASKING: Duration = Duration::from_millis(250);

/// Asks for the diagnosis again and again.
pub(super) struct DiagnosisWatch {
    asking: Interval,
    told: String,
}

impl DiagnosisWatch {
    pub(super) fn new() -> Self {
        let mut asking = interval(ASKING);
        asking.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Self {
            asking,
            told: String::new(),
        }
    }

    /// The diagnosis in JSON, once it says something else than the last time. Nothing is lost if the future
    /// is dropped.
    pub(super) async fn changed(&mut self, connection: &PeerConnection) -> String {
        loop {
            self.asking.tick().await;
            let diagnosis = connection.diagnose();
            // Its text has no times that run by themselves, unlike its JSON.
            let text = diagnosis.to_string();
            if text != self.told {
                self.told = text;
                return diagnosis.to_json();
            }
        }
    }
}
