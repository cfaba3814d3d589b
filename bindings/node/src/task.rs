use napi::{
    Env, Result,
    bindgen_prelude::{ArrayBuffer, Null, Object},
};
use rill::{
    ChannelError, IceCandidate, IceCandidateError, Message, TransceiverId, TransportError,
    TransportId,
    binding::{ChannelId, Event, Task},
};

use crate::candidate::NativeCandidate;

/// A task for JavaScript: the events in order, then the operation that it completes.
pub(crate) fn object<'env>(env: &'env Env, task: Task) -> Result<Object<'env>> {
    let mut object = Object::new(env)?;
    if let Some(operation) = task.completed {
        object.set("completed", number(operation.value()))?;
    }
    let mut events = Vec::new();
    for event in task.into_events() {
        events.extend(event_object(env, event)?);
    }
    object.set("events", events)?;
    Ok(object)
}

/// An operation's number for JavaScript, which counts exactly up to 2^53.
#[expect(
    clippy::cast_precision_loss,
    reason = "no process has made that many operations"
)]
pub(crate) fn number(operation: u64) -> f64 {
    operation as f64
}

/// None for what has no event on these interfaces.
fn event_object<'env>(env: &'env Env, event: Event) -> Result<Option<Object<'env>>> {
    let plain = |kind| typed(env, kind);
    let object = match event {
        Event::SignalingStateChange(_) => plain("signalingstatechange")?,
        Event::IceGatheringStateChange(_) => plain("icegatheringstatechange")?,
        Event::IceConnectionStateChange(_) => plain("iceconnectionstatechange")?,
        Event::ConnectionStateChange(_) => plain("connectionstatechange")?,
        Event::NegotiationNeeded => plain("negotiationneeded")?,
        Event::IceCandidate(candidate) => ice_candidate(env, candidate)?,
        Event::IceCandidateError(error) => ice_candidate_error(env, error)?,
        Event::IceTransportGatheringStateChange(id) => {
            of_transport(env, "icetransportgatheringstatechange", id)?
        }
        Event::SelectedCandidatePairChange(id, _) | Event::SelectedCandidatePairLost(id) => {
            of_transport(env, "selectedcandidatepairchange", id)?
        }
        Event::IceTransportStateChange(id) => of_transport(env, "icetransportstatechange", id)?,
        Event::TransportError(id, error) => transport_error(env, id, &error)?,
        Event::DtlsTransportStateChange(id) => of_transport(env, "dtlstransportstatechange", id)?,
        Event::SctpTransportStateChange => plain("sctptransportstatechange")?,
        Event::Track {
            transceiver,
            streams,
        } => {
            let mut object = of_transceiver(env, "track", transceiver)?;
            object.set("streams", streams)?;
            object
        }
        Event::StreamAdded {
            transceiver,
            stream,
        } => of_stream(env, "streamadded", transceiver, &stream)?,
        Event::StreamRemoved {
            transceiver,
            stream,
        } => of_stream(env, "streamremoved", transceiver, &stream)?,
        Event::Mute(transceiver) => of_transceiver(env, "mute", transceiver)?,
        Event::Ended(transceiver) => of_transceiver(env, "ended", transceiver)?,
        // W3C has no such event: the waits of `gatheringComplete` look at the servers then.
        Event::Server(_) => plain("server")?,
        Event::DataChannel(channel) => of_channel(env, "datachannel", channel)?,
        Event::Open(channel) => of_channel(env, "open", channel)?,
        Event::Message(channel, message) => message_event(env, channel, message)?,
        Event::BufferedAmountLow(channel) => of_channel(env, "bufferedamountlow", channel)?,
        Event::Closing(channel) => of_channel(env, "closing", channel)?,
        Event::Error(channel, error) => channel_error(env, channel, &error)?,
        Event::Close(channel) => of_channel(env, "close", channel)?,
        _ => return Ok(None),
    };
    Ok(Some(object))
}

fn typed<'env>(env: &'env Env, kind: &str) -> Result<Object<'env>> {
    let mut object = Object::new(env)?;
    object.set("type", kind)?;
    Ok(object)
}

fn of_channel<'env>(env: &'env Env, kind: &str, channel: ChannelId) -> Result<Object<'env>> {
    let mut object = typed(env, kind)?;
    object.set("channel", channel.value())?;
    Ok(object)
}

fn of_transport<'env>(env: &'env Env, kind: &str, id: TransportId) -> Result<Object<'env>> {
    let mut object = typed(env, kind)?;
    object.set("transport", id.value())?;
    Ok(object)
}

fn of_transceiver<'env>(env: &'env Env, kind: &str, id: TransceiverId) -> Result<Object<'env>> {
    let mut object = typed(env, kind)?;
    object.set("transceiver", id.value())?;
    Ok(object)
}

fn of_stream<'env>(
    env: &'env Env,
    kind: &str,
    id: TransceiverId,
    stream: &str,
) -> Result<Object<'env>> {
    let mut object = of_transceiver(env, kind, id)?;
    object.set("stream", stream)?;
    Ok(object)
}

fn ice_candidate<'env>(env: &'env Env, candidate: Option<IceCandidate>) -> Result<Object<'env>> {
    let mut object = typed(env, "icecandidate")?;
    match candidate {
        Some(candidate) => object.set("candidate", NativeCandidate::from(candidate))?,
        None => object.set("candidate", Null)?,
    }
    Ok(object)
}

fn ice_candidate_error<'env>(env: &'env Env, error: IceCandidateError) -> Result<Object<'env>> {
    let mut object = typed(env, "icecandidateerror")?;
    object.set(
        "address",
        error.address.map(|address| address.ip().to_string()),
    )?;
    object.set("port", error.address.map(|address| address.port()))?;
    object.set("url", error.url)?;
    object.set("errorCode", error.code)?;
    object.set("errorText", error.text)?;
    Ok(object)
}

fn transport_error<'env>(
    env: &'env Env,
    id: TransportId,
    error: &TransportError,
) -> Result<Object<'env>> {
    let mut object = of_transport(env, "transporterror", id)?;
    let (detail, alert) = match error {
        TransportError::Fingerprint => ("fingerprint-failure", None),
        TransportError::Dtls { received_alert, .. } => ("dtls-failure", *received_alert),
    };
    let mut details = Object::new(env)?;
    details.set("errorDetail", detail)?;
    match alert {
        Some(alert) => details.set("receivedAlert", alert)?,
        None => details.set("receivedAlert", Null)?,
    }
    details.set("message", error.to_string())?;
    object.set("error", details)?;
    Ok(object)
}

fn message_event<'env>(
    env: &'env Env,
    channel: ChannelId,
    message: Message,
) -> Result<Object<'env>> {
    let mut object = of_channel(env, "message", channel)?;
    match message {
        Message::Text(text) => object.set("data", text)?,
        Message::Binary(bytes) => object.set("data", ArrayBuffer::copy_from(env, bytes)?)?,
    }
    Ok(object)
}

fn channel_error<'env>(
    env: &'env Env,
    channel: ChannelId,
    error: &ChannelError,
) -> Result<Object<'env>> {
    let mut object = of_channel(env, "error", channel)?;
    let mut details = Object::new(env)?;
    details.set("errorDetail", error.detail())?;
    details.set("message", error.to_string())?;
    object.set("error", details)?;
    Ok(object)
}
