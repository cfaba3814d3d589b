//! Offers as browsers and other stacks write them: read, looked into, and written back unchanged.

use rill_sdp::{
    Attribute, CandidateAddress, CandidateKind, CandidateTransport, Direction, HashFunction,
    RidDirection, Section, Session, Setup, TcpType,
};

macro_rules! descriptions {
    ($($name:literal),* $(,)?) => {
        [$(($name, include_str!(concat!("descriptions/", $name, ".sdp")))),*]
    };
}

const ALL: [(&str, &str); 8] = descriptions![
    "chromium-data",
    "chromium-audio-video-data",
    "chromium-simulcast",
    "firefox-data",
    "firefox-audio-video-data",
    "jsep-everything",
    "libwebrtc-bundle-only",
    "pion-data",
];

fn read(name: &str) -> Session {
    let (_, text) = ALL
        .iter()
        .find(|(other, _)| *other == name)
        .expect("one of the files");
    Session::parse(text).expect("the file is a description")
}

fn unknown_names(session: &Session) -> Vec<&str> {
    let all = session.media.iter().flat_map(|media| &media.attributes);
    let unknown = session
        .attributes
        .iter()
        .chain(all)
        .filter_map(|attribute| match attribute {
            Attribute::Unknown { name, .. } => Some(name.as_str()),
            _ => None,
        });
    unknown.collect()
}

#[test]
fn text_comes_back_as_it_was() {
    for (name, text) in ALL {
        let text = text.replace("\r\n", "\n");
        let session = Session::parse(&text).unwrap_or_else(|error| panic!("{name}: {error}"));
        let written = session.to_string();
        assert_eq!(written.replace("\r\n", "\n"), text, "{name}");
        assert_eq!(
            written.matches('\n').count(),
            written.matches("\r\n").count(),
            "{name}"
        );
        assert_eq!(Session::parse(&written), Ok(session.clone()), "{name}");
        let unterminated = written.trim_end();
        assert_eq!(Session::parse(unterminated), Ok(session), "{name}");
    }
}

#[test]
fn what_an_endpoint_acts_on_is_typed() {
    for (name, _) in ALL.iter().filter(|(name, _)| *name != "jsep-everything") {
        let session = read(name);
        assert_eq!(
            unknown_names(&session)
                .iter()
                .find(|name| **name != "msid-semantic"),
            None
        );
    }
    assert_eq!(
        unknown_names(&read("jsep-everything")),
        ["x-unknown", "x-flag"]
    );
}

#[test]
fn a_chromium_data_offer_says_what_is_needed() {
    let session = read("chromium-data");
    assert_eq!(session.origin.session_id, 5_338_129_937_451_826_014);
    assert_eq!(session.origin.session_version, 2);
    assert_eq!(session.bundle_groups().collect::<Vec<_>>(), [["0"]]);
    assert!(session.lists_trickle());
    let media = &session.media[0];
    assert!(media.is_data() && !media.is_rejected() && !media.end_of_candidates());
    assert_eq!(media.mid(), Some("0"));
    assert_eq!(media.ice_ufrag(), Some("gK3v"));
    assert_eq!(media.ice_pwd().map(str::len), Some(24));
    assert_eq!(media.setup(), Some(Setup::ActPass));
    assert_eq!(
        (media.sctp_port(), media.max_message_size()),
        (Some(5000), Some(262_144))
    );
    let fingerprint = media.fingerprints().next().expect("there is one");
    assert_eq!(
        (&fingerprint.hash, fingerprint.value[0]),
        (&HashFunction::Sha256, 0xa5)
    );
    let [host, reflexive] = media.candidates().collect::<Vec<_>>()[..] else {
        panic!("two")
    };
    assert!(matches!(&host.address, CandidateAddress::Name(name) if name.ends_with(".local")));
    assert_eq!(host.extension("network-cost"), Some("999"));
    assert_eq!(reflexive.kind, CandidateKind::ServerReflexive);
    assert_eq!(reflexive.related_port, Some(0));
}

