//! Two connections, and ours against dimpl's with a fixed version.

use std::{
    collections::VecDeque,
    sync::Arc,
    time::{Duration, SystemTime},
};

use super::{output::DtlsVersion, *};
use crate::{CertificateOptions, fingerprint};

const KINDS: [Security; 2] = [Security::Dtls, Security::SimulationOnly];
const DELAY: Duration = Duration::from_millis(10);

#[expect(
    clippy::disallowed_methods,
    reason = "an Instant can be made in no other way"
)]
fn epoch() -> Instant {
    Instant::now()
}

fn certificate() -> Certificate {
    let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_767_225_600);
    Certificate::generate(CertificateOptions::new(now)).unwrap()
}

/// One end and what it has said.
struct End {
    dtls: Dtls,
    certificate: Certificate,
    outputs: Vec<DtlsOutput>,
    data: Vec<Vec<u8>>,
    longest: usize,
}

/// What is done with packet number n: delivered after this many delays, or not at all.
type Fate = fn(usize) -> Option<u32>;

struct Link {
    now: Instant,
    ends: [End; 2],
    fate: Fate,
    sent: usize,
    flying: VecDeque<(Instant, usize, Vec<u8>)>,
}

fn all(_: usize) -> Option<u32> {
    Some(1)
}

impl Link {
    fn new(security: Security, fate: Fate) -> Self {
        Self::with_roles(security, [DtlsRole::Client, DtlsRole::Server], fate)
    }

    fn with_roles(security: Security, roles: [DtlsRole; 2], fate: Fate) -> Self {
        let now = epoch();
        let ends = roles.map(|role| {
            let certificate = certificate();
            let dtls = Dtls::new(now, role, &certificate, security);
            End {
                dtls,
                certificate,
                outputs: Vec::new(),
                data: Vec::new(),
                longest: 0,
            }
        });
        Self {
            now,
            ends,
            fate,
            sent: 0,
            flying: VecDeque::new(),
        }
    }

    fn connected(security: Security) -> Self {
        let mut link = Self::new(security, all);
        link.run(Duration::from_secs(2));
        assert!(link.ends.iter().all(End::is_connected));
        link.ends.iter_mut().for_each(|end| end.outputs.clear());
        link
    }

    fn run(&mut self, time: Duration) {
        let deadline = self.now + time;
        self.collect();
        loop {
            let arrivals = self.flying.iter().map(|(at, ..)| *at);
            let timeouts = self.ends.iter().filter_map(|end| end.dtls.poll_timeout());
            let Some(next) = arrivals
                .chain(timeouts)
                .min()
                .filter(|&next| next <= deadline)
            else {
                self.now = deadline;
                return;
            };
            self.now = self.now.max(next);
            let now = self.now;
            while let Some(index) = self.flying.iter().position(|(at, ..)| *at <= now) {
                let (_, to, packet) = self.flying.remove(index).unwrap();
                self.ends[to].dtls.handle_datagram(now, &packet);
            }
            for end in &mut self.ends {
                if end.dtls.poll_timeout().is_some_and(|at| at <= now) {
                    end.dtls.handle_timeout(now);
                }
            }
            self.collect();
        }
    }

    fn collect(&mut self) {
        let mut bytes = Vec::new();
        for from in 0..2 {
            while let Some(output) = self.ends[from].dtls.poll(&mut bytes) {
                match output {
                    DtlsOutput::Packet => self.transmit(from, bytes.clone()),
                    DtlsOutput::Data => self.ends[from].data.push(bytes.clone()),
                    other => self.ends[from].outputs.push(other),
                }
            }
        }
    }

    fn send(&mut self, from: usize, data: &[u8]) {
        let mut packet = Vec::new();
        if self.ends[from].dtls.seal(self.now, data, &mut packet) {
            self.transmit(from, packet);
        }
    }

