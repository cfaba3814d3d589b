//! A peer that holds the keys and means harm. It may end its own association; it must not panic the
//! process, make it talk without end or hold more than the window.

mod handshake;
mod lengths;
mod memory;
mod numbers;
mod order;
mod peer;
