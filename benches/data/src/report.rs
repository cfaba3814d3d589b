//! The outcomes as tables, or as JSON.

use crate::arguments::Arguments;
use crate::cell::{Cell, LOSSES, QUEUES, RATES, RTTS};
use crate::endpoint::Stack;
use crate::packet::OVERHEAD;
use crate::radio::milliseconds;
use crate::run::Outcome;
use crate::simulation::Figures;

pub(crate) fn print(arguments: &Arguments, outcomes: &[Outcome]) {
    if arguments.json {
        let lines: Vec<String> = outcomes.iter().map(json).collect();
        println!("[\n{}\n]", lines.join(",\n"));
        return;
    }
    println!("{}\n", head(arguments));
    // The runs of one scenario lie side by side.
    let rows: Vec<Row<'_>> = outcomes.chunks(arguments.seeds as usize).map(Row).collect();
    let (alone, shared): (Vec<_>, Vec<_>) = rows.into_iter().partition(|row| row.alone().is_some());
    if arguments.all && alone.len() >= RATES.len() * RTTS.len() * QUEUES.len() * LOSSES.len() {
        for rate in RATES {
            overview(rate, &arguments.stacks, &alone);
        }
    } else if !alone.is_empty() {
        list(&alone);
    }
    if !shared.is_empty() {
        sharing(&shared);
    }
}

fn head(arguments: &Arguments) -> String {
    format!(
        "Reliable ordered messages of 16 KiB over one drop-tail bottleneck, virtual time, {} run(s) of \
         each; packets of 1112 bytes unless a stack finds larger ones to pass, and {OVERHEAD} more of \
         DTLS 1.2 (37), UDP (8) and IPv4 (20) on the wire; IP packets above {} bytes vanish. RTT \
         without queue; loss at random behind the bottleneck, in each direction; queue in products of \
         rate and RTT, four such packets at least. Goodput after 2 s; \"possible\" is what the headers of a \
         full packet leave of the link. CPU of both ends and the simulation.{}",
        arguments.seeds,
        arguments.mtu,
        arguments.radio.said()
    )
}

/// All runs of one scenario.
struct Row<'o>(&'o [Outcome]);

impl Row<'_> {
    fn cell(&self) -> &Cell {
        &self.0[0].scenario.cell
    }

    fn stacks(&self) -> &[Stack] {
        &self.0[0].scenario.stacks
    }

    fn alone(&self) -> Option<Stack> {
        match self.stacks() {
            [stack] => Some(*stack),
            _ => None,
        }
    }

    fn median(&self, figure: impl Fn(&Figures) -> f64) -> f64 {
        let mut values: Vec<f64> = self.0.iter().map(|run| figure(&run.figures)).collect();
        values.sort_by(f64::total_cmp);
        (values[(values.len() - 1) / 2] + values[values.len() / 2]) / 2.0
    }

    /// Of what is possible, in per cent.
    fn share(&self) -> f64 {
        self.median(|figures| 100.0 * figures.goodput[0] / figures.possible)
    }
}

