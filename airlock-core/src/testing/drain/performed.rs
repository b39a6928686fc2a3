//! The result of a drain.

use std::fmt;
use std::time::Duration;

use crate::intent::Intent;
use crate::intent::{Decision, Fate};
use crate::report::{ReportEntry, Table};
use crate::testing::drain::kept::Kept;
use crate::testing::drain::left::{Due, Left};
use crate::testing::source::{KeepsArguments, Source};
use crate::testing::{Plain, Seen};

/// The result of [`Captured::drain`](crate::testing::Captured::drain): the intents that it performed, with
/// their causes, in the order in which they began, and those that were dropped or discarded.
///
/// [`Assertions`](crate::testing::Assertions) on it cover the performed intents. `Display` prints all
/// intents as a table, those that are [left](Self::left) last.
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

    /// Returns every intent, whatever its fate, except those that are [left](Self::left).
    pub fn entries(&self) -> &[Performed] {
        &self.entries
    }

    /// Returns the intents that were still due when the drain stopped, in the order in which they are
    /// due. They include those that failed and wait for a retry.
    ///
    /// [`drain`](crate::testing::Captured::drain) leaves nothing unless it is endless;
    /// [`drain_for`](crate::testing::Captured::drain_for) and
    /// [`drain_until`](crate::testing::Captured::drain_until) may leave intents.
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

    /// Returns all intents, including those that were dropped, discarded or left, in a form that is the
    /// same in each run.
    pub fn plain_in_full(&self) -> Plain {
        let entries = self.entries.iter().map(Performed::seen);
        let left = self.left.entries().iter().map(Due::seen);
        Plain::new(&entries.chain(left).collect::<Vec<_>>()).with_left(self.left.len())
    }

    /// Returns the intents that failed or were not reached.
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
    /// Creates the entry of an intent that is about to be performed.
    pub(super) fn new(intent: &Intent, at: Duration) -> Self {
        let mut kept = Kept::copy(intent);
        kept.entry.data.decide(Decision::NotReached);
        Self {
            kept,
            at,
            stubbed: false,
        }
    }

    /// Creates an entry from a report, without arguments.
    pub(super) fn without_arguments(entry: &ReportEntry, at: Duration) -> Self {
        Self {
            kept: Kept::reported(entry),
            at,
            stubbed: false,
        }
    }

    /// Converts the entry of an intent that waits for a retry.
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

    /// Returns the intent: effect, arguments, options, cause, and the location that enqueued it. The
    /// arguments of an effect declared `once` are available as text only.
    pub fn seen(&self) -> Seen<'_> {
        self.kept.seen()
    }

    /// Returns its fate.
    pub fn fate(&self) -> Fate<'_> {
        self.kept.entry.fate()
    }

    /// Returns the virtual time at which it began, since the start of the drain.
    pub fn at(&self) -> Duration {
        self.at
    }

    /// Returns `true` if a stub replaced its body.
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
