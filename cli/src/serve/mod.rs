//! `rill serve`: the page, its signalling, and a Rust peer for each browser that opens it.

mod channels;
mod connections;
mod diagnosis;
mod echo;
mod guard;
mod limits;
mod log;
mod origin;
mod page;
mod pairs;
mod peer;
mod server;
mod session;
mod signal;
mod throughput;
mod vigil;

use std::io;
use std::net::SocketAddr;

use thiserror::Error;
use tokio::net::TcpListener;

use crate::command::ServeArguments;
use log::Log;
use server::Server;

/// Why `rill serve` could not start.
#[derive(Debug, Error)]
pub(crate) enum ServeError {
    #[error("Port {} on {} is already in use: stop the other program, or choose another port with --port.", .0.port(), .0.ip())]
    PortInUse(SocketAddr),
    #[error("Port {} needs rights that this user does not have: choose a port above 1023 with --port.", .0.port())]
    PortNotAllowed(SocketAddr),
    #[error("{} is not an address of this machine: choose another with --host.", .0.ip())]
    NotOurAddress(SocketAddr),
    #[error("rill cannot listen on {0}: {1}.")]
    Listen(SocketAddr, io::Error),
}

/// Serves until the program is told to stop; then closes every peer and returns.
///
/// # Errors
///
/// When the address cannot be listened on.
pub(crate) async fn run(arguments: &ServeArguments) -> Result<(), ServeError> {
    let wanted = SocketAddr::new(arguments.host, arguments.port);
    let (listener, address) = listen(wanted).await?;
    let log = Log::new(arguments.json);
    log.listening(address);
    let stun = arguments.stun.iter().map(ToString::to_string).collect();
    let server = Server::new(address.ip(), stun, log.clone());
    server.run(listener, told_to_stop()).await;
    log.stopped();
    Ok(())
}

async fn listen(wanted: SocketAddr) -> Result<(TcpListener, SocketAddr), ServeError> {
    let bound = async {
        let listener = TcpListener::bind(wanted).await?;
        let address = listener.local_addr()?;
        Ok((listener, address))
    };
    bound.await.map_err(|error: io::Error| match error.kind() {
        io::ErrorKind::AddrInUse => ServeError::PortInUse(wanted),
        io::ErrorKind::PermissionDenied => ServeError::PortNotAllowed(wanted),
        io::ErrorKind::AddrNotAvailable => ServeError::NotOurAddress(wanted),
        _ => ServeError::Listen(wanted, error),
    })
}

/// Resolves at Ctrl-C, and on Unix also at SIGTERM.
async fn told_to_stop() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminate) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = tokio::signal::ctrl_c() => {}
                _ = terminate.recv() => {}
            }
            return;
        }
    }
    // Without a handler the system's own, which ends the program at once, stays in place.
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending::<()>().await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::Ipv4Addr;

    #[tokio::test]
    async fn a_port_in_use_is_named_with_what_to_do() {
        let (_first, address) = listen((Ipv4Addr::LOCALHOST, 0).into())
            .await
            .expect("a free port");
        let error = listen(address).await.expect_err("the port is taken");
        assert!(matches!(error, ServeError::PortInUse(taken) if taken == address));
        let sentence = error.to_string();
        assert!(sentence.contains(&address.port().to_string()) && sentence.contains("--port"));
    }

    #[tokio::test]
    async fn an_address_of_another_machine_is_named() {
        // 203.0.113.0/24 is reserved for documentation (RFC 5737).
        let error = listen(([203, 0, 113, 1], 0).into())
            .await
            .expect_err("not our address");
        assert!(matches!(error, ServeError::NotOurAddress(_)), "{error}");
    }
}