fn list(rows: &[Row<'_>]) {
    println!(
        "| stack | link Mbit/s | RTT ms | queue BDP | loss % | goodput Mbit/s | of possible % \
         | queueing p50 ms | p95 ms | sent again KiB | % | CPU s |"
    );
    println!("|---|{}", "---|".repeat(11));
    for row in rows {
        let name = row.alone().map_or("", Stack::name);
        let cell = row.cell();
        let again = row.median(|figures| figures.retransmitted as f64);
        println!(
            "| {name} | {} | {} | {} | {} | {} | {} | {} | {} | {:.0} | {} | {:.2} |",
            cell.mbits,
            cell.rtt,
            cell.queue,
            cell.loss,
            short(row.median(|figures| figures.goodput[0])),
            short(row.share()),
            short(row.median(|figures| figures.queueing[0])),
            short(row.median(|figures| figures.queueing[1])),
            again / 1024.0,
            short(100.0 * again / row.median(|figures| figures.sent as f64)),
            row.median(|figures| figures.cpu),
        );
    }
    println!();
}

/// Goodput on links of one rate, by round trip, queue and loss.
fn overview(rate: u32, stacks: &[Stack], rows: &[Row<'_>]) {
    let names: Vec<_> = stacks.iter().map(|stack| stack.name()).collect();
    println!(
        "{rate} Mbit/s: goodput in Mbit/s (median queueing delay in ms), {}\n",
        names.join(" / ")
    );
    let losses = LOSSES.map(|loss| format!("loss {loss} %"));
    println!("| RTT ms | queue BDP | {} |", losses.join(" | "));
    println!("|---|---|{}", "---|".repeat(LOSSES.len()));
    for rtt in RTTS {
        for queue in QUEUES {
            print!("| {rtt} | {queue} |");
            for loss in LOSSES {
                let cell = Cell {
                    mbits: rate,
                    rtt,
                    loss,
                    queue,
                };
                let figures = rows.iter().filter(|row| *row.cell() == cell).map(|row| {
                    format!(
                        "{} ({})",
                        short(row.median(|figures| figures.goodput[0])),
                        short(row.median(|figures| figures.queueing[0]))
                    )
                });
                print!(" {} |", figures.collect::<Vec<_>>().join(" / "));
            }
            println!();
        }
    }
    println!();
}

fn sharing(rows: &[Row<'_>]) {
    println!("Two flows, the second begun a second later; the last half of the time\n");
    println!(
        "| flows | link Mbit/s | RTT ms | queue BDP | loss % | Mbit/s | Mbit/s | share | queueing \
         p50 ms | p95 ms | CPU s |"
    );
    println!("|---|{}", "---|".repeat(10));
    for row in rows {
        let names: Vec<_> = row.stacks().iter().map(|stack| stack.name()).collect();
        let cell = row.cell();
        let goodput = [0, 1].map(|flow| row.median(|figures| figures.goodput[flow]));
        let first = 100.0 * goodput[0] / (goodput[0] + goodput[1]);
        println!(
            "| {} | {} | {} | {} | {} | {} | {} | {:.0}:{:.0} | {} | {} | {:.2} |",
            names.join(", "),
            cell.mbits,
            cell.rtt,
            cell.queue,
            cell.loss,
            short(goodput[0]),
            short(goodput[1]),
            first,
            100.0 - first,
            short(row.median(|figures| figures.queueing[0])),
            short(row.median(|figures| figures.queueing[1])),
            row.median(|figures| figures.cpu),
        );
    }
    println!();
}

/// Three figures that mean something.
fn short(value: f64) -> String {
    match value {
        100.0.. => format!("{value:.0}"),
        10.0.. => format!("{value:.1}"),
        _ => format!("{value:.2}"),
    }
}

fn json(outcome: &Outcome) -> String {
    let Outcome { scenario, figures } = outcome;
    let cell = &scenario.cell;
    let names: Vec<_> = scenario.stacks.iter().map(|stack| stack.name()).collect();
    format!(
        "{{\"stacks\": {names:?}, \"link_mbits\": {}, \"rtt_ms\": {}, \"loss_percent\": {}, \
         \"queue_bdp\": {}, \"bursts_ms\": {}, \"stalls_ms\": {}, \"seed\": {}, \"seconds\": {}, \"measured_from\": {}, \
         \"goodput_mbits\": {:?}, \"possible_mbits\": {:.3}, \"queueing_p50_ms\": {:.3}, \
         \"queueing_p95_ms\": {:.3}, \"sent_bytes\": {}, \"retransmitted_bytes\": {}, \
         \"dropped\": {}, \"lost\": {}, \"cpu_seconds\": {:.4}}}",
        cell.mbits,
        cell.rtt,
        cell.loss,
        cell.queue,
        milliseconds(scenario.radio.bursts),
        milliseconds(scenario.radio.stalls),
        scenario.seed,
        scenario.seconds,
        scenario.from,
        figures.goodput,
        figures.possible,
        figures.queueing[0],
        figures.queueing[1],
        figures.sent,
        figures.retransmitted,
        figures.dropped,
        figures.lost,
        figures.cpu,
    )
}
