//! The project's own commands: `cargo xtask test`, `cargo xtask ci`, `cargo xtask bench`, `cargo
//! xtask fuzz`, `cargo xtask chaos`, `cargo xtask bless-examples`.
//!
//! `test` and `ci` are lists of [`Stage`]s. All stages run, even after one has failed. The closing
//! table shows the outcome of each stage, including those left out by `--without`.

#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a command line program prints"
)]

pub mod arguments;
pub mod bench;
pub mod cargo;
pub mod chaos;
pub mod diff;
pub mod examples;
pub mod facts;
pub mod features;
pub mod fuzz;
pub mod modules;
pub mod readme_lines;
pub mod stage;
pub mod summary;
pub mod workspace;

use std::process::ExitCode;
use std::time::Instant;

use arguments::Command;
use stage::Stage;
use summary::{Outcome, Summary};
use workspace::Workspace;

/// Runs the command that the arguments name.
#[must_use]
pub fn run(arguments: &[String]) -> ExitCode {
    let command = match Command::parse(arguments) {
        Ok(command) => command,
        Err(message) => {
            eprintln!("error: {message}\n\n{}", arguments::usage());
            return ExitCode::from(2);
        }
    };
    let workspace = match Workspace::load() {
        Ok(workspace) => workspace,
        Err(message) => {
            eprintln!("error: {message}");
            return ExitCode::FAILURE;
        }
    };
    match command {
        Command::Help => {
            println!("{}", arguments::usage());
            ExitCode::SUCCESS
        }
        Command::Bench {
            only,
            write_docs,
            growth_scale,
        } => exit_code(bench::run(
            &workspace,
            only.as_deref(),
            write_docs,
            growth_scale.as_deref(),
        )),
        Command::Fuzz { options } => exit_code(fuzz::run(&workspace, &options)),
        Command::Chaos { place, options } => exit_code(chaos::run(&workspace, &place, &options)),
        Command::BlessExamples => exit_code(examples::bless(&workspace)),
        Command::Stages { stages, without } => run_stages(&workspace, &stages, &without),
    }
}

fn exit_code(result: Result<(), String>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("error: {message}");
            ExitCode::FAILURE
        }
    }
}

fn run_stages(workspace: &Workspace, stages: &[Stage], without: &[Stage]) -> ExitCode {
    let mut summary = Summary::default();
    for &stage in stages {
        if without.contains(&stage) {
            summary.push(stage.name(), Outcome::LeftOut);
            continue;
        }
        println!("\n=== {stage}: {} ===", stage.describe());
        let start = Instant::now();
        let result = stage.run(workspace);
        if let Err(message) = &result {
            println!("{stage} failed: {message}");
        }
        let took = start.elapsed();
        summary.push(
            stage.name(),
            match result {
                Ok(()) => Outcome::Passed(took),
                Err(message) => Outcome::Failed(took, message),
            },
        );
    }
    println!("\n{summary}");
    if summary.is_success() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}
