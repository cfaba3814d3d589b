//! Connections that do not form, over the simulated network, and what is said of each: the sentence
//! is the test.

mod adapter;
mod checks;
mod gathering;
mod negotiation;
mod outcome;
mod remote;
mod scene;
mod servers;
mod tree;
