//! Summaries of plans, for people.

use std::collections::BTreeMap;
use std::fmt;

use airlock_core::{Fate, FlushReport};
use serde::{Deserialize, Serialize};

/// The contents of a plan: the number of intents of each effect, and of those that policies dropped. `Display`
/// prints a line for each.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Summary {
    /// The effects, by id.
    pub effects: Vec<PlannedEffect>,
    /// The intents that policies dropped. They are not in the plan.
    pub dropped: Vec<DroppedByPolicy>,
}

/// The intents of one effect in a plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct PlannedEffect {
    /// The effect's id.
    pub effect: String,
    /// The number of its intents.
    pub count: usize,
    /// The location that enqueued the first one, as `file:line`.
    pub first: String,
    /// The location that enqueued the last one, as `file:line`.
    pub last: String,
}

/// The intents of one effect that a policy dropped for one reason.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct DroppedByPolicy {
    /// The effect's id.
    pub effect: String,
    /// The policy's name.
    pub policy: String,
    /// The policy's reason, if it gave one.
    pub reason: Option<String>,
    /// The number of intents.
    pub count: usize,
}

impl Summary {
    pub(crate) fn new(report: &FlushReport) -> Self {
        let mut effects: BTreeMap<&str, PlannedEffect> = BTreeMap::new();
        let mut dropped: BTreeMap<(&str, &str, Option<&str>), usize> = BTreeMap::new();
        for entry in report.buffered() {
            let id = entry.effect().id();
            match entry.fate() {
                Fate::Dispatched => {
                    let at = format!("{}:{}", entry.location().file(), entry.location().line());
                    let planned = effects.entry(id).or_insert_with(|| PlannedEffect {
                        effect: id.to_owned(),
                        count: 0,
                        first: at.clone(),
                        last: String::new(),
                    });
                    planned.count += 1;
                    planned.last = at;
                }
                Fate::Dropped(by) => {
                    *dropped
                        .entry((id, &by.policy, by.reason.as_deref()))
                        .or_default() += 1;
                }
                _ => {}
            }
        }
        let dropped = dropped.into_iter();
        Self {
            effects: effects.into_values().collect(),
            dropped: dropped
                .map(|((effect, policy, reason), count)| DroppedByPolicy {
                    effect: effect.to_owned(),
                    policy: policy.to_owned(),
                    reason: reason.map(str::to_owned),
                    count,
                })
                .collect(),
        }
    }

    /// Returns the number of intents in the plan.
    pub fn len(&self) -> usize {
        self.effects.iter().map(|effect| effect.count).sum()
    }

    /// Returns `true` if the plan is empty.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let intents = if self.len() == 1 { "intent" } else { "intents" };
        writeln!(f, "{} {intents} planned", self.len())?;
        for planned in &self.effects {
            let PlannedEffect {
                effect,
                count,
                first,
                last,
            } = planned;
            write!(f, "  {count:>9}  {effect}, from {first}")?;
            match first == last {
                true => writeln!(f)?,
                false => writeln!(f, " to {last}")?,
            }
        }
        for dropped in &self.dropped {
            let DroppedByPolicy {
                effect,
                policy,
                reason,
                count,
            } = dropped;
            write!(f, "  {count:>9}  {effect}, dropped by {policy}")?;
            match reason {
                Some(reason) => writeln!(f, ": {reason}")?,
                None => writeln!(f)?,
            }
        }
        Ok(())
    }
}
