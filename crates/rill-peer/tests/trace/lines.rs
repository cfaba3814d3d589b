//! From what handlers saw to the text of a trace.

use std::collections::BTreeMap;

use crate::shown::State;

/// One handler's, or one reaction's, view.
#[derive(Clone, Debug)]
pub(crate) struct Line {
    pub(crate) text: String,
    /// The task in which it ran.
    task: u64,
    state: State,
}

impl Line {
    pub(crate) fn new(text: String, task: u64, state: State) -> Self {
        Self { text, task, state }
    }
}

/// What was printed last of one side.
#[derive(Clone, Debug, Default)]
pub(crate) struct Baseline(BTreeMap<String, String>);

/// The letters of the username fragments, by first appearance.
#[derive(Clone, Debug, Default)]
pub(crate) struct Letters(Vec<String>);

impl Letters {
    fn letter(&mut self, ufrag: &str) -> String {
        let known = self.0.iter().position(|known| known == ufrag);
        let place = known.unwrap_or_else(|| {
            self.0.push(ufrag.to_owned());
            self.0.len() - 1
        });
        char::from(b'A' + u8::try_from(place).expect("few generations")).to_string()
    }

    /// The fragment behind a letter.
    pub(crate) fn ufrag(&self, letter: &str) -> Option<String> {
        let first = letter.bytes().next()?;
        self.0.get(usize::from(first.checked_sub(b'A')?)).cloned()
    }

    fn replace(&mut self, text: &str) -> String {
        let mut parts = text.split('‹');
        let mut replaced = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            let (ufrag, rest) = part.split_once('›').unwrap_or((part, ""));
            replaced.push_str(&self.letter(ufrag));
            replaced.push_str(rest);
        }
        replaced
    }
}

/// Prints what gathering and signalling did, in order, and gives back what is about connectivity: when
/// that happens is up to the network.
pub(crate) fn print(
    name: &str,
    lines: Vec<Line>,
    baseline: &mut Baseline,
    letters: &mut Letters,
) -> (String, Vec<Line>) {
    let (mut own, mut later): (Vec<Vec<Line>>, Vec<Line>) = (Vec::new(), Vec::new());
    for task in tasks(lines) {
        if task.iter().all(|line| is_connectivity(&line.text)) {
            later.extend(task);
        } else {
            own.push(task);
        }
    }
    let mut text = String::new();
    for task in collapse(own) {
        let mixed = task.iter().any(|line| is_connectivity(&line.text));
        for line in task {
            let wanted = |attribute: &str| mixed || !attribute.starts_with('*');
            text += &print_line(name, &line, wanted, baseline, letters);
        }
    }
    (text, later)
}

/// Prints what the network did, source by source.
pub(crate) fn print_connectivity(
    name: &str,
    lines: Vec<Line>,
    baseline: &mut Baseline,
    letters: &mut Letters,
) -> String {
    // Whether a better pair follows another at once is up to the addresses of the machine.
    let is_pair = |line: &Line| line.text.ends_with("selectedcandidatepairchange");
    let lines = lines.into_iter().filter(|line| !is_pair(line)).collect();
    let mut tasks: Vec<_> = tasks(lines).collect();
    tasks.sort_by_key(|task| source(&task[0].text));
    let mut text = String::new();
    for line in tasks.into_iter().flatten() {
        let source = source(&line.text);
        // Those of its task: what another source did meanwhile is shown there.
        let wanted = |attribute: &str| attribute.starts_with('*') && belongs(attribute, &source);
        text += &print_line(name, &line, wanted, baseline, letters);
    }
    text
}

fn tasks(lines: Vec<Line>) -> impl Iterator<Item = Vec<Line>> {
    let mut tasks: Vec<Vec<Line>> = Vec::new();
    for line in lines {
        match tasks.last_mut() {
            Some(task) if task[0].task == line.task => task.push(line),
            _ => tasks.push(vec![line]),
        }
    }
    tasks.into_iter()
}

