//! What is refused: the error names the line and the field, and what is nearly wrong is accepted.

use rill_sdp::{Attribute, Fault, ParseError, Problem, Session};

const HEAD: &str = "v=0\no=- 1 1 IN IP4 0.0.0.0\ns=-\nt=0 0\n";
const MEDIA: &str = "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\nc=IN IP4 0.0.0.0\n";

/// Lines, and the field that each has wrong.
const BAD_LINES: &[(&str, &str)] = &[
    ("a=ice-ufrag:abc", "ufrag"),
    ("a=ice-ufrag:ab-d", "ufrag"),
    ("a=ice-ufrag", "attribute-value"),
    ("a=ice-options:", "attribute-value"),
    ("a=ice-options:trickle  ice2", "ice-option-tag"),
    ("a=ice-lite:yes", "attribute-value"),
    ("a=end-of-candidates:", "attribute-value"),
    ("a=ice-pacing:4294967296", "pacing-value"),
    ("a=remote-candidates:1 192.0.2.1", "port"),
    ("a=candidate:", "attribute-value"),
    ("a=candidate:1 1 udp 1 192.0.2.1 65536 typ host", "port"),
    ("a=fingerprint:sha-256", "fingerprint"),
    ("a=fingerprint:sha-1 00:11", "fingerprint"),
    ("a=fingerprint:sha-999 0:11", "fingerprint"),
    ("a=fingerprint:sha-999 00:1g", "fingerprint"),
    ("a=fingerprint:sha-999 00 11", "fingerprint"),
    ("a=setup:both", "role"),
    ("a=tls-id:abc3de65cddef001be8=", "tls-id-value"),
    ("a=identity:{}", "identity-assertion-value"),
    ("a=sctp-port:65536", "sctp-port-value"),
    ("a=sctp-port:05000", "sctp-port-value"),
    ("a=sctp-port:-1", "sctp-port-value"),
    ("a=sctp-port:1e3", "sctp-port-value"),
    ("a=max-message-size:-1", "max-message-size-value"),
    ("a=max-message-size:064", "max-message-size-value"),
    ("a=group:", "attribute-value"),
    ("a=group:BUNDLE 0  1", "identification-tag"),
    ("a=mid:a b", "identification-tag"),
    ("a=bundle-only:1", "attribute-value"),
    ("a=msid:a b c", "msid-appdata"),
    ("a=rtpmap:128 opus/48000", "payload-type"),
    ("a=rtpmap:96 opus", "clock-rate"),
    ("a=rtpmap:96 opus/0", "clock-rate"),
    ("a=rtpmap:96 opus/48000 2", "encoding-params"),
    ("a=fmtp:96", "format-specific-params"),
    ("a=ptime:0", "ptime-value"),
    ("a=maxptime:1.2345", "maxptime-value"),
    ("a=sendrecv:x", "attribute-value"),
    ("a=rtcp:9 IN IP4", "connection-address"),
    ("a=rtcp-mux:", "attribute-value"),
    ("a=rtcp-fb:x nack", "payload-type"),
    ("a=rtcp-fb:96", "rtcp-fb-val"),
    ("a=extmap:0 urn:x", "mapentry"),
    ("a=extmap:256 urn:x", "mapentry"),
    ("a=extmap:4352 urn:x", "mapentry"),
    ("a=extmap:1/up urn:x", "direction"),
    ("a=extmap:1", "extensionname"),
    ("a=ssrc:4294967296 cname:x", "ssrc-id"),
    ("a=ssrc:1", "attribute"),
    ("a=ssrc-group:FID 1 -2", "ssrc-id"),
    ("a=rid:a_b both", "rid-dir"),
    ("a=rid:a.b send", "rid-id"),
    ("a=rid:a send ", "rid-param"),
    ("a=simulcast:send a;", "rid-id"),
    ("a=simulcast:send a send b", "sc-value"),
    ("a=simulcast: send rid=a", "sc-value"),
    ("a=not a token", "attribute-name"),
    ("a=:x", "attribute-name"),
];

/// Lines, how many times `x` must be added to them, and the field that they have wrong then.
const BAD_LENGTHS: &[(&str, usize, &str)] = &[
    ("a=ice-ufrag:", 257, "ufrag"),
    ("a=ice-pwd:", 21, "password"),
    ("a=ice-pwd:", 257, "password"),
    ("a=tls-id:", 19, "tls-id-value"),
    ("a=msid:", 65, "msid-id"),
];

/// Reads a description whose line 7 is the given one.
fn read_line_7(line: &str) -> Result<Session, ParseError> {
    Session::parse(&format!("{HEAD}{MEDIA}{line}\na=mid:z\n"))
}

