use std::time::{Duration, Instant, SystemTime};

use napi::{
    Env, Result,
    bindgen_prelude::{Null, Object, ToNapiValue},
};
use napi_derive::napi;
use rill::{
    CandidatePairStats, CandidateStats, CertificateStats, DataChannelStats, DtlsRole, Kind,
    PeerConnectionStats, Role, Stats, StatsObject, StatsReport, TransportStats,
};

use crate::{connection::NativePeerConnection, task::number};

#[napi]
impl NativePeerConnection {
    /// The dictionaries of a report, which was made at this many milliseconds since 1970.
    #[napi]
    pub fn stats<'env>(&self, env: &'env Env, timestamp: f64) -> Result<Vec<Object<'env>>> {
        let wall = Duration::try_from_secs_f64(timestamp / 1000.0).unwrap_or_default();
        let wall = SystemTime::UNIX_EPOCH + wall;
        let report = self.read(
            |core| core.stats(Instant::now(), wall),
            |closed| closed.stats.clone(),
        );
        report
            .iter()
            .map(|stats| Ok(dictionary(env, stats, timestamp)?.object))
            .collect()
    }
}

/// An object for JavaScript whose members exist only if there is something to say.
struct Dictionary<'env> {
    object: Object<'env>,
}

impl Dictionary<'_> {
    fn set(&mut self, name: &str, value: impl ToNapiValue) -> Result<()> {
        self.object.set(name, value).map(drop)
    }

    fn set_some(&mut self, name: &str, value: Option<impl ToNapiValue>) -> Result<()> {
        value.map_or(Ok(()), |value| self.set(name, value))
    }
}

fn dictionary<'env>(env: &'env Env, stats: &Stats, timestamp: f64) -> Result<Dictionary<'env>> {
    let mut to = Dictionary {
        object: Object::new(env)?,
    };
    to.set("id", stats.id.to_string())?;
    to.set("timestamp", timestamp)?;
    to.set("type", stats.object.kind())?;
    match &stats.object {
        StatsObject::PeerConnection(connection) => write_connection(&mut to, connection)?,
        StatsObject::DataChannel(channel) => write_channel(&mut to, channel)?,
        StatsObject::Transport(transport) => write_transport(&mut to, transport)?,
        StatsObject::Certificate(certificate) => write_certificate(&mut to, certificate)?,
        StatsObject::CandidatePair(pair) => write_pair(&mut to, pair)?,
        StatsObject::LocalCandidate(candidate) | StatsObject::RemoteCandidate(candidate) => {
            write_candidate(&mut to, candidate)?;
        }
        // What a later core may tell.
        _ => {}
    }
    Ok(to)
}

fn write_connection(to: &mut Dictionary<'_>, connection: &PeerConnectionStats) -> Result<()> {
    to.set("dataChannelsOpened", connection.data_channels_opened)?;
    to.set("dataChannelsClosed", connection.data_channels_closed)
}

fn write_channel(to: &mut Dictionary<'_>, channel: &DataChannelStats) -> Result<()> {
    to.set("label", channel.label.as_str())?;
    to.set("protocol", channel.protocol.as_str())?;
    to.set_some("dataChannelIdentifier", channel.data_channel_identifier)?;
    to.set("state", channel.state.as_str())?;
    to.set("messagesSent", number(channel.messages_sent))?;
    to.set("bytesSent", number(channel.bytes_sent))?;
    to.set("messagesReceived", number(channel.messages_received))?;
    to.set("bytesReceived", number(channel.bytes_received))
}

fn write_transport(to: &mut Dictionary<'_>, transport: &TransportStats) -> Result<()> {
    to.set("packetsSent", number(transport.packets_sent))?;
    to.set("packetsReceived", number(transport.packets_received))?;
    to.set("bytesSent", number(transport.bytes_sent))?;
    to.set("bytesReceived", number(transport.bytes_received))?;
    let role = match transport.ice_role {
        Some(Role::Controlling) => "controlling",
        Some(Role::Controlled) => "controlled",
        None => "unknown",
    };
    to.set("iceRole", role)?;
    let ufrag = transport.ice_local_username_fragment.as_deref();
    to.set_some("iceLocalUsernameFragment", ufrag)?;
    to.set("dtlsState", transport.dtls_state.as_str())?;
    to.set("iceState", transport.ice_state.to_string())?;
    let pair = transport.selected_candidate_pair;
    to.set_some("selectedCandidatePairId", pair.map(|id| id.to_string()))?;
    let changes = transport.selected_candidate_pair_changes;
    to.set("selectedCandidatePairChanges", changes)?;
    let certificate = transport.local_certificate.to_string();
    to.set("localCertificateId", certificate)?;
    let certificate = transport.remote_certificate.map(|id| id.to_string());
    to.set_some("remoteCertificateId", certificate)?;
    let version = transport.tls_version;
    to.set_some(
        "tlsVersion",
        version.map(|version| format!("{version:04X}")),
    )?;
    to.set_some("dtlsCipher", transport.dtls_cipher)?;
    let role = match transport.dtls_role {
        Some(DtlsRole::Client) => "client",
        Some(DtlsRole::Server) => "server",
        None => "unknown",
    };
    to.set("dtlsRole", role)
}

