//! What a drain has done.

use std::fmt;
use std::time::Duration;

use crate::intent::Intent;
use crate::intent::{Decision, Fate};
use crate::report::{ReportEntry, Table};
use crate::testing::drain::kept::Kept;
use crate::testing::drain::left::{Due, Left};
use crate::testing::source::{KeepsArguments, Source};
use crate::testing::{Plain, Seen};

/// What [`Captured::drain`](crate::testing::Captured::drain) did: everything that it performed, with
/// causes, in the order in which it began, and what was dropped or discarded on the way.
///
/// [`Assertions`](crate::testing::Assertions) on it are about what was performed. `Display` prints all
/// of it as a table, and then what is [left](Self::left).
pub struct Drained {
    entries: Vec<Performed>,
    left: Left,
}

/// One intent of a [`Drained`].
pub struct Performed {
    kept: Kept,
    at: Duration,
    stubbed: bool,
}

impl Drained {
    pub(super) fn new(entries: Vec<Performed>, left: Left) -> Self {
        Self { entries, left }
    }

    /// Every intent, whatever became of it, except those that are [left](Self::left).
    pub fn entries(&self) -> &[Performed] {
        &self.entries
    }

    /// The intents that were still due when the drain stopped, in the order in which they are due. They
    /// include those that failed and wait to be tried again.
    ///
    /// [`drain`](crate::testing::Captured::drain) leaves nothing unless it is endless;
    /// [`drain_for`](crate::testing::Captured::drain_for) and
    /// [`drain_until`](crate::testing::Captured::drain_until) do.
    ///
    /// ```rust,standalone_crate
    /// # use airlock::prelude::*;
    /// use airlock::testing::{Assertions, capture};
    /// use airlock::Airlock;
    /// use std::time::Duration;
    ///
    /// const HOUR: Duration = Duration::from_secs(3600);
    ///
    /// #[airlock::effect]
    /// fn remind(order: u64) {}
    ///
    /// let airlock = Airlock::builder().skip_resource_check().build()?;
    /// let captured = capture(|| airlock::enqueue(remind(7).after(2 * HOUR)));
    /// let drained = captured.drain_for(&airlock, HOUR)?;
    /// drained.assert_count::<Remind>(0);
    /// drained.left().assert_enqueued::<Remind>(|it| it.order == 7);
    /// assert_eq!(drained.left().entries()[0].at(), 2 * HOUR);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn left(&self) -> &Left {
        &self.left
    }

    /// All of it, also what was dropped, discarded or left, in a form that stays the same from run to
    /// run.
    pub fn plain_in_full(&self) -> Plain {
        let entries = self.entries.iter().map(Performed::seen);
        let left = self.left.entries().iter().map(Due::seen);
        Plain::new(&entries.chain(left).collect::<Vec<_>>()).with_left(self.left.len())
    }

    /// Those that failed.
    pub fn failed(&self) -> impl Iterator<Item = &Performed> {
        let failed = |it: &&Performed| matches!(it.fate(), Fate::Failed(_) | Fate::NotReached);
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
    pub(super) fn new(intent: &Intent, at: Duration) -> Self {
        let mut kept = Kept::copy(intent);
        kept.entry.data.decide(Decision::NotReached);
        Self {
            kept,
            at,
            stubbed: false,
        }
    }

    /// One of which only a report is left.
    pub(super) fn without_arguments(entry: &ReportEntry, at: Duration) -> Self {
        Self {
            kept: Kept::reported(entry),
            at,
            stubbed: false,
        }
    }

    /// One that waits to be tried again.
    pub(super) fn into_due(self, at: Duration) -> Due {
        Due::retry(self.kept, at)
    }

    pub(super) fn set_fate_of(&mut self, entry: &ReportEntry) {
        if let Some(decision) = entry.data.decision() {
            self.kept.entry.data.decide(decision);
        }
    }

    pub(super) fn set_stubbed(&mut self) {
        self.stubbed = true;
    }

    pub(super) fn is_dispatched(&self) -> bool {
        self.kept.entry.data.is_dispatched()
    }

    pub(super) fn entry(&self) -> &ReportEntry {
        &self.kept.entry
    }

    /// What is known of the intent: effect, arguments, options, cause, and where it was enqueued. The
    /// arguments of an effect that is declared `once` are there as text only.
    pub fn seen(&self) -> Seen<'_> {
        self.kept.seen()
    }

    /// What became of it.
    pub fn fate(&self) -> Fate<'_> {
        self.kept.entry.fate()
    }

    /// When its performance began, in virtual time since the drain did.
    pub fn at(&self) -> Duration {
        self.at
    }

    /// Whether a stub stood in for its body.
    pub fn is_stubbed(&self) -> bool {
        self.stubbed
    }

    fn row(&self) -> [String; 6] {
        let after = match self.at {
            Duration::ZERO => String::new(),
            at => format!("{at:?}"),
        };
        self.kept.row(self.fate().to_string(), after)
    }
}

impl fmt::Display for Drained {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.entries.is_empty() && self.left.is_empty() {
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
        let performed = self.entries.iter().map(Performed::row);
        for row in performed.chain(self.left.entries().iter().map(Due::row)) {
            table.row(row);
        }
        table.fmt(f)
    }
}

impl fmt::Debug for Drained {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut list = f.debug_list();
        list.entries(&self.entries);
        list.entries(self.left.entries()).finish()
    }
}

impl fmt::Debug for Performed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.kept.shown(), self.fate())
    }
}
