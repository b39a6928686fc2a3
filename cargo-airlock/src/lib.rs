#![doc = include_str!("../README.md")]

mod arguments;
mod build;
mod catalogue;
mod commands;
mod compare;
mod contract;
mod explanation;
mod filter;
mod graph;
mod lint;
mod near;
pub mod record;
mod report;
mod table;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::Parser;

use crate::arguments::CommandLine;

/// Runs the subcommand named by the arguments; the first is the program, the second `airlock`.
///
/// The exit code is 0 on success, 1 if there are findings, and 2 if there is no result.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    match CommandLine::try_parse_from(arguments) {
        Ok(CommandLine::Airlock(command)) => report::print(command.run()),
        Err(wrong) => {
            let _ = wrong.print();
            ExitCode::from(u8::try_from(wrong.exit_code()).unwrap_or(2))
        }
    }
}
