//! `airlock-bench [--only NAME] [--json FILE]`: measures, prints a line for each result.

#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "printing is what this program is for"
)]

mod cases;
mod harness;
mod work;

use std::process::ExitCode;

fn main() -> ExitCode {
    let only = std::env::args().nth(2);
    let mut failed = false;
    for (name, run) in cases::CASES {
        if only.as_ref().is_some_and(|only| only != name) {
            continue;
        }
        match run() {
            Ok(measured) => {
                for measured in measured {
                    println!("{measured}");
                }
            }
            Err(why) => {
                failed = true;
                eprintln!("could not measure {name}: {why}");
            }
        }
    }
    if failed {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    }
}
