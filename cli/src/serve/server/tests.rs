//! The server over real sockets: requests as a hostile client makes them, and whole sessions
//! in which a second Rust peer stands for the browser.

mod browser;
mod connecting;
mod restart;
mod throughput;

use std::net::SocketAddr;
use std::time::Duration;

use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::Instant;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{WebSocketStream, client_async};

use super::super::limits::{MISTAKES, OFFER_TIME};
use super::*;

/// No step of a test takes longer, however slow the machine.
const PATIENCE: Duration = Duration::from_secs(20);

struct Running {
    address: SocketAddr,
    stop: oneshot::Sender<()>,
    ended: JoinHandle<()>,
}

async fn start() -> Running {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("a bound socket");
    let (stop, told) = oneshot::channel();
    let server = Server::new(address.ip(), Vec::new(), Log::silent());
    let ended = tokio::spawn(server.run(listener, async {
        let _ = told.await;
    }));
    Running {
        address,
        stop,
        ended,
    }
}

impl Running {
    /// Sends a request as it is written, and gives the status line and headers, in lower case.
    async fn request(&self, head: &str) -> String {
        let mut stream = TcpStream::connect(self.address)
            .await
            .expect("the server listens");
        let host = format!("localhost:{}", self.address.port());
        let head = format!(
            "{}\r\n\r\n",
            head.replace("HERE", &host).replace('\n', "\r\n")
        );
        stream
            .write_all(head.as_bytes())
            .await
            .expect("the server reads");
        let mut response = Vec::new();
        while !response.windows(4).any(|window| window == b"\r\n\r\n") {
            let mut bytes = [0; 4096];
            let read = timeout(PATIENCE, stream.read(&mut bytes))
                .await
                .expect("an answer in time");
            match read {
                Ok(count) if count > 0 => response.extend_from_slice(&bytes[..count]),
                _ => break,
            }
        }
        String::from_utf8_lossy(&response).to_lowercase()
    }

    async fn open(&self) -> Result<Page, Error> {
        let stream = TcpStream::connect(self.address)
            .await
            .expect("the server listens");
        let authority = format!("localhost:{}", self.address.port());
        let mut request = format!("ws://{authority}/session").into_client_request()?;
        let origin = format!("http://{authority}").parse().expect("a header");
        request.headers_mut().insert("origin", origin);
        Ok(Page {
            socket: client_async(request, stream).await?.0,
        })
    }
}

/// The page's side of the signalling.
struct Page {
    socket: WebSocketStream<TcpStream>,
}

impl Page {
    async fn send(&mut self, message: Value) {
        self.socket
            .send(Message::text(message.to_string()))
            .await
            .expect("the server reads");
    }

    /// The next message; `None` when the server has hung up.
    async fn next(&mut self) -> Option<Value> {
        loop {
            let frame = timeout(PATIENCE, self.socket.next())
                .await
                .expect("a message in time");
            match frame? {
                Ok(Message::Text(text)) => {
                    return Some(serde_json::from_str(&text).expect("JSON"));
                }
                Ok(Message::Close(_)) | Err(_) => return None,
                Ok(_) => {}
            }
        }
    }

    /// The next message of this type; what comes before is dropped.
    async fn until(&mut self, kind: &str) -> Value {
        let found = async {
            loop {
                let message = self.next().await;
                let message = message.unwrap_or_else(|| panic!("the end before {kind}"));
                if message["type"] == kind {
                    return message;
                }
            }
        };
        // Some messages come for ever.
        timeout(PATIENCE, found)
            .await
            .unwrap_or_else(|_| panic!("no {kind} in time"))
    }
}

fn status(response: &str) -> &str {
    response.split(' ').nth(1).unwrap_or("no status")
}

#[tokio::test]
async fn every_response_carries_the_security_headers() {
    let server = start().await;
    for path in ["/", "/app.js", "/nothing"] {
        let response = server
            .request(&format!("GET {path} HTTP/1.1\nHost: HERE"))
            .await;
        assert_eq!(
            status(&response),
            if path == "/nothing" { "404" } else { "200" }
        );
        assert!(
            response.contains("content-security-policy: default-src 'none'"),
            "{response}"
        );
        assert!(
            response.contains("x-content-type-options: nosniff"),
            "{response}"
        );
    }
}

