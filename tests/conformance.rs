//! Runs the conformance scenarios with sync and with async scopes, each on every path through the
//! library (see [`Path`]). All runs must produce the trace that the scenario states.
//!
//! `AIRLOCK_CONFORMANCE` names other scenario files, separated by `:`, to run instead. The last line of
//! the output is `conformance: N passed, M failed`.

#![allow(clippy::print_stdout, reason = "this program prints its result")]

#[path = "conformance/asynchronous.rs"]
mod asynchronous;
#[path = "conformance/program.rs"]
mod program;
#[path = "conformance/synchronous.rs"]
mod synchronous;
#[path = "conformance/world.rs"]
mod world;

use std::process::ExitCode;

use program::Scenario;
use serde_json::Value;
use world::Path;

fn main() -> ExitCode {
    // cargo-nextest lists tests with `--list`, and ignored ones with `--list --ignored`.
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if arguments.iter().any(|argument| argument == "--list") {
        if !arguments.iter().any(|argument| argument == "--ignored") {
            println!("conformance: test");
        }
        return ExitCode::SUCCESS;
    }
    match scenarios() {
        Ok(scenarios) => run(&scenarios),
        Err(message) => {
            println!("{message}");
            println!("conformance: 0 passed, 1 failed");
            ExitCode::FAILURE
        }
    }
}

fn scenarios() -> Result<Vec<Scenario>, String> {
    let paths = std::env::var("AIRLOCK_CONFORMANCE").unwrap_or_default();
    if paths.is_empty() {
        return read(
            "the scenarios of the project",
            include_str!("conformance/scenarios.json"),
        );
    }
    let mut scenarios = Vec::new();
    for path in paths.split(':').filter(|path| !path.is_empty()) {
        let text = std::fs::read_to_string(path).map_err(|error| format!("{path}: {error}"))?;
        scenarios.extend(read(path, &text)?);
    }
    Ok(scenarios)
}

fn read(source: &str, text: &str) -> Result<Vec<Scenario>, String> {
    serde_json::from_str(text).map_err(|error| format!("{source}: {error}"))
}

fn run(scenarios: &[Scenario]) -> ExitCode {
    let mut failed = 0;
    for scenario in scenarios {
        let runs = Path::ALL.into_iter().flat_map(|path| {
            [
                ("sync", path, synchronous::run(scenario, path)),
                ("async", path, asynchronous::run(scenario, path)),
            ]
        });
        let wrong: Vec<_> = runs
            .filter(|(_, _, trace)| *trace != scenario.trace)
            .collect();
        if wrong.is_empty() {
            continue;
        }
        failed += 1;
        if failed <= 10 {
            for (form, path, trace) in wrong {
                println!("{} ({form}, {}):", scenario.name, path.name());
                print_diff(&scenario.trace, &trace);
            }
        }
    }
    println!(
        "conformance: {} passed, {failed} failed",
        scenarios.len() - failed
    );
    if failed == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

/// Prints the lines around the first difference.
fn print_diff(expected: &[Value], actual: &[Value]) {
    let same = expected
        .iter()
        .zip(actual)
        .take_while(|(expected, actual)| expected == actual)
        .count();
    for line in &expected[same.saturating_sub(2)..same] {
        println!("    {line}");
    }
    for (sign, lines) in [('-', expected), ('+', actual)] {
        for line in lines.iter().skip(same).take(4) {
            println!("  {sign} {line}");
        }
    }
}
