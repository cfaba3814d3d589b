//! One measurement, in a process of its own: its figures go to standard output as one line.

use std::process::Command;
use std::thread::sleep;
use std::time::Duration;

use rustix::process::{Resource, getrlimit, setrlimit};
use rustix::time::{ClockId, clock_gettime};

use crate::contender::{Contender, Load, Stack};

/// A pair before the clock starts: code is paged in and caches are filled.
const WARM_UP_PAIRS: usize = 3;
const GIB: f64 = (1_u64 << 30) as f64;
/// Pairs are left alone for so long before they count as idle.
const SETTLE: Duration = Duration::from_secs(3);

/// What a measuring process is started with, after the name of the stack.
pub(crate) type Words = [String];

/// Runs a measurement as a child of this process and reads its figures.
pub(crate) fn in_child(stack: Stack, words: &Words) -> Result<Vec<f64>, String> {
    let program = std::env::current_exe().map_err(|error| error.to_string())?;
    figures(
        Command::new(program)
            .arg("measure")
            .arg(stack.name())
            .args(words),
    )
}

/// The figures that a measuring process prints.
pub(crate) fn figures(command: &mut Command) -> Result<Vec<f64>, String> {
    let output = command
        .stderr(std::process::Stdio::inherit())
        .output()
        .map_err(|error| format!("cannot start {command:?}: {error}"))?;
    let text = String::from_utf8_lossy(&output.stdout);
    let figures: Result<Vec<f64>, _> = text.split_whitespace().map(str::parse).collect();
    match figures {
        Ok(figures) if output.status.success() && !figures.is_empty() => Ok(figures),
        _ => Err(format!(
            "the measurement {command:?} failed: {} {text}",
            output.status
        )),
    }
}

/// The child's side.
pub(crate) fn in_this_process(words: &Words) -> Result<(), String> {
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let number = |word: &str| {
        word.parse::<usize>()
            .map_err(|error| format!("{word}: {error}"))
    };
    let (name, words) = words.split_first().ok_or("no stack is named")?;
    let mut contender = Stack::named(name)
        .and_then(Stack::contender)
        .ok_or_else(|| format!("no stack named {name}"))?;
    let contender = &mut *contender;
    let seconds = |word| number(word).map(|number| Duration::from_secs(number as u64));
    let figures = match words {
        ["setup", pairs] => setup(contender, number(pairs)?),
        ["data", message, mebibytes, limit] => {
            let load = Load {
                reliable: true,
                message: number(message)?,
                total: number(mebibytes)? << 20,
                limit: seconds(limit)?,
            };
            data(contender, load)
        }
        ["unreliable", message, limit] => {
            let load = Load {
                reliable: false,
                message: number(message)?,
                total: usize::MAX,
                limit: seconds(limit)?,
            };
            unreliable(contender, load)
        }
        ["rtt", message, limit] => {
            let times = contender.round_trips(number(message)?, seconds(limit)?);
            percentiles(times, [0.5, 0.99])
                .map(|time| time * 1e3)
                .into()
        }
        ["memory", few, many] => memory(contender, number(few)?, number(many)?)?,
        ["idle-pairs", pairs, time] => idle(contender, number(pairs)?, seconds(time)?),
        _ => return Err(format!("no measurement {words:?}")),
    };
    let words: Vec<String> = figures.iter().map(f64::to_string).collect();
    println!("{}", words.join(" "));
    Ok(())
}

/// Median and 95th percentile of the set-up time in ms, CPU ms per pair.
fn setup(contender: &mut dyn Contender, pairs: usize) -> Vec<f64> {
    for _ in 0..WARM_UP_PAIRS {
        contender.set_up();
    }
    let before = cpu_time();
    let times: Vec<Duration> = (0..pairs).map(|_| contender.set_up()).collect();
    let cpu = milliseconds(cpu_time() - before) / pairs as f64;
    let [median, most] = percentiles(times, [0.5, 0.95]);
    vec![median, most, cpu]
}

/// MB per second, CPU seconds per GiB with both ends in it.
fn data(contender: &mut dyn Contender, load: Load) -> Vec<f64> {
    let before = cpu_time();
    let transferred = contender.transfer(load);
    let cpu = cpu_time() - before;
    let bytes = transferred.bytes as f64;
    vec![
        bytes / 1e6 / transferred.elapsed.as_secs_f64(),
        cpu.as_secs_f64() / (bytes / GIB),
    ]
}

/// Thousands per second sent and delivered, per cent lost, CPU seconds per million delivered.
fn unreliable(contender: &mut dyn Contender, load: Load) -> Vec<f64> {
    let before = cpu_time();
    let transferred = contender.transfer(load);
    let cpu = cpu_time() - before;
    let seconds = transferred.elapsed.as_secs_f64();
    let sent = transferred.sent as f64;
    let delivered = (transferred.bytes / load.message) as f64;
    vec![
        sent / seconds / 1e3,
        delivered / seconds / 1e3,
        100.0 * (sent - delivered).max(0.0) / sent,
        cpu.as_secs_f64() / (delivered / 1e6),
    ]
}

/// KiB that one pair more takes, and MiB of the whole process in the end.
fn memory(contender: &mut dyn Contender, few: usize, many: usize) -> Result<Vec<f64>, String> {
    let more = many
        .checked_sub(few)
        .filter(|more| *more > 0)
        .ok_or("the second number of pairs must be the larger")?;
    allow_files();
    contender.hold(few);
    sleep(SETTLE);
    let before = resident_kib()?;
    contender.hold(more);
    sleep(SETTLE);
    let after = resident_kib()?;
    Ok(vec![(after - before) / more as f64, after / 1024.0])
}

/// Per cent of a core.
fn idle(contender: &mut dyn Contender, pairs: usize, time: Duration) -> Vec<f64> {
    allow_files();
    contender.hold(pairs);
    sleep(SETTLE);
    let before = cpu_time();
    sleep(time);
    vec![100.0 * (cpu_time() - before).as_secs_f64() / time.as_secs_f64()]
}

/// Each pair has several sockets.
fn allow_files() {
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit.maximum;
    // If that is refused, the stack says what it lacks.
    let _ = setrlimit(Resource::Nofile, limit);
}

fn resident_kib() -> Result<f64, String> {
    std::fs::read_to_string("/proc/self/status")
        .ok()
        .and_then(|status| {
            let line = status
                .lines()
                .find_map(|line| line.strip_prefix("VmRSS:"))?;
            line.split_whitespace().next()?.parse().ok()
        })
        .ok_or_else(|| "/proc does not say how much memory this process takes".to_owned())
}

/// In ms.
fn percentiles(mut times: Vec<Duration>, parts: [f64; 2]) -> [f64; 2] {
    times.sort();
    parts.map(|part| milliseconds(times[((times.len() - 1) as f64 * part).round() as usize]))
}

fn cpu_time() -> Duration {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}

fn milliseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e3
}
