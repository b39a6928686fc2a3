//! What a scope holds at a moment, in a form that lasts.

use std::fmt;
use std::panic::Location;

use crate::effect::{Effect, EffectDescriptor};
use crate::intent::{FireOn, Intent, IntentId, ScopeId};
use crate::report::Table;

/// What a scope held when it was asked: see [`Scope::snapshot`](crate::Scope::snapshot).
///
/// `Display` prints it as a table of what would fire, arguments and `file:line` included.
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
}

impl SnapshotLine {
    /// The effect.
    pub fn effect(&self) -> &'static EffectDescriptor {
        self.effect
    }

    /// Whether it is an intent of this effect.
    pub fn is<E: Effect>(&self) -> bool {
        self.effect == E::DESCRIPTOR
    }

    /// The intent's id.
    pub fn id(&self) -> IntentId {
        self.id
    }

    /// The intent as `Debug` shows it: what the effect redacts is left out.
    pub fn arguments(&self) -> &str {
        &self.arguments
    }

    /// Where it was enqueued.
    pub fn location(&self) -> &'static Location<'static> {
        self.location
    }

    /// The scope that it was enqueued in.
    pub fn scope(&self) -> Option<ScopeId> {
        self.scope
    }

    /// Whether the scope captured it from a nested one.
    pub fn is_captured(&self) -> bool {
        self.captured
    }

    /// Under which outcome it leaves.
    pub fn fire_on(&self) -> FireOn {
        self.fire_on
    }
}

impl Snapshot {
    /// Every intent, in order.
    pub fn lines(&self) -> &[SnapshotLine] {
        &self.lines
    }

    /// The intents that were enqueued in the scope itself.
    pub fn own(&self) -> impl Iterator<Item = &SnapshotLine> {
        self.lines.iter().filter(|line| !line.captured)
    }

    /// The intents that it captured from nested scopes.
    pub fn captured(&self) -> impl Iterator<Item = &SnapshotLine> {
        self.lines.iter().filter(|line| line.captured)
    }

    /// How many intents there were.
    pub fn len(&self) -> usize {
        self.lines.len()
    }

    /// Whether there were none.
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
        let mut table = Table::new(["effect", "intent", "leaves", "from", "enqueued at"]);
        for line in &self.lines {
            let leaves = match line.fire_on {
                FireOn::Success => "on success",
                FireOn::Failure => "on failure",
                FireOn::Always => "always",
            };
            table.row([
                line.effect.id().to_owned(),
                line.arguments.clone(),
                leaves.to_owned(),
                if line.captured {
                    "nested scope"
                } else {
                    "this scope"
                }
                .to_owned(),
                format!("{}:{}", line.location.file(), line.location.line()),
            ]);
        }
        write!(f, "{table}")
    }
}