    fn transmit(&mut self, from: usize, packet: Vec<u8>) {
        let end = &mut self.ends[from];
        end.longest = end.longest.max(packet.len());
        if let Some(delays) = (self.fate)(self.sent) {
            let at = self.now + DELAY * delays;
            self.flying.push_back((at, 1 - from, packet));
        }
        self.sent += 1;
    }
}

impl End {
    fn is_connected(&self) -> bool {
        self.outputs
            .iter()
            .any(|output| matches!(output, DtlsOutput::Connected { .. }))
    }

    fn failure(&self) -> Option<(&str, Option<u8>)> {
        self.outputs.iter().find_map(|output| match output {
            DtlsOutput::Failed {
                reason,
                received_alert,
            } => Some((&**reason, *received_alert)),
            _ => None,
        })
    }
}

#[test]
fn certificate_then_connected_on_both_sides() {
    for security in KINDS {
        let mut link = Link::new(security, all);
        link.run(Duration::from_millis(250));
        for (end, other) in [(0, 1), (1, 0)] {
            let peer = link.ends[other].certificate.clone();
            let version = match security {
                Security::Dtls => DtlsVersion::Dtls13,
                Security::SimulationOnly => DtlsVersion::Plaintext,
            };
            let expected = [
                DtlsOutput::PeerCertificate(peer.der().to_vec()),
                DtlsOutput::Connected { version },
            ];
            assert_eq!(link.ends[end].outputs, expected, "{security:?}, end {end}");
            assert!(fingerprint::verify(peer.der(), &peer.fingerprints()));
            assert_eq!(
                link.ends[end].dtls.poll_timeout(),
                None,
                "nothing is left to do"
            );
        }
    }
}

#[test]
fn data_arrives_one_record_per_datagram() {
    for security in KINDS {
        let mut link = Link::connected(security);
        let before = link.sent;
        for number in 0..50 {
            link.send(0, &[number; 100]);
            link.send(1, &[number; 1160]);
        }
        link.run(Duration::from_secs(1));
        assert_eq!(link.sent - before, 100);
        assert_eq!(
            link.ends[1].data,
            (0..50).map(|n| vec![n; 100]).collect::<Vec<_>>()
        );
        assert_eq!(
            link.ends[0].data,
            (0..50).map(|n| vec![n; 1160]).collect::<Vec<_>>()
        );
        assert!(
            link.ends.iter().all(|end| end.longest <= 1200),
            "{}",
            link.ends[1].longest
        );
    }
}

/// What waits to be polled is neither lost nor in the way of what is sealed meanwhile.
#[test]
fn sealing_leaves_alone_what_waits() {
    for security in KINDS {
        let mut link = Link::connected(security);
        let now = link.now;
        let mut incoming = Vec::new();
        assert!(link.ends[1].dtls.seal(now, b"incoming", &mut incoming));
        let dtls = &mut link.ends[0].dtls;
        dtls.handle_datagram(now, &incoming);
        let mut train = Vec::new();
        assert!(dtls.seal(now, b"first", &mut train));
        let length = train.len();
        assert!(dtls.seal(now, b"other", &mut train));
        let mut bytes = Vec::new();
        assert_eq!(dtls.poll(&mut bytes), Some(DtlsOutput::Data));
        assert_eq!(bytes, b"incoming");
        for packet in train.chunks(length) {
            link.ends[1].dtls.handle_datagram(now, packet);
        }
        link.collect();
        assert_eq!(link.ends[1].data, [b"first", b"other"]);
    }
}

/// The library's clock is not told of every packet, and still no timer fires early or late.
#[test]
fn long_silence_and_steady_data_keep_the_connection() {
    for security in KINDS {
        let mut link = Link::connected(security);
        for _ in 0..100 {
            link.send(0, b"steady");
            link.run(Duration::from_millis(3));
        }
        link.run(Duration::from_secs(3600));
        link.send(1, b"late");
        link.run(Duration::from_secs(1));
        assert_eq!(link.ends[1].data.len(), 100);
        assert_eq!(link.ends[0].data, [b"late"]);
        assert!(link.ends.iter().all(|end| end.failure().is_none()));
    }
}

