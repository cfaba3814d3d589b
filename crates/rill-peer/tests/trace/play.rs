//! Plays a scenario and compares the text.

use std::{env, fs, time::Duration};

use rill_peer::{
    DataChannelInit, IceCandidateInit, MediaKind, Message, OfferOptions, SdpType,
    SessionDescription, TransceiverInit,
};

use crate::{
    peer::Peer,
    script::{self, Item},
    stage::{Stage, configuration},
};

/// Plays `traces/NAME.txt` and compares what comes of it. With `RILL_TRACES=write` the file is written
/// instead.
///
/// # Panics
///
/// If the trace is another.
pub(crate) fn play(name: &str) {
    let before = script::read(name);
    let mut after = String::new();
    let mut stage = Stage::new(before.contains("stun=mapped"));
    for item in script::items(&before) {
        match item {
            Item::Comment(text) => after += &format!("{text}\n"),
            Item::Step {
                text,
                who,
                verb,
                words,
            } => {
                after += &format!("{text}\n");
                after += &step(&mut stage, &who, &verb, &words);
            }
        }
    }
    if env::var("RILL_TRACES").is_ok_and(|wish| wish == "write") {
        fs::write(script::path(name), after).expect("the file can be written");
        return;
    }
    let same = before
        .lines()
        .zip(after.lines())
        .take_while(|(a, b)| a == b)
        .count();
    let rest = |text: &str| {
        text.lines()
            .skip(same)
            .take(12)
            .collect::<Vec<_>>()
            .join("\n")
    };
    assert!(
        before == after,
        "traces/{name}.txt, line {}, says\n{}\nand it is\n{}",
        same + 1,
        rest(&before),
        rest(&after)
    );
}

/// Does one step; what came of it, in lines.
fn step(stage: &mut Stage, who: &str, verb: &str, words: &[String]) -> String {
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    if (verb, &words[..]) == ("wait", &["connected"]) {
        stage.wait_connected();
        return stage.take_lines(&[0, 1]) + &stage.take_connectivity();
    }
    let sides: &[usize] = match who {
        "alice" => &[0],
        "bob" => &[1],
        _ => &[0, 1],
    };
    for &side in sides {
        act(stage, side, verb, &words);
    }
    stage.take_lines(sides)
}

fn act(stage: &mut Stage, side: usize, verb: &str, words: &[&str]) {
    let owned: Vec<_> = words.iter().map(|&word| word.to_owned()).collect();
    match verb {
        "new" => stage.renew(side, &owned),
        "channel" => create_channel(stage, side),
        "transceiver" => add_transceiver(stage, side, words),
        "stop" => stop(stage, side, words),
        "restartIce" => stage.with(side, |peer, now| peer.pc.restart_ice(now)),
        "setConfiguration" => {
            let wanted = configuration(side, &owned);
            let done = stage.with(side, |peer, now| peer.pc.set_configuration(now, wanted));
            done.expect("the configuration can be set");
        }
        "close" => stage.with(side, Peer::close),
        "keep" => {
            let own = stage.peer(side);
            own.kept = own.pc.local_description();
        }
        "closeWhen" => stage.peer(side).close_when = Some(words.join(" ")),
        "setLocal" => set_local(stage, side, words),
        "setRemote" => set_remote(stage, side, words),
        "add" => add(stage, side, words),
        "send" => send(stage, side),
        "wait" => wait(stage, side, words),
        other => panic!("{other:?} is no step"),
    }
}

fn create_channel(stage: &mut Stage, side: usize) {
    stage.with(side, |peer, now| {
        let init = DataChannelInit::default();
        let made = peer.pc.create_data_channel(now, "chat", init);
        peer.created_channel(made.expect("the channel is good"));
    });
}

fn add_transceiver(stage: &mut Stage, side: usize, words: &[&str]) {
    let kind = match words {
        ["audio"] => MediaKind::Audio,
        _ => MediaKind::Video,
    };
    let init = TransceiverInit::default();
    let added = stage.with(side, |peer, now| peer.pc.add_transceiver(now, kind, init));
    added.expect("the connection is open");
}

fn stop(stage: &mut Stage, side: usize, words: &[&str]) {
    let place: usize = words[0].parse().expect("a position");
    stage.with(side, |peer, now| {
        let id = peer.pc.transceivers()[place];
        peer.pc.stop_transceiver(now, id).expect("it is open");
    });
}

fn kind(word: &str) -> SdpType {
    word.parse().expect("a type of description")
}

