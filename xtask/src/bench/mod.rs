//! The command `cargo xtask bench`, which measures airlock against named peers.
//!
//! The package `airlock-bench` measures most of it. Measurements that run cargo are here. Results
//! are printed as they arrive, and written to `target/bench.json`.

mod code_size;
mod compile_time;
mod docs;
mod project;

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::cargo::Cargo;
use crate::workspace::Workspace;

type Measure = fn(&Workspace, &Path) -> Result<Vec<Value>, String>;

/// The measurements that run cargo, by the names of their results.
const BUILDS: [(&[&str], Measure); 2] = [
    (compile_time::NAMES, compile_time::measure),
    (code_size::NAMES, code_size::measure),
];

/// The programs that measure durable effects. They run only if named, since they need servers and
/// take minutes.
const DURABLE: [(&str, &[&str]); 2] = [
    ("durable", &["durable-sqlite", "durable-postgres"]),
    ("nats", &["durable-nats"]),
];

/// Measures everything, or the one result with this name, and writes `target/bench.json`.
///
/// # Errors
///
/// When a measurement fails, or nothing has that name. A result over its budget is not an error.
pub fn run(
    workspace: &Workspace,
    only: Option<&str>,
    write_docs: bool,
    growth_scale: Option<&str>,
) -> Result<(), String> {
    if let Some((_, programs)) = DURABLE.iter().find(|(name, _)| Some(*name) == only) {
        return durable(workspace, programs);
    }
    let folder = workspace.target.join("bench");
    fs::create_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let mut results = Vec::new();
    let mut failed = Vec::new();
    let of_builds = |only| BUILDS.iter().any(|(names, _)| names.contains(&only));
    let programs: &[&str] = match only {
        Some(only) if of_builds(only) => &[],
        _ => &["timed", "counted"],
    };
    if !programs.is_empty() {
        build(workspace)?;
    }
    for program in programs {
        match measure(workspace, program, only, growth_scale, &folder) {
            Ok(measured) => results.extend(measured),
            Err(problem) => failed.push(problem),
        }
    }
    for (names, measure) in BUILDS {
        if only.is_none_or(|only| names.contains(&only)) {
            match measure(workspace, &folder) {
                Ok(measured) => results.extend(measured),
                Err(problem) => failed.push(problem),
            }
        }
    }
    if results.is_empty() && failed.is_empty() {
        return Err(format!("nothing is called `{}`", only.unwrap_or_default()));
    }
    let path = workspace.target.join("bench.json");
    let text = Value::Array(results.clone());
    fs::write(&path, format!("{text:#}\n"))
        .map_err(|error| format!("{}: {error}", path.display()))?;
    println!("\n{}\nwritten: {}", docs::table(&results), path.display());
    if write_docs && failed.is_empty() {
        docs::write(workspace, &results, &folder)?;
    }
    if failed.is_empty() {
        Ok(())
    } else {
        Err(format!("could not be measured: {}", failed.join("; ")))
    }
}

/// Measures durable effects against their engine used by hand.
fn durable(workspace: &Workspace, programs: &[&str]) -> Result<(), String> {
    for program in programs {
        Cargo::new(&workspace.root)
            .args(["run", "--release", "--quiet", "--package"])
            .args(["airlock-bench-durable", "--bin", program])
            .run()?;
    }
    Ok(())
}

fn build(workspace: &Workspace) -> Result<(), String> {
    Cargo::new(&workspace.root)
        .args([
            "build",
            "--release",
            "--quiet",
            "--package",
            "airlock-bench",
        ])
        .run()
}

/// Runs one of the programs, and returns its measurements. It prints its own lines.
fn measure(
    workspace: &Workspace,
    program: &str,
    only: Option<&str>,
    growth_scale: Option<&str>,
    folder: &Path,
) -> Result<Vec<Value>, String> {
    let json: PathBuf = folder.join(format!("{program}.json"));
    let _ = fs::remove_file(&json); // Left by an earlier run.
    let path = workspace.target.join("release").join(program);
    let mut command = Cargo::program(&path, &workspace.root);
    command = command
        .args(["--json"])
        .args([&json])
        .args(["--out"])
        .args([folder]);
    if let Some(only) = only {
        command = command.args(["--only", only]);
    }
    if let Some(factor) = growth_scale {
        command = command.args(["--growth-scale", factor]);
    }
    let ran = command.run();
    let measured = read(&json).unwrap_or_default();
    match ran {
        Ok(()) => Ok(measured),
        Err(problem) => Err(format!("{program}: {problem}")),
    }
}

fn read(path: &Path) -> Option<Vec<Value>> {
    serde_json::from_str(&fs::read_to_string(path).ok()?).ok()
}
