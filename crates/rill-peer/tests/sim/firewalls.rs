//! Networks that let no UDP out, or nothing but TCP to port 443.

use std::time::Duration;

use crate::home::{Home, Nat, Rules};
use crate::matrix::Cell;

pub(crate) fn cells() -> Vec<Cell> {
    let homes: Vec<Home> = [Rules::Open, Rules::NoUdp, Rules::WebOnly]
        .into_iter()
        .flat_map(|rules| {
            [Nat::PortRestricted, Nat::Symmetric].map(|nat| Home {
                rules,
                ..Home::new(nat)
            })
        })
        .chain([Home::new(Nat::None)])
        .collect();
    Cell::each_against_each(&homes, Duration::from_secs(5))
}
