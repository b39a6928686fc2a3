//! What a drain has left.

use std::fmt;
use std::time::Duration;

use crate::intent::Intent;
use crate::testing::Seen;
use crate::testing::drain::kept::Kept;
use crate::testing::source::{KeepsArguments, Source};

/// The intents that were still due when a drain stopped, in the order in which they are due; see
/// [`Drained::left`](crate::testing::Drained::left).
///
/// It has all [`Assertions`](crate::testing::Assertions):
/// `drained.left().assert_exactly(all_in_order![Poll])`.
pub struct Left {
    due: Vec<Due>,
}

/// An intent that a drain has left, and the time when it is due.
pub struct Due {
    kept: Kept,
    at: Duration,
    begun: bool,
}

impl Left {
    pub(super) fn new(due: Vec<Due>) -> Self {
        Self { due }
    }

    /// Every intent, in the order in which they are due.
    pub fn entries(&self) -> &[Due] {
        &self.due
    }

    /// How many intents are left.
    pub fn len(&self) -> usize {
        self.due.len()
    }

    /// Whether nothing is left.
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
    /// One whose turn has not come.
    pub(super) fn new(mut intent: Intent, at: Duration) -> Self {
        intent.data.set_pending();
        Self {
            kept: Kept::whole(intent),
            at,
            begun: false,
        }
    }

    /// One that has failed and waits to be tried again.
    pub(super) fn retry(mut kept: Kept, at: Duration) -> Self {
        kept.entry.data.set_pending();
        Self {
            kept,
            at,
            begun: true,
        }
    }

    /// The intent: effect, arguments, options, cause, and where it was enqueued.
    pub fn seen(&self) -> Seen<'_> {
        self.kept.seen()
    }

    /// When it is due, in virtual time since the drain began.
    pub fn at(&self) -> Duration {
        self.at
    }

    /// Whether an attempt at it has failed, and it waits to be tried again.
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
