//! IPv4, IPv6 and both, behind nothing, a common NAT and a bad one; IPv6 behind firewalls in the
//! place of NATs.

use std::time::Duration;

use crate::home::{Families, Home, Nat};
use crate::matrix::Cell;

pub(crate) fn cells() -> Vec<Cell> {
    let nats = [Nat::None, Nat::PortRestricted, Nat::Symmetric];
    let families = [Families::V4, Families::V6, Families::Both];
    let homes: Vec<Home> = families
        .into_iter()
        .flat_map(|families| {
            nats.map(|nat| Home {
                families,
                ..Home::new(nat)
            })
        })
        .collect();
    Cell::each_against_each(&homes, Duration::from_secs(5))
}
