//! Network namespaces, which make one machine a network of machines.

use std::{
    io::Write,
    process::{Command, Output, Stdio},
};

/// A network namespace, and what is in it. Gone when dropped.
pub(crate) struct Namespace {
    name: String,
}

impl Namespace {
    /// A machine with nothing but loopback. It speaks only IPv4, so that the kernel has nothing to say
    /// by itself.
    pub(crate) fn new(name: String) -> Result<Self, String> {
        run(Command::new("ip").args(["netns", "add", &name]))?;
        let namespace = Self { name };
        namespace.ip("link set lo up")?;
        for interfaces in ["all", "default"] {
            let switch = format!("/proc/sys/net/ipv6/conf/{interfaces}/disable_ipv6");
            if std::path::Path::new(&switch).exists() {
                namespace.write("1", &switch)?;
            }
        }
        Ok(namespace)
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// A program that runs in it.
    pub(crate) fn command(&self, program: &str) -> Command {
        let mut command = Command::new("ip");
        command.args(["netns", "exec", &self.name, program]);
        command
    }

    /// What `ip` is told about it.
    pub(crate) fn ip(&self, words: &str) -> Result<(), String> {
        let mut ip = Command::new("ip");
        ip.args(["-n", &self.name]).args(words.split(' '));
        run(&mut ip).map(drop)
    }

    /// It passes on what is not for itself.
    pub(crate) fn forward(&self) -> Result<(), String> {
        self.write("1", "/proc/sys/net/ipv4/ip_forward")
    }

    /// Adds nftables rules.
    pub(crate) fn rules(&self, rules: &str) -> Result<(), String> {
        let mut nft = self.command("nft");
        nft.args(["-f", "-"]).stdin(Stdio::piped());
        nft.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = nft.spawn().map_err(|error| format!("nft: {error}"))?;
        let mut stdin = child.stdin.take().expect("it is piped");
        let written = stdin.write_all(rules.as_bytes());
        drop(stdin);
        let output = child.wait_with_output();
        let output = written
            .and(output)
            .map_err(|error| format!("nft: {error}"))?;
        succeeded(&nft, &output)
    }

    /// How many packets an nftables counter has seen.
    pub(crate) fn packets(&self, table: &str, counter: &str) -> u64 {
        let mut nft = self.command("nft");
        let output = run(nft.args(["list", "counter", "ip", table, counter]));
        let text = output.expect("the table was made");
        let mut words = text.split_whitespace();
        words
            .find(|word| *word == "packets")
            .and_then(|_| words.next()?.parse().ok())
            .expect("a counter has packets")
    }

    fn write(&self, text: &str, file: &str) -> Result<(), String> {
        let mut shell = self.command("sh");
        run(shell.args(["-c", &format!("echo {text} > {file}")])).map(drop)
    }
}

impl Drop for Namespace {
    fn drop(&mut self) {
        drop(run(Command::new("ip").args(["netns", "del", &self.name])));
    }
}

fn run(command: &mut Command) -> Result<String, String> {
    let output = command
        .output()
        .map_err(|error| format!("{}: {error}", command.get_program().display()))?;
    succeeded(command, &output)?;
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

fn succeeded(command: &Command, output: &Output) -> Result<(), String> {
    if output.status.success() {
        return Ok(());
    }
    let words: Vec<_> = command
        .get_args()
        .map(|word| word.to_string_lossy())
        .collect();
    let said = String::from_utf8_lossy(&output.stderr);
    Err(format!(
        "{} {}: {}",
        command.get_program().display(),
        words.join(" "),
        said.trim()
    ))
}
