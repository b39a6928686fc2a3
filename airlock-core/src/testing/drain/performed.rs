//! What a drain has done.

use std::fmt;
use std::time::Duration;

use crate::effect::Payload;
use crate::intent::Intent;
use crate::intent::{Decision, Fate};
use crate::report::ReportEntry;
use crate::report::{Table, caused_by};
use crate::testing::source::{KeepsArguments, Source};
use crate::testing::{Plain, Seen};

/// What [`Captured::drain`](crate::testing::Captured::drain) did: everything that it performed, with
/// causes, in the order in which it began, and what was dropped or discarded on the way.
///
/// [`Assertions`](crate::testing::Assertions) on it are about what was performed. `Display` prints all
/// of it as a table.
pub struct Drained {
    entries: Vec<Performed>,
}

/// One intent of a [`Drained`].
pub struct Performed {
    entry: ReportEntry,
    arguments: Payload,
    shown: String,
    at: Duration,
    stubbed: bool,
}

impl Drained {
    pub(super) fn new(entries: Vec<Performed>) -> Self {
        Self { entries }
    }

    /// Every intent, whatever became of it.
    pub fn entries(&self) -> &[Performed] {
        &self.entries
    }

    /// All of it, also what was dropped or discarded, in a form that stays the same from run to run.
    pub fn plain_in_full(&self) -> Plain {
        Plain::of(&self.entries.iter().map(Performed::seen).collect::<Vec<_>>())
    }

    /// Those that failed.
    pub fn failed(&self) -> impl Iterator<Item = &Performed> {
        let failed =
            |it: &&Performed| matches!(it.entry.fate(), Fate::Failed(_) | Fate::NotReached);
        self.entries.iter().filter(failed)
    }
}

impl Source for Drained {
    const HOLDS: &'static str = "performed";

    fn look(&self, look: &mut dyn FnMut(&[Seen<'_>])) {
        let performed = self.entries.iter().filter(|it| it.is_dispatched());
        look(&performed.map(Performed::seen).collect::<Vec<_>>());
    }
}

impl KeepsArguments for Drained {}

impl Performed {
    /// What is known of it before it is performed.
    pub(super) fn of(intent: &Intent, at: Duration) -> Self {
        let mut facts = intent.facts.for_report();
        facts.decide(Decision::NotReached);
        Self {
            entry: ReportEntry { facts },
            arguments: intent.payload.duplicate().unwrap_or_else(Payload::gone),
            shown: format!("{:?}", intent.arguments()),
            at,
            stubbed: false,
        }
    }

    /// One of which only a report is left.
    pub(super) fn without_arguments(entry: &ReportEntry, at: Duration) -> Self {
        Self {
            entry: entry.clone(),
            arguments: Payload::gone(),
            shown: format!("{} {{ .. }}", entry.effect().intent()),
            at,
            stubbed: false,
        }
    }

    pub(super) fn set_fate_of(&mut self, entry: &ReportEntry) {
        if let Some(decision) = entry.facts.decision() {
            self.entry.facts.decide(decision);
        }
    }

    pub(super) fn set_stubbed(&mut self) {
        self.stubbed = true;
    }

    pub(super) fn is_dispatched(&self) -> bool {
        self.entry.facts.is_dispatched()
    }

    pub(super) fn entry(&self) -> &ReportEntry {
        &self.entry
    }

    /// What is known of the intent: effect, arguments, options, cause, and where it was enqueued. The
    /// arguments of an effect that is declared `once` are there as text only.
    pub fn seen(&self) -> Seen<'_> {
        Seen::entry(&self.entry).with(&self.arguments, &self.shown)
    }

    /// What became of it.
    pub fn fate(&self) -> Fate<'_> {
        self.entry.fate()
    }

    /// When its performance began, in virtual time since the drain did.
    pub fn at(&self) -> Duration {
        self.at
    }

    /// Whether a stub stood in for its body.
    pub fn is_stubbed(&self) -> bool {
        self.stubbed
    }
}

impl fmt::Display for Drained {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.entries.is_empty() {
            return f.write_str("nothing to perform\n");
        }
        let mut table = Table::new([
            "effect",
            "intent",
            "fate",
            "after",
            "enqueued at",
            "caused by",
        ]);
        for entry in &self.entries {
            let (seen, at) = (entry.seen(), entry.entry.location());
            table.row([
                seen.effect().id().to_owned(),
                entry.shown.clone(),
                entry.entry.fate().to_string(),
                match entry.at {
                    Duration::ZERO => String::new(),
                    at => format!("{at:?}"),
                },
                format!("{}:{}", at.file(), at.line()),
                caused_by(&entry.entry.facts),
            ]);
        }
        table.fmt(f)
    }
}

impl fmt::Debug for Drained {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(&self.entries).finish()
    }
}

impl fmt::Debug for Performed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.shown, self.entry.fate())
    }
}
