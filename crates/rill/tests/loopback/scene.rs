//! Peers, and the signalling between them.

use std::time::Duration;

use rill::{
    Configuration, DataChannel, DataChannelInit, Event, IceCandidateInit, IceServer, Loopback,
    Message, PeerConnection, SdpType, SessionDescription,
};
use tokio::{
    sync::{
        mpsc::{self, UnboundedReceiver, UnboundedSender},
        watch,
    },
    time::timeout,
};

pub(crate) const LONG: Duration = Duration::from_secs(30);

pub(crate) fn peer() -> PeerConnection {
    peer_with(Vec::new())
}

pub(crate) fn peer_with(ice_servers: Vec<IceServer>) -> PeerConnection {
    let configuration = Configuration {
        ice_servers,
        loopback: Loopback::Always,
        ..Configuration::default()
    };
    PeerConnection::new(configuration).unwrap()
}

enum Signal {
    Description(SessionDescription),
    Candidate(IceCandidateInit),
}

/// A connection whose descriptions and candidates reach the other in the order in which they were
/// made. Offers are answered at once.
pub(crate) struct Peer {
    pub(crate) pc: PeerConnection,
    signals: UnboundedSender<Signal>,
    events: UnboundedReceiver<Event>,
}

/// Two peers.
pub(crate) struct Pair {
    pub(crate) peers: [Peer; 2],
    /// Whether signals arrive.
    open: watch::Sender<bool>,
}

impl Pair {
    pub(crate) fn new() -> Self {
        let open = watch::Sender::new(true);
        let (to_second, from_first) = mpsc::unbounded_channel();
        let (to_first, from_second) = mpsc::unbounded_channel();
        let peers = [to_second, to_first].map(Peer::new);
        for (peer, signals) in peers.iter().zip([from_second, from_first]) {
            let answers = peer.signals.clone();
            tokio::spawn(take_signals(
                peer.pc.clone(),
                signals,
                answers,
                open.subscribe(),
            ));
        }
        Self { peers, open }
    }

    /// From now on signals are under way, or arrive again.
    pub(crate) fn let_signals_arrive(&self, open: bool) {
        self.open.send_replace(open);
    }

    /// A channel from the first peer that is open on both sides.
    pub(crate) async fn channel(&mut self) -> [DataChannel; 2] {
        let [first, second] = &mut self.peers;
        let channel = first
            .pc
            .create_data_channel("chat", DataChannelInit::default())
            .unwrap();
        first.offer().await;
        timeout(LONG, channel.opened()).await.unwrap().unwrap();
        let other = second
            .event(|event| match event {
                Event::DataChannel(channel) => Some(channel),
                _ => None,
            })
            .await;
        [channel, other]
    }
}

impl Peer {
    fn new(signals: UnboundedSender<Signal>) -> Self {
        let pc = peer();
        let (sender, events) = mpsc::unbounded_channel();
        tokio::spawn(sort_events(pc.clone(), signals.clone(), sender));
        Self {
            pc,
            signals,
            events,
        }
    }

    /// Makes an offer and sends it.
    pub(crate) async fn offer(&self) {
        self.pc.set_local_description(None).await.unwrap();
        let offer = self.pc.local_description().unwrap();
        drop(self.signals.send(Signal::Description(offer)));
    }

    /// The first event that is of interest; those before it are dropped.
    pub(crate) async fn event<T>(&mut self, of_interest: impl Fn(Event) -> Option<T>) -> T {
        let found = async {
            loop {
                let event = self.events.recv().await.expect("the connection is open");
                if let Some(found) = of_interest(event) {
                    return found;
                }
            }
        };
        timeout(LONG, found).await.expect("the event comes")
    }

    /// Waits until something holds, and looks again after each event.
    pub(crate) async fn until(&mut self, holds: impl Fn(&PeerConnection) -> bool) {
        while !holds(&self.pc) {
            self.event(Some).await;
        }
    }
}

async fn sort_events(
    pc: PeerConnection,
    signals: UnboundedSender<Signal>,
    others: UnboundedSender<Event>,
) {
    while let Some(event) = pc.next_event().await {
        match event {
            Event::IceCandidate(Some(candidate)) => {
                drop(signals.send(Signal::Candidate(candidate.to_init())));
            }
            event => drop(others.send(event)),
        }
    }
}

async fn take_signals(
    pc: PeerConnection,
    mut signals: UnboundedReceiver<Signal>,
    answers: UnboundedSender<Signal>,
    mut open: watch::Receiver<bool>,
) {
    while let Some(signal) = signals.recv().await {
        if open.wait_for(|open| *open).await.is_err() {
            return;
        }
        match signal {
            Signal::Candidate(candidate) => pc.add_ice_candidate(candidate).await.unwrap(),
            Signal::Description(description) => {
                let is_offer = description.kind == SdpType::Offer;
                pc.set_remote_description(description).await.unwrap();
                if is_offer {
                    pc.set_local_description(None).await.unwrap();
                    let answer = pc.local_description().unwrap();
                    drop(answers.send(Signal::Description(answer)));
                }
            }
        }
    }
}

/// A message each way.
pub(crate) async fn talk(channels: &[DataChannel; 2], text: &str) {
    let [one, other] = channels;
    for (from, to) in [(one, other), (other, one)] {
        from.send_text(text).unwrap();
        let received = timeout(LONG, to.recv()).await.expect("it arrives");
        assert_eq!(received, Some(Message::Text(text.to_owned())));
    }
}
