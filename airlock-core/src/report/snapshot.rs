//! Snapshots of the intents that a scope holds.

use std::fmt;
use std::ops::Deref;

use crate::intent::{FireOn, Intent, IntentInfo};
use crate::report::Table;

/// A copy of what a scope held at one time; see [`Scope::snapshot`](crate::Scope::snapshot).
///
/// `Display` prints it as a table of the intents, with arguments and `file:line`.
#[derive(Clone, Debug, Default)]
pub struct Snapshot {
    lines: Vec<IntentRecord>,
}

/// An intent as it was at one time: its facts, to which it dereferences, and the text of its arguments.
#[derive(Clone)]
pub struct IntentRecord {
    pub(crate) info: IntentInfo,
    arguments: String,
}

impl IntentRecord {
    /// Records an intent.
    pub(crate) fn new(intent: &Intent) -> Self {
        Self {
            info: intent.info.for_report(),
            arguments: format!("{:?}", intent.arguments()),
        }
    }

    /// Records an entry of a report, which has no arguments.
    pub(crate) fn without_arguments(info: &IntentInfo) -> Self {
        Self {
            info: info.clone(),
            arguments: format!("{} {{ .. }}", info.effect().intent()),
        }
    }

    /// Returns the intent formatted with `Debug`, which leaves out what the effect redacts.
    pub fn arguments(&self) -> &str {
        &self.arguments
    }
}

impl Deref for IntentRecord {
    type Target = IntentInfo;

    fn deref(&self) -> &IntentInfo {
        &self.info
    }
}

impl fmt::Debug for IntentRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}: {}", self.arguments, self.info.id, self.fate())
    }
}

impl Snapshot {
    /// Returns every intent, in order.
    pub fn lines(&self) -> &[IntentRecord] {
        &self.lines
    }

    /// Returns the intents that were enqueued in the scope itself.
    pub fn own(&self) -> impl Iterator<Item = &IntentRecord> {
        self.lines.iter().filter(|line| !line.is_captured())
    }

    /// Returns the intents that the scope captured from nested scopes.
    pub fn captured(&self) -> impl Iterator<Item = &IntentRecord> {
        self.lines.iter().filter(|line| line.is_captured())
    }

    /// Returns the number of intents.
    pub fn len(&self) -> usize {
        self.lines.len()
    }

    /// Returns `true` if there were no intents.
    pub fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }
}

impl<'a> FromIterator<&'a Intent> for Snapshot {
    fn from_iter<I: IntoIterator<Item = &'a Intent>>(intents: I) -> Self {
        Self {
            lines: intents.into_iter().map(IntentRecord::new).collect(),
        }
    }
}

impl fmt::Display for Snapshot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_empty() {
            return f.write_str("no intents\n");
        }
        let mut table = Table::new([
            "effect",
            "intent",
            "options",
            "leaves",
            "from",
            "enqueued at",
            "origin",
        ]);
        for line in &self.lines {
            let leaves = match line.fire_on() {
                FireOn::Success => "on success",
                FireOn::Failure => "on failure",
                FireOn::Always => "always",
            };
            table.row([
                line.effect().id().to_owned(),
                line.arguments.clone(),
                line.placement_in_words(line.schedule().in_words()),
                leaves.to_owned(),
                if line.is_captured() {
                    "nested scope"
                } else {
                    "this scope"
                }
                .to_owned(),
                format!("{}:{}", line.location().file(), line.location().line()),
                line.origin().map(ToString::to_string).unwrap_or_default(),
            ]);
        }
        write!(f, "{table}")
    }
}
