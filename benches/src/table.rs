//! The rounds, and their medians as a table.

use crate::arguments::{Arguments, Measure};
use crate::contender::Stack;

/// Message sizes of the throughput table, in bytes.
const BULK: [usize; 2] = [16 << 10, 64 << 10];
const SMALL: usize = 64;
const UNRELIABLE: usize = 1 << 10;
/// The slope of memory begins here.
const FEW_PAIRS: usize = 100;

/// What is done in each turn, and what it gives.
struct Task {
    title: String,
    columns: &'static [&'static str],
    words: Vec<String>,
}

pub(crate) fn print(arguments: &Arguments) -> Result<(), String> {
    if !arguments.json {
        println!("{}\n", machine());
    }
    for task in tasks(arguments) {
        let rows = rounds(arguments, &task)?;
        if arguments.json {
            show_json(&task, &rows);
        } else {
            println!("{}\n", task.title);
            show(task.columns, &rows);
        }
    }
    Ok(())
}

fn tasks(arguments: &Arguments) -> Vec<Task> {
    let seconds = arguments.seconds;
    let pairs = |standard| arguments.pairs.unwrap_or(standard);
    let task = |title, columns, words: &[&dyn ToString]| Task {
        title,
        columns,
        words: words.iter().map(|word| word.to_string()).collect(),
    };
    match arguments.measure {
        Measure::Setup => vec![task(
            format!(
                "Set-up until one channel is open at both ends, host candidates, {} pairs a round",
                pairs(30)
            ),
            &["p50 ms", "p95 ms", "CPU ms/pair"],
            &[&"setup", &pairs(30)],
        )],
        Measure::Data => {
            let sizes = arguments.message.map_or(BULK.to_vec(), |size| vec![size]);
            let sizes = sizes.into_iter().map(|size| {
                task(
                    format!(
                        "One reliable ordered channel, messages of {size} bytes, {} MiB or {seconds} s \
                         a round",
                        arguments.mebibytes
                    ),
                    &["MB/s", "CPU s/GiB"],
                    &[&"data", &size, &arguments.mebibytes, &seconds],
                )
            });
            sizes.collect()
        }
        Measure::RoundTrip => vec![task(
            format!("Messages of {SMALL} bytes there and back, {seconds} s a round"),
            &["p50 us", "p99 us"],
            &[&"rtt", &SMALL, &seconds],
        )],
        Measure::Unreliable => vec![task(
            format!(
                "Unordered messages of {UNRELIABLE} bytes, never sent again, {seconds} s a round"
            ),
            &["sent k/s", "delivered k/s", "lost %", "CPU s per million"],
            &[&"unreliable", &UNRELIABLE, &seconds],
        )],
        Measure::Memory => vec![task(
            format!(
                "Idle pairs with one open channel, {FEW_PAIRS} and then {}",
                pairs(500)
            ),
            &["RSS KiB per pair", "RSS MiB in the end"],
            &[&"memory", &FEW_PAIRS, &pairs(500)],
        )],
        Measure::IdlePairs => vec![task(
            format!(
                "{} idle pairs with one open channel, {seconds} s",
                pairs(100)
            ),
            &["CPU % of a core"],
            &[&"idle-pairs", &pairs(100), &seconds],
        )],
    }
}

/// A stack and its figures, round by round.
type Row = (Stack, Vec<Vec<f64>>);

/// Each stack once per round, the first of one round being the last of the next.
fn rounds(arguments: &Arguments, task: &Task) -> Result<Vec<Row>, String> {
    let stacks = arguments.only.iter();
    let mut rows: Vec<Row> = stacks.map(|stack| (*stack, Vec::new())).collect();
    for round in 0..arguments.rounds {
        let count = rows.len();
        for turn in 0..count {
            let (stack, figures) = &mut rows[(turn + round) % count];
            eprintln!(
                "round {} of {}: {}",
                round + 1,
                arguments.rounds,
                stack.name()
            );
            figures.push(stack.measure(&task.words)?);
        }
    }
    Ok(rows)
}

fn show(columns: &[&str], rows: &[Row]) {
    println!("| | n | {} |", columns.join(" | "));
    println!("|---|---|{}", "---|".repeat(columns.len()));
    for (stack, figures) in rows {
        print!("| {} | {} |", stack.name(), figures.len());
        for column in 0..columns.len() {
            let values = figures.iter().map(|figures| figures[column]).collect();
            print!(" {} |", median_and_range(values));
        }
        println!();
    }
    println!();
}

/// One object a line.
fn show_json(task: &Task, rows: &[Row]) {
    for (stack, figures) in rows {
        let columns = task.columns.iter().enumerate().map(|(column, name)| {
            let values: Vec<f64> = figures.iter().map(|figures| figures[column]).collect();
            format!("{name:?}: {values:?}")
        });
        println!(
            "{{\"task\": {:?}, \"stack\": {:?}, {}}}",
            task.words.join(" "),
            stack.name(),
            columns.collect::<Vec<_>>().join(", ")
        );
    }
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
