//! Counts background work that a stopping server does not know of, and failed flushes.

use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

/// A counter of an integration's background work: flushes after a response, for example, or
/// requests on their own tasks. A server does not wait for such work when it stops. Also counts the
/// flushes that failed there.
///
/// The integration that returns a tracker documents what it counts. Clones share the count. To stop
/// a server, use the `shutdown()` of its layer or middleware, which waits for this work with a time
/// limit.
#[derive(Clone, Debug, Default)]
pub struct TaskTracker(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    failed: AtomicU64,
    running: AtomicUsize,
    /// The wakers of `drained()` futures. Locked by those futures, and when the last task ends.
    waiting: Mutex<Vec<Waker>>,
}

impl TaskTracker {
    /// Returns the number of running tasks.
    pub fn running(&self) -> usize {
        self.0.running.load(Ordering::Acquire)
    }

    /// Returns the number of flushes that have failed so far.
    pub fn failed(&self) -> u64 {
        self.0.failed.load(Ordering::Relaxed)
    }

    /// Waits until no task is running. Tasks that start later are waited for, too, so first stop
    /// what starts them.
    pub fn drained(&self) -> Drained {
        Drained(self.clone())
    }

    /// Counts a failed flush. For integrations.
    pub fn count_failure(&self) {
        self.0.failed.fetch_add(1, Ordering::Relaxed);
    }

    /// Counts a running task until the guard is dropped. The guard also counts down if the task
    /// panics or its runtime shuts down. For integrations.
    pub fn token(&self) -> TaskToken {
        self.0.running.fetch_add(1, Ordering::AcqRel);
        TaskToken(self.clone())
    }

    fn waiting(&self) -> MutexGuard<'_, Vec<Waker>> {
        let waiting = self.0.waiting.lock();
        waiting.unwrap_or_else(PoisonError::into_inner)
    }
}

/// A guard of a running task in a [`TaskTracker`].
#[derive(Debug)]
#[must_use = "the task stops counting as running when the guard is dropped"]
pub struct TaskToken(TaskTracker);

impl Drop for TaskToken {
    fn drop(&mut self) {
        let tasks = &self.0;
        if tasks.0.running.fetch_sub(1, Ordering::AcqRel) == 1 {
            let waiting = std::mem::take(&mut *tasks.waiting());
            waiting.into_iter().for_each(Waker::wake);
        }
    }
}

/// A future that completes when a [`TaskTracker`] has no running tasks; returned by
/// [`TaskTracker::drained`].
#[derive(Debug)]
#[must_use = "futures do nothing unless awaited"]
pub struct Drained(TaskTracker);

impl Future for Drained {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let mut waiting = self.0.waiting();
        // Checked under the lock, so that a task that ends later finds the waker.
        if self.0.running() == 0 {
            return Poll::Ready(());
        }
        let known = |waker: &Waker| waker.will_wake(cx.waker());
        if !waiting.iter().any(known) {
            waiting.push(cx.waker().clone());
        }
        Poll::Pending
    }
}
