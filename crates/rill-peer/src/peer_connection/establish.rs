//! What both sides agreed on takes effect: DTLS may start, SCTP has its parameters.

use std::time::Instant;

use rand_chacha::rand_core::Rng;
use rill_sdp::Setup;

use crate::{
    ChannelId, DtlsTransportState, PeerConnection, SctpTransportState, SdpType,
    data_channel::Parity,
    jsep::{
        Description, MAX_MESSAGE_SIZE, RemoteData, RemoteSide, RemoteTransport, SCTP_PORT, Side,
    },
    task::{Change, DtlsChange},
    transport::DtlsRole,
};

impl PeerConnection {
    /// An answer was applied, by this side. Says which channel got which stream.
    pub(super) fn establish(
        &mut self,
        now: Instant,
        mut remote: RemoteSide,
        answer: &Description,
        side: Side,
    ) -> Vec<(ChannelId, u16)> {
        for transport in &remote.transports {
            let role = match side {
                Side::Local => self.answered_role(answer, transport),
                Side::Remote if transport.setup == Setup::Active => DtlsRole::Server,
                Side::Remote => DtlsRole::Client,
            };
            self.agree_on_dtls(now, transport, role);
        }
        let assigned = match remote.data {
            Some(data) => self.establish_data(now, data),
            None => Vec::new(),
        };
        remote.transports.shrink_to_fit();
        // A provisional answer can be replaced: what comes after is compared with the last final one.
        match (answer.kind, side) {
            (SdpType::Answer, _) => self.jsep.established = remote,
            (_, Side::Remote) => self.jsep.provisional = Some(remote),
            (_, Side::Local) => {}
        }
        assigned
    }

    /// The role that our answer took (RFC 8842 §5.3).
    fn answered_role(&self, answer: &Description, transport: &RemoteTransport) -> DtlsRole {
        let of_transport = |index: &usize| {
            let section = self.jsep.sections.get(*index);
            section.is_some_and(|section| section.transport() == Some(transport.id))
        };
        let answer = answer.session();
        let media = answer.media.iter().enumerate();
        let setup = media
            .filter(|(index, _)| of_transport(index))
            .find_map(|(_, media)| media.setup());
        match setup {
            Some(Setup::Passive) => DtlsRole::Server,
            _ => DtlsRole::Client,
        }
    }

    fn agree_on_dtls(&mut self, now: Instant, remote: &RemoteTransport, role: DtlsRole) {
        let carries_data = self.data_transport == Some(remote.id);
        let Some(transport) = self.transport_mut(remote.id) else {
            return;
        };
        let renewed = transport.negotiate(now, role, remote.dtls_peer());
        if renewed {
            self.tasks.push(Change::Dtls(Box::new(DtlsChange {
                transport: remote.id,
                state: DtlsTransportState::New,
                error: None,
                certificate: None,
            })));
        }
        if renewed && carries_data {
            // RFC 8841 §10.3: another DTLS association carries another SCTP association.
            self.carry.clear();
            self.data_transport = None;
            self.channels.remove_association(&mut self.tasks);
            let connecting = SctpTransportState::Connecting;
            self.tasks.push(Change::Sctp(connecting, None));
        }
    }

    fn establish_data(&mut self, now: Instant, data: RemoteData) -> Vec<(ChannelId, u16)> {
        let transport = self.transport(data.transport);
        // An association that was agreed before keeps its roles, be the answer as it may.
        let parity = match transport.and_then(crate::transport::DtlsTransport::role) {
            Some(DtlsRole::Server) => Parity::Odd,
            Some(DtlsRole::Client) | None => Parity::Even,
        };
        let ready = transport.is_some_and(crate::transport::DtlsTransport::is_connected);
        let new = self.data_transport.is_none();
        self.data_transport = Some(data.transport);
        let config = rill_sctp::Config {
            local_port: SCTP_PORT,
            remote_port: data.sctp_port,
            max_message_size: MAX_MESSAGE_SIZE as usize,
            ..rill_sctp::Config::default()
        };
        let limit = data.limit().min(config.send_buffer_limit);
        let seed = self.rng.draw(Rng::next_u64);
        let assigned = self
            .channels
            .establish(now, config, limit, seed, parity, &mut self.tasks);
        if new && ready {
            // Added to a transport that runs already.
            self.channels.connect(now);
        }
        assigned
    }
}
