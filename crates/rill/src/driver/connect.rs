use std::{io, net::SocketAddr, sync::Arc, task::Context};

use rill_peer::{RequestId, Response, StreamId};

use super::{Answer, Driver, stream::Stream};

impl Driver {
    /// Connects beside everything else: nothing waits for a dead server.
    pub(super) fn connect(
        &mut self,
        id: RequestId,
        stream: StreamId,
        address: SocketAddr,
        server_name: Option<String>,
    ) {
        let trust = self.shared.lock().peer.configuration().tls_trust.clone();
        let task = self.answers.spawn(async move {
            match Stream::connect(address, server_name, &trust).await {
                Ok(connected) => Answer::Connected(id, stream, Box::new(connected)),
                Err(reason) => Answer::Response(id, Response::Failed(reason)),
            }
        });
        self.connecting.insert(stream, task);
    }

    pub(super) fn take_answer(&mut self, answer: Answer) {
        let (id, response) = match answer {
            Answer::Response(id, response) => (id, response),
            Answer::Connected(id, stream, connected) => {
                // It may have been closed while it connected.
                if self.connecting.remove(&stream).is_none() {
                    return;
                }
                match connected.local_address() {
                    Ok(local) => {
                        self.keep_stream(stream, *connected);
                        (id, Response::Connected { local })
                    }
                    Err(error) => (id, Response::Failed(error.to_string())),
                }
            }
        };
        self.shared
            .feed(|peer, now| peer.handle_response(now, id, response));
    }

    /// A stream is also the handles', unless they closed the connection meanwhile.
    fn keep_stream(&mut self, id: StreamId, stream: Stream) {
        let stream = Arc::new(stream);
        let mut state = self.shared.lock();
        if !state.peer.is_closed() {
            state.doors.streams.insert(id, Arc::clone(&stream));
        }
        self.doors.streams.insert(id, stream);
    }

    pub(super) fn forget_stream(&mut self, id: StreamId) {
        self.doors.streams.remove(&id);
        self.shared.lock().doors.streams.remove(&id);
    }

    pub(super) fn ready_streams(&self, context: &mut Context<'_>) -> Vec<StreamId> {
        let ready = self.doors.streams.iter().filter(|(_, stream)| {
            let is_writable = stream.poll_writable(context);
            stream.poll_readable(context) || is_writable
        });
        ready.map(|(id, _)| *id).collect()
    }

    /// Reads and writes what a stream has and takes.
    pub(super) fn serve_stream(&mut self, id: StreamId) {
        let Some(stream) = self.doors.streams.get(&id).cloned() else {
            return;
        };
        let mut bytes = Vec::new();
        let outcome = stream.exchange(&mut bytes);
        if !bytes.is_empty() {
            self.shared
                .feed(|peer, now| peer.handle_stream(now, id, &bytes));
        }
        let reason = match outcome {
            Ok(true) => return,
            Ok(false) => "the server closed the connection".to_owned(),
            Err(error) => broken(&error),
        };
        self.forget_stream(id);
        self.shared
            .feed(|peer, now| peer.handle_stream_closed(now, id, reason));
    }
}

fn broken(error: &io::Error) -> String {
    format!("the connection to the server broke: {error}")
}

#[cfg(test)]
mod tests;
