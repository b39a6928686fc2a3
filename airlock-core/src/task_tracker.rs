//! What runs on beside a server, and how many flushes have failed there.

use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

/// What an integration still does that a server which stops does not know of, such as flushes after a
/// response, or requests on tasks of their own; and how many of its flushes have failed.
///
/// What one counts is said where it is given out. Clones share the count. To end a server, use the
/// `shutdown()` of its layer or middleware, which waits for it within a bound.
#[derive(Clone, Debug, Default)]
pub struct TaskTracker(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    failed: AtomicU64,
    running: AtomicUsize,
    /// Those that wait until nothing runs on. Locked by those, and by the last thing to end.
    waiting: Mutex<Vec<Waker>>,
}

impl TaskTracker {
    /// How much runs on.
    pub fn running(&self) -> usize {
        self.0.running.load(Ordering::Acquire)
    }

    /// How many flushes have failed so far.
    pub fn failed(&self) -> u64 {
        self.0.failed.load(Ordering::Relaxed)
    }

    /// Waits until nothing runs on. What begins later is waited for too, so stop what begins it first.
    pub fn drained(&self) -> Drained {
        Drained(self.clone())
    }

    /// Counts a flush that has failed. For integrations.
    pub fn count_failure(&self) {
        self.0.failed.fetch_add(1, Ordering::Relaxed);
    }

    /// Counts something that runs on, until the guard is dropped: at its end, by a panic, or with its
    /// runtime. For integrations.
    pub fn token(&self) -> TaskToken {
        self.0.running.fetch_add(1, Ordering::AcqRel);
        TaskToken(self.clone())
    }

    fn waiting(&self) -> MutexGuard<'_, Vec<Waker>> {
        let waiting = self.0.waiting.lock();
        waiting.unwrap_or_else(PoisonError::into_inner)
    }
}

/// Something that runs on, in a [`TaskTracker`], until it is dropped.
#[derive(Debug)]
#[must_use = "dropped, it no longer counts"]
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

/// Waits until a [`TaskTracker`] is empty.
#[derive(Debug)]
#[must_use = "futures do nothing unless awaited"]
pub struct Drained(TaskTracker);

impl Future for Drained {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let mut waiting = self.0.waiting();
        // Asked under the lock: an end that comes later finds the waker.
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
