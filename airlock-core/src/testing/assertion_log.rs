//! What the assertions of one test have looked at, for `strict`.

use std::collections::HashSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::intent::IntentId;
use crate::observer::Observer;
use crate::testing::Strictness;
use crate::testing::message::Row;

/// What a test has looked at. A lax one never asks, so nothing is noted for it.
pub(crate) struct AssertionLog {
    strict: bool,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    looked: HashSet<IntentId>,
    /// What was captured and dropped without a look.
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

    /// What was captured is dropped, and nobody has looked at this.
    pub(super) fn leave(&self, rows: Vec<Row>) {
        self.state().left.extend(rows);
    }

    pub(super) fn take_left(&self) -> Vec<Row> {
        std::mem::take(&mut self.state().left)
    }
}
