//! Snapshots of the intents that a scope holds.

use std::fmt;
use std::panic::Location;

use crate::effect::{Effect, EffectDescriptor};
use crate::intent::{FireOn, Intent, IntentId, Origin, ScopeId};
use crate::report::Table;

/// A copy of what a scope held at one time; see [`Scope::snapshot`](crate::Scope::snapshot).
///
/// `Display` prints it as a table of the intents, with arguments and `file:line`.
#[derive(Clone, Debug, Default)]
pub struct Snapshot {
    lines: Vec<SnapshotLine>,
}

/// One intent in a [`Snapshot`].
#[derive(Clone, Debug)]
pub struct SnapshotLine {
    effect: &'static EffectDescriptor,
    id: IntentId,
    arguments: String,
    location: &'static Location<'static>,
    scope: Option<ScopeId>,
    captured: bool,
    fire_on: FireOn,
    options: String,
    origin: Option<Origin>,
}

impl SnapshotLine {
    /// Returns the effect.
    pub fn effect(&self) -> &'static EffectDescriptor {
        self.effect
    }

    /// Returns `true` if this is an intent of the effect `E`.
    pub fn is<E: Effect>(&self) -> bool {
        self.effect == E::DESCRIPTOR
    }

    /// Returns the intent's id.
    pub fn id(&self) -> IntentId {
        self.id
    }

    /// Returns the intent formatted with `Debug`, which leaves out what the effect redacts.
    pub fn arguments(&self) -> &str {
        &self.arguments
    }

    /// Returns the line that enqueued the intent.
    pub fn location(&self) -> &'static Location<'static> {
        self.location
    }

    /// Returns the scope that the intent was enqueued in.
    pub fn scope(&self) -> Option<ScopeId> {
        self.scope
    }

    /// Returns `true` if the scope captured the intent from a nested scope.
    pub fn is_captured(&self) -> bool {
        self.captured
    }

    /// Returns the outcome under which the intent leaves its scope.
    pub fn fire_on(&self) -> FireOn {
        self.fire_on
    }

    /// Returns the delay, queue and priority in words, such as `after 5s, queue slow`. Empty if none is set.
    pub fn options(&self) -> &str {
        &self.options
    }

    /// Returns where the work that enqueued the intent came from; see [`Intent::origin`].
    pub fn origin(&self) -> Option<&Origin> {
        self.origin.as_ref()
    }
}

impl Snapshot {
    /// Returns every intent, in order.
    pub fn lines(&self) -> &[SnapshotLine] {
        &self.lines
    }

    /// Returns the intents that were enqueued in the scope itself.
    pub fn own(&self) -> impl Iterator<Item = &SnapshotLine> {
        self.lines.iter().filter(|line| !line.captured)
    }

    /// Returns the intents that the scope captured from nested scopes.
    pub fn captured(&self) -> impl Iterator<Item = &SnapshotLine> {
        self.lines.iter().filter(|line| line.captured)
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
        let lines = intents.into_iter().map(|intent| SnapshotLine {
            effect: intent.effect(),
            id: intent.id(),
            arguments: format!("{:?}", intent.arguments()),
            location: intent.location(),
            scope: intent.scope(),
            captured: intent.is_captured(),
            fire_on: intent.fire_on(),
            options: intent.data.placement_in_words(intent.schedule().in_words()),
            origin: intent.origin().cloned(),
        });
        Self {
            lines: lines.collect(),
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
            let leaves = match line.fire_on {
                FireOn::Success => "on success",
                FireOn::Failure => "on failure",
                FireOn::Always => "always",
            };
            table.row([
                line.effect.id().to_owned(),
                line.arguments.clone(),
                line.options.clone(),
                leaves.to_owned(),
                if line.captured {
                    "nested scope"
                } else {
                    "this scope"
                }
                .to_owned(),
                format!("{}:{}", line.location.file(), line.location.line()),
                line.origin
                    .as_ref()
                    .map(ToString::to_string)
                    .unwrap_or_default(),
            ]);
        }
        write!(f, "{table}")
    }
}
