//! The intents that the assertions of one test have checked, for `strict`.

use std::collections::HashSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::intent::IntentId;
use crate::observer::Observer;
use crate::testing::Strictness;
use crate::testing::message::Row;

/// The intents that a test has asserted on. Records nothing for a lax test, which never reads it.
pub(crate) struct AssertionLog {
    strict: bool,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    looked: HashSet<IntentId>,
    /// Captured intents that were dropped without an assertion.
    left: Vec<Row>,
}

impl Observer for AssertionLog {}

impl AssertionLog {
    pub(super) fn new(strictness: Strictness) -> Self {
        Self {
            strict: strictness == Strictness::Strict,
            state: Mutex::default(),
        }
    }

    pub(super) fn is_strict(&self) -> bool {
        self.strict
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn look(&self, intents: &[IntentId]) {
        if self.strict {
            self.state().looked.extend(intents);
        }
    }

    pub(super) fn has_seen(&self, intent: IntentId) -> bool {
        self.state().looked.contains(&intent)
    }

    /// Records captured intents that were dropped without an assertion.
    pub(super) fn leave(&self, rows: Vec<Row>) {
        self.state().left.extend(rows);
    }

    pub(super) fn take_left(&self) -> Vec<Row> {
        std::mem::take(&mut self.state().left)
    }
}
