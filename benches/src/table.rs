//! The rounds, and their medians as a table.

use crate::arguments::{Arguments, Measure};
use crate::measure::in_child;

/// Message sizes of the throughput table, in bytes.
const MESSAGES: [usize; 2] = [16 << 10, 64 << 10];

pub(crate) fn print(arguments: &Arguments) -> Result<(), String> {
    println!("{}\n", machine());
    match arguments.measure {
        Measure::Setup => setup(arguments),
        Measure::Data => data(arguments),
    }
}

fn setup(arguments: &Arguments) -> Result<(), String> {
    let pairs = arguments.pairs.to_string();
    println!(
        "Set-up until one channel is open at both ends, host candidates, {pairs} pairs a round\n"
    );
    let rows = rounds(arguments, |name| in_child(&["setup", name, &pairs]))?;
    show(&["p50 ms", "p95 ms", "CPU ms/pair"], &rows);
    Ok(())
}

fn data(arguments: &Arguments) -> Result<(), String> {
    let (mebibytes, seconds) = (
        arguments.mebibytes.to_string(),
        arguments.seconds.to_string(),
    );
    for message in MESSAGES {
        println!(
            "One reliable ordered channel, messages of {} KiB, {mebibytes} MiB or {seconds} s a round\n",
            message >> 10
        );
        let size = message.to_string();
        let rows = rounds(arguments, |name| {
            in_child(&["data", name, &size, &mebibytes, &seconds])
        })?;
        show(&["MB/s", "CPU s/GiB"], &rows);
    }
    Ok(())
}

/// A stack and its figures, round by round.
type Row = (&'static str, Vec<Vec<f64>>);

/// Each stack once per round, the first of one round being the last of the next.
fn rounds(
    arguments: &Arguments,
    measure: impl Fn(&str) -> Result<Vec<f64>, String>,
) -> Result<Vec<Row>, String> {
    let mut rows: Vec<Row> = arguments
        .only
        .iter()
        .map(|name| (*name, Vec::new()))
        .collect();
    for round in 0..arguments.rounds {
        let count = rows.len();
        for turn in 0..count {
            let (name, figures) = &mut rows[(turn + round) % count];
            eprintln!("round {} of {}: {name}", round + 1, arguments.rounds);
            figures.push(measure(name)?);
        }
    }
    Ok(rows)
}

fn show(columns: &[&str], rows: &[Row]) {
    println!("| | n | {} |", columns.join(" | "));
    println!("|---|---|{}", "---|".repeat(columns.len()));
    for (name, figures) in rows {
        print!("| {name} | {} |", figures.len());
        for column in 0..columns.len() {
            let values = figures.iter().map(|figures| figures[column]).collect();
            print!(" {} |", median_and_range(values));
        }
        println!();
    }
    println!();
}

fn median_and_range(mut values: Vec<f64>) -> String {
    values.sort_by(f64::total_cmp);
    let (low, high) = (values[0], values[values.len() - 1]);
    let median = (values[(values.len() - 1) / 2] + values[values.len() / 2]) / 2.0;
    format!("{} ({}–{})", short(median), short(low), short(high))
}

/// Three figures that mean something.
fn short(value: f64) -> String {
    match value {
        100.0.. => format!("{value:.0}"),
        10.0.. => format!("{value:.1}"),
        _ => format!("{value:.2}"),
    }
}

/// What a reader must know of the machine.
fn machine() -> String {
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let kernel = |name: &str| {
        std::fs::read_to_string(format!("/proc/sys/{name}"))
            .map_or_else(|_| "unknown".to_owned(), |text| text.trim().to_owned())
    };
    format!(
        "Both peers in one process, {cores} cores, Linux {}; UDP receive buffer {} bytes by default, \
         {} at most. Median (lowest–highest) of n rounds.",
        kernel("kernel/osrelease"),
        kernel("net/core/rmem_default"),
        kernel("net/core/rmem_max"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_of_an_even_number_lies_between() {
        assert_eq!(
            median_and_range(vec![4.0, 1.0, 2.0, 3.0]),
            "2.50 (1.00–4.00)"
        );
        assert_eq!(median_and_range(vec![300.0, 10.0, 20.5]), "20.5 (10.0–300)");
    }
}
