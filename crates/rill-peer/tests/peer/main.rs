//! Whole peer connections against each other over the simulated network.

mod adapter;
mod bundle;
mod channels;
mod connect;
mod consent;
mod diary;
mod forms;
mod generations;
mod identity;
mod interleaving;
mod lone;
mod negotiate;
mod offer;
mod pranswer;
mod restart;
mod rollback;
mod scene;
mod signal;
mod signalling;
mod transceivers;
mod trickle;
