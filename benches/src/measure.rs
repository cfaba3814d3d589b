//! One measurement, in a process of its own: its figures go to standard output as one line.

use std::process::Command;
use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

use crate::contender::{self, Contender, Load};

/// A pair before the clock starts: code is paged in and caches are filled.
const WARM_UP_PAIRS: usize = 3;
const GIB: f64 = (1_u64 << 30) as f64;

/// Runs a measurement as a child of this process and reads its figures.
pub(crate) fn in_child(words: &[&str]) -> Result<Vec<f64>, String> {
    let program = std::env::current_exe().map_err(|error| error.to_string())?;
    let output = Command::new(program)
        .arg("measure")
        .args(words)
        .stderr(std::process::Stdio::inherit())
        .output()
        .map_err(|error| format!("cannot start the measurement of {words:?}: {error}"))?;
    let text = String::from_utf8_lossy(&output.stdout);
    let figures: Result<Vec<f64>, _> = text.split_whitespace().map(str::parse).collect();
    match figures {
        Ok(figures) if output.status.success() && !figures.is_empty() => Ok(figures),
        _ => Err(format!(
            "the measurement of {words:?} failed: {} {text}",
            output.status
        )),
    }
}

/// The child's side.
pub(crate) fn in_this_process(words: &[String]) -> Result<(), String> {
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let number = |word: &str| {
        word.parse::<usize>()
            .map_err(|error| format!("{word}: {error}"))
    };
    let contender =
        |name: &str| contender::named(name).ok_or_else(|| format!("no stack named {name}"));
    let figures = match words[..] {
        ["setup", name, pairs] => setup(&mut *contender(name)?, number(pairs)?),
        ["data", name, message, mebibytes, seconds] => {
            let load = Load {
                message: number(message)?,
                total: number(mebibytes)? << 20,
                limit: Duration::from_secs(number(seconds)? as u64),
            };
            data(&mut *contender(name)?, load)
        }
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
    let mut times: Vec<Duration> = (0..pairs).map(|_| contender.set_up()).collect();
    let cpu = cpu_time() - before;
    times.sort();
    let at = |part: f64| milliseconds(times[((times.len() - 1) as f64 * part).round() as usize]);
    vec![at(0.5), at(0.95), milliseconds(cpu) / pairs as f64]
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

fn cpu_time() -> Duration {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}

fn milliseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e3
}
