//! Whole peer connections against each other over the simulated network.

mod adapter;
mod channels;
mod connect;
mod consent;
mod diary;
mod identity;
mod interleaving;
mod lone;
mod negotiate;
mod offer;
mod scene;
mod signal;
mod trickle;