#[test]
fn data_before_the_connection_is_dropped() {
    for security in KINDS {
        let mut link = Link::new(security, all);
        link.send(0, b"too early");
        link.send(1, b"too early");
        link.run(Duration::from_secs(1));
        assert!(
            link.ends
                .iter()
                .all(|end| end.is_connected() && end.data.is_empty())
        );
    }
}

#[test]
fn any_loss_is_repaired() {
    const FATES: [Fate; 8] = [
        |n| (n != 0).then_some(1),
        |n| (n != 1).then_some(1),
        |n| (n != 2).then_some(1),
        |n| (n != 3).then_some(1),
        |n| (n != 4).then_some(1),
        |n| (n != 5).then_some(1),
        |n| (n != 6).then_some(1),
        // One half of them, without a period.
        |n| (!n.count_ones().is_multiple_of(2)).then_some(1),
    ];
    for security in KINDS {
        for (case, fate) in FATES.into_iter().enumerate() {
            let mut link = Link::new(security, fate);
            let time = if case < 7 {
                Duration::from_millis(800)
            } else {
                Duration::from_secs(15)
            };
            link.run(time);
            assert!(
                link.ends.iter().all(End::is_connected),
                "{security:?}, case {case}"
            );
            link.fate = all;
            link.send(0, b"there");
            link.send(1, b"back");
            link.run(Duration::from_secs(1));
            assert_eq!(link.ends[1].data, [b"there"], "{security:?}, case {case}");
            assert_eq!(link.ends[0].data, [b"back"], "{security:?}, case {case}");
        }
    }
}

/// Each packet but the first is overtaken by the next one.
#[test]
fn a_reordered_handshake_needs_no_retransmission() {
    for security in KINDS {
        let fate: Fate = |n| Some(if n % 2 == 1 { 3 } else { 1 });
        let mut link = Link::new(security, fate);
        link.run(Duration::from_millis(290));
        assert!(link.ends.iter().all(End::is_connected), "{security:?}");
    }
}

/// The trap: whatever comes first must not end a client that waits for the server's answer.
#[test]
fn foreign_datagrams_during_the_handshake_do_no_harm() {
    for security in KINDS {
        let mut link = Link::new(security, all);
        for end in &mut link.ends {
            for _ in 0..100 {
                for junk in [
                    &[22_u8; 100][..],
                    &[23; 13],
                    &[20],
                    &[0x2f; 50],
                    &[],
                    &[63; 1500],
                ] {
                    end.dtls.handle_datagram(link.now, junk);
                }
            }
        }
        link.run(Duration::from_secs(1));
        assert!(link.ends.iter().all(End::is_connected), "{security:?}");
        for end in &mut link.ends {
            for junk in [
                &[22_u8; 100][..],
                &[23; 13],
                &[20],
                &[0x2f; 50],
                &[],
                &[63; 1500],
            ] {
                end.dtls.handle_datagram(link.now, junk);
            }
        }
        link.send(0, b"still here");
        link.run(Duration::from_secs(1));
        assert_eq!(link.ends[1].data.last().unwrap(), b"still here");
        // The stand-in has no way to tell.
        assert!(security == Security::SimulationOnly || link.ends[1].data.len() == 1);
    }
}

#[test]
fn close_is_told_to_the_peer() {
    for security in KINDS {
        let mut link = Link::connected(security);
        link.send(0, b"last words");
        link.ends[0].dtls.close(link.now);
        link.run(Duration::from_secs(60));
        assert_eq!(link.ends[1].data, [b"last words"]);
        assert_eq!(link.ends[1].outputs, [DtlsOutput::Closed]);
        assert_eq!(link.ends[0].outputs, [], "the closing side says nothing");
        let before = link.sent;
        link.send(0, b"x");
        link.send(1, b"x");
        link.ends[1].dtls.close(link.now);
        link.run(Duration::from_secs(60));
        assert_eq!(link.sent, before, "and nobody sends any more");
    }
}

