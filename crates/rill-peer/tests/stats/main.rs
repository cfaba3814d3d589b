//! `stats()` of two connections over the simulated network, against what the network saw.

mod adapter;
mod hidden;
mod lifetime;
mod numbers;
mod reading;
mod scene;
