//! The arguments of `rill` and what its exit codes mean.

use std::io;
use std::net::{IpAddr, Ipv4Addr};
use std::process::ExitCode;
use std::time::Duration;

use clap::{Args, Parser, Subcommand};
use tokio::runtime::Runtime;

use crate::doctor;
use crate::gather;
use crate::serve;
use crate::server_arguments::ServerArguments;
use crate::stun_url::StunUrl;

/// WebRTC outside the browser, with trickle ICE to the letter.
///
/// Without a command, `rill` serves: the same as `rill serve`.
#[derive(Debug, Parser)]
#[command(name = "rill", version, args_conflicts_with_subcommands = true)]
struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    serve: ServeArguments,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve a page that connects your browser to a Rust peer and shows every candidate.
    Serve(ServeArguments),
    /// Gather ICE candidates and print each as it trickles.
    #[command(
        after_help = "Exit code: 0 when every server answered (or none was given), \
                            1 when one failed, 2 when an argument is wrong."
    )]
    Gather(GatherArguments),
    /// Say what of connecting works here and what would not: addresses, servers, relays.
    #[command(
        after_help = "Two peers of rill's own connect on this machine, through the TURN servers alone \
                            if there are any.\n\nExit code: 0 when everything works, 1 when \
                            something does not, 2 when an argument is wrong."
    )]
    Doctor(DoctorArguments),
}

/// What `rill serve` can be told.
#[derive(Debug, Args)]
pub(crate) struct ServeArguments {
    /// Address to listen on: an IP address of this machine, or `localhost`.
    #[arg(long, default_value = "127.0.0.1", value_parser = host)]
    pub(crate) host: IpAddr,
    /// TCP port to listen on; 0 takes a free one.
    #[arg(long, default_value_t = 8080)]
    pub(crate) port: u16,
    /// STUN servers for both peers, such as stun:stun.example.org:3478.
    #[arg(long, value_name = "URL", num_args = 1..)]
    pub(crate) stun: Vec<StunUrl>,
    /// Report in JSON, one object per line.
    #[arg(long)]
    pub(crate) json: bool,
}

/// What `rill gather` can be told.
#[derive(Debug, Args)]
pub(crate) struct GatherArguments {
    #[command(flatten)]
    pub(crate) servers: ServerArguments,
    /// Print JSON, one object per line.
    #[arg(long)]
    pub(crate) json: bool,
    /// Stop waiting after this many seconds.
    #[arg(long, value_name = "SECONDS", default_value = "10", value_parser = seconds)]
    pub(crate) timeout: Duration,
}

/// What `rill doctor` can be told.
#[derive(Debug, Args)]
pub(crate) struct DoctorArguments {
    #[command(flatten)]
    pub(crate) servers: ServerArguments,
    /// Ask no server, unless one is given. Otherwise, without --stun and --turn, two public STUN
    /// servers are asked.
    #[arg(long)]
    pub(crate) local: bool,
    /// Print one JSON object.
    #[arg(long)]
    pub(crate) json: bool,
    /// Stop waiting after this many seconds, for the servers and for the connection each.
    #[arg(long, value_name = "SECONDS", default_value = "10", value_parser = seconds)]
    pub(crate) timeout: Duration,
}

/// The exit code of a command that could not start as it was asked to.
const REFUSED: u8 = 2;

/// Reads the arguments, runs what they name, and says what went wrong in one sentence.
pub(crate) fn run() -> ExitCode {
    let arguments = Arguments::parse();
    let runtime = match Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => return refuse(&format!("The threads of rill cannot be started: {error}.")),
    };
    match arguments.command {
        Some(Command::Gather(gather)) => gathered(runtime.block_on(gather::run(&gather))),
        Some(Command::Doctor(doctor)) => examined(runtime.block_on(doctor::run(&doctor))),
        Some(Command::Serve(serve)) => served(runtime.block_on(serve::run(&serve))),
        None => served(runtime.block_on(serve::run(&arguments.serve))),
    }
}

fn served(outcome: Result<(), serve::ServeError>) -> ExitCode {
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => refuse(&error.to_string()),
    }
}