#[test]
fn closing_during_the_handshake_is_silent() {
    for security in KINDS {
        let mut link = Link::new(security, |_| None);
        link.run(Duration::from_millis(100));
        let before = link.sent;
        link.ends[0].dtls.close(link.now);
        link.run(Duration::from_secs(60));
        assert_eq!(link.sent, before);
        assert_eq!(link.ends[0].outputs, []);
        assert_eq!(link.ends[0].dtls.poll_timeout(), None);
    }
}

#[test]
fn a_peer_that_never_answers_fails_once_after_forty_seconds() {
    for security in KINDS {
        let mut link = Link::new(security, |_| None);
        link.run(Duration::from_millis(39_900));
        assert_eq!(link.ends[0].outputs, []);
        link.run(Duration::from_secs(120));
        assert_eq!(link.ends[0].outputs.len(), 1);
        let (reason, alert) = link.ends[0].failure().unwrap();
        assert!(!reason.is_empty() && alert.is_none());
        assert_eq!(link.ends[1].outputs, [], "the server just waits");
        assert!(link.sent >= 6, "{} attempts", link.sent);
    }
}

#[test]
fn two_clients_never_connect() {
    for security in KINDS {
        let mut link = Link::with_roles(security, [DtlsRole::Client; 2], all);
        link.run(Duration::from_secs(60));
        assert!(
            link.ends
                .iter()
                .all(|end| !end.is_connected() && end.failure().is_some())
        );
    }
}

/// Of an association before, in which the roles were the other way round.
#[test]
fn a_late_hello_of_the_same_role_is_dropped() {
    let mut link = Link::new(Security::SimulationOnly, all);
    for (end, hello) in [(0, [22, 1]), (1, [22, 2])] {
        link.ends[end].dtls.handle_datagram(link.now, &hello);
    }
    link.run(Duration::from_secs(5));
    assert!(link.ends.iter().all(End::is_connected));
}

#[test]
fn an_alert_in_answer_to_the_hello_is_reported() {
    let mut link = Link::new(Security::Dtls, |_| None);
    let alert = [21, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 2, 70];
    link.ends[1].dtls.handle_datagram(link.now, &alert);
    link.ends[0].dtls.handle_datagram(link.now, &alert);
    link.run(Duration::from_millis(10));
    let (reason, alert) = link.ends[0].failure().unwrap();
    assert_eq!(alert, Some(70));
    assert!(reason.contains("70"), "{reason}");
    assert_eq!(
        link.ends[1].outputs,
        [],
        "a server has said nothing that could be refused"
    );
}

#[test]
fn a_changed_record_is_dropped() {
    let mut link = Link::connected(Security::Dtls);
    let mut packet = Vec::new();
    assert!(link.ends[0].dtls.seal(link.now, b"secret", &mut packet));
    assert!(!packet.windows(6).any(|window| window == b"secret"));
    for at in 0..packet.len() {
        let mut changed = packet.clone();
        changed[at] ^= 1;
        link.ends[1].dtls.handle_datagram(link.now, &changed);
    }
    link.collect();
    assert!(link.ends[1].data.is_empty() && link.ends[1].outputs.is_empty());
    for _ in 0..2 {
        link.ends[1].dtls.handle_datagram(link.now, &packet);
    }
    link.collect();
    assert_eq!(
        link.ends[1].data,
        [b"secret"],
        "once, however often it comes"
    );
}

/// A peer that speaks one version only, by dimpl itself.
struct Fixed {
    dtls: dimpl::Dtls,
    connected: bool,
    data: Vec<Vec<u8>>,
}

