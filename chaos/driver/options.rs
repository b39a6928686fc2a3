//! The command line.

use std::time::Duration;

/// The options of the command line.
pub(crate) struct Options {
    pub(crate) minutes: f64,
    pub(crate) seed: u64,
}

impl Options {
    pub(crate) fn parse(options: &[&str]) -> Result<Self, String> {
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
