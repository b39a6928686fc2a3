//! The order in which the jobs of one ordering key are forwarded: that of their ids.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use sqlx::Pool;
use tokio::sync::Notify;

use crate::RiverDatabase;

/// How long a job waits for its turn before it leaves its place to others.
const PATIENCE: Duration = Duration::from_secs(2);

/// How often the database is asked whether an earlier job, which another process forwards, is done.
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// A queue and an ordering key.
type Key = (String, String);

/// The jobs of this process that wait for their turn or have it.
#[derive(Debug, Default)]
pub(crate) struct Turns {
    waiting: Mutex<HashMap<Key, BTreeMap<i64, Arc<Notify>>>>,
}

/// The place of one job. Dropped, it leaves the turn to the next one.
pub(crate) struct Turn<'a> {
    turns: &'a Turns,
    key: Key,
    job: i64,
    called: Arc<Notify>,
}

impl<'a> Turn<'a> {
    pub(crate) fn enter(turns: &'a Turns, key: Key, job: i64) -> Self {
        let called = Arc::new(Notify::new());
        let mut waiting = turns.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let of_key = waiting.entry(key.clone()).or_default();
        of_key.insert(job, called.clone());
        drop(waiting);
        Self {
            turns,
            key,
            job,
            called,
        }
    }

    /// Waits until each earlier job of the key is done. Gives up after a while, so that others can have the place.
    ///
    /// # Errors
    ///
    /// What the database said.
    pub(crate) async fn comes<DB: RiverDatabase>(
        &self,
        pool: &Pool<DB>,
    ) -> Result<bool, sqlx::Error> {
        let begun = Instant::now();
        // Only the first job of this process asks the database: the others wait to be called.
        while !self.is_first() {
            let left = PATIENCE.saturating_sub(begun.elapsed());
            if tokio::time::timeout(left, self.called.notified())
                .await
                .is_err()
            {
                return Ok(false);
            }
        }
        let (queue, key) = &self.key;
        while DB::has_earlier(pool, queue, key, self.job).await? {
            if begun.elapsed() > PATIENCE {
                return Ok(false);
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
        Ok(true)
    }

    fn is_first(&self) -> bool {
        let waiting = self.turns.waiting.lock();
        let waiting = waiting.unwrap_or_else(PoisonError::into_inner);
        let of_key = waiting.get(&self.key);
        let first = of_key.and_then(|jobs| jobs.first_key_value());
        first.is_none_or(|(job, _)| *job == self.job)
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        let waiting = self.turns.waiting.lock();
        let mut waiting = waiting.unwrap_or_else(PoisonError::into_inner);
        if let Some(of_key) = waiting.get_mut(&self.key) {
            of_key.remove(&self.job);
            match of_key.first_key_value() {
                Some((_, next)) => next.notify_one(),
                None => {
                    waiting.remove(&self.key);
                }
            }
        }
    }
}
