//! The result of a drain.

use std::fmt;
use std::time::Duration;

use crate::effect::Effect;
use crate::intent::Fate;
use crate::report::Table;
use crate::testing::drain::entry::DrainEntry;
use crate::testing::drain::left::Left;
use crate::testing::source::{KeepsArguments, Source};
use crate::testing::{Plain, Seen};

/// The result of [`Captured::drain`](crate::testing::Captured::drain): the intents that it performed, with
/// their causes, in the order in which they began, and those that were dropped or discarded.
///
/// [`Assertions`](crate::testing::Assertions) on it cover the performed intents. `Display` prints all
/// intents as a table, those that are [left](Self::left) last.
pub struct Drained {
    entries: Vec<DrainEntry>,
    left: Left,
}

impl Drained {
    pub(super) fn new(entries: Vec<DrainEntry>, left: Left) -> Self {
        Self { entries, left }
    }

    /// Returns every intent, whatever its fate, except those that are [left](Self::left).
    pub fn entries(&self) -> &[DrainEntry] {
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
        let entries = self.entries.iter().map(DrainEntry::seen);
        let left = self.left.entries().iter().map(DrainEntry::seen);
        Plain::new(&entries.chain(left).collect::<Vec<_>>()).with_left(self.left.len())
    }

    /// Asserts that an intent of the effect began at this virtual time since the start of the drain, whether
    /// it succeeded or failed.
    ///
    /// ```rust,standalone_crate
    /// # use airlock::prelude::*;
    /// use airlock::testing::capture;
    /// use airlock::Airlock;
    /// use std::time::Duration;
    ///
    /// const HOUR: Duration = Duration::from_secs(3600);
    ///
    /// #[airlock::effect]
    /// fn remind(order: u64) {}
    ///
    /// let airlock = Airlock::builder().skip_resource_check().build()?;
    /// let drained = capture(|| airlock::enqueue(remind(7).after(HOUR))).drain(&airlock)?;
    /// drained.assert_performed_at::<Remind>(HOUR);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Panics
    ///
    /// If there is none. The message names the times at which intents of the effect began.
    #[track_caller]
    pub fn assert_performed_at<E: Effect>(&self, at: Duration) {
        let id = E::DESCRIPTOR.id();
        let performed = self.entries.iter().filter(|entry| {
            entry.is::<E>() && matches!(entry.fate(), Fate::Dispatched | Fate::Failed(_))
        });
        let times: Vec<_> = performed.map(DrainEntry::at).collect();
        assert!(
            times.contains(&at),
            "no intent of `{id}` was performed at {at:?}{}\n{self}",
            match times.is_empty() {
                true => "; none was performed at all".to_owned(),
                false => format!(", only at {times:?}"),
            }
        );
    }

    /// Returns the intents that failed or were not reached.
    pub fn failed(&self) -> impl Iterator<Item = &DrainEntry> {
        let failed = |it: &&DrainEntry| matches!(it.fate(), Fate::Failed(_) | Fate::NotReached);
        self.entries.iter().filter(failed)
    }
}

impl Source for Drained {
    const HOLDS: &'static str = "performed";

    fn look(&self, look: &mut dyn FnMut(&[Seen<'_>])) {
        let performed = self.entries.iter().filter(|it| it.is_dispatched());
        look(&performed.map(DrainEntry::seen).collect::<Vec<_>>());
    }

    fn look_at_all(&self, look: &mut dyn FnMut(&[Seen<'_>])) {
        look(
            &self
                .entries
                .iter()
                .map(DrainEntry::seen)
                .collect::<Vec<_>>(),
        );
    }
}

impl KeepsArguments for Drained {}

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
        let performed = self.entries.iter().map(DrainEntry::row);
        for row in performed.chain(self.left.entries().iter().map(DrainEntry::row)) {
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