fn write_certificate(to: &mut Dictionary<'_>, certificate: &CertificateStats) -> Result<()> {
    to.set("fingerprint", certificate.fingerprint.as_str())?;
    to.set("fingerprintAlgorithm", certificate.fingerprint_algorithm)?;
    to.set("base64Certificate", certificate.base64_certificate.as_str())
}

fn write_candidate(to: &mut Dictionary<'_>, candidate: &CandidateStats) -> Result<()> {
    to.set("transportId", candidate.transport.to_string())?;
    match &candidate.address {
        Some(address) => to.set("address", address.as_str())?,
        None => to.set("address", Null)?,
    }
    to.set("port", candidate.port)?;
    to.set("protocol", candidate.protocol)?;
    let kind = match candidate.candidate_type {
        Kind::Host => "host",
        Kind::ServerReflexive => "srflx",
        Kind::PeerReflexive => "prflx",
        Kind::Relayed => "relay",
    };
    to.set("candidateType", kind)?;
    to.set("priority", candidate.priority)?;
    to.set_some("url", candidate.url.as_deref())?;
    let relay_protocol = candidate.relay_protocol;
    to.set_some("relayProtocol", relay_protocol.map(|way| way.to_string()))?;
    to.set("foundation", candidate.foundation.as_str())?;
    to.set_some("relatedAddress", candidate.related_address.as_deref())?;
    to.set_some("relatedPort", candidate.related_port)?;
    let ufrag = candidate.username_fragment.as_deref();
    to.set_some("usernameFragment", ufrag)?;
    to.set_some("tcpType", candidate.tcp_type.map(|tcp| tcp.to_string()))
}

fn write_pair(to: &mut Dictionary<'_>, pair: &CandidatePairStats) -> Result<()> {
    to.set("transportId", pair.transport.to_string())?;
    to.set("localCandidateId", pair.local_candidate.to_string())?;
    to.set("remoteCandidateId", pair.remote_candidate.to_string())?;
    to.set("state", pair.state.to_string())?;
    to.set("nominated", pair.nominated)?;
    to.set("packetsSent", number(pair.packets_sent))?;
    to.set("packetsReceived", number(pair.packets_received))?;
    to.set("bytesSent", number(pair.bytes_sent))?;
    to.set("bytesReceived", number(pair.bytes_received))?;
    let at = pair.last_packet_sent.map(milliseconds);
    to.set_some("lastPacketSentTimestamp", at)?;
    let at = pair.last_packet_received.map(milliseconds);
    to.set_some("lastPacketReceivedTimestamp", at)?;
    let total = pair.total_round_trip_time.as_secs_f64();
    to.set("totalRoundTripTime", total)?;
    let current = pair.current_round_trip_time.as_ref();
    to.set_some("currentRoundTripTime", current.map(Duration::as_secs_f64))?;
    to.set("requestsReceived", number(pair.requests_received))?;
    to.set("requestsSent", number(pair.requests_sent))?;
    to.set("responsesReceived", number(pair.responses_received))?;
    to.set("responsesSent", number(pair.responses_sent))?;
    to.set("consentRequestsSent", number(pair.consent_requests_sent))
}

/// Since 1970.
fn milliseconds(at: SystemTime) -> f64 {
    let since = at.duration_since(SystemTime::UNIX_EPOCH);
    since.unwrap_or_default().as_secs_f64() * 1000.0
}

/// The last report of a connection that is being closed.
pub(crate) fn last(core: &rill::binding::Core) -> StatsReport {
    core.stats(Instant::now(), SystemTime::now())
}
