//! The HTTP server: accepts, routes, counts sessions, and closes them when told to stop.

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use axum::Router;
use axum::extract::ws::{WebSocket, WebSocketUpgrade};
use axum::extract::{FromRequestParts as _, Request, State};
use axum::http::StatusCode;
use axum::middleware::from_fn_with_state;
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::time::{sleep, timeout};

use super::connections::Connections;
use super::guard::{guard, own_origin};
use super::limits::{CONNECTIONS, FAREWELL, MESSAGE_BYTES, REQUEST_BYTES, REQUEST_TIME, SESSIONS};
use super::log::Log;
use super::page;
use super::session;
use super::vigil::End;

/// Accept fails when the process is out of files; what was open has to close first.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Everything the routes share.
#[derive(Debug)]
pub(super) struct Server {
    bound: IpAddr,
    stun: Vec<String>,
    log: Log,
    seats: Arc<Semaphore>,
    next_session: AtomicU64,
    stop: watch::Sender<bool>,
}

impl Server {
    /// `bound` is the address listened on, `stun` the URLs that both peers are given.
    pub(super) fn new(bound: IpAddr, stun: Vec<String>, log: Log) -> Arc<Self> {
        Arc::new(Self {
            bound,
            stun,
            log,
            seats: Arc::new(Semaphore::new(SESSIONS)),
            next_session: AtomicU64::new(1),
            stop: watch::Sender::new(false),
        })
    }

    /// Serves until `told` resolves; then ends the sessions, for at most [`FAREWELL`].
    pub(super) async fn run(
        self: Arc<Self>,
        listener: TcpListener,
        told: impl Future<Output = ()>,
    ) {
        tokio::select! {
            () = self.accept(listener) => {}
            () = told => {}
        }
        self.stop.send_replace(true);
        let seats = u32::try_from(SESSIONS).expect("the limit is small");
        // Sessions that are still there after this end with the process.
        let _ = timeout(FAREWELL, self.seats.acquire_many(seats)).await;
    }

    async fn accept(self: &Arc<Self>, listener: TcpListener) {
        let router = self.router();
        let mut connections = Connections::new(CONNECTIONS);
        loop {
            match listener.accept().await {
                Ok((stream, _)) => connections.spawn(serve_connection(stream, router.clone())),
                Err(error) => {
                    self.log.accept_failed(&error);
                    sleep(ACCEPT_PAUSE).await;
                }
            }
        }
    }

    fn router(self: &Arc<Self>) -> Router {
        page::routes()
            .route("/session", get(open_session))
            .layer(from_fn_with_state(self.bound, guard))
            .with_state(Arc::clone(self))
    }
}

async fn serve_connection(stream: TcpStream, router: Router) {
    // Candidates are small and urgent; a delay of the last one would be seen on the page.
    let _ = stream.set_nodelay(true);
    let service = TowerToHyperService::new(router);
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(REQUEST_TIME)
        .max_buf_size(REQUEST_BYTES)
        .serve_connection(TokioIo::new(stream), service)
        .with_upgrades();
    // A broken connection is the browser's to notice.
    let _ = connection.await;
}

async fn open_session(State(server): State<Arc<Server>>, request: Request) -> Response {
    let (mut parts, _) = request.into_parts();
    if let Err(refusal) = own_origin(&parts.headers) {
        return refusal.into_response();
    }
    let upgrade = match WebSocketUpgrade::from_request_parts(&mut parts, &()).await {
        Ok(upgrade) => upgrade,
        Err(rejection) => return rejection.into_response(),
    };
    let Ok(seat) = Arc::clone(&server.seats).try_acquire_owned() else {
        return (StatusCode::SERVICE_UNAVAILABLE, End::Full.to_string()).into_response();
    };
    upgrade
        .max_message_size(MESSAGE_BYTES)
        .max_frame_size(MESSAGE_BYTES)
        .on_upgrade(move |socket| async move {
            server.hold_session(socket).await;
            drop(seat);
        })
}

impl Server {
    async fn hold_session(&self, socket: WebSocket) {
        let number = self.next_session.fetch_add(1, Ordering::Relaxed);
        self.log.opened(number);
        let end = session::run(socket, &self.stun, self.stop.subscribe()).await;
        self.log.ended(number, end);
    }
}

#[cfg(test)]
mod tests;
