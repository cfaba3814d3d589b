//! Audio and data as other stacks describe them: what they bundle, and where they put the
//! transport's attributes.

use crate::offer::FINGERPRINT;

/// How a stack writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// The transport's attributes in every section, all the same.
    Chromium,
    /// The fingerprint and the token in the session, credentials in the sections.
    Firefox,
    /// The fingerprint in the session, candidates in the first section.
    Pion,
    /// Ports, candidates and their end in every section, and no token.
    Aiortc,
}

pub(crate) const FORMS: [Form; 4] = [Form::Chromium, Form::Firefox, Form::Pion, Form::Aiortc];

/// The candidate in those that bring one.
const CANDIDATE: &str = "a=candidate:7 1 udp 2130706431 192.0.2.77 41000 typ host";

/// Audio in section `mids[0]`, data in `mids[1]`, of one transport.
pub(crate) fn bundled(form: Form, setup: &str, mids: [&str; 2]) -> String {
    let group = format!("a=group:BUNDLE {} {}", mids[0], mids[1]);
    let mut lines = session(form, &group);
    for (index, mid) in mids.into_iter().enumerate() {
        lines.extend(section(form, setup, index, mid));
    }
    lines.iter().map(|line| format!("{line}\r\n")).collect()
}

fn session(form: Form, group: &str) -> Vec<String> {
    let origin = match form {
        Form::Chromium => "o=- 3390173342217211459 2 IN IP4 127.0.0.1",
        Form::Firefox => "o=mozilla...THIS_IS_SDPARTA-99.0 1842650933214077551 0 IN IP4 0.0.0.0",
        Form::Pion => "o=- 5120948347715509132 1763829405 IN IP4 0.0.0.0",
        Form::Aiortc => "o=- 3972817702 3972817702 IN IP4 0.0.0.0",
    };
    let own: &[&str] = match form {
        Form::Chromium => &["a=extmap-allow-mixed", "a=msid-semantic: WMS"],
        Form::Firefox => &[
            "a=sendrecv",
            FINGERPRINT,
            "a=ice-options:trickle",
            "a=msid-semantic:WMS *",
        ],
        Form::Pion => &["a=msid-semantic:WMS *", FINGERPRINT, "a=extmap-allow-mixed"],
        Form::Aiortc => &["a=msid-semantic:WMS *"],
    };
    let head = ["v=0", origin, "s=-", "t=0 0", group];
    let lines = head.iter().chain(own);
    lines.map(|line| (*line).to_owned()).collect()
}

fn section(form: Form, setup: &str, index: usize, mid: &str) -> Vec<String> {
    let (port, address) = match form {
        Form::Aiortc => ("41000", "192.0.2.77"),
        _ => ("9", "0.0.0.0"),
    };
    let mut lines = match index {
        0 => vec![
            format!("m=audio {port} UDP/TLS/RTP/SAVPF 111 0"),
            format!("c=IN IP4 {address}"),
            "a=rtpmap:111 opus/48000/2".to_owned(),
            "a=rtpmap:0 PCMU/8000".to_owned(),
            "a=rtcp-mux".to_owned(),
            "a=sendrecv".to_owned(),
        ],
        _ => vec![
            format!("m=application {port} UDP/DTLS/SCTP webrtc-datachannel"),
            format!("c=IN IP4 {address}"),
            "a=sctp-port:5000".to_owned(),
            "a=max-message-size:65536".to_owned(),
        ],
    };
    lines.push(format!("a=mid:{mid}"));
    lines.push("a=ice-ufrag:formUfrag".to_owned());
    lines.push("a=ice-pwd:passwordOfTwentyTwoChars".to_owned());
    lines.push(format!("a=setup:{setup}"));
    match form {
        Form::Chromium => lines.extend(["a=ice-options:trickle", FINGERPRINT].map(str::to_owned)),
        Form::Firefox => {}
        Form::Pion if index == 0 => lines.push(CANDIDATE.to_owned()),
        Form::Pion => {}
        Form::Aiortc => {
            let ends = [FINGERPRINT, CANDIDATE, "a=end-of-candidates"];
            lines.extend(ends.map(str::to_owned));
        }
    }
    lines
}
