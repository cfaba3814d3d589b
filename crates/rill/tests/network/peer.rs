//! A connection that signals by itself.

use std::time::Duration;

use rill::{Configuration, DataChannel, Event, IceCandidateError, PeerConnection, SdpType};
use tokio::{
    sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel},
    time::timeout,
};

use crate::signal::Signal;

/// Whatever takes longer hangs.
pub(crate) const LONG: Duration = Duration::from_secs(45);

/// How soon is looked again where no event tells.
const AGAIN: Duration = Duration::from_millis(20);

/// A connection whose descriptions and candidates leave as lines in the order in which they were
/// made, and that takes the other's. Offers are answered at once.
pub(crate) struct Peer {
    pub(crate) pc: PeerConnection,
    signals: UnboundedSender<String>,
    events: UnboundedReceiver<Event>,
}

impl Peer {
    pub(crate) fn new(
        configuration: Configuration,
        signals: UnboundedSender<String>,
        arriving: UnboundedReceiver<String>,
    ) -> Self {
        let pc = PeerConnection::new(configuration).expect("the configuration is sound");
        let (sender, events) = unbounded_channel();
        tokio::spawn(sort_events(pc.clone(), signals.clone(), sender));
        tokio::spawn(take_signals(pc.clone(), arriving, signals.clone()));
        Self {
            pc,
            signals,
            events,
        }
    }

    /// One that gathers, and whose signals reach nobody.
    pub(crate) async fn alone(configuration: Configuration) -> Self {
        let (signals, _) = unbounded_channel();
        let (_, arriving) = unbounded_channel();
        let peer = Self::new(configuration, signals, arriving);
        drop(peer.pc.create_data_channel("alone", Default::default()));
        peer.offer().await;
        peer
    }

    /// Makes an offer and sends it.
    pub(crate) async fn offer(&self) {
        let applied = self.pc.set_local_description(None).await;
        applied.expect("an offer can be made");
        send_description(&self.pc, &self.signals);
    }

    /// The next event.
    pub(crate) async fn next(&mut self) -> Event {
        let event = timeout(LONG, self.events.recv()).await;
        let event =
            event.unwrap_or_else(|_| panic!("nothing more happens: {}", self.pc.diagnose()));
        event.expect("the connection is open")
    }

    /// The first event that is of interest; those before it are dropped.
    pub(crate) async fn event<T>(&mut self, of_interest: impl Fn(Event) -> Option<T>) -> T {
        loop {
            if let Some(found) = of_interest(self.next().await) {
                return found;
            }
        }
    }

    /// Waits until something holds, and looks again after each event.
    pub(crate) async fn until(&mut self, holds: impl Fn(&PeerConnection) -> bool) {
        while !holds(&self.pc) {
            self.next().await;
        }
    }

    /// Waits until something holds of which no event tells.
    pub(crate) async fn soon(&self, holds: impl Fn(&PeerConnection) -> bool) {
        let held = async {
            while !holds(&self.pc) {
                tokio::time::sleep(AGAIN).await;
            }
        };
        let held = timeout(LONG, held).await;
        assert!(held.is_ok(), "it never holds: {}", self.pc.diagnose());
    }

    /// The channel that the other peer opens.
    pub(crate) async fn opened_channel(&mut self) -> DataChannel {
        self.event(|event| match event {
            Event::DataChannel(channel) => Some(channel),
            _ => None,
        })
        .await
    }

    /// What a server is said to have done.
    pub(crate) async fn candidate_error(&mut self) -> IceCandidateError {
        self.event(|event| match event {
            Event::IceCandidateError(error) => Some(error),
            _ => None,
        })
        .await
    }
}

async fn sort_events(
    pc: PeerConnection,
    signals: UnboundedSender<String>,
    others: UnboundedSender<Event>,
) {
    while let Some(event) = pc.next_event().await {
        if let Event::IceCandidate(Some(candidate)) = &event {
            drop(signals.send(Signal::Candidate(candidate.to_init()).to_line()));
        }
        drop(others.send(event));
    }
}

async fn take_signals(
    pc: PeerConnection,
    mut arriving: UnboundedReceiver<String>,
    signals: UnboundedSender<String>,
) {
    while let Some(line) = arriving.recv().await {
        match Signal::of_line(&line) {
            Signal::Candidate(candidate) => {
                let added = pc.add_ice_candidate(candidate).await;
                added.expect("the peer's candidates are sound");
            }
            Signal::Description(description) => {
                let is_offer = description.kind == SdpType::Offer;
                let applied = pc.set_remote_description(description).await;
                applied.expect("the peer's descriptions are sound");
                if is_offer {
                    let answered = pc.set_local_description(None).await;
                    answered.expect("an offer can be answered");
                    send_description(&pc, &signals);
                }
            }
        }
    }
}

fn send_description(pc: &PeerConnection, signals: &UnboundedSender<String>) {
    let description = pc.local_description().expect("one was just applied");
    drop(signals.send(Signal::Description(description).to_line()));
}
