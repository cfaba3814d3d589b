//! Fragments as SIP and WHIP peers send them: read, looked into, compared with a description, and
//! written back.

use rill_sdp::{Attribute, Candidate, Fragment, ParseError, Problem, Section, Session};

/// Credentials before the first section, as in an answer that has them there.
const SESSION_LEVEL: &str = "\
a=ice-ufrag:8hhY\r\n\
a=ice-pwd:asd88fgpdd777uzjYhagZg\r\n\
a=ice-options:trickle\r\n\
m=video 9 UDP/TLS/RTP/SAVPF 96\r\n\
a=mid:v1\r\n\
a=candidate:2 1 udp 1694498815 198.51.100.7 40002 typ srflx raddr 0.0.0.0 rport 9\r\n\
m=audio 9 RTP/AVP 0\r\n\
a=mid:a1\r\n\
a=rtcp-mux\r\n\
a=candidate:1 1 udp 2130706431 192.0.2.7 40000 typ host\r\n\
a=candidate:1 1 udp 2130706430 192.0.2.8 40000 typ host\r\n\
a=end-of-candidates\r\n";

/// Credentials in each section, and an end for the whole session.
const MEDIA_LEVEL: &str = "\
a=group:BUNDLE 0\r\n\
a=end-of-candidates\r\n\
m=audio 9 UDP/TLS/RTP/SAVPF 111\r\n\
a=mid:0\r\n\
a=ice-ufrag:EsAw\r\n\
a=ice-pwd:P2uYro0UCOQ4zxjKXaWCBui1\r\n\
a=candidate:1387637174 1 udp 2122260223 192.0.2.1 61764 typ host generation 0 ufrag EsAw\r\n\
m=audio 9 UDP/TLS/RTP/SAVPF 111\r\n\
a=mid:1\r\n\
a=ice-ufrag:B1kQ\r\n\
a=ice-pwd:X4pqro0UCOQ4zxjKXaWCBui9\r\n";

/// What a section says of its candidates.
struct Said<'a> {
    mid: Option<&'a str>,
    ufrag: Option<&'a str>,
    ports: Vec<u16>,
    ended: bool,
}

