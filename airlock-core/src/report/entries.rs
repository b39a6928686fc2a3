//! The entries of a report, in a vector that is recycled.

use std::cell::Cell;
use std::ops::Deref;

use crate::report::ReportEntry;

/// The largest vector that is kept for the next report, in entries.
const KEPT: usize = 64;

thread_local! {
    static SPARE: Cell<Vec<ReportEntry>> = const { Cell::new(Vec::new()) };
}

/// The entries of a report. Dropped, a small vector is kept for the next report of the thread, so that
/// one request after the other allocates none.
#[derive(Clone, Debug, Default)]
pub(crate) struct Entries(Vec<ReportEntry>);

impl Entries {
    /// No entries yet, and place for so many.
    #[inline]
    pub(crate) fn with_capacity(entries: usize) -> Self {
        let mut vector = SPARE.try_with(Cell::take).unwrap_or_default();
        vector.reserve_exact(entries);
        Self(vector)
    }

    #[inline]
    pub(crate) fn push(&mut self, entry: ReportEntry) {
        self.0.push(entry);
    }
}

impl Deref for Entries {
    type Target = [ReportEntry];

    #[inline]
    fn deref(&self) -> &[ReportEntry] {
        &self.0
    }
}

impl Drop for Entries {
    #[inline]
    fn drop(&mut self) {
        if self.0.capacity() > 0 && self.0.capacity() <= KEPT {
            let mut vector = std::mem::take(&mut self.0);
            vector.clear();
            let _ = SPARE.try_with(|spare| spare.set(vector));
        }
    }
}
