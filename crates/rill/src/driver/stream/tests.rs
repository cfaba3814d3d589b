use std::{
    future::poll_fn,
    io::{Read, Write},
    sync::mpsc,
    task::Poll,
};

use socket2::SockRef;

use super::{
    super::server::{Identity, NAME, closed_port, serve},
    *,
};

const PLAIN: TlsTrust = TlsTrust::Platform;
/// How long a message is, and how many there are: more than all buffers on the way hold.
const MESSAGE: usize = 1000;
const MESSAGES: u32 = 20_000;

async fn connect(address: SocketAddr) -> Stream {
    let connected = Stream::connect(address, None, &PLAIN).await;
    connected.expect("the server accepts")
}

async fn connect_tls(address: SocketAddr, identity: &Identity) -> Stream {
    let name = Some(NAME.to_owned());
    let connected = Stream::connect(address, name, &identity.roots()).await;
    connected.expect("the server is trusted")
}

/// What the next exchange gives, when there is something to read.
async fn next(stream: &Stream, bytes: &mut Vec<u8>) -> io::Result<bool> {
    poll_fn(|context| match stream.poll_readable(context) {
        true => Poll::Ready(()),
        false => Poll::Pending,
    })
    .await;
    stream.exchange(bytes)
}

/// Everything until the stream ends, and how it does.
async fn rest(stream: &Stream) -> (Vec<u8>, io::Result<()>) {
    let (mut all, mut bytes) = (Vec::new(), Vec::new());
    loop {
        let outcome = next(stream, &mut bytes).await;
        all.extend_from_slice(&bytes);
        match outcome {
            Ok(true) => {}
            Ok(false) => return (all, Ok(())),
            Err(error) => return (all, Err(error)),
        }
    }
}