fn said(section: Section<'_>) -> Said<'_> {
    Said {
        mid: section.media().mid(),
        ufrag: section.ice_ufrag(),
        ports: section
            .media()
            .candidates()
            .map(|candidate| candidate.port)
            .collect(),
        ended: section.end_of_candidates(),
    }
}

fn read(text: &str) -> Fragment {
    Fragment::parse(text).unwrap_or_else(|error| panic!("{error}"))
}

fn refusal(text: &str) -> ParseError {
    Fragment::parse(text).expect_err(text)
}

/// Trickle G5: crates/rill-sdp/src/fragment.rs: `fragment.media.push(media);`
#[test]
fn each_section_has_its_mid_its_candidates_in_order_and_the_credentials_before_all() {
    let fragment = read(SESSION_LEVEL);
    let sections: Vec<_> = fragment.sections().map(said).collect();
    let [video, audio] = &sections[..] else {
        panic!("two sections");
    };
    assert_eq!((video.mid, audio.mid), (Some("v1"), Some("a1")));
    assert_eq!((video.ufrag, audio.ufrag), (Some("8hhY"), Some("8hhY")));
    assert_eq!(video.ports, [40002]);
    let audio_media = &fragment.media[1];
    let addresses: Vec<_> = audio_media
        .candidates()
        .map(|it| it.address.to_string())
        .collect();
    assert_eq!(addresses, ["192.0.2.7", "192.0.2.8"]);
    assert_eq!((video.ended, audio.ended), (false, true));
}

/// Trickle G5: crates/rill-sdp/src/fragment.rs: `fragment.media.push(media);`
/// Trickle G5: crates/rill-sdp/src/section.rs: `self.media.end_of_candidates() || self.session.contains(&Attribute::EndOfCandidates)`
#[test]
fn an_end_before_the_first_section_ends_all_of_them() {
    let fragment = read(MEDIA_LEVEL);
    let sections: Vec<_> = fragment.sections().map(said).collect();
    let ufrags: Vec<_> = sections.iter().map(|section| section.ufrag).collect();
    assert_eq!(ufrags, [Some("EsAw"), Some("B1kQ")]);
    assert!(sections.iter().all(|section| section.ended));
    assert!(!fragment.media[0].end_of_candidates());
    let lone = read("a=ice-ufrag:8hhY\na=ice-pwd:asd88fgpdd777uzjYhagZg\na=end-of-candidates");
    assert!(lone.media.is_empty());
    assert!(lone.attributes.contains(&Attribute::EndOfCandidates));
}

/// Trickle G5: crates/rill-sdp/src/fragment.rs: `fragment.media.push(media);`
#[test]
fn text_comes_back_as_it_was() {
    for text in [
        SESSION_LEVEL,
        MEDIA_LEVEL,
        "",
        "m=audio 9 RTP/AVP 0\r\na=mid:0\r\na=rtcp\r\n",
    ] {
        assert_eq!(read(text).to_string(), text);
        assert_eq!(read(&text.replace("\r\n", "\n")), read(text));
    }
}

#[test]
fn names_have_no_case_and_what_is_unknown_is_kept() {
    let fragment = read(
        "a=ICE-UFRAG:8hhY\na=X-Later:Some Thing\nm=audio 9 RTP/AVP 0\na=Mid:0\n\
         a=Candidate:1 1 UDP 1 192.0.2.1 9 typ host\na=End-Of-Candidates",
    );
    let section = fragment.sections().map(said).next().expect("one");
    assert_eq!((section.mid, section.ufrag), (Some("0"), Some("8hhY")));
    assert_eq!((section.ports.len(), section.ended), (1, true));
    assert!(fragment.to_string().contains("a=X-Later:Some Thing\r\n"));
}

#[test]
fn sections_are_made_as_candidates_come() {
    let mut fragment = Fragment::default();
    for (mid, port) in [("1", 7), ("0", 8), ("1", 9)] {
        let text = format!("1 1 udp 1 192.0.2.1 {port} typ host");
        let candidate = Candidate::parse(&text).expect("a candidate");
        let _ = fragment.section_mut(mid).insert_candidate(candidate);
    }
    fragment.section_mut("1").insert_end_of_candidates();
    assert_eq!(
        fragment.to_string(),
        "m=audio 9 RTP/AVP 0\r\na=mid:1\r\n\
         a=candidate:1 1 udp 1 192.0.2.1 7 typ host\r\n\
         a=candidate:1 1 udp 1 192.0.2.1 9 typ host\r\na=end-of-candidates\r\n\
         m=audio 9 RTP/AVP 0\r\na=mid:0\r\na=candidate:1 1 udp 1 192.0.2.1 8 typ host\r\n"
    );
}

const DESCRIPTION: &str = "\
v=0\no=- 1 1 IN IP4 0.0.0.0\ns=-\nt=0 0\n\
a=group:BUNDLE 0 2\n\
m=audio 9 UDP/TLS/RTP/SAVPF 111\na=mid:0\n\
a=ice-ufrag:EsAw\na=ice-pwd:P2uYro0UCOQ4zxjKXaWCBui1\n\
m=video 9 UDP/TLS/RTP/SAVPF 96\na=mid:1\n\
a=ice-ufrag:B1kQ\na=ice-pwd:X4pqro0UCOQ4zxjKXaWCBui9\n\
m=application 0 UDP/DTLS/SCTP webrtc-datachannel\na=mid:2\na=bundle-only\n";

/// Trickle G5: crates/rill-sdp/src/fragment.rs: `fragment.media.push(media);`
/// Trickle G5: crates/rill-sdp/src/fragment.rs: `described.is_some_and(|described| credentials(described) == credentials(section))`
#[test]
fn a_fragment_with_one_stale_credential_does_not_belong_at_all() {
    let description = Session::parse(DESCRIPTION).expect("a description");
    let belongs = |text: &str| read(text).belongs_to(&description);
    assert!(belongs(MEDIA_LEVEL));
    for stale in [
        "B1kQ",
        "EsAw",
        "X4pqro0UCOQ4zxjKXaWCBui9",
        "P2uYro0UCOQ4zxjKXaWCBui1",
    ] {
        let fresh = stale.replace(['B', 'E', 'X', 'P'], "z");
        let text = MEDIA_LEVEL.replace(&format!(":{stale}\r\n"), &format!(":{fresh}\r\n"));
        assert_ne!(text, MEDIA_LEVEL);
        assert!(!belongs(&text), "{text}");
    }
    assert!(!belongs(&MEDIA_LEVEL.replace("a=mid:1", "a=mid:9")));
    assert!(!belongs(
        &MEDIA_LEVEL.replace("a=ice-pwd:X4pqro0UCOQ4zxjKXaWCBui9\r\n", "")
    ));
    assert!(!belongs(""));
}

/// Trickle G5: crates/rill-sdp/src/fragment.rs: `described.is_some_and(|described| credentials(described) == credentials(section))`
#[test]
fn a_bundled_section_has_the_credentials_of_its_tag_and_no_section_those_of_any() {
    let description = Session::parse(DESCRIPTION).expect("a description");
    let belongs = |text: &str| read(text).belongs_to(&description);
    let tagged = "a=ice-ufrag:EsAw\na=ice-pwd:P2uYro0UCOQ4zxjKXaWCBui1\na=end-of-candidates\n";
    let other = "a=ice-ufrag:B1kQ\na=ice-pwd:X4pqro0UCOQ4zxjKXaWCBui9\na=end-of-candidates\n";
    let bundled = "m=audio 9 RTP/AVP 0\na=mid:2\n";
    assert!(belongs(&format!("{tagged}{bundled}")));
    assert!(!belongs(&format!("{other}{bundled}")));
    assert!(belongs(tagged) && belongs(other));
    assert!(!belongs(&tagged.replace("EsAw", "EsAx")));
}

/// Trickle G5: crates/rill-sdp/src/fragment.rs: `if media.mid().is_none() => Err(head.error(Problem::NoMid))`
#[test]
fn a_section_without_a_mid_is_refused() {
    for (text, line) in [
        ("m=audio 9 RTP/AVP 0\na=end-of-candidates", 1),
        ("a=x\nm=audio 9 RTP/AVP 0\nm=audio 9 RTP/AVP 0\na=mid:0", 2),
    ] {
        let error = refusal(text);
        assert_eq!(
            (error.line, error.problem),
            (line, Problem::NoMid),
            "{text}"
        );
    }
}

#[test]
fn what_is_no_fragment_is_refused_by_its_line() {
    for (text, line, problem) in [
        (
            "a=candidate:1 1 udp 1 192.0.2.1 9 typ host",
            1,
            Problem::NoSection,
        ),
        ("a=mid:0\nw=0", 2, Problem::UnknownType('w')),
    ] {
        let error = refusal(text);
        assert_eq!((error.line, &error.problem), (line, &problem), "{text}");
    }
    for text in ["v=0\na=x", "m=audio 9 RTP/AVP 0\na=mid:0\nc=IN IP4 0.0.0.0"] {
        assert!(
            matches!(refusal(text).problem, Problem::Order { .. }),
            "{text}"
        );
    }
    for text in [
        "m=audio 9 RTP/AVP 0\na=mid:0\na=mid:1",
        "a=ice-ufrag:abcd\na=Ice-Ufrag:abcd",
    ] {
        assert!(
            matches!(refusal(text).problem, Problem::Repeated { .. }),
            "{text}"
        );
    }
    assert!(matches!(
        refusal("a=ice-ufrag:x").problem,
        Problem::Field(_)
    ));
    let many = "m=audio 9 RTP/AVP 0\na=mid:0\n".repeat(1025);
    assert!(matches!(
        refusal(&many).problem,
        Problem::TooManyMedia { limit: 1024 }
    ));
}
