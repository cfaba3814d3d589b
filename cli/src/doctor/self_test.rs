//! Two peers of rill's own connect on this machine, directly or through one TURN server.

use std::time::{Duration, Instant};

use rill::{
    Configuration, ConnectionState, DataChannel, DataChannelInit, Diagnosis, Event,
    IceGatheringState, IceServer, IceTransportPolicy, Loopback, PeerConnection,
};
use tokio::time::timeout_at;

use super::DoctorError;
use super::finding::{Finding, Grade};

/// How it went.
#[derive(Debug)]
pub(super) struct SelfTest {
    /// The TURN server that everything had to go through.
    pub(super) through: Option<String>,
    /// Until a message had arrived; `None` if none did in time.
    pub(super) elapsed: Option<Duration>,
    /// What the offering peer says of it, or the one that cannot connect.
    pub(super) diagnosis: Diagnosis,
}

impl SelfTest {
    pub(super) fn finding(&self) -> Finding {
        let cause = self.diagnosis.sentence();
        match (&self.through, self.elapsed) {
            (None, Some(time)) => {
                let text = format!(
                    "Two peers on this machine connect in {} ms.",
                    time.as_millis()
                );
                Finding::new("connection", Grade::Good, text)
            }
            (Some(url), Some(time)) => {
                let ms = time.as_millis();
                let text = format!("Two peers connect through {url} alone in {ms} ms.");
                Finding::new("connection", Grade::Good, text)
            }
            (None, None) => {
                let text = format!("Two peers on this machine do not connect. {cause}");
                Finding::new("connection", Grade::Bad, text)
            }
            (Some(url), None) => {
                let text = format!("Two peers do not connect through {url}. {cause}");
                Finding::new("connection", Grade::Bad, text)
            }
        }
    }
}

/// Connects and sends a message.
pub(super) async fn run(
    server: Option<IceServer>,
    loopback: Loopback,
    limit: Duration,
) -> Result<SelfTest, DoctorError> {
    let through = server.as_ref().map(|server| server.urls[0].clone());
    let configuration = Configuration {
        ice_transport_policy: match server {
            Some(_) => IceTransportPolicy::Relay,
            None => IceTransportPolicy::All,
        },
        ice_servers: server.into_iter().collect(),
        loopback,
        ..Configuration::default()
    };
    let started = Instant::now();
    let mut pair = Pair::new(&configuration)?;
    let met = timeout_at((started + limit).into(), pair.meet()).await;
    let elapsed = started.elapsed();
    let end = match met {
        Ok(met) => met.map_err(|error| DoctorError::Start(error.to_string()))?,
        Err(_) => End::Hopeless(Box::new(pair.caller.diagnose())),
    };
    let (elapsed, diagnosis) = match end {
        End::Met => (Some(elapsed), pair.caller.diagnose()),
        End::Hopeless(diagnosis) => (None, *diagnosis),
    };
    pair.caller.close();
    pair.callee.close();
    Ok(SelfTest {
        through,
        elapsed,
        diagnosis,
    })
}

struct Pair {
    caller: PeerConnection,
    callee: PeerConnection,
    channel: DataChannel,
    /// The callee's end of it.
    arrived: Option<DataChannel>,
}

/// What came of it.
enum End {
    /// A message has arrived.
    Met,
    /// None did, and none will.
    Hopeless(Box<Diagnosis>),
}

type AnyError = Box<dyn std::error::Error + Send + Sync>;

impl Pair {
    fn new(configuration: &Configuration) -> Result<Self, DoctorError> {
        let failed = |error: &dyn std::error::Error| DoctorError::Start(error.to_string());
        let make = || PeerConnection::new(configuration.clone()).map_err(|error| failed(&error));
        let (caller, callee) = (make()?, make()?);
        let channel = caller.create_data_channel("doctor", DataChannelInit::default());
        let channel = channel.map_err(|error| failed(&error))?;
        Ok(Self {
            caller,
            callee,
            channel,
            arrived: None,
        })
    }

    /// Resolves when a message has arrived or when none can any more.
    async fn meet(&mut self) -> Result<End, AnyError> {
        let (caller, callee) = (&self.caller, &self.callee);
        caller.set_local_description(None).await?;
        let offer = caller.local_description().ok_or("there is no offer")?;
        callee.set_remote_description(offer).await?;
        callee.set_local_description(None).await?;
        let answer = callee.local_description().ok_or("there is no answer")?;
        caller.set_remote_description(answer).await?;
        let mut has_sent = false;
        loop {
            tokio::select! {
                event = self.caller.next_event() => trickle(event, &self.callee).await,
                event = self.callee.next_event() => match event {
                    Some(Event::DataChannel(channel)) => self.arrived = Some(channel),
                    other => trickle(other, &self.caller).await,
                },
                Ok(()) = self.channel.opened(), if !has_sent => {
                    self.channel.send_text("hello")?;
                    has_sent = true;
                }
                () = received(self.arrived.as_ref()) => return Ok(End::Met),
            }
            if let Some(diagnosis) = [&self.caller, &self.callee].into_iter().find_map(hopeless) {
                return Ok(End::Hopeless(Box::new(diagnosis)));
            }
        }
    }
}

/// What a peer says that has failed, or that has no candidate and will have none.
fn hopeless(peer: &PeerConnection) -> Option<Diagnosis> {
    let has_failed = peer.connection_state() == ConnectionState::Failed;
    if !has_failed && peer.ice_gathering_state() != IceGatheringState::Complete {
        return None;
    }
    let diagnosis = peer.diagnose();
    let transports = diagnosis.transports.iter();
    let mut generations = transports.flat_map(|transport| &transport.ice.generations);
    let has_candidates = generations.any(|generation| !generation.local_candidates.is_empty());
    (has_failed || !has_candidates).then_some(diagnosis)
}

/// Resolves when a message came over the channel, if there is one.
async fn received(channel: Option<&DataChannel>) {
    let message = match channel {
        Some(channel) => channel.recv().await,
        None => None,
    };
    if message.is_none() {
        std::future::pending::<()>().await;
    }
}

/// A candidate goes to the other side; one that it does not take is of no use to it.
async fn trickle(event: Option<Event>, to: &PeerConnection) {
    if let Some(Event::IceCandidate(candidate)) = event {
        let init = candidate.map(|candidate| candidate.to_init());
        drop(to.add_ice_candidate(init).await);
    }
}