fn gathered(outcome: Result<gather::Verdict, gather::GatherError>) -> ExitCode {
    match outcome {
        Ok(gather::Verdict::EveryServerAnswered) => ExitCode::SUCCESS,
        Ok(gather::Verdict::Incomplete) => ExitCode::FAILURE,
        // `rill gather | head` has read all it wanted.
        Err(gather::GatherError::Output(error)) if error.kind() == io::ErrorKind::BrokenPipe => {
            ExitCode::SUCCESS
        }
        Err(gather::GatherError::Servers(error)) => refuse(&error.to_string()),
        Err(error) => {
            eprintln!("rill: {error}");
            ExitCode::FAILURE
        }
    }
}

fn examined(outcome: Result<doctor::Verdict, doctor::DoctorError>) -> ExitCode {
    match outcome {
        Ok(doctor::Verdict::Healthy) => ExitCode::SUCCESS,
        Ok(doctor::Verdict::Troubled) => ExitCode::FAILURE,
        Err(doctor::DoctorError::Output(error)) if error.kind() == io::ErrorKind::BrokenPipe => {
            ExitCode::SUCCESS
        }
        Err(doctor::DoctorError::Servers(error)) => refuse(&error.to_string()),
        Err(error) => {
            eprintln!("rill: {error}");
            ExitCode::FAILURE
        }
    }
}

fn refuse(sentence: &str) -> ExitCode {
    eprintln!("rill: {sentence}");
    ExitCode::from(REFUSED)
}

fn host(text: &str) -> Result<IpAddr, String> {
    if text.eq_ignore_ascii_case("localhost") {
        return Ok(Ipv4Addr::LOCALHOST.into());
    }
    let bare = text
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'))
        .unwrap_or(text);
    bare.parse().map_err(|_| {
        "this is not an IP address; write 127.0.0.1, ::1, localhost or an address of this machine"
            .to_owned()
    })
}

fn seconds(text: &str) -> Result<Duration, String> {
    let number: f64 = text
        .parse()
        .map_err(|_| "this is not a number of seconds".to_owned())?;
    if number > 0.0 && number <= 3600.0 {
        Ok(Duration::from_secs_f64(number))
    } else {
        Err("write more than 0 and at most 3600 seconds".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(words: &[&str]) -> Result<Arguments, clap::Error> {
        Arguments::try_parse_from(std::iter::once(&"rill").chain(words))
    }

    #[test]
    fn the_definition_is_consistent() {
        use clap::CommandFactory;
        Arguments::command().debug_assert();
    }

    #[test]
    fn without_a_command_rill_serves_on_loopback_port_8080() {
        let arguments = parse(&[]).expect("no argument is needed");
        assert!(arguments.command.is_none());
        assert_eq!(arguments.serve.host, IpAddr::from([127, 0, 0, 1]));
        assert_eq!(arguments.serve.port, 8080);
        assert!(arguments.serve.stun.is_empty());
    }

    #[test]
    fn the_port_can_be_given_without_the_word_serve() {
        assert_eq!(parse(&["--port", "9000"]).expect("a port").serve.port, 9000);
        assert!(parse(&["--port", "65536"]).is_err());
    }

    #[test]
    fn stun_urls_follow_one_flag_or_repeat_it() {
        for words in [
            ["gather", "--stun", "stun:a", "--stun", "stun:b"].as_slice(),
            ["gather", "--stun", "stun:a", "stun:b"].as_slice(),
        ] {
            let Some(Command::Gather(gather)) = parse(words).expect("two URLs").command else {
                panic!("gather was asked for");
            };
            assert_eq!(gather.servers.stun.len(), 2);
        }
    }

    #[test]
    fn a_wrong_stun_url_is_a_usage_error_that_names_the_cause() {
        let error = parse(&["gather", "--stun", "stun.example.org"]).expect_err("no scheme");
        assert_eq!(error.exit_code(), 2);
        assert!(
            error.to_string().contains("stun:stun.example.org"),
            "{error}"
        );
    }

    #[test]
    fn hosts_are_addresses_or_localhost() {
        assert_eq!(host("localhost"), Ok(IpAddr::from([127, 0, 0, 1])));
        assert_eq!(host("[::1]"), Ok("::1".parse().expect("an address")));
        assert!(host("example.org").is_err());
    }

    #[test]
    fn a_timeout_is_positive_and_bounded() {
        assert_eq!(seconds("1.5"), Ok(Duration::from_millis(1500)));
        for wrong in ["0", "-1", "NaN", "inf", "3601", "ten"] {
            assert!(seconds(wrong).is_err(), "{wrong}");
        }
    }
}
