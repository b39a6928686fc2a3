//! The progress of a drain, for its predicate.

use std::collections::HashMap;
use std::fmt;
use std::ops::Range;
use std::time::Duration;

use crate::effect::{Effect, EffectDescriptor};
use crate::testing::Seen;
use crate::testing::drain::entry::DrainEntry;
use crate::testing::source::{KeepsArguments, Source};

/// The progress of a drain: the argument of the predicate of
/// [`drain_until`](crate::testing::Captured::drain_until).
///
/// The predicate is called after each performed intent, so the methods of this type take constant time.
/// [`Assertions`](crate::testing::Assertions) scan everything that was performed so far on each call.
#[derive(Clone)]
pub struct Progress<'a> {
    entries: &'a [DrainEntry],
    last: Range<usize>,
    tally: &'a Tally,
    now: Duration,
}

/// The number of performed intents, per effect and in total.
#[derive(Default)]
pub(super) struct Tally {
    of_each: HashMap<&'static EffectDescriptor, usize>,
    all: usize,
}

impl Tally {
    pub(super) fn add(&mut self, effect: &'static EffectDescriptor) {
        *self.of_each.entry(effect).or_default() += 1;
        self.all += 1;
    }
}

impl<'a> Progress<'a> {
    pub(super) fn new(
        entries: &'a [DrainEntry],
        last: Range<usize>,
        tally: &'a Tally,
        now: Duration,
    ) -> Self {
        Self {
            entries,
            last,
            tally,
            now,
        }
    }

    /// Returns the intent that was performed last, whether it succeeded or failed. For a batch effect,
    /// returns all intents of the call.
    pub fn last(&self) -> &'a [DrainEntry] {
        &self.entries[self.last.clone()]
    }

    /// Returns the number of performed intents of one effect.
    pub fn count<E: Effect>(&self) -> usize {
        self.tally.of_each.get(E::DESCRIPTOR).copied().unwrap_or(0)
    }

    /// Returns the number of performed intents of all effects.
    pub fn performed(&self) -> usize {
        self.tally.all
    }

    /// Returns the virtual time since the drain began.
    pub fn now(&self) -> Duration {
        self.now
    }

    /// Returns every intent that has begun or was dropped or discarded, like
    /// [`Drained::entries`](crate::testing::Drained::entries) of a drain that stops here.
    pub fn entries(&self) -> &'a [DrainEntry] {
        self.entries
    }
}

impl Source for Progress<'_> {
    const HOLDS: &'static str = "performed so far";

    fn look(&self, look: &mut dyn FnMut(&[Seen<'_>])) {
        let performed = self.entries.iter().filter(|it| it.is_dispatched());
        look(&performed.map(DrainEntry::seen).collect::<Vec<_>>());
    }
}

impl KeepsArguments for Progress<'_> {}

impl fmt::Debug for Progress<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Progress")
            .field("last", &self.last())
            .field("performed", &self.tally.all)
            .field("now", &self.now)
            .finish_non_exhaustive()
    }
}
