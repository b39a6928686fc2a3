//! The command line.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// How long to fuzz, and from which seed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Arguments {
    /// The seed of the first program. The next program has the next number.
    pub seed: u64,
    /// When to stop.
    pub bound: Bound,
    /// Whether to print the seed of each program before it runs: an abort leaves no other trace.
    pub trace: bool,
    /// Whether to go on after a violation, and to print only its rule and the shrunk program.
    pub survey: bool,
    /// Programs whose text has one of these words are left out, to look past a known fault.
    pub skip: Vec<String>,
}

/// When to stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bound {
    /// After this time.
    Time(Duration),
    /// After this many programs.
    Programs(u64),
}

impl Bound {
    /// Whether there is time for another one, after so many.
    #[must_use]
    pub fn goes_on(self, begun: Instant, tried: u64) -> bool {
        match self {
            Bound::Time(time) => begun.elapsed() < time,
            Bound::Programs(most) => tried < most,
        }
    }
}

impl Arguments {
    /// Reads the arguments that follow the program's name.
    ///
    /// # Errors
    ///
    /// An unknown option, and a value that is no number.
    pub fn parse(arguments: impl IntoIterator<Item = String>) -> Result<Self, String> {
        let mut this = Self {
            seed: seed_of_the_clock(),
            bound: Bound::Time(Duration::from_secs(60)),
            trace: false,
            survey: false,
            skip: Vec::new(),
        };
        let mut arguments = arguments.into_iter();
        while let Some(option) = arguments.next() {
            let mut value = || {
                let value = arguments.next();
                value.ok_or_else(|| format!("`{option}` needs a value"))
            };
            let mut number = || {
                let value = value()?;
                let number = value.parse::<u64>();
                number.map_err(|_| format!("`{option}` needs a number, not `{value}`"))
            };
            match option.as_str() {
                "--seed" => this.seed = number()?,
                "--minutes" => this.bound = Bound::Time(Duration::from_secs(60 * number()?)),
                "--programs" => this.bound = Bound::Programs(number()?),
                "--skip" => this.skip = value()?.split(',').map(str::to_owned).collect(),
                "--trace" => this.trace = true,
                "--survey" => this.survey = true,
                _ => return Err(format!("there is no option `{option}`")),
            }
        }
        Ok(this)
    }

    pub(crate) fn skips(&self, program: &str) -> bool {
        self.skip.iter().any(|word| program.contains(word))
    }
}

/// Seconds, so that it is short enough to type.
fn seed_of_the_clock() -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    now.map_or(0, |now| now.as_secs() * 1_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Arguments, String> {
        Arguments::parse(line.split_whitespace().map(str::to_owned))
    }

    #[test]
    fn seed_and_bound_are_read() {
        let expected = Arguments {
            seed: 7,
            bound: Bound::Programs(10),
            trace: false,
            survey: false,
            skip: Vec::new(),
        };
        assert_eq!(parse("--seed 7 --programs 10"), Ok(expected));
    }

    #[test]
    fn mistakes_are_errors() {
        let no_number = "`--seed` needs a number, not `x`".to_owned();
        assert_eq!(parse("--seed x"), Err(no_number));
        assert!(parse("--sede 1").is_err());
        assert!(parse("--minutes").is_err());
    }
}
