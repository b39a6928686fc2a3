//! The command-line arguments.

use crate::stage::Stage;

/// A parsed command.
#[derive(Debug, PartialEq, Eq)]
pub enum Command {
    /// Print the usage.
    Help,
    /// Run stages, in this order.
    Stages {
        /// All stages of the command.
        stages: Vec<Stage>,
        /// The stages that `--without` leaves out.
        without: Vec<Stage>,
    },
    /// Measure the costs of airlock.
    Bench {
        /// The only result to measure.
        only: Option<String>,
        /// `true` to write the results to docs/performance.md.
        write_docs: bool,
        /// The factor that the sizes of the growth rows are multiplied by.
        growth_scale: Option<String>,
    },
    /// Run random programs against airlock's promises.
    Fuzz {
        /// The options of the fuzzer, passed on unchanged.
        options: Vec<String>,
    },
    /// Kill processes at random, and check that no durable effect is lost.
    Chaos {
        /// The storage of the effects: a database of River, or `nats`.
        place: String,
        /// The options of the program, passed on unchanged.
        options: Vec<String>,
    },
    /// Write the output of the examples into their `expected` files.
    BlessExamples,
}

impl Command {
    /// Parses the arguments that follow `cargo xtask`.
    ///
    /// # Errors
    ///
    /// An unknown command, option or stage, a missing or wrong value, a stage that the command does
    /// not have, and a `--without` that leaves out everything.
    pub fn parse(arguments: &[String]) -> Result<Self, String> {
        let mut arguments = arguments.iter().map(String::as_str);
        let stages = match arguments.next() {
            None | Some("help" | "--help" | "-h") => return Ok(Self::Help),
            Some("test") => Stage::TEST.to_vec(),
            Some("ci") => Stage::ALL.to_vec(),
            Some("bench") => return bench(arguments),
            Some("fuzz") => return fuzz(arguments),
            Some("chaos") => return chaos(arguments),
            Some("bless-examples") => {
                return match arguments.next() {
                    None => Ok(Self::BlessExamples),
                    Some(extra) => {
                        Err(format!("`bless-examples` takes no argument, got `{extra}`"))
                    }
                };
            }
            Some(other) => return Err(format!("there is no command `{other}`")),
        };
        let mut without = Vec::new();
        while let Some(option) = arguments.next() {
            let name = match option.strip_prefix("--without") {
                Some("") => arguments
                    .next()
                    .ok_or("`--without` needs the name of a stage")?,
                Some(rest) if rest.starts_with('=') => &rest[1..],
                _ => return Err(format!("there is no option `{option}`")),
            };
            for stage in named(name, &stages)? {
                if !without.contains(&stage) {
                    without.push(stage);
                }
            }
        }
        if without.len() == stages.len() {
            return Err("`--without` leaves out every stage: nothing would run".to_owned());
        }
        Ok(Self::Stages { stages, without })
    }
}

fn bench<'a>(mut arguments: impl Iterator<Item = &'a str>) -> Result<Command, String> {
    let (mut only, mut write_docs, mut growth_scale) = (None, false, None);
    while let Some(option) = arguments.next() {
        match option {
            "--only" => {
                let name = arguments
                    .next()
                    .ok_or("`--only` needs the name of a result")?;
                only = Some(name.to_owned());
            }
            "--write-docs" => write_docs = true,
            "--growth-scale" => growth_scale = Some(factor(arguments.next())?),
            _ => return Err(format!("there is no option `{option}`")),
        }
    }
    if write_docs && only.is_some() {
        return Err("`--write-docs` shows all results: leave `--only` out".to_owned());
    }
    Ok(Command::Bench {
        only,
        write_docs,
        growth_scale,
    })
}

fn fuzz<'a>(mut arguments: impl Iterator<Item = &'a str>) -> Result<Command, String> {
    let mut options = Vec::new();
    while let Some(option) = arguments.next() {
        options.push(option.to_owned());
        match option {
            "--minutes" | "--programs" | "--seed" => match arguments.next() {
                Some(number) if number.parse::<u64>().is_ok() => options.push(number.to_owned()),
                _ => return Err(format!("`{option}` needs a number")),
            },
            "--skip" => {
                let words = arguments.next();
                options.push(words.ok_or("`--skip` needs words")?.to_owned());
            }
            "--survey" | "--trace" | "--envelopes" => {}
            _ => return Err(format!("there is no option `{option}`")),
        }
    }
    Ok(Command::Fuzz { options })
}

fn chaos<'a>(mut arguments: impl Iterator<Item = &'a str>) -> Result<Command, String> {
    let (mut place, mut options) = (None, Vec::new());
    while let Some(option) = arguments.next() {
        let value = arguments
            .next()
            .ok_or_else(|| format!("`{option}` needs a value"))?;
        match option {
            "--store" | "--engine" => place = Some(value.to_owned()),
            "--minutes" | "--seed" if value.parse::<f64>().is_ok() => {
                options.extend([option.to_owned(), value.to_owned()]);
            }
            "--minutes" | "--seed" => return Err(format!("`{option}` needs a number")),
            _ => return Err(format!("there is no option `{option}`")),
        }
    }
    let place =
        place.ok_or("`chaos` needs `--store sqlite`, `--store postgres` or `--engine nats`")?;
    Ok(Command::Chaos { place, options })
}

/// Returns a positive number, unparsed.
fn factor(given: Option<&str>) -> Result<String, String> {
    let given = given.ok_or("`--growth-scale` needs a factor, such as 4 or 0.1")?;
    match given.parse::<f64>() {
        Ok(factor) if factor > 0.0 => Ok(given.to_owned()),
        _ => Err(format!(
            "`--growth-scale` needs a factor, such as 4 or 0.1, not `{given}`"
        )),
    }
}

/// Returns the stages that a `--without` names: a single one, or with `test` all stages of `cargo
/// xtask test`.
fn named(name: &str, stages: &[Stage]) -> Result<Vec<Stage>, String> {
    if name == "test" {
        return Ok(Stage::TEST.to_vec());
    }
    match stages.iter().find(|stage| stage.name() == name) {
        Some(&stage) => Ok(vec![stage]),
        None => Err(format!(
            "this command has no stage `{name}`; its stages are {}",
            names(stages)
        )),
    }
}

fn names(stages: &[Stage]) -> String {
    stages
        .iter()
        .map(|stage| stage.name())
        .collect::<Vec<_>>()
        .join(", ")
}

/// Returns the usage text.
#[must_use]
pub fn usage() -> String {
    format!(
        "usage: cargo xtask test [--without STAGE]...
       cargo xtask ci [--without STAGE]...
       cargo xtask bench [--only NAME | --write-docs] [--growth-scale FACTOR]
       cargo xtask fuzz [--minutes N | --programs K] [--seed S] [--survey] [--skip WORD,..] [--trace]
       cargo xtask fuzz --envelopes [--minutes N | --programs K] [--seed S]
       cargo xtask chaos --store sqlite|postgres | --engine nats [--minutes N] [--seed S]
       cargo xtask bless-examples

stages of `test`: {}
stages of `ci`:   {}
`ci --without test` leaves out all stages of `test`.",
        names(&Stage::TEST),
        names(&Stage::ALL),
    )
}