fn refuse(text: &str) -> ParseError {
    match Session::parse(text) {
        Ok(_) => panic!("accepted:\n{text}"),
        Err(error) => error,
    }
}

#[test]
fn a_bad_attribute_is_named_by_line_and_field() {
    let lines = BAD_LINES
        .iter()
        .map(|(line, field)| ((*line).to_owned(), field));
    let lengths = BAD_LENGTHS.iter();
    let lengths = lengths.map(|(line, n, field)| (format!("{line}{}", "x".repeat(*n)), field));
    for (line, expected) in lines.chain(lengths) {
        let Err(error) = read_line_7(&line) else {
            panic!("accepted: {line}")
        };
        let Problem::Field(field) = &error.problem else {
            panic!("{line}: {error}")
        };
        assert_eq!((error.line, field.field), (7, *expected), "{line}: {error}");
        assert!(
            error.to_string().contains(&format!("`{expected}`")),
            "{error}"
        );
    }
}

#[test]
fn what_is_within_its_grammar_is_accepted() {
    for line in [
        "a=sctp-port:0",
        "a=max-message-size:0",
        "a=max-message-size:9223372036854775808",
        "a=ice-options:ice2,trickle",
        "a=group:BUNDLE",
        "a=extmap:15 urn:x",
        "a=rtcp-mux",
        "a=x:",
        "a=fmtp:webrtc-datachannel x",
        "a=candidate:1 1 udp 2147483647 fe80::1%eth0 0 typ host",
    ] {
        let session = read_line_7(line).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(format!("a={}", session.media[0].attributes[0]), line);
    }
    let lenient = read_line_7("a=setup:ActPass").expect("literals ignore case (RFC 5234 §2.3)");
    assert_eq!(lenient.media[0].attributes[0].to_string(), "setup:actpass");
    let lenient = read_line_7(
        "a=fingerprint:SHA-1 aa:aa:aa:aa:aa:aa:aa:aa:aa:aa:aa:aa:aa:aa:aa:aa:aa:aa:aa:aa",
    );
    let octets = lenient.expect("small digits are sent").media[0]
        .fingerprints()
        .next()
        .cloned();
    assert_eq!(octets.expect("it is there").value, [0xaa; 20]);
}

#[test]
fn a_bad_line_is_named_by_number() {
    let field = |error: ParseError| match error.problem {
        Problem::Field(field) => (error.line, field.field),
        problem => panic!("{problem}"),
    };
    assert_eq!(field(refuse(&HEAD.replace("v=0", "v=1"))), (1, "version"));
    assert_eq!(
        field(refuse(&HEAD.replace("o=- 1 1", "o=- 1 x"))),
        (2, "sess-version")
    );
    assert_eq!(
        field(refuse(&HEAD.replace("t=0 0", "t=0"))),
        (4, "stop-time")
    );
    assert_eq!(
        field(refuse(&format!("{HEAD}m=audio 65536 RTP/AVP 0\n"))),
        (5, "port")
    );
    assert_eq!(
        field(refuse(&format!("{HEAD}m=audio 9/0 RTP/AVP 0\n"))),
        (5, "port count")
    );
    assert_eq!(
        field(refuse(&format!("{HEAD}m=audio 9 RTP//AVP 0\n"))),
        (5, "proto")
    );
    assert_eq!(
        field(refuse(&format!("{HEAD}m=audio 9 RTP/AVP\n"))),
        (5, "fmt")
    );
    assert_eq!(
        field(refuse(&format!("{HEAD}{MEDIA}b=AS:x\n"))),
        (7, "bandwidth")
    );
    let many = format!("{HEAD}m=audio 9 RTP/AVP{}\n", " 0".repeat(257));
    assert_eq!(field(refuse(&many)), (5, "fmt"));
}

#[test]
fn lines_stand_in_the_order_of_the_rfc() {
    for (text, line) in [
        ("v=0\ns=-\n".to_owned(), 2),
        ("o=- 1 1 IN IP4 0.0.0.0\n".to_owned(), 1),
        (HEAD.replace("t=0 0\n", "a=x\n"), 4),
        (HEAD.replace("t=0 0\n", MEDIA), 4),
        (HEAD.replace("t=0 0\n", "r=1 1 1\nt=0 0\n"), 4),
        (format!("{HEAD}c=IN IP4 0.0.0.0\n"), 5),
        (format!("{HEAD}a=x\nk=prompt\n"), 6),
        (format!("{HEAD}v=0\n"), 5),
        (format!("{HEAD}{MEDIA}a=x\nc=IN IP4 0.0.0.0\n"), 8),
        (format!("{HEAD}{MEDIA}t=0 0\n"), 7),
        (format!("{HEAD}{MEDIA}k=prompt\nk=prompt\n"), 8),
    ] {
        let error = refuse(&text);
        assert!(matches!(error.problem, Problem::Order { .. }), "{error}");
        assert_eq!(error.line, line, "{text}");
    }
    assert_eq!(
        refuse(&format!("{HEAD}x=1\n")).problem,
        Problem::UnknownType('x')
    );
}

