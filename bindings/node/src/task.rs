use napi::{
    Env, Result,
    bindgen_prelude::{ArrayBuffer, Null, Object},
};
use rill::{
    ChannelError, IceCandidate, IceCandidateError, Message,
    binding::{ChannelId, Event, Task},
};

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
        Event::DataChannel(channel) => of_channel(env, "datachannel", channel)?,
        Event::Open(channel) => of_channel(env, "open", channel)?,
        Event::Message(channel, message) => message_event(env, channel, message)?,
        Event::BufferedAmountLow(channel) => of_channel(env, "bufferedamountlow", channel)?,
        Event::Closing(channel) => of_channel(env, "closing", channel)?,
        Event::Error(channel, error) => channel_error(env, channel, &error)?,
        Event::Close(channel) => of_channel(env, "close", channel)?,
        // Events of the transports' interfaces, and ours for gathering.
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

fn ice_candidate<'env>(env: &'env Env, candidate: Option<IceCandidate>) -> Result<Object<'env>> {
    let mut object = typed(env, "icecandidate")?;
    let Some(candidate) = candidate else {
        object.set("candidate", Null)?;
        return Ok(object);
    };
    let mut init = Object::new(env)?;
    init.set("candidate", candidate.candidate)?;
    init.set("sdpMid", candidate.sdp_mid)?;
    init.set("sdpMLineIndex", candidate.sdp_m_line_index)?;
    init.set("usernameFragment", candidate.username_fragment)?;
    init.set("url", candidate.url)?;
    object.set("candidate", init)?;
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
