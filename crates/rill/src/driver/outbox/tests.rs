use std::{collections::BTreeMap, io::Read, sync::mpsc, time::Duration};

use rill_peer::TlsTrust;
use tokio::{
    sync::oneshot,
    task::{JoinSet, yield_now},
    time::timeout,
};

use super::{
    super::{Beat, Driver, server::serve},
    *,
};
use crate::{
    Configuration,
    inbox::Inbox,
    shared::{Face, Shared},
};

/// Whatever takes longer hangs.
const LONG: Duration = Duration::from_secs(30);

/// More than the buffers on the way hold.
const FULL: usize = 64 << 20;

const SERVER: StreamId = StreamId(1);

/// What the driver of a connection that has not begun, and so never wakes up by itself, shares with handles.
fn sleeping(doors: Doors) -> Arc<Shared> {
    let peer = Configuration::default().make_peer();
    let peer = peer.expect("the configuration is sound");
    let shared = Shared::new(peer, Face::Inbox(Inbox::default()));
    shared.lock().doors = doors.clone();
    let mut driver = Driver {
        shared: Arc::clone(&shared),
        beat: Beat::join(),
        doors,
        names: Vec::new(),
        connecting: BTreeMap::new(),
        answers: JoinSet::new(),
    };
    tokio::spawn(async move { driver.run().await });
    shared
}

/// A message that travels alone over a stream: its caller's write takes nothing, the driver's the rest.
#[tokio::test]
async fn a_lone_message_for_a_full_stream_arrives_whole() {
    let (tell, told) = mpsc::channel();
    let (read, was_read) = oneshot::channel();
    let (address, _) = serve(move |mut socket| {
        let mut bytes = vec![0; told.recv().expect("the client tells")];
        let outcome = socket.read_exact(&mut bytes).map(|()| bytes);
        drop(read.send(outcome));
    });
    let stream = Stream::connect(address, None, &TlsTrust::Platform).await;
    let stream = Arc::new(stream.expect("the server accepts"));
    let mut doors = Doors::default();
    doors.streams.insert(SERVER, Arc::clone(&stream));
    let shared = sleeping(doors);
    yield_now().await;

    let mut length = 0;
    while !stream.is_waiting() {
        let filling = [b'.'; 4096];
        stream.send(&filling).expect("it is open");
        length += filling.len();
        assert!(length < FULL, "the socket takes more and more");
    }
    let message: Vec<u8> = (0..1200_u32).map(|number| number as u8).collect();
    let transmit = Transmit {
        to: Destination::Stream(SERVER),
        segment: None,
    };
    let mut outbox = Outbox::default();
    outbox.trains.push_back((transmit, message.clone()));
    let is_left = outbox.send_now(&shared.lock().doors);
    if is_left {
        shared.commanded.notify_one();
    }
    tell.send(length + message.len()).expect("the server waits");

    let bytes = timeout(LONG, was_read).await.expect("all of it is written");
    let bytes = bytes.expect("the server tells").expect("it is open");
    let (filled, arrived) = bytes.split_at(length);
    assert!(filled.iter().all(|byte| *byte == b'.'), "out of order");
    assert_eq!(arrived, message);
}
