//! Agents against each other, and against adversity, over the simulated network.

mod connect;
mod consent;
mod determinism;
mod failure;
mod gathering;
mod hostile;
mod nat;
mod node;
mod nomination;
mod restart;
mod roles;
mod rules;
mod scene;
mod subject;
mod trickle;
