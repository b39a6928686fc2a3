//! Counts of a report's intents, by effect, fate and policy.

use std::fmt;

use crate::effect::EffectDescriptor;
use crate::intent::Fate;
use crate::report::{FlushReport, Table};

/// The intents of a [`FlushReport`], counted by effect, fate and policy. Returned by [`FlushReport::summary`].
///
/// `Display` prints it as a table, which stays short however many intents there were.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReportSummary {
    lines: Vec<SummaryLine>,
}

/// The intents of one effect that share a fate, in a [`ReportSummary`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SummaryLine {
    /// The effect.
    pub effect: &'static EffectDescriptor,
    /// The fate, as [`Fate::word`] names it.
    pub fate: &'static str,
    /// The policy that dropped them, if one did.
    pub policy: Option<String>,
    /// The number of intents.
    pub count: usize,
}

impl ReportSummary {
    pub(super) fn new(report: &FlushReport) -> Self {
        let mut lines: Vec<SummaryLine> = Vec::new();
        for entry in report.entries() {
            let fate = entry.fate();
            let policy = match fate {
                Fate::Dropped(dropped) => Some(dropped.policy.as_str()),
                _ => None,
            };
            // A linear search is cheap, since a report has few kinds of lines. A map would lose their order.
            let same = lines.iter_mut().find(|line| {
                line.effect == entry.effect()
                    && line.fate == fate.word()
                    && line.policy.as_deref() == policy
            });
            match same {
                Some(line) => line.count += 1,
                None => lines.push(SummaryLine {
                    effect: entry.effect(),
                    fate: fate.word(),
                    policy: policy.map(str::to_owned),
                    count: 1,
                }),
            }
        }
        Self { lines }
    }

    /// Returns the lines, in the order in which their first intents appear in the report.
    pub fn lines(&self) -> &[SummaryLine] {
        &self.lines
    }

    /// Returns the number of intents of an effect with a fate, named as by [`Fate::word`].
    pub fn count(&self, effect: &EffectDescriptor, fate: &str) -> usize {
        let lines = self.lines.iter();
        let same = lines.filter(|line| line.effect == effect && line.fate == fate);
        same.map(|line| line.count).sum()
    }
}

impl fmt::Display for ReportSummary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.lines.is_empty() {
            return f.write_str("no intents\n");
        }
        let mut table = Table::new(["effect", "fate", "policy", "intents"]);
        for line in &self.lines {
            table.row([
                line.effect.id().to_owned(),
                line.fate.to_owned(),
                line.policy.clone().unwrap_or_default(),
                line.count.to_string(),
            ]);
        }
        table.fmt(f)
    }
}
