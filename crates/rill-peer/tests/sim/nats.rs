//! Each NAT against each.

use std::time::Duration;

use crate::home::{Home, Nat};
use crate::matrix::Cell;

pub(crate) fn cells() -> Vec<Cell> {
    let homes = Nat::ALL.map(Home::new);
    Cell::each_against_each(&homes, Duration::from_secs(5))
}
