//! Two connections in one process, over the loopback interface.

mod close;
mod connect;
mod gathering;
mod media;
mod restart;
mod scene;
