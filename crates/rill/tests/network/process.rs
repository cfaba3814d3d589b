//! A peer that is a process: this very program, started again in a namespace. It reads and prints
//! lines, each of which begins with a word that says what it is.

use std::{
    io::{BufRead, BufReader, Write},
    process::{Child, ChildStdin, Stdio},
};

use rill::{
    Configuration, DataChannel, DataChannelInit, Event, IceServer, IceTransportPolicy, TlsTrust,
};
use tokio::{
    sync::{
        mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel},
        oneshot,
    },
    time::timeout,
};

use crate::{
    coturn::{PASSWORD, USER},
    lab::Lab,
    logged::records,
    peer::{LONG, Peer},
    signal::as_one_line,
};

/// The test that a started peer is.
const TEST: &str = "process::a_peer_that_other_tests_start";
const SIDE: &str = "RILL_PEER_SIDE";
const RELAY_ONLY: &str = "RILL_PEER_RELAY_ONLY";
const SERVERS: &str = "RILL_PEER_SERVERS";
const ROOT: &str = "RILL_PEER_ROOT";

/// A peer in another process. Killed when dropped.
pub(crate) struct Remote {
    child: Child,
    stdin: ChildStdin,
    lines: UnboundedReceiver<String>,
}

impl Remote {
    /// Starts a peer on one side of a lab; the one on side 0 makes the offer.
    pub(crate) fn start(lab: &Lab, side: usize, relay_only: bool, servers: &str) -> Self {
        let program = std::env::current_exe().expect("this program is a file");
        let mut command = lab.hosts[side].command(&program.to_string_lossy());
        command.args(["--exact", TEST, "--ignored", "--nocapture"]);
        command.env(SIDE, side.to_string()).env(SERVERS, servers);
        command.env(ROOT, lab.server.root_file());
        if relay_only {
            command.env(RELAY_ONLY, "yes");
        }
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("this program can be started again");
        let stdin = child.stdin.take().expect("it is piped");
        let stdout = child.stdout.take().expect("it is piped");
        let (sender, lines) = unbounded_channel();
        std::thread::spawn(move || {
            for line in BufReader::new(stdout).lines().map_while(Result::ok) {
                drop(sender.send(line));
            }
        });
        Self {
            child,
            stdin,
            lines,
        }
    }

    /// The next line; `None` when it has ended.
    pub(crate) async fn line(&mut self) -> Option<String> {
        self.lines.recv().await
    }

    pub(crate) fn tell(&mut self, line: &str) {
        // If it has ended, whoever reads its lines learns it.
        drop(writeln!(self.stdin, "{line}"));
    }
}

impl Drop for Remote {
    fn drop(&mut self) {
        // It may have ended by itself.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

#[tokio::test]
#[ignore = "a peer that the tests of NATs start in a namespace"]
async fn a_peer_that_other_tests_start() {
    let Ok(side) = std::env::var(SIDE) else {
        return;
    };
    drop(records());
    // Whatever stands on the line already.
    println!();
    let (signals, mut leaving) = unbounded_channel();
    let (arriving, of_the_other) = unbounded_channel();
    let mut end = read(arriving);
    tokio::spawn(async move {
        while let Some(signal) = leaving.recv().await {
            println!("signal {signal}");
        }
    });
    let mut peer = Peer::new(configuration(), signals, of_the_other);
    if side == "0" {
        let channel = peer
            .pc
            .create_data_channel("lab", DataChannelInit::default());
        tokio::spawn(talk(channel.expect("a new connection takes a channel")));
        peer.offer().await;
    }
    loop {
        tokio::select! {
            event = peer.next() => react(event),
            _ = &mut end => break,
        }
    }
    tell_everything(&peer);
    peer.pc.close();
}

fn configuration() -> Configuration {
    let servers = std::env::var(SERVERS).expect("it is told its servers");
    let root = std::env::var(ROOT).expect("it is told whom to trust");
    Configuration {
        ice_servers: vec![IceServer {
            urls: servers.split(' ').map(str::to_owned).collect(),
            username: Some(USER.to_owned()),
            credential: Some(PASSWORD.to_owned()),
        }],
        ice_transport_policy: match std::env::var(RELAY_ONLY) {
            Ok(_) => IceTransportPolicy::Relay,
            Err(_) => IceTransportPolicy::All,
        },
        tls_trust: TlsTrust::Roots(vec![std::fs::read(root).expect("the file was written")]),
        ..Configuration::default()
    }
}

/// Passes signals on. Gives what tells when all is over.
fn read(arriving: UnboundedSender<String>) -> oneshot::Receiver<()> {
    let (over, end) = oneshot::channel();
    std::thread::spawn(move || {
        // Dropped with the thread, which is what tells.
        let _over: oneshot::Sender<()> = over;
        for line in std::io::stdin().lines().map_while(Result::ok) {
            match line.strip_prefix("signal ") {
                Some(signal) => drop(arriving.send(signal.to_owned())),
                None => break,
            }
        }
    });
    end
}

fn react(event: Event) {
    println!("told {}", as_one_line(&format!("{event:?}")));
    match event {
        Event::SelectedCandidatePairChange(_, pair) => {
            let protocol = pair
                .local
                .relay_protocol
                .map(|protocol| protocol.to_string());
            let protocol = protocol.as_deref().unwrap_or("udp");
            println!(
                "route {:?} {protocol} {:?}",
                pair.local.kind, pair.remote.kind
            );
        }
        Event::DataChannel(channel) => drop(tokio::spawn(talk(channel))),
        _ => {}
    }
}

async fn talk(channel: DataChannel) {
    let opened = timeout(LONG, channel.opened()).await;
    opened.expect("it opens").expect("nobody closes it");
    channel
        .send_text("from one network to another")
        .expect("it is open");
    if channel.recv().await.is_some() {
        println!("talked");
    }
    channel.closed().await;
}

/// What an application could learn, and the log.
fn tell_everything(peer: &Peer) {
    let pc = &peer.pc;
    for description in [pc.local_description(), pc.remote_description()] {
        println!(
            "told {}",
            as_one_line(&description.expect("it was applied").sdp)
        );
    }
    println!("told {}", as_one_line(&format!("{:?}", pc.stats())));
    for transport in pc.transports() {
        println!(
            "told {}",
            as_one_line(&format!("{:?}", pc.ice_transport(transport)))
        );
    }
    for record in records().iter() {
        let text = as_one_line(&record.text);
        println!("log {} {text}", record.level);
    }
    println!("end");
}