impl Fixed {
    fn new(
        now: Instant,
        client: bool,
        make: fn(Arc<dimpl::Config>, dimpl::DtlsCertificate, Instant) -> dimpl::Dtls,
        cookie: bool,
    ) -> Self {
        let certificate = certificate();
        let config = dimpl::Config::builder()
            .use_server_cookie(cookie)
            .build()
            .unwrap();
        let certificate = dimpl::DtlsCertificate {
            certificate: certificate.der().to_vec(),
            private_key: certificate.private_key_der().to_vec(),
        };
        let mut dtls = make(Arc::new(config), certificate, now);
        dtls.set_active(client);
        dtls.handle_timeout(now).unwrap();
        Self {
            dtls,
            connected: false,
            data: Vec::new(),
        }
    }

    fn packets(&mut self) -> Vec<Vec<u8>> {
        let mut packets = Vec::new();
        let mut buffer = vec![0; 4096];
        loop {
            match self.dtls.poll_output(&mut buffer) {
                dimpl::Output::Packet(packet) => packets.push(packet.to_vec()),
                dimpl::Output::Connected => self.connected = true,
                dimpl::Output::ApplicationData(data) => self.data.push(data.to_vec()),
                dimpl::Output::Timeout(_) => return packets,
                _ => {}
            }
        }
    }
}

#[test]
fn peers_of_either_version_are_understood() {
    let versions = [(DtlsVersion::Dtls12, false), (DtlsVersion::Dtls13, true)];
    for (version, newer) in versions {
        for role in [DtlsRole::Client, DtlsRole::Server] {
            for cookie in [false, true] {
                let mut now = epoch();
                let make = if newer {
                    dimpl::Dtls::new_13
                } else {
                    dimpl::Dtls::new_12
                };
                let mut peer = Fixed::new(now, role == DtlsRole::Server, make, cookie);
                let mut ours = Dtls::new(now, role, &certificate(), Security::Dtls);
                let mut outputs = Vec::new();
                let mut bytes = Vec::new();
                for round in 0..12 {
                    while let Some(output) = ours.poll(&mut bytes) {
                        if output == DtlsOutput::Packet {
                            peer.dtls.handle_timeout(now).unwrap();
                            peer.dtls.handle_packet(&bytes).unwrap();
                        } else {
                            outputs.push(output);
                        }
                    }
                    for packet in peer.packets() {
                        ours.handle_datagram(now, &packet);
                    }
                    now += Duration::from_millis(5);
                    if round == 9 {
                        let mut packet = Vec::new();
                        assert!(ours.seal(now, b"hello", &mut packet), "{version:?}");
                        peer.dtls.handle_packet(&packet).unwrap();
                    }
                }
                let case = format!("{version:?}, we are the {role:?}, cookie {cookie}");
                assert!(peer.connected, "{case}");
                assert_eq!(
                    outputs.last(),
                    Some(&DtlsOutput::Connected { version }),
                    "{case}"
                );
                assert_eq!(peer.data, [b"hello"], "{case}");
            }
        }
    }
}

#[test]
fn the_stand_in_is_deterministic() {
    let certificates = [certificate(), certificate()];
    let trace = || {
        let now = epoch();
        let [mut client, mut server] = [
            Dtls::new(
                now,
                DtlsRole::Client,
                &certificates[0],
                Security::SimulationOnly,
            ),
            Dtls::new(
                now,
                DtlsRole::Server,
                &certificates[1],
                Security::SimulationOnly,
            ),
        ];
        let mut trace = Vec::new();
        let mut bytes = Vec::new();
        for _ in 0..4 {
            while let Some(output) = client.poll(&mut bytes) {
                trace.push((output, bytes.clone()));
                server.handle_datagram(now, &bytes);
            }
            while let Some(output) = server.poll(&mut bytes) {
                trace.push((output, bytes.clone()));
                client.handle_datagram(now, &bytes);
            }
        }
        trace
    };
    assert_eq!(trace(), trace());
}
