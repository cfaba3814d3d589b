//! The TCP connections that are open, and which one goes when there are too many.

use std::collections::VecDeque;

use tokio::task::{AbortHandle, JoinSet};

/// Connections in the order in which they came.
///
/// At the limit the oldest goes. To refuse the newest instead would let anyone who holds idle
/// sockets shut out the page, and what is lost with the oldest is little: a session has left
/// this table when its WebSocket began, and a browser opens an idle connection anew.
#[derive(Debug)]
pub(super) struct Connections {
    limit: usize,
    tasks: JoinSet<()>,
    oldest_first: VecDeque<AbortHandle>,
}

impl Connections {
    pub(super) fn new(limit: usize) -> Self {
        Self {
            limit,
            tasks: JoinSet::new(),
            oldest_first: VecDeque::new(),
        }
    }

    /// Runs a connection, and ends the oldest if there are more than the limit.
    pub(super) fn spawn(&mut self, connection: impl Future<Output = ()> + Send + 'static) {
        while self.tasks.try_join_next().is_some() {}
        self.oldest_first.retain(|task| !task.is_finished());
        if self.oldest_first.len() >= self.limit
            && let Some(oldest) = self.oldest_first.pop_front()
        {
            oldest.abort();
        }
        self.oldest_first.push_back(self.tasks.spawn(connection));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::sync::oneshot;

    #[tokio::test]
    async fn the_oldest_connection_goes_when_there_are_too_many() {
        let mut connections = Connections::new(2);
        let mut ends = Vec::new();
        for _ in 0..3 {
            let (held, end) = oneshot::channel::<()>();
            connections.spawn(async move {
                let _held = held;
                std::future::pending::<()>().await;
            });
            ends.push(end);
        }
        let mut ends = ends.into_iter();
        assert!(
            ends.next().expect("the first").await.is_err(),
            "the first was ended"
        );
        for mut end in ends {
            assert!(
                end.try_recv()
                    .is_err_and(|error| error == oneshot::error::TryRecvError::Empty)
            );
        }
    }

    #[tokio::test]
    async fn finished_connections_do_not_count() {
        let mut connections = Connections::new(1);
        let (finished, end) = oneshot::channel::<()>();
        connections.spawn(async move { drop(finished) });
        let _ = end.await;
        while connections
            .oldest_first
            .iter()
            .any(|task| !task.is_finished())
        {
            tokio::task::yield_now().await;
        }
        let (held, mut end) = oneshot::channel::<()>();
        connections.spawn(async move {
            let _held = held;
            std::future::pending::<()>().await;
        });
        assert_eq!(connections.oldest_first.len(), 1);
        tokio::task::yield_now().await;
        assert!(
            end.try_recv()
                .is_err_and(|error| error == oneshot::error::TryRecvError::Empty)
        );
    }
}
