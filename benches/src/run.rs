//! Runs the selected cases.

use std::path::PathBuf;
use std::process::ExitCode;

use crate::cases::{COUNTED, Case, TIMED};
use crate::harness::Measured;

/// The command-line arguments.
struct Arguments {
    only: Option<String>,
    json: Option<PathBuf>,
    out: Option<PathBuf>,
    growth_scale: f64,
}

/// The settings passed to a case: the output folder and the scale of its sizes.
pub(crate) struct Places {
    /// The output folder of this run.
    pub(crate) out: PathBuf,
    /// The factor that the sizes of the growth rows are multiplied by.
    pub(crate) growth_scale: f64,
}

/// Runs the cases that measure time.
pub fn timed() -> ExitCode {
    run(TIMED)
}

/// Runs the cases that count.
pub fn counted() -> ExitCode {
    run(COUNTED)
}

fn run(cases: &[Case]) -> ExitCode {
    let arguments = match Arguments::read() {
        Ok(arguments) => arguments,
        Err(problem) => {
            eprintln!("error: {problem}");
            return ExitCode::from(2);
        }
    };
    let places = Places {
        out: arguments.out.unwrap_or_else(std::env::temp_dir),
        growth_scale: arguments.growth_scale,
    };
    let mut results: Vec<Measured> = Vec::new();
    let mut failed = false;
    for case in cases {
        let asked = |only: &String| case.names.contains(&only.as_str());
        if !arguments.only.as_ref().is_none_or(asked) {
            continue;
        }
        match (case.run)(&places) {
            Ok(measured) => {
                for measured in &measured {
                    println!("{measured}");
                }
                results.extend(measured);
            }
            Err(problem) => {
                eprintln!("could not measure {}: {problem}", case.names.join(", "));
                failed = true;
            }
        }
    }
    if let Some(path) = arguments.json {
        let written = serde_json::to_string_pretty(&results)
            .map_err(|error| error.to_string())
            .and_then(|text| std::fs::write(&path, text).map_err(|error| error.to_string()));
        if let Err(problem) = written {
            eprintln!("{}: {problem}", path.display());
            failed = true;
        }
    }
    if failed {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    }
}

impl Arguments {
    fn read() -> Result<Self, String> {
        let mut this = Self {
            only: None,
            json: None,
            out: None,
            growth_scale: 1.0,
        };
        let mut arguments = std::env::args().skip(1);
        while let Some(option) = arguments.next() {
            let value = arguments
                .next()
                .ok_or(format!("`{option}` needs a value"))?;
            match option.as_str() {
                "--only" => this.only = Some(value),
                "--json" => this.json = Some(value.into()),
                "--out" => this.out = Some(value.into()),
                "--growth-scale" => {
                    this.growth_scale = value
                        .parse()
                        .map_err(|_| format!("`{value}` is not a factor"))?;
                }
                _ => return Err(format!("there is no option `{option}`")),
            }
        }
        Ok(this)
    }
}
