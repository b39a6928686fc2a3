//! The intents that a drain has left.

use std::fmt;

use crate::testing::Seen;
use crate::testing::drain::entry::DrainEntry;
use crate::testing::source::{KeepsArguments, Source};

/// The intents that were still due when a drain stopped, in the order in which they are due; see
/// [`Drained::left`](crate::testing::Drained::left).
///
/// It supports all [`Assertions`](crate::testing::Assertions):
/// `drained.left().assert_exactly(all_in_order![Poll])`.
pub struct Left {
    due: Vec<DrainEntry>,
}

impl Left {
    pub(super) fn new(due: Vec<DrainEntry>) -> Self {
        Self { due }
    }

    /// Returns the intents, in the order in which they are due.
    pub fn entries(&self) -> &[DrainEntry] {
        &self.due
    }

    /// Returns the number of intents.
    pub fn len(&self) -> usize {
        self.due.len()
    }

    /// Returns `true` if nothing is left.
    pub fn is_empty(&self) -> bool {
        self.due.is_empty()
    }
}

impl Source for Left {
    const HOLDS: &'static str = "left";

    fn look(&self, look: &mut dyn FnMut(&[Seen<'_>])) {
        look(&self.due.iter().map(DrainEntry::seen).collect::<Vec<_>>());
    }
}

impl KeepsArguments for Left {}

impl fmt::Debug for Left {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(&self.due).finish()
    }
}