/// `setLocal`, `setLocal pranswer`, `setLocal offer with iceRestart`.
fn set_local(stage: &mut Stage, side: usize, words: &[&str]) {
    let mut description = words
        .first()
        .map(|word| SessionDescription::new(kind(word), ""));
    if words.contains(&"iceRestart") {
        let options = OfferOptions { ice_restart: true };
        let peer = stage.peer(side);
        peer.pc.begin_operation();
        description = Some(peer.pc.create_offer(options).expect("an offer can be made"));
        peer.pc.end_operation();
        peer.note("createOffer settles");
    }
    let name = format!("setLocalDescription({})", words.first().unwrap_or(&""));
    stage.operate(side, &name, |pc, now| {
        pc.set_local_description(now, description)
            .map_err(|error| error.exception())
    });
}

/// `setRemote`, `setRemote kept`, `setRemote rollback`, `setRemote answer with A`: what the peer's
/// localDescription is by now, or was when it kept it; with the credentials of a generation.
fn set_remote(stage: &mut Stage, side: usize, words: &[&str]) {
    let peer = stage.peer(1 - side);
    let mut description = match words {
        ["rollback"] => SessionDescription::new(SdpType::Rollback, ""),
        ["kept", ..] => peer.kept.clone().expect("it was kept"),
        _ => peer.pc.local_description().expect("the peer has one"),
    };
    if let Some(word) = words
        .first()
        .filter(|word| !["with", "kept"].contains(*word))
    {
        description.kind = kind(word);
    }
    if let Some(place) = words.iter().position(|word| *word == "with") {
        description.sdp = with_credentials(stage, side, &description.sdp, words[place + 1]);
    }
    let name = format!("setRemoteDescription({})", description.kind);
    stage.operate(side, &name, |pc, now| {
        pc.set_remote_description(now, &description)
            .map_err(|error| error.exception())
    });
}

/// The text with other credentials: those of a generation of the peer, or, for `new`, of none.
fn with_credentials(stage: &mut Stage, side: usize, sdp: &str, letter: &str) -> String {
    let invented = (
        "invented".to_owned(),
        "inventedPasswordOf22Chars".to_owned(),
    );
    let wanted = stage.letters.ufrag(letter);
    let known = stage.peer(1 - side).credentials.clone();
    let found = known
        .into_iter()
        .find(|(ufrag, _)| Some(ufrag) == wanted.as_ref());
    let (ufrag, pwd) = found.unwrap_or(invented);
    let lines = sdp.lines().map(|line| match line {
        _ if line.starts_with("a=ice-ufrag:") => format!("a=ice-ufrag:{ufrag}\r\n"),
        _ if line.starts_with("a=ice-pwd:") => format!("a=ice-pwd:{pwd}\r\n"),
        _ => format!("{line}\r\n"),
    });
    lines.collect()
}

/// `add A`, `add end A`, `add null`: a candidate of a generation of the peer, its end, or all ends.
fn add(stage: &mut Stage, side: usize, words: &[&str]) {
    let init = match words {
        ["null"] => None,
        ["end", letter] => Some(find(stage, side, letter, true)),
        [letter] => Some(find(stage, side, letter, false)),
        _ => panic!("{words:?} is no candidate"),
    };
    stage.operate(side, "addIceCandidate", |pc, now| {
        pc.add_ice_candidate(now, init.as_ref())
            .map_err(|error| error.exception())
    });
}

fn find(stage: &mut Stage, side: usize, letter: &str, end: bool) -> IceCandidateInit {
    let ufrag = stage.letters.ufrag(letter).expect("the letter was printed");
    let candidates = &stage.peer(1 - side).candidates;
    let found = candidates.iter().find(|candidate| {
        candidate.username_fragment == ufrag && candidate.candidate.is_empty() == end
    });
    found.expect("it was surfaced").to_init()
}

/// A message arrives; over which pair, as the receiver knows it.
fn send(stage: &mut Stage, side: usize) {
    stage.with(side, |peer, now| {
        let channel = peer.objects.channel.expect("there is a channel");
        let message = Message::Text("hello".to_owned());
        peer.pc
            .send(now, channel, message)
            .expect("the channel is open");
    });
    stage.wait_for(1 - side, "channel message");
    let peer = stage.peer(1 - side);
    peer.lines.retain(|line| line.text != "channel message");
    let pair = peer.selected_pair();
    stage
        .peer(side)
        .note(format!("message arrives over {pair}"));
}

fn wait(stage: &mut Stage, side: usize, words: &[&str]) {
    match words {
        ["complete"] => stage.wait_complete(side),
        [number, "ms"] => {
            let time = Duration::from_millis(number.parse().expect("a number"));
            stage.run(time, |_| false);
        }
        _ => stage.wait_for(side, &words.join(" ")),
    }
}
