//! Descriptions as a peer may write them.

pub(crate) const CHROMIUM: &str =
    include_str!("../../../rill-sdp/tests/descriptions/chromium-audio-video-data.sdp");
pub(crate) const FIREFOX: &str =
    include_str!("../../../rill-sdp/tests/descriptions/firefox-audio-video-data.sdp");
pub(crate) const BUNDLE_ONLY: &str =
    include_str!("../../../rill-sdp/tests/descriptions/libwebrtc-bundle-only.sdp");
pub(crate) const CHROMIUM_DATA: &str =
    include_str!("../../../rill-sdp/tests/descriptions/chromium-data.sdp");
pub(crate) const FIREFOX_DATA: &str =
    include_str!("../../../rill-sdp/tests/descriptions/firefox-data.sdp");
pub(crate) const PION_DATA: &str =
    include_str!("../../../rill-sdp/tests/descriptions/pion-data.sdp");

/// A media section that is still open for more attributes.
#[derive(Clone, Debug)]
pub(crate) struct Section {
    pub(crate) mid: &'static str,
    pub(crate) ufrag: &'static str,
    pub(crate) pwd: &'static str,
    pub(crate) is_data: bool,
    pub(crate) extra: Vec<String>,
}

impl Section {
    pub(crate) fn data(mid: &'static str) -> Self {
        Self {
            mid,
            ufrag: "dataUfrag",
            pwd: "passwordOfTwentyTwoChars",
            is_data: true,
            extra: Vec::new(),
        }
    }

    pub(crate) fn audio(mid: &'static str) -> Self {
        Self {
            mid,
            ufrag: "audioUfrag",
            pwd: "passwordOfTwentyTwoChars",
            is_data: false,
            extra: Vec::new(),
        }
    }

    pub(crate) fn with(mut self, line: &str) -> Self {
        self.extra.push(line.to_owned());
        self
    }

    /// With the credentials of another generation.
    pub(crate) fn restarted(mut self) -> Self {
        (self.ufrag, self.pwd) = ("secondUfrag", "anotherPasswordOfTwentyFive");
        self
    }

    fn text(&self) -> String {
        let (media, own) = if self.is_data {
            let data = "m=application 9 UDP/DTLS/SCTP webrtc-datachannel";
            (data, vec!["a=sctp-port:5000"])
        } else {
            let audio = "m=audio 9 UDP/TLS/RTP/SAVPF 111";
            (audio, vec!["a=rtcp-mux", "a=rtpmap:111 opus/48000/2"])
        };
        let mid = format!("a=mid:{}", self.mid);
        let ufrag = format!("a=ice-ufrag:{}", self.ufrag);
        let pwd = format!("a=ice-pwd:{}", self.pwd);
        let transport = [
            "c=IN IP4 0.0.0.0",
            &mid,
            &ufrag,
            &pwd,
            FINGERPRINT,
            "a=setup:actpass",
        ];
        let extra = self.extra.iter().map(String::as_str);
        lines([media].into_iter().chain(transport).chain(own).chain(extra))
    }
}

pub(crate) const FINGERPRINT: &str = "a=fingerprint:sha-256 AF:4D:FA:D7:14:27:A0:AE:B3:FE:E9:23:\
    2F:8A:F2:21:1F:9E:E4:91:C5:B1:0B:EC:B5:56:3B:FC:1E:6F:93:42";

/// A description of these session attributes and sections.
pub(crate) fn description(session: &[&str], sections: &[Section]) -> String {
    let head = [
        "v=0",
        "o=- 4611731400430051336 2 IN IP4 127.0.0.1",
        "s=-",
        "t=0 0",
    ];
    let head = lines(head.into_iter().chain(session.iter().copied()));
    sections
        .iter()
        .map(Section::text)
        .fold(head, |text, section| text + &section)
}

/// The one that fits most tests: a data section, and the token.
pub(crate) fn data_offer() -> String {
    description(
        &["a=group:BUNDLE 0", "a=ice-options:trickle ice2"],
        &[Section::data("0")],
    )
}

/// The same in a generation of its own.
pub(crate) fn restarted_data_offer() -> String {
    description(
        &["a=group:BUNDLE 0", "a=ice-options:trickle ice2"],
        &[Section::data("0").restarted()],
    )
}

fn lines<'a>(lines: impl Iterator<Item = &'a str>) -> String {
    lines.map(|line| format!("{line}\r\n")).collect()
}

/// The text from `m=` to the next one, for each section.
pub(crate) fn sections(sdp: &str) -> Vec<String> {
    let mut sections: Vec<String> = Vec::new();
    for line in sdp.lines() {
        if line.starts_with("m=") {
            sections.push(String::new());
        }
        if let Some(section) = sections.last_mut() {
            section.push_str(line);
            section.push_str("\r\n");
        }
    }
    sections
}

/// The text before the first `m=`.
pub(crate) fn session_part(sdp: &str) -> &str {
    sdp.split("m=").next().unwrap_or(sdp)
}

/// The values of every attribute of this name, in order.
pub(crate) fn values_of(text: &str, name: &str) -> Vec<String> {
    let start = format!("a={name}:");
    text.lines()
        .filter_map(|line| line.strip_prefix(&start[..]))
        .map(str::to_owned)
        .collect()
}

/// The value of the first attribute of this name.
pub(crate) fn value_of<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    let start = format!("a={name}:");
    text.lines().find_map(|line| line.strip_prefix(&start[..]))
}
