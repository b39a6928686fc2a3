//! A log that effects write into.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The lines that the effects of one test wrote, in order. Clones share them.
#[derive(Clone, Debug, Default)]
pub struct Log(Arc<Mutex<Vec<String>>>);

impl Log {
    /// Adds a line.
    pub fn add(&self, line: impl Into<String>) {
        self.lock().push(line.into());
    }

    /// Returns the lines so far.
    pub fn lines(&self) -> Vec<String> {
        self.lock().clone()
    }

    /// Returns how often a line has been added.
    pub fn count(&self, line: &str) -> usize {
        self.lock().iter().filter(|it| *it == line).count()
    }

    fn lock(&self) -> MutexGuard<'_, Vec<String>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
