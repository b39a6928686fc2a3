//! The closing summary table.

use std::fmt;
use std::time::Duration;

/// The outcome of a stage.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The stage passed, in this time.
    Passed(Duration),
    /// The stage failed, in this time, with this message.
    Failed(Duration, String),
    /// The stage was left out by `--without`.
    LeftOut,
}

/// The stages of a command, with their outcomes.
#[derive(Debug, Default)]
pub struct Summary(Vec<(&'static str, Outcome)>);

impl Summary {
    /// Adds a stage.
    pub fn push(&mut self, stage: &'static str, outcome: Outcome) {
        self.0.push((stage, outcome));
    }

    /// Returns whether no stage failed.
    #[must_use]
    pub fn is_success(&self) -> bool {
        !self
            .0
            .iter()
            .any(|(_, outcome)| matches!(outcome, Outcome::Failed(..)))
    }

    fn those(&self, wanted: impl Fn(&Outcome) -> bool) -> Vec<&'static str> {
        self.0
            .iter()
            .filter(|(_, outcome)| wanted(outcome))
            .map(|(stage, _)| *stage)
            .collect()
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(formatter, "summary")?;
        for (stage, outcome) in &self.0 {
            match outcome {
                Outcome::Passed(took) => {
                    writeln!(formatter, "  {stage:<12} passed    {}", seconds(*took))?;
                }
                Outcome::Failed(took, why) => {
                    writeln!(
                        formatter,
                        "  {stage:<12} FAILED    {}  {why}",
                        seconds(*took)
                    )?;
                }
                Outcome::LeftOut => writeln!(formatter, "  {stage:<12} left out")?,
            }
        }
        let left_out = self.those(|outcome| *outcome == Outcome::LeftOut);
        if !left_out.is_empty() {
            writeln!(formatter, "left out by --without: {}", left_out.join(", "))?;
        }
        let failed = self.those(|outcome| matches!(outcome, Outcome::Failed(..)));
        let ran = self.0.len() - left_out.len();
        if failed.is_empty() {
            write!(formatter, "all {ran} stages passed")
        } else {
            write!(
                formatter,
                "{} of {ran} stages failed: {}",
                failed.len(),
                failed.join(", ")
            )
        }
    }
}

fn seconds(took: Duration) -> String {
    format!("{:>6.1} s", took.as_secs_f64())
}
