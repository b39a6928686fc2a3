//! The same work in airlock-py, the predecessor, in a private virtual environment.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::cases::{enqueue_flush, request};
use crate::harness::{Budget, Measured};
use crate::run::Places;

const VERSION: &str = "0.1.0a3";

/// Prints the nanoseconds per effect of 10,000 effects in one scope, and per scope with two
/// effects.
const PROGRAM: &str = r#"
import statistics, sys, time
import airlock

total = 0
def record(order, customer, cents):
    global total
    total += order ^ customer ^ cents

def enqueue_flush():
    with airlock.scope():
        for order in range(10_000):
            airlock.enqueue(record, order, 7, 99)

def requests():
    for order in range(1_000):
        with airlock.scope():
            airlock.enqueue(record, order, 7, 99)
            airlock.enqueue(record, order, 8, 99)

def best(work, items):
    work()
    medians = []
    for _ in range(3):
        times = []
        for _ in range(7):
            start = time.perf_counter_ns()
            work()
            times.append((time.perf_counter_ns() - start) / items)
        medians.append(statistics.median(times))
    return min(medians)

print(best(enqueue_flush, 10_000), best(requests, 1_000))
"#;

pub(super) fn run(places: &Places) -> Result<Vec<Measured>, String> {
    let python = environment(&places.out.join("venv"))?;
    let output = run_command(Command::new(python).args(["-c", PROGRAM]))?;
    let numbers: Vec<f64> = output
        .split_whitespace()
        .filter_map(|word| word.parse().ok())
        .collect();
    let [enqueue_flush, request] = numbers[..] else {
        return Err(format!("it printed {output:?}"));
    };
    let measure = |name: &str, ours: &Measured, peer: f64, unit| {
        let mut measured = Measured::ratio(name, (ours.ours, peer), unit);
        measured.value = peer / ours.ours; // The speed-up over the peer.
        measured.budget(Budget::AtLeast(75.0))
    };
    let (ours_flush, ours_request) = (&enqueue_flush::run(places)?[0], &request::run(places)?[0]);
    Ok(vec![
        measure(
            "vs_airlock_py_enqueue_flush",
            ours_flush,
            enqueue_flush,
            "ns per effect",
        ),
        measure(
            "vs_airlock_py_request",
            ours_request,
            request,
            "ns per request",
        ),
    ])
}

/// Returns the Python of a virtual environment that contains airlock-py.
fn environment(folder: &Path) -> Result<PathBuf, String> {
    let python = folder.join("bin/python");
    if !python.is_file() {
        run_command(Command::new("python3").args(["-m", "venv"]).arg(folder))?;
    }
    let wanted = format!("airlock-py=={VERSION}");
    run_command(Command::new(&python).args(["-m", "pip", "install", "-q", &wanted]))?;
    Ok(python)
}

fn run_command(command: &mut Command) -> Result<String, String> {
    let output = command
        .output()
        .map_err(|error| format!("{command:?}: {error}"))?;
    if !output.status.success() {
        return Err(format!(
            "{command:?}: {}",
            String::from_utf8_lossy(&output.stderr).trim()
        ));
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}
