use std::{
    io::{self, Read, Write},
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::Context,
    time::Duration,
};

use rill_peer::TlsTrust;
use rustls::{ClientConnection, pki_types::ServerName};
use tokio::{io::Interest, net::TcpStream, time::timeout};

use super::tls;

/// How long connecting may take, TLS included. The core gives up earlier on its own account.
const PATIENCE: Duration = Duration::from_secs(15);

/// How much waits to be written. What comes beyond is dropped whole, as datagrams are.
const PENDING_MAX: usize = 1024 * 1024;

/// A TCP connection to a server, with TLS or without.
pub(crate) struct Stream {
    io: TcpStream,
    state: Mutex<State>,
}

struct State {
    tls: Option<ClientConnection>,
    /// Bytes for the connection that it did not take yet.
    pending: Vec<u8>,
}

impl Stream {
    /// Connects, and with a name makes sure of whom to (RFC 8489 §6.2.3).
    pub(super) async fn connect(
        address: SocketAddr,
        server_name: Option<String>,
        trust: &TlsTrust,
    ) -> Result<Self, String> {
        let connecting = async {
            let io = TcpStream::connect(address)
                .await
                .map_err(|error| format!("no connection to {address}: {error}"))?;
            // A check must not wait for the acknowledgement of the one before.
            drop(io.set_nodelay(true));
            let tls = match server_name {
                Some(name) => Some(tls_client(&name, trust)?),
                None => None,
            };
            let stream = Self {
                io,
                state: Mutex::new(State {
                    tls,
                    pending: Vec::new(),
                }),
            };
            stream.shake_hands().await.map_err(explain)?;
            Ok(stream)
        };
        match timeout(PATIENCE, connecting).await {
            Ok(result) => result,
            Err(_) => Err(format!("{address} did not answer in time")),
        }
    }

    async fn shake_hands(&self) -> io::Result<()> {
        loop {
            self.flush()?;
            let (is_done, wants_write) = {
                let state = self.lock();
                let is_done = state.tls.as_ref().is_none_or(|tls| !tls.is_handshaking());
                (is_done, !state.pending.is_empty())
            };
            if is_done && !wants_write {
                return Ok(());
            }
            if wants_write {
                self.io.writable().await?;
                continue;
            }
            self.io.readable().await?;
            let mut state = self.lock();
            match state.read_tls(&self.io) {
                Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
                Err(error) if error.kind() != io::ErrorKind::WouldBlock => {
                    // The alert says to the server what was wrong.
                    drop(state);
                    drop(self.flush());
                    return Err(error);
                }
                Ok(_) | Err(_) => {}
            }
        }
    }

    pub(super) fn local_address(&self) -> io::Result<SocketAddr> {
        self.io.local_addr()
    }

    pub(super) fn poll_readable(&self, context: &mut Context<'_>) -> bool {
        self.io.poll_read_ready(context).is_ready()
    }

    /// Whether bytes wait and can be written now.
    pub(super) fn poll_writable(&self, context: &mut Context<'_>) -> bool {
        let is_waiting = !self.lock().pending.is_empty();
        is_waiting && self.io.poll_write_ready(context).is_ready()
    }

    /// Writes all of these bytes, now or when the connection takes them, or none.
    pub(super) fn send(&self, bytes: &[u8]) -> io::Result<()> {
        {
            let mut state = self.lock();
            if state.pending.len() + bytes.len() > PENDING_MAX {
                return Ok(());
            }
            match &mut state.tls {
                Some(tls) => tls.writer().write_all(bytes)?,
                None => state.pending.extend_from_slice(bytes),
            }
        }
        self.flush()
    }

    /// Writes what the connection takes.
    pub(super) fn flush(&self) -> io::Result<()> {
        let mut state = self.lock();
        state.seal()?;
        while !state.pending.is_empty() {
            match self.io.try_write(&state.pending) {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(written) => drop(state.pending.drain(..written)),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Reads what is there into `buffer`, which is cleared, and writes what waits. `Ok(false)` at the end
    /// of the stream.
    pub(super) fn exchange(&self, buffer: &mut Vec<u8>) -> io::Result<bool> {
        // A server that refuses and goes resets what we still write, after its last words.
        let is_open = self.receive(buffer)?;
        self.flush()?;
        Ok(is_open)
    }

    fn receive(&self, buffer: &mut Vec<u8>) -> io::Result<bool> {
        buffer.clear();
        let mut state = self.lock();
        let read = match state.tls {
            Some(_) => state.receive_tls(&self.io, buffer),
            None => read_plain(&self.io, buffer),
        };
        match read {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(true),
            read => read,
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Moves what TLS has to say to the bytes that wait.
    fn seal(&mut self) -> io::Result<()> {
        if let Some(tls) = &mut self.tls {
            while tls.wants_write() {
                tls.write_tls(&mut self.pending)?;
            }
        }
        Ok(())
    }

    /// One read of the connection.
    fn read_tls(&mut self, io: &TcpStream) -> io::Result<usize> {
        let Some(tls) = &mut self.tls else {
            return Ok(0);
        };
        let count = io.try_io(Interest::READABLE, || tls.read_tls(&mut Reading(io)))?;
        tls.process_new_packets().map_err(io::Error::other)?;
        Ok(count)
    }

    fn receive_tls(&mut self, io: &TcpStream, buffer: &mut Vec<u8>) -> io::Result<bool> {
        let count = self.read_tls(io)?;
        if let Some(tls) = &mut self.tls {
            match tls.reader().read_to_end(buffer) {
                Ok(_) => return Ok(false),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(false),
                Err(error) => return Err(error),
            }
        }
        Ok(count > 0)
    }
}

fn read_plain(io: &TcpStream, buffer: &mut Vec<u8>) -> io::Result<bool> {
    buffer.resize(64 * 1024, 0);
    let count = io.try_read(buffer);
    buffer.truncate(*count.as_ref().unwrap_or(&0));
    Ok(count? > 0)
}

/// Reads without waiting.
struct Reading<'a>(&'a TcpStream);

impl Read for Reading<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.0.try_read(buffer)
    }
}

fn tls_client(name: &str, trust: &TlsTrust) -> Result<ClientConnection, String> {
    let server = ServerName::try_from(name.to_owned())
        .map_err(|_| format!("`{name}` is no name that a certificate could show"))?;
    let config = tls::client_config(trust)?;
    let mut client =
        ClientConnection::new(Arc::clone(&config), server).map_err(|error| error.to_string())?;
    client.set_buffer_limit(Some(PENDING_MAX));
    Ok(client)
}

/// The cause of a failed handshake.
fn explain(error: io::Error) -> String {
    if error.kind() == io::ErrorKind::UnexpectedEof {
        return "the server closed the connection during the TLS handshake".to_owned();
    }
    format!("TLS: {error}")
}

#[cfg(test)]
mod tests;