fn is_connectivity(text: &str) -> bool {
    let words = [
        "iceconnectionstatechange",
        "connectionstatechange",
        "sctp statechange",
    ];
    words.contains(&text)
        || text.starts_with("channel ")
        || text == "datachannel"
        || text.ends_with(" statechange")
        || text.ends_with(" selectedcandidatepairchange")
}

/// What an event of connectivity is fired at: a transport, its DTLS, the connection, the association.
fn source(text: &str) -> (u8, String) {
    let first = text.split(' ').next().unwrap_or_default().to_owned();
    match text {
        _ if text.ends_with(" dtls statechange") => (1, first),
        _ if first.starts_with('T') => (0, first),
        "iceconnectionstatechange" => (2, String::new()),
        "connectionstatechange" => (3, String::new()),
        "sctp statechange" => (4, String::new()),
        _ => (5, String::new()),
    }
}

fn belongs(attribute: &str, (rank, transport): &(u8, String)) -> bool {
    match rank {
        0 => attribute == format!("*{transport}") || attribute == format!("*{transport} pair"),
        1 => attribute == format!("*{transport} dtls"),
        2 => attribute == "*ice",
        3 => attribute == "*connection",
        4 => attribute == "*sctp",
        _ => attribute == "*channel",
    }
}

/// Candidates that follow each other, sorted and counted: how many there are is up to the machine.
fn collapse(tasks: Vec<Vec<Line>>) -> Vec<Vec<Line>> {
    let mut collapsed: Vec<Vec<Line>> = Vec::new();
    let mut run: Vec<Line> = Vec::new();
    for task in tasks {
        let is_candidate = task.len() == 1 && is_candidate(&task[0].text);
        if is_candidate {
            run.extend(task);
            continue;
        }
        collapsed.extend(counted(&mut run));
        collapsed.push(task);
    }
    collapsed.extend(counted(&mut run));
    collapsed
}

fn is_candidate(text: &str) -> bool {
    text.starts_with("icecandidate ") && !text.ends_with(" end") && !text.ends_with(" null")
}

fn counted(run: &mut Vec<Line>) -> Vec<Vec<Line>> {
    let Some(last) = run.last().cloned() else {
        return Vec::new();
    };
    let mut texts: Vec<_> = run
        .drain(..)
        .map(|line| format!("{} × n", line.text))
        .collect();
    texts.sort_unstable();
    texts.dedup();
    let line = |text| {
        vec![Line {
            text,
            ..last.clone()
        }]
    };
    texts.into_iter().map(line).collect()
}

fn print_line(
    name: &str,
    line: &Line,
    wanted: impl Fn(&str) -> bool,
    baseline: &mut Baseline,
    letters: &mut Letters,
) -> String {
    let mut changes = Vec::new();
    for (attribute, value) in &line.state.0 {
        let before = baseline
            .0
            .get(attribute)
            .map_or_else(|| initial(attribute), String::as_str);
        if wanted(attribute) && before != value {
            baseline.0.insert(attribute.clone(), value.clone());
            let shown = attribute.trim_start_matches('*');
            changes.push(letters.replace(&format!("{shown} {value}")));
        }
    }
    let text = format!("{name}  {}", letters.replace(&line.text));
    match changes.is_empty() {
        true => format!("{text}\n"),
        false => format!("{text}  | {}\n", changes.join("; ")),
    }
}

/// What an attribute is before anything happened.
fn initial(attribute: &str) -> &'static str {
    match attribute {
        "signaling" => "stable",
        "*sctp" | "*channel" => "connecting",
        "canTrickle" | "currentLocal" | "pendingLocal" | "currentRemote" | "pendingRemote"
        | "sctp" => "null",
        _ if attribute.ends_with(" pair")
            || attribute.ends_with(" local")
            || attribute.ends_with(" remote") =>
        {
            "null"
        }
        _ if attribute.ends_with(" role") => "unknown",
        _ => "new",
    }
}
