//! Whole peer connections against each other over the simulated network.

mod adapter;
mod connect;
mod diary;
mod scene;
mod signal;