#[tokio::test]
async fn requests_that_are_not_from_our_page_are_refused() {
    let server = start().await;
    for (head, expected) in [
        ("GET / HTTP/1.1\nHost: evil.example", "421"),
        (
            "GET / HTTP/1.1\nHost: HERE\nOrigin: http://evil.example",
            "403",
        ),
        ("GET /session HTTP/1.1\nHost: HERE", "403"),
        (
            "GET /session HTTP/1.1\nHost: HERE\nOrigin: http://HERE",
            "400",
        ),
        (
            "POST / HTTP/1.1\nHost: HERE\nContent-Length: 1000000",
            "413",
        ),
        ("POST / HTTP/1.1\nHost: HERE", "405"),
    ] {
        assert_eq!(status(&server.request(head).await), expected, "{head}");
    }
    let upgrade = "Connection: Upgrade\nUpgrade: websocket\nSec-WebSocket-Version: 13\n\
                   Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==";
    for (origin, expected) in [
        ("", "403"),
        ("Origin: null\n", "403"),
        ("Origin: http://localhost:1\n", "403"),
        ("Origin: http://HERE\n", "101"),
    ] {
        let head = format!("GET /session HTTP/1.1\nHost: HERE\n{origin}{upgrade}");
        assert_eq!(status(&server.request(&head).await), expected, "{origin}");
    }
}

#[tokio::test]
async fn an_endless_request_head_is_refused() {
    let server = start().await;
    let head = format!(
        "GET / HTTP/1.1\nHost: HERE\nX: {}",
        "x".repeat(2 * REQUEST_BYTES)
    );
    assert_eq!(status(&server.request(&head).await), "431");
}

// With a paused clock time passes at once when nothing else happens.
#[tokio::test(start_paused = true)]
async fn a_request_that_is_never_finished_is_hung_up_on() {
    let server = start().await;
    let mut stream = TcpStream::connect(server.address)
        .await
        .expect("the server listens");
    stream
        .write_all(b"GET / HTTP/1.1\r\nHost: localhost\r\n")
        .await
        .expect("the server reads");
    let started = Instant::now();
    let read = timeout(PATIENCE, stream.read(&mut [0; 64]))
        .await
        .expect("an end");
    assert!(read.is_err() || read.is_ok_and(|count| count == 0));
    assert!(started.elapsed() >= REQUEST_TIME);
}

#[tokio::test(start_paused = true)]
async fn a_session_without_an_offer_ends() {
    let server = start().await;
    let mut page = server.open().await.expect("a free seat");
    let started = Instant::now();
    assert_eq!(
        page.until("end").await["text"],
        "No offer came within 15 seconds."
    );
    assert!(started.elapsed() >= OFFER_TIME);
    assert_eq!(page.next().await, None);
}

#[tokio::test]
async fn idle_sockets_do_not_shut_out_the_page() {
    let server = start().await;
    let mut held = Vec::new();
    for _ in 0..CONNECTIONS + 20 {
        held.push(
            TcpStream::connect(server.address)
                .await
                .expect("the server listens"),
        );
    }
    assert_eq!(
        status(&server.request("GET / HTTP/1.1\nHost: HERE").await),
        "200"
    );
}

#[tokio::test]
async fn sessions_are_counted_and_a_seat_is_free_again_when_one_ends() {
    let server = start().await;
    let mut pages = Vec::new();
    for _ in 0..SESSIONS {
        pages.push(server.open().await.expect("a free seat"));
    }
    let Err(Error::Http(response)) = server.open().await.map(drop) else {
        panic!("one session too many");
    };
    assert_eq!(response.status().as_u16(), 503);
    drop(pages.pop());
    let again = async {
        while server.open().await.is_err() {
            tokio::task::yield_now().await;
        }
    };
    timeout(PATIENCE, again)
        .await
        .expect("the seat of the page that left");
}

#[tokio::test]
async fn mistakes_are_explained_until_there_are_too_many() {
    let server = start().await;
    let mut page = server.open().await.expect("a free seat");
    assert_eq!(page.next().await.expect("hello")["type"], "hello");
    for _ in 0..MISTAKES {
        page.send(json!({"type": "offer", "sdp": "nonsense"})).await;
        let text = page.until("problem").await["text"].to_string();
        assert!(text.contains("offer could not be applied"), "{text}");
    }
    let end = page.until("end").await;
    assert!(
        end["text"]
            .as_str()
            .is_some_and(|text| text.contains("could not be used")),
        "{end}"
    );
    assert_eq!(page.next().await, None);
}

#[tokio::test]
async fn a_message_over_the_limit_ends_the_session() {
    let server = start().await;
    let mut page = server.open().await.expect("a free seat");
    page.send(json!({"type": "offer", "sdp": "x".repeat(MESSAGE_BYTES)}))
        .await;
    while page.next().await.is_some() {}
}

#[tokio::test]
async fn a_server_that_is_stopped_says_so_and_returns() {
    let server = start().await;
    let mut page = server.open().await.expect("a free seat");
    page.until("hello").await;
    server.stop.send(()).expect("the server waits for it");
    assert_eq!(page.until("end").await["text"], "rill was stopped.");
    timeout(PATIENCE, server.ended)
        .await
        .expect("in time")
        .expect("without a panic");
}
