use std::{sync::LazyLock, thread};

use tokio::runtime::{Builder, Handle, Runtime};

/// Connections need little each; more threads than this gain nothing and cost memory.
const MOST_THREADS: usize = 4;

/// The runtime of all connections of this process, whichever worker they belong to.
static RUNTIME: LazyLock<Result<Runtime, String>> = LazyLock::new(|| {
    let processors = thread::available_parallelism().map_or(1, usize::from);
    Builder::new_multi_thread()
        .worker_threads(processors.min(MOST_THREADS))
        .thread_name("rill")
        .enable_all()
        .build()
        .map_err(|error| format!("no threads could be started for the network: {error}"))
});

/// The runtime, started by the first call; an error says why it cannot start.
pub(crate) fn handle() -> Result<&'static Handle, &'static str> {
    match &*RUNTIME {
        Ok(runtime) => Ok(runtime.handle()),
        Err(error) => Err(error),
    }
}
