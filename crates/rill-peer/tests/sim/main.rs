//! Whole connections over simulated networks: through every pair of NATs and firewalls, and over bad
//! lines. What counts as connected is data at both ends.
//!
//! `cargo xtask sim` runs many seeds and prints the tables; `cargo test` a few.

mod attempt;
mod families;
mod firewalls;
mod home;
mod impairment;
mod matrix;
mod nats;
mod side;
mod table;
mod workers;

use rill_sim::Seed;

fn seeds(count: u64) -> Vec<Seed> {
    Seed::many(count).collect()
}

/// Every so many cells, which is another home in each row.
fn one_in(step: usize, cells: Vec<matrix::Cell>) -> Vec<matrix::Cell> {
    cells.into_iter().step_by(step).collect()
}

#[test]
fn nats_are_passed_and_relays_taken_only_where_it_must_be() {
    matrix::check(&one_in(2, nats::cells()), &seeds(1)).finish();
}

#[test]
fn address_families_connect_in_many_mixes() {
    matrix::check(&one_in(4, families::cells()), &seeds(1)).finish();
}

#[test]
fn firewalls_are_passed_over_tcp_and_tls_within_five_seconds() {
    matrix::check(&one_in(4, firewalls::cells()), &seeds(1)).finish();
}

#[test]
fn bad_lines_connect_soon_enough() {
    impairment::check(&impairment::a_few(), &seeds(3)).finish();
}

/// As many seeds as `RILL_SIM_SEEDS` says, from `RILL_SIM_FROM` on.
#[test]
#[ignore = "takes a minute: cargo xtask sim nat"]
fn nat() {
    let seeds = workers::seeds_from_env(20);
    let sections = [
        ("NATs against NATs, IPv4", nats::cells()),
        ("address families against each other", families::cells()),
        ("firewalls against firewalls", firewalls::cells()),
    ];
    let verdicts = sections.map(|(title, cells)| {
        let verdict = matrix::check(&cells, &seeds);
        println!("\n{title}\n\n{}", verdict.table);
        verdict
    });
    workers::print_seeds(&seeds);
    verdicts.into_iter().for_each(table::Verdict::finish);
}

/// As many seeds a cell as `RILL_SIM_SEEDS` says, from `RILL_SIM_FROM` on.
#[test]
#[ignore = "takes minutes: cargo xtask sim connect"]
fn connect() {
    let seeds = workers::seeds_from_env(200);
    let verdict = impairment::check(&impairment::all(), &seeds);
    println!("\n{}", verdict.table);
    workers::print_seeds(&seeds);
    verdict.finish();
}
