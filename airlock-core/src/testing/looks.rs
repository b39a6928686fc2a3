//! What the assertions of one test have looked at, for `strict`.

use std::collections::HashSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::intent::IntentId;
use crate::testing::message::Row;

/// What a test has looked at.
#[derive(Default)]
pub(crate) struct Looks {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    looked: HashSet<IntentId>,
    /// What was captured and dropped without a look.
    left: Vec<Row>,
}

impl Looks {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn look(&self, intents: &[IntentId]) {
        self.state().looked.extend(intents);
    }

    pub(super) fn has_seen(&self, intent: IntentId) -> bool {
        self.state().looked.contains(&intent)
    }

    pub(super) fn leave(&self, rows: Vec<Row>) {
        self.state().left.extend(rows);
    }

    pub(super) fn take_left(&self) -> Vec<Row> {
        std::mem::take(&mut self.state().left)
    }
}
