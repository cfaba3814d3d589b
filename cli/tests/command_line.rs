//! The program as a user runs it: what it prints, and its exit codes.

use std::net::TcpListener;
use std::process::{Command, Output};

fn rill(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_rill"))
        .args(arguments)
        .output()
        .expect("the program runs")
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn a_port_in_use_is_one_sentence_and_exit_code_2() {
    let taken = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let port = taken
        .local_addr()
        .expect("a bound socket")
        .port()
        .to_string();
    for arguments in [
        ["serve", "--port", &port].as_slice(),
        ["--port", &port].as_slice(),
    ] {
        let output = rill(arguments);
        assert_eq!(output.status.code(), Some(2));
        assert_eq!(
            stderr(&output),
            format!(
                "rill: Port {port} on 127.0.0.1 is already in use: stop the other program, \
                 or choose another port with --port.\n"
            )
        );
    }
}

#[test]
fn a_wrong_stun_url_is_exit_code_2() {
    let output = rill(&["gather", "--stun", "stun://stun.example.org"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(
        stderr(&output).contains("write stun:stun.example.org"),
        "{}",
        stderr(&output)
    );
    assert!(output.stdout.is_empty());
}

#[test]
fn gathering_without_a_server_finds_candidates_and_succeeds() {
    let output = rill(&["gather", "--json"]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let lines: Vec<serde_json::Value> = String::from_utf8_lossy(&output.stdout)
        .lines()
        .map(|line| serde_json::from_str(line).expect("each line is JSON"))
        .collect();
    let (summary, found) = lines.split_last().expect("at least the summary");
    assert_eq!(summary["event"], "summary");
    assert_eq!(summary["complete"], true);
    assert_eq!(summary["candidates"], found.len());
    assert!(
        !found.is_empty(),
        "loopback is offered when there is nothing else"
    );
    for candidate in found {
        assert_eq!(candidate["event"], "candidate");
        assert_eq!(candidate["type"], "host");
    }
}

#[test]
fn a_server_that_does_not_answer_is_named_and_exit_code_1() {
    // Bound and never read: nothing answers, and no other program can.
    let silent = std::net::UdpSocket::bind("127.0.0.1:0").expect("a free port");
    let url = format!("stun:{}", silent.local_addr().expect("a bound socket"));
    let output = rill(&["gather", "--stun", &url]);
    assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
    let text = String::from_utf8_lossy(&output.stdout);
    let line = text
        .lines()
        .find(|line| line.contains(&url))
        .expect("the server's line");
    assert!(
        line.contains("did not answer") || line.contains("cannot be reached"),
        "{line}"
    );
    assert!(
        text.contains("complete; the server does not work."),
        "{text}"
    );
}

#[test]
fn a_server_that_answers_is_shown_with_its_candidate_and_exit_code_0() {
    let server = std::net::UdpSocket::bind("127.0.0.1:0").expect("a free port");
    let url = format!("stun:{}", server.local_addr().expect("a bound socket"));
    // It ends with the program: nothing waits for it.
    std::thread::spawn(move || answer_bindings(&server));
    let output = rill(&["gather", "--json", "--stun", &url]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let text = String::from_utf8_lossy(&output.stdout);
    let line = |event: &str, member: &str, value: &str| {
        text.lines()
            .map(|line| serde_json::from_str::<serde_json::Value>(line).expect("JSON"))
            .find(|line| line["event"] == event && line[member] == value)
    };
    let outcome = line("server", "outcome", "reflexive").expect("the server's outcome");
    assert_eq!(outcome["url"], url);
    let candidate = line("candidate", "type", "srflx").expect("the server's candidate");
    assert_eq!(candidate["address"], "203.0.113.7");
    assert_eq!(candidate["url"], url);
}

#[test]
fn the_doctor_finds_this_machine_able_to_connect() {
    let output = rill(&["doctor", "--local", "--json"]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(report["healthy"], true);
    assert_eq!(report["connections"][0]["connected"], true);
    let findings = report["findings"].as_array().expect("a list");
    let mut topics = findings.iter().map(|finding| &finding["topic"]);
    assert!(topics.any(|topic| topic == "multicast"), "{report}");
    let diagnosis = &report["connections"][0]["diagnosis"];
    assert_eq!(diagnosis["cause"], "connected");
    assert_eq!(diagnosis["trouble"], false);
    assert!(report["gathering"]["transports"][0]["generations"][0]["localCandidates"].is_array());
}

#[test]
fn the_doctor_names_what_does_not_work() {
    let silent = std::net::UdpSocket::bind("127.0.0.1:0").expect("a free port");
    let url = format!("stun:{}", silent.local_addr().expect("a bound socket"));
    let output = rill(&["doctor", "--stun", &url]);
    assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
    let text = String::from_utf8_lossy(&output.stdout);
    let line = text.lines().find(|line| line.contains(&url));
    let line = line.expect("the server's line");
    assert!(
        line.starts_with("FAIL  servers") && line.contains("did not answer"),
        "{line}"
    );
    assert!(text.contains("ok    connection"), "{text}");
    assert!(text.ends_with("One thing does not work.\n"), "{text}");
}

#[test]
fn a_relay_without_credentials_is_exit_code_2() {
    for (arguments, cause) in [
        (
            ["doctor", "--turn", "turn:127.0.0.1"].as_slice(),
            "--username",
        ),
        (
            &["doctor", "--turn", "turn:127.0.0.1", "--username", "a"],
            "--credential",
        ),
        (
            &["gather", "--turn", "turn:127.0.0.1", "--username", "a"],
            "--credential",
        ),
        (
            &["gather", "--turn", "turn:a@b", "--username", "a"],
            "no user name",
        ),
    ] {
        let output = rill(arguments);
        assert_eq!(output.status.code(), Some(2), "{}", stderr(&output));
        assert!(stderr(&output).contains(cause), "{}", stderr(&output));
        assert!(output.stdout.is_empty());
    }
}

/// Nobody listens there: what the relay's server is asked for fails at once, and is told.
#[test]
fn a_relay_that_cannot_be_reached_is_told_by_gather_and_doctor() {
    let taken = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let port = taken.local_addr().expect("a bound socket").port();
    drop(taken);
    let url = format!("turn:127.0.0.1:{port}?transport=tcp");
    let servers = ["--turn", &url, "--username", "a", "--credential", "b"];
    for command in [["gather"].as_slice(), &["doctor", "--timeout", "2"]] {
        let output = rill(&[command, &servers].concat());
        assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
        let text = String::from_utf8_lossy(&output.stdout);
        assert!(text.contains(&format!("{url} could not be used")), "{text}");
    }
}

/// Two peers with the wrong password get no relay, and nothing else is awaited then.
#[test]
fn the_doctor_does_not_wait_for_a_relay_that_was_refused() {
    let server = std::net::UdpSocket::bind("127.0.0.1:0").expect("a free port");
    let url = format!("turn:{}", server.local_addr().expect("a bound socket"));
    std::thread::spawn(move || refuse_all(&server));
    let credentials = ["--username", "a", "--credential", "b"];
    let arguments = ["doctor", "--timeout", "300", "--turn", &url];
    let started = std::time::Instant::now();
    let output = rill(&[arguments.as_slice(), &credentials].concat());
    assert!(started.elapsed().as_secs() < 100, "it waits for nothing");
    assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
    let text = String::from_utf8_lossy(&output.stdout);
    let cause = format!("The TURN server {url} answered 401: wrong username or password?");
    assert!(text.contains(&cause), "{text}");
    assert!(text.contains(&format!("{url} refused: ")), "{text}");
}

/// Answers every request with 401 (RFC 8489 §9.2.4), whatever credentials it has.
fn refuse_all(server: &std::net::UdpSocket) {
    let mut request = [0; 1500];
    while let Ok((length, from)) = server.recv_from(&mut request) {
        let Some(header) = request[..length].get(..20) else {
            continue;
        };
        // The error response to the same method (RFC 8489 §5).
        let mut response = vec![header[0] | 0x01, header[1] | 0x10, 0, 36];
        response.extend_from_slice(&header[4..]);
        response.extend_from_slice(&[0x00, 0x09, 0, 16, 0, 0, 4, 1]);
        response.extend_from_slice(b"Unauthorized");
        response.extend_from_slice(&[0x00, 0x14, 0, 4]);
        response.extend_from_slice(b"rill");
        response.extend_from_slice(&[0x00, 0x15, 0, 4]);
        response.extend_from_slice(b"once");
        let _ = server.send_to(&response, from);
    }
}

/// Answers every Binding request as if it came from 203.0.113.7 (RFC 8489 §14.2).
fn answer_bindings(server: &std::net::UdpSocket) {
    let mut request = [0; 1500];
    while let Ok((length, from)) = server.recv_from(&mut request) {
        let Some(transaction) = request[..length].get(4..20) else {
            continue;
        };
        let port = from.port() ^ 0x2112;
        let mut response = vec![0x01, 0x01, 0, 12];
        response.extend_from_slice(transaction);
        response.extend_from_slice(&[0x00, 0x20, 0, 8, 0, 0x01]);
        response.extend_from_slice(&port.to_be_bytes());
        response.extend([203 ^ 0x21, 0x12, 113 ^ 0xa4, 7 ^ 0x42]);
        let _ = server.send_to(&response, from);
    }
}
