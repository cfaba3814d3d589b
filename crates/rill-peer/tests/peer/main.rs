//! Whole peer connections against each other over the simulated network.

mod adapter;
mod added;
mod announced;
mod bundle;
mod can_trickle;
mod channels;
mod connect;
mod consent;
mod continuity;
mod diary;
mod forms;
mod gathering;
mod generations;
mod identity;
mod interleaving;
mod lone;
mod names;
mod negotiate;
mod offer;
mod pranswer;
mod restart;
mod rollback;
mod scene;
mod signal;
mod signalling;
mod transceivers;
