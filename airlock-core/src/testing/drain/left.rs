//! The intents that a drain has left.

use std::fmt;
use std::time::Duration;

use crate::intent::Intent;
use crate::testing::Seen;
use crate::testing::drain::kept::Kept;
use crate::testing::source::{KeepsArguments, Source};

/// The intents that were still due when a drain stopped, in the order in which they are due; see
/// [`Drained::left`](crate::testing::Drained::left).
///
/// It supports all [`Assertions`](crate::testing::Assertions):
/// `drained.left().assert_exactly(all_in_order![Poll])`.
pub struct Left {
    due: Vec<Due>,
}

/// An intent that a drain has left, and the time at which it is due.
pub struct Due {
    kept: Kept,
    at: Duration,
    begun: bool,
}

impl Left {
    pub(super) fn new(due: Vec<Due>) -> Self {
        Self { due }
    }

    /// Returns the intents, in the order in which they are due.
    pub fn entries(&self) -> &[Due] {
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
        look(&self.due.iter().map(Due::seen).collect::<Vec<_>>());
    }
}

impl KeepsArguments for Left {}

impl Due {
    /// Creates the entry of an intent that has not begun.
    pub(super) fn new(mut intent: Intent, at: Duration) -> Self {
        intent.data.set_pending();
        Self {
            kept: Kept::whole(intent),
            at,
            begun: false,
        }
    }

    /// Creates the entry of an intent that has failed and waits for a retry.
    pub(super) fn retry(mut kept: Kept, at: Duration) -> Self {
        kept.entry.data.set_pending();
        Self {
            kept,
            at,
            begun: true,
        }
    }

    /// Returns the intent: effect, arguments, options, cause, and the location that enqueued it.
    pub fn seen(&self) -> Seen<'_> {
        self.kept.seen()
    }

    /// Returns the time at which it is due, in virtual time since the drain began.
    pub fn at(&self) -> Duration {
        self.at
    }

    /// Returns `true` if an attempt has failed and the intent waits for a retry.
    pub fn waits_for_retry(&self) -> bool {
        self.begun
    }

    fn fate(&self) -> String {
        match self.begun {
            true => format!("to be tried again at {:?}", self.at),
            false => format!("due at {:?}", self.at),
        }
    }

    pub(super) fn row(&self) -> [String; 6] {
        self.kept.row(self.fate(), String::new())
    }
}

impl fmt::Debug for Left {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(&self.due).finish()
    }
}

impl fmt::Debug for Due {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.kept.shown(), self.fate())
    }
}
