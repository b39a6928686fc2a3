//! Producers, workers and the database are killed at random; then a checker counts.
//!
//! The program starts itself again as each process. What it checks:
//!
//! - every committed order was shipped and invoiced at least once (else *lost*);
//! - nothing was done for an order that was not committed (else a *ghost*);
//! - every committed order was booked exactly once, since the effect writes in the transaction that completes it.

#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a command line program prints"
)]

mod check;
mod control;
mod effects;
mod processes;

use std::process::ExitCode;
use std::time::Duration;

use airlock::BoxError;

/// What the command line says.
pub(crate) struct Options {
    pub(crate) minutes: f64,
    pub(crate) seed: u64,
}

pub(crate) async fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let ended = match arguments[..] {
        ["produce", url, first] => processes::produce(url, first).await,
        ["work", url] => processes::work(url).await,
        ref options => match Options::parse(options) {
            Ok(options) => return control::run(&options).await,
            Err(message) => Err(message.into()),
        },
    };
    report(ended)
}

fn report(ended: Result<(), BoxError>) -> ExitCode {
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

impl Options {
    fn parse(options: &[&str]) -> Result<Self, String> {
        let mut parsed = Self {
            minutes: 1.0,
            seed: 1,
        };
        let mut options = options.iter();
        while let Some(option) = options.next() {
            let value = options
                .next()
                .ok_or_else(|| format!("`{option}` needs a number"))?;
            let number = || format!("`{option}` needs a number, not `{value}`");
            match *option {
                "--minutes" => parsed.minutes = value.parse().map_err(|_| number())?,
                "--seed" => parsed.seed = value.parse().map_err(|_| number())?,
                _ => return Err(format!("there is no option `{option}`")),
            }
        }
        Ok(parsed)
    }

    pub(crate) fn time(&self) -> Duration {
        Duration::from_secs_f64(self.minutes.max(0.0) * 60.0)
    }
}
