//! The command line.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// The arguments of the fuzzer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Arguments {
    /// The seed of the first program. Each further program uses the next number.
    pub seed: u64,
    /// The condition for stopping.
    pub bound: Bound,
    /// `true` to print the seed of each program before it runs, since an abort leaves no other
    /// trace.
    pub trace: bool,
    /// `true` to continue after a violation, and to print only its rule and the shrunk program.
    pub survey: bool,
    /// Words to skip: a program whose text contains one is not run. This hides a known fault.
    pub skip: Vec<String>,
}

/// The condition for stopping.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bound {
    /// After this time.
    Time(Duration),
    /// After this many programs.
    Programs(u64),
}

impl Bound {
    /// Returns whether another program may start after `tried` programs.
    #[must_use]
    pub fn goes_on(self, begun: Instant, tried: u64) -> bool {
        match self {
            Bound::Time(time) => begun.elapsed() < time,
            Bound::Programs(most) => tried < most,
        }
    }
}

impl Arguments {
    /// Parses the arguments that follow the program's name.
    ///
    /// # Errors
    ///
    /// An unknown option, a missing value, or a value that is not a number.
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

/// Returns a seed in whole seconds, which is short enough to type.
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