#[tokio::test]
async fn a_refused_connection_is_told_with_its_address() {
    let address = closed_port();
    let error = Stream::connect(address, None, &PLAIN).await.err();
    let error = error.expect("nobody listens");
    assert!(
        error.starts_with(&format!("no connection to {address}: ")),
        "{error}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_server_that_accepts_and_says_nothing_is_given_up() {
    // Until the client goes.
    let (address, server) = serve(|mut socket| socket.read_to_end(&mut Vec::new()).is_ok());
    let connected = Stream::connect(address, Some(NAME.to_owned()), &PLAIN).await;
    let expected = format!("{address} did not answer in time");
    assert_eq!(connected.err(), Some(expected));
    assert!(server.join().expect("it only reads"));
}

#[tokio::test]
async fn a_server_that_goes_during_the_handshake_is_told() {
    let (address, _) = serve(|mut socket| socket.read(&mut [0; 4096]).is_ok());
    let connected = Stream::connect(address, Some(NAME.to_owned()), &PLAIN).await;
    let expected = "the server closed the connection during the TLS handshake";
    assert_eq!(connected.err().as_deref(), Some(expected));
}

#[tokio::test]
async fn a_server_that_speaks_something_else_is_told() {
    let (address, _) = serve(|mut socket| {
        let answered = socket.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n");
        answered.and_then(|()| socket.read_to_end(&mut Vec::new()))
    });
    let connected = Stream::connect(address, Some(NAME.to_owned()), &PLAIN).await;
    let error = connected.err().expect("that is not TLS");
    assert!(error.starts_with("TLS: "), "{error}");
}

#[tokio::test]
async fn a_reset_is_an_error_and_an_end_is_not() {
    for is_reset in [true, false] {
        let (address, _) = serve(move |mut socket| {
            let heard = socket.read_exact(&mut [0; 5]);
            heard.expect("the client speaks first");
            if is_reset {
                let lingers = SockRef::from(&socket).set_linger(Some(Duration::ZERO));
                lingers.expect("it is a TCP socket");
            }
        });
        let stream = connect(address).await;
        stream.send(b"hello").expect("it is open");
        let (bytes, end) = rest(&stream).await;
        assert!(bytes.is_empty(), "{bytes:?}");
        let error = end.err().map(|error| error.kind());
        assert_eq!(error, is_reset.then_some(io::ErrorKind::ConnectionReset));
    }
}

/// What a server says before it goes, though it did not read what it was sent: whoever wrote to it learns
/// of the end only by a reset.
#[tokio::test]
async fn last_words_are_read_before_a_reset() {
    let (tell, told) = mpsc::channel();
    let (address, server) = serve(move |mut socket| {
        told.recv().expect("the client tells");
        socket
            .write_all(b"last words")
            .expect("the client is there");
    });
    let stream = connect(address).await;
    flood(&stream);
    tell.send(()).expect("the server waits");
    server.join().expect("it only writes");
    let (bytes, end) = rest(&stream).await;
    assert_eq!(String::from_utf8_lossy(&bytes), "last words");
    assert!(end.is_err(), "what was sent is lost");
}

#[tokio::test]
async fn what_arrives_in_pieces_is_all_there() {
    let (tell, told) = mpsc::channel();
    let (address, _) = serve(move |mut socket| {
        for piece in ["half a ", "frame"] {
            socket
                .write_all(piece.as_bytes())
                .expect("the client is there");
            told.recv().expect("the client tells");
        }
    });
    let stream = connect(address).await;
    let mut bytes = Vec::new();
    assert!(matches!(next(&stream, &mut bytes).await, Ok(true)));
    assert_eq!(bytes, b"half a ");
    tell.send(()).expect("the server waits");
    tell.send(()).expect("the server waits");
    let (bytes, end) = rest(&stream).await;
    assert!(end.is_ok());
    assert_eq!(bytes, b"frame");
}

#[tokio::test]
async fn a_record_that_arrives_in_halves_waits_for_its_other_half() {
    let identity = Identity::new();
    let accept = identity.accept();
    let (tell, told) = mpsc::channel();
    let (address, _) = serve(move |socket| {
        let mut tls = accept(socket);
        tls.read_exact(&mut [0; 5])
            .expect("the client speaks first");
        tls.conn
            .writer()
            .write_all(b"a frame")
            .expect("there is room");
        let mut record = Vec::new();
        while tls.conn.wants_write() {
            tls.conn.write_tls(&mut record).expect("memory takes all");
        }
        let (first, second) = record.split_at(record.len() - 4);
        for half in [first, second] {
            tls.sock.write_all(half).expect("the client is there");
            told.recv().expect("the client tells");
        }
    });
    let stream = connect_tls(address, &identity).await;
    stream.send(b"hello").expect("it is open");
    let mut bytes = Vec::new();
    assert!(matches!(next(&stream, &mut bytes).await, Ok(true)));
    assert!(bytes.is_empty(), "half a record says nothing");
    tell.send(()).expect("the server waits");
    while bytes.is_empty() {
        assert!(matches!(next(&stream, &mut bytes).await, Ok(true)));
    }
    assert_eq!(bytes, b"a frame");
    tell.send(()).expect("the server waits");
}

impl Stream {
    /// Whether the socket's buffer is full.
    pub(in super::super) fn is_waiting(&self) -> bool {
        !self.lock().pending.is_empty()
    }
}

/// Sends more than the buffers on the way hold: numbered messages.
fn flood(stream: &Stream) {
    for number in 0..MESSAGES {
        let message = number.to_be_bytes().repeat(MESSAGE / 4);
        stream.send(&message).expect("the connection stands");
        let pending = stream.lock().pending.len();
        // TLS adds a header and a tag to each record.
        assert!(
            pending <= PENDING_MAX + PENDING_MAX / 8,
            "{pending} bytes wait"
        );
    }
}

/// What the server read is whole messages in order, and not all of them.
fn are_whole_messages(read: &[u8]) {
    assert_eq!(read.len() % MESSAGE, 0, "half a message was sent");
    let numbers: Vec<u32> = read
        .chunks(MESSAGE)
        .map(|message| {
            let (words, _) = message.as_chunks::<4>();
            assert!(words.iter().all(|word| *word == words[0]), "messages mixed");
            u32::from_be_bytes(words[0])
        })
        .collect();
    assert!(numbers.is_sorted(), "out of order");
    let (count, last) = (numbers.len(), numbers.last().copied());
    assert!(count < MESSAGES as usize, "nothing was dropped");
    assert!(last.is_some(), "nothing was sent");
}

async fn drain(stream: Stream) {
    while !stream.lock().pending.is_empty() {
        poll_fn(|context| match stream.poll_writable(context) {
            true => Poll::Ready(()),
            false => Poll::Pending,
        })
        .await;
        stream.flush().expect("the server reads");
    }
}

#[tokio::test]
async fn a_slow_reader_costs_whole_messages_and_no_more_memory() {
    let (tell, told) = mpsc::channel();
    let (address, server) = serve(move |mut socket| {
        told.recv().expect("the client tells");
        let mut read = Vec::new();
        socket.read_to_end(&mut read).expect("the client ends it");
        read
    });
    let stream = connect(address).await;
    flood(&stream);
    tell.send(()).expect("the server waits");
    drain(stream).await;
    are_whole_messages(&server.join().expect("it only reads"));
}

#[tokio::test]
async fn a_slow_reader_over_tls_costs_whole_messages_and_no_more_memory() {
    let identity = Identity::new();
    let accept = identity.accept();
    let (tell, told) = mpsc::channel();
    let (address, server) = serve(move |socket| {
        let mut tls = accept(socket);
        tls.conn
            .complete_io(&mut tls.sock)
            .expect("the client is there");
        told.recv().expect("the client tells");
        let mut read = Vec::new();
        // The client goes without a goodbye.
        drop(tls.read_to_end(&mut read));
        read
    });
    let stream = connect_tls(address, &identity).await;
    flood(&stream);
    tell.send(()).expect("the server waits");
    drain(stream).await;
    are_whole_messages(&server.join().expect("it only reads"));
}
