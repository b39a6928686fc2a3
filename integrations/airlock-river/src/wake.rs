//! Waking workers: at once where nobody was woken for a while, and a little later otherwise.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::row::Row;
use crate::{River, RiverDatabase};

/// Which queues were woken when.
///
/// A transaction that wakes others costs more: PostgreSQL takes the commits of such transactions one by one. So of a
/// burst of transactions the first one wakes, and one wake-up of its own after the burst stands for all others.
pub(crate) struct Wakes {
    interval: Duration,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    last: HashMap<String, Instant>,
    /// Whether a task is about to wake them.
    is_coming: bool,
}

impl State {
    /// The queues that were woken within this time.
    fn recent(&self, within: Duration) -> BTreeSet<String> {
        let now = Instant::now();
        let woken = self.last.iter();
        let recent = woken.filter(|(_, woken)| now.duration_since(**woken) < within);
        recent.map(|(queue, _)| queue.clone()).collect()
    }
}

impl Wakes {
    pub(crate) fn new(interval: Duration) -> Self {
        Self {
            interval,
            state: Mutex::default(),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Marks the rows that wake the workers of their queue with their commit. Returns whether one does.
    pub(crate) fn mark(&self, rows: &mut [Row]) -> bool {
        let now = Instant::now();
        let mut state = self.state();
        let mut marked = false;
        for row in rows.iter_mut().filter(|row| row.is_due()) {
            match state.last.get(&row.queue) {
                Some(woken) if now.duration_since(*woken) < self.interval => {}
                _ => {
                    state.last.insert(row.queue.clone(), now);
                    row.notify = true;
                    marked = true;
                }
            }
        }
        marked
    }

    /// Whether a task has to be started that wakes workers again, after a commit: those that were woken a moment ago
    /// may have looked before it.
    fn begin(&self) -> bool {
        let mut state = self.state();
        let begins = !state.is_coming && !state.recent(self.interval).is_empty();
        state.is_coming |= begins;
        begins
    }

    /// The queues to be woken again.
    fn take(&self) -> BTreeSet<String> {
        let mut state = self.state();
        state.is_coming = false;
        // Those that were woken before the task began to wait, and while it did.
        state.recent(self.interval * 3)
    }
}

impl<DB: RiverDatabase> River<DB> {
    /// Sees to it that the workers of rows which were committed are woken.
    pub(crate) fn wake(&self) {
        if !self.inner.wakes.begin() {
            return;
        }
        let river = self.clone();
        tokio::spawn(async move {
            tokio::time::sleep(river.inner.wakes.interval).await;
            let queues = river.inner.wakes.take();
            // Otherwise they find the rows when they look by themselves.
            if let Err(error) = DB::wake(&river.inner.pool, queues).await {
                tracing::debug!(target: "airlock", %error, "workers could not be woken");
            }
        });
    }
}
