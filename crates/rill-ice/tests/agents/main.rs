//! Agents against each other, and against adversity, over the simulated network.

mod adversity;
mod connect;
mod consent;
mod determinism;
mod failure;
mod gathering;
mod generations;
mod hostile;
mod names;
mod nat;
mod node;
mod nomination;
mod pace;
mod prohibited;
mod reach;
mod relay;
mod relay_streams;
mod relays;
mod restart;
mod roles;
mod rules;
mod scene;
mod servers;
mod streams;
mod subject;
mod trickle;