#[test]
fn a_firefox_offer_inherits_from_the_session() {
    let session = read("firefox-data");
    let section = session.section(0).expect("there is one");
    assert_eq!(section.media().fingerprints().count(), 0);
    assert_eq!(section.fingerprints().count(), 1);
    assert_eq!(section.ice_options().collect::<Vec<_>>(), ["trickle"]);
    assert!(section.media().end_of_candidates());
    let candidates: Vec<_> = section.media().candidates().collect();
    assert_eq!(candidates[0].transport, CandidateTransport::Udp);
    assert_eq!(
        candidates[1].address.ip(),
        Some("2001:db8:17::3c".parse().expect("an address"))
    );
    assert_eq!(candidates[2].transport, CandidateTransport::Tcp);
    assert_eq!(candidates[2].tcp_type, Some(TcpType::Active));
}

#[test]
fn an_offer_with_media_keeps_its_sections_in_order() {
    for name in ["chromium-audio-video-data", "firefox-audio-video-data"] {
        let session = read(name);
        let kinds: Vec<_> = session
            .media
            .iter()
            .map(|media| media.kind.as_str())
            .collect();
        assert_eq!(kinds, ["audio", "video", "application"]);
        let mids: Vec<_> = session
            .media
            .iter()
            .filter_map(|media| media.mid())
            .collect();
        assert_eq!(session.bundle_groups().next().expect("a group"), mids);
        assert!(session.media[1].rtcp_mux());
        let directions: Vec<_> = session
            .sections()
            .map(|section| section.direction())
            .collect();
        assert_eq!(directions, [Direction::SendRecv; 3]);
    }
    let session = read("chromium-audio-video-data");
    let opus = session.media[0].rtpmaps().next().expect("a codec");
    assert_eq!(
        (opus.payload_type, opus.encoding.as_str(), opus.clock_rate),
        (111, "opus", 48_000)
    );
    let fmtp = session.media[0]
        .attributes
        .iter()
        .find_map(|attribute| match attribute {
            Attribute::Fmtp(fmtp) => Some(fmtp.pairs().collect::<Vec<_>>()),
            _ => None,
        });
    assert_eq!(fmtp, Some(vec![("minptime", "10"), ("useinbandfec", "1")]));
}

#[test]
fn port_zero_with_bundle_only_is_not_a_rejection() {
    let mut session = read("libwebrtc-bundle-only");
    assert!(session.media.iter().all(|media| !media.is_rejected()));
    let data = session.media_by_mid_mut("d2").expect("there is one");
    assert_eq!((data.port, data.bandwidths[0].value), (0, 30));
    assert_eq!(data.remove_attribute("bundle-only"), 1);
    assert!(data.is_rejected());
}

#[test]
fn session_values_are_defaults_only() {
    let session = read("jsep-everything");
    let section = session.section(0).expect("there is one");
    assert_eq!(section.tls_id(), Some("91bbf309c0990a6bec11e38ba2933cee"));
    assert_eq!(section.setup(), Some(Setup::Passive));
    assert_eq!(section.ice_ufrag(), Some("ETEn"));
    assert_eq!(section.direction(), Direction::Inactive);
    let hashes: Vec<_> = section
        .fingerprints()
        .map(|print| print.hash.as_str())
        .collect();
    assert_eq!(hashes, ["sha-512", "sha-1", "sha3-256"]);
    assert!(session.ice_lite());
    assert_eq!(session.groups().count(), 2);
    assert_eq!(
        session
            .sections()
            .filter_map(|section: Section<'_>| section.ice_pwd())
            .count(),
        1
    );
}

#[test]
fn simulcast_is_read_into_streams_and_versions() {
    let session = read("jsep-everything");
    let simulcast = session.media[0]
        .attributes
        .iter()
        .find_map(|attribute| match attribute {
            Attribute::Simulcast(simulcast) => Some(simulcast),
            _ => None,
        });
    let simulcast = simulcast.expect("there is one");
    let received: Vec<_> = simulcast.streams(RidDirection::Recv).collect();
    assert_eq!(received[0].0.len(), 2);
    assert!(received[1].0[0].paused && !received[0].0[0].paused);
    assert_eq!(simulcast.streams(RidDirection::Send).count(), 1);
}
