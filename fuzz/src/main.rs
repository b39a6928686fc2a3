//! `airlock-fuzz [--minutes N | --programs K] [--seed S] [--survey] [--skip WORD,..]`: see the library.

use std::process::ExitCode;

use airlock_fuzz::{Arguments, fuzz};

#[allow(clippy::print_stderr, reason = "a command line program prints")]
fn main() -> ExitCode {
    match Arguments::parse(std::env::args().skip(1)) {
        Ok(arguments) => fuzz(&arguments),
        Err(problem) => {
            eprintln!("error: {problem}");
            ExitCode::from(2)
        }
    }
}