#[test]
fn a_description_that_ends_early_says_what_is_missing() {
    let lines = ["v=0\n", "o=- 1 1 IN IP4 0.0.0.0\n", "s=-\n", "t=0 0\n"];
    for length in 0..4 {
        let error = refuse(&lines[..length].concat());
        assert_eq!(error.line, length + 1);
        assert!(matches!(error.problem, Problem::Ended { .. }), "{error}");
    }
    assert!(
        Session::parse(HEAD)
            .expect("no media is allowed")
            .media
            .is_empty()
    );
}

#[test]
fn an_attribute_that_must_be_alone_is_refused_the_second_time() {
    for (first, second) in [
        ("mid:a", "mid:a"),
        ("sendrecv", "inactive"),
        ("ice-ufrag:abcd", "ice-ufrag:efgh"),
        ("sctp-port:5000", "sctp-port:5001"),
        ("setup:active", "setup:passive"),
    ] {
        let error = refuse(&format!("{HEAD}{MEDIA}a={first}\na={second}\n"));
        let attribute = second.split(':').next().expect("a name").to_owned();
        assert_eq!(
            (error.line, error.problem),
            (8, Problem::Repeated { attribute })
        );
        let level = format!("{HEAD}a={first}\n{MEDIA}a={second}\n{MEDIA}a={second}\n");
        assert!(
            Session::parse(&level).is_ok(),
            "once at each level: {first}"
        );
    }
    let harmless = "a=rtcp-mux\na=rtcp-mux\na=ice-options:a\na=ice-options:b\n";
    assert!(Session::parse(&format!("{HEAD}{MEDIA}{harmless}")).is_ok());
}

#[test]
fn faults_say_what_would_be_right() {
    let text = |line: &str| read_line_7(line).expect_err("it is wrong").to_string();
    assert_eq!(
        text("a=sctp-port:70000"),
        "line 7 of the session description, `a=sctp-port:70000`: \
         field `sctp-port-value` must be in 0..=65535"
    );
    assert_eq!(
        text("a=ice-pwd:short"),
        "line 7 of the session description, `a=ice-pwd…`: \
         field `password` has length 5, must have 22..=256"
    );
    let error = read_line_7("a=setup:x").expect_err("it is wrong");
    let Problem::Field(field) = error.problem else {
        panic!("{error}")
    };
    assert!(matches!(field.fault, Fault::Word { .. }));
}

#[test]
fn passwords_are_not_shown() {
    let pwd = "a=ice-pwd:OtSK0WpNtpUjkY4+86js7Z/l";
    let session = read_line_7(pwd).expect("it is right");
    assert!(!format!("{session:?}").contains("OtSK0WpNtpUjkY4"));
    let twice = format!("{pwd}\n{pwd}");
    let error = read_line_7(&twice).expect_err("it is there twice");
    assert!(!format!("{error} {error:?}").contains("OtSK0WpNtpUjkY4"));
}

#[test]
fn only_the_exact_token_means_that_the_sender_trickles() {
    let at = |session: &str, first: &str, second: &str| {
        let line = |value: &str| match value {
            "" => String::new(),
            value => format!("a=ice-options:{value}\n"),
        };
        let (session, first, second) = (line(session), line(first), line(second));
        let text = format!("{HEAD}{session}{MEDIA}{first}{MEDIA}{second}");
        Session::parse(&text)
            .expect("it is a description")
            .lists_trickle()
    };
    assert!(at("trickle", "", ""));
    assert!(!at("", "", ""));
    assert!(at("", "trickle", "trickle"));
    assert!(at("ice2 trickle", "", ""));
    assert!(!at("ice2,trickle", "", ""));
    assert!(!at("no-trickle", "", ""));
    assert!(at("", "trickle", ""));
    assert!(at("", "", "trickle"));
    assert!(!at("TRICKLE", "Trickle", "trickle2"));
    let lines = format!("{HEAD}a=ice-options:ice2\na=ice-options:renomination trickle\n");
    assert!(
        Session::parse(&lines)
            .expect("it is a description")
            .lists_trickle()
    );
}

#[test]
fn an_unknown_attribute_is_kept_word_for_word() {
    let line = "a=x-\u{7d}: a  b\u{e9}:c ";
    let session = read_line_7(line).expect("it is allowed");
    let expected = Attribute::Unknown {
        name: "x-}".into(),
        value: Some(" a  b\u{e9}:c ".into()),
    };
    assert_eq!(session.media[0].attributes[0], expected);
}
