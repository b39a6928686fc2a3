//! Kills processes and servers at random; then a checker counts.
//!
//! The program starts itself again for each process. Its `main.rs` defines the processes, the servers, the effects and
//! the counts.

#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a command line program prints"
)]

mod control;
mod counts;
mod options;
mod processes;

use std::process::ExitCode;

use airlock::BoxError;

pub(crate) use self::counts::{Counts, number, repeated};
pub(crate) use self::options::Options;

pub(crate) async fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let ended: Result<(), BoxError> = match arguments[..] {
        ["role", role, url, number] => match number.parse() {
            Ok(number) => crate::play(role, url, number).await,
            Err(_) => Err(format!("`{number}` is no number").into()),
        },
        ref options => match Options::parse(options) {
            Ok(options) => return control::run(&options).await,
            Err(message) => Err(message.into()),
        },
    };
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}
