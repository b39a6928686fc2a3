//! Wake-ups of workers: at once if the queue was not woken recently, else a little later.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::row::Row;
use crate::{River, RiverDatabase};

/// The wake-ups of queues: the time of the last one, and the queues with a pending one.
///
/// A transaction that wakes workers costs more, because PostgreSQL serialises the commits of such transactions. In a
/// burst of transactions, only the first one wakes workers. A single separate wake-up after the burst covers the
/// others.
pub(crate) struct Wakes {
    interval: Duration,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    last: HashMap<String, Instant>,
    /// The queues of committed rows that did not wake workers. If not empty, a task is about to wake them.
    held_back: BTreeSet<String>,
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

    /// Clears the wake-up of rows whose queue was woken recently.
    pub(crate) fn hold_back<'a>(&self, rows: impl Iterator<Item = &'a mut Row>) {
        let now = Instant::now();
        let mut state = self.state();
        for row in rows.filter(|row| row.notify) {
            match state.last.get(&row.queue) {
                Some(woken) if now.duration_since(*woken) < self.interval => row.notify = false,
                _ => {
                    state.last.insert(row.queue.clone(), now);
                }
            }
        }
    }

    /// Records committed rows. Returns whether a task must be started to wake workers.
    fn note<'a>(&self, rows: impl Iterator<Item = &'a Row>) -> bool {
        let mut state = self.state();
        let was_empty = state.held_back.is_empty();
        for row in rows.filter(|row| row.is_due() && !row.notify) {
            if !state.held_back.contains(&row.queue) {
                state.held_back.insert(row.queue.clone());
            }
        }
        was_empty && !state.held_back.is_empty()
    }

    /// Takes the queues to be woken now.
    fn take(&self) -> BTreeSet<String> {
        let mut state = self.state();
        let queues = std::mem::take(&mut state.held_back);
        let now = Instant::now();
        state
            .last
            .extend(queues.iter().map(|queue| (queue.clone(), now)));
        queues
    }
}

impl<DB: RiverDatabase> River<DB> {
    /// Ensures that the workers of committed rows are woken, even if the rows themselves do not wake them.
    pub(crate) fn wake<'a>(&self, rows: impl Iterator<Item = &'a Row>) {
        if !self.inner.wakes.note(rows) {
            return;
        }
        let river = self.clone();
        tokio::spawn(async move {
            tokio::time::sleep(river.inner.wakes.interval).await;
            let queues = river.inner.wakes.take();
            // If this fails, workers find the rows when they poll.
            if let Err(error) = DB::wake(&river.inner.pool, queues).await {
                tracing::debug!(target: "airlock", %error, "workers could not be woken");
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const INTERVAL: Duration = Duration::from_secs(3600);

    #[test]
    fn rows_that_were_held_back_are_woken_however_long_their_commit_took() {
        let wakes = Wakes::new(INTERVAL);
        let mut rows = [Row::for_test("mail"), Row::for_test("mail")];
        wakes.hold_back(rows.iter_mut());
        assert_eq!(rows.each_ref().map(|row| row.notify), [true, false]);
        // The interval may be over by now, but these rows still need a wake-up.
        wakes.state().last.clear();
        assert!(wakes.note(rows.iter()), "a task is needed");
        assert!(!wakes.note(rows.iter()), "one is enough");
        assert_eq!(wakes.take(), BTreeSet::from(["mail".to_owned()]));
        assert!(
            wakes.note(rows.iter()),
            "those of later commits need another"
        );
    }
}
