//! Intents that could not be dispatched, until somebody tries again.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use airlock::{FlushError, Intent};

/// What failed, and what was not reached behind it. Nothing vanishes, but it is memory: what has to
/// survive the process belongs into the database.
#[derive(Clone, Debug, Default)]
pub struct Parked(Arc<Mutex<Vec<Intent>>>);

impl Parked {
    pub(crate) fn park(&self, error: FlushError) {
        self.lock().extend(error.into_intents());
    }

    /// Enqueues all of them again, in the current scope.
    pub fn enqueue_again(&self) -> usize {
        let intents = std::mem::take(&mut *self.lock());
        let number = intents.len();
        for intent in intents {
            airlock::enqueue(intent);
        }
        number
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.lock().len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.lock().is_empty()
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Intent>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
