//! What runs on without a client, and how many flushes have failed.

use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

/// What a layer's services still do although no client waits for it: flushes after the response and
/// shielded requests. And how many of their flushes have failed.
///
/// [`ScopeLayer::backlog`](crate::ScopeLayer::backlog) gives it; clones show the same. A graceful
/// shutdown waits for it:
///
/// ```
/// # use airlock_tower::ScopeLayer;
/// # async fn serve() {}
/// # async fn run() {
/// let layer = ScopeLayer::new();
/// let backlog = layer.backlog();
/// // .. build the app with `layer`
/// serve().await; // until it is told to shut down
/// backlog.drained().await;
/// # }
/// ```
#[derive(Clone, Debug, Default)]
pub struct Backlog(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    failed: AtomicU64,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    running: usize,
    waiting: Vec<Waker>,
}

impl Backlog {
    /// How many requests and flushes run on without a client.
    pub fn running(&self) -> usize {
        self.state().running
    }

    /// How many flushes of finished requests have failed so far, before and after the response.
    pub fn failed(&self) -> u64 {
        self.0.failed.load(Ordering::Relaxed)
    }

    /// Waits until nothing runs on. What begins later is waited for too, so let the server stop
    /// first.
    pub fn drained(&self) -> Drained {
        Drained(self.clone())
    }

    pub(crate) fn count_failure(&self) {
        self.0.failed.fetch_add(1, Ordering::Relaxed);
    }

    /// Counts until it is dropped: at the end, in a panic, or with its runtime.
    pub(crate) fn run(&self) -> Running {
        self.state().running += 1;
        Running(self.clone())
    }

    fn state(&self) -> MutexGuard<'_, State> {
        let state = self.0.state.lock();
        state.unwrap_or_else(PoisonError::into_inner)
    }
}

#[derive(Debug)]
pub(crate) struct Running(Backlog);

impl Drop for Running {
    fn drop(&mut self) {
        let waiting = {
            let mut state = self.0.state();
            state.running -= 1;
            if state.running > 0 {
                return;
            }
            std::mem::take(&mut state.waiting)
        };
        waiting.into_iter().for_each(Waker::wake);
    }
}

/// Waits until a [`Backlog`] is empty.
#[derive(Debug)]
#[must_use = "futures do nothing unless awaited"]
pub struct Drained(Backlog);

impl Future for Drained {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let mut state = self.0.state();
        if state.running == 0 {
            return Poll::Ready(());
        }
        if !state
            .waiting
            .iter()
            .any(|waker| waker.will_wake(cx.waker()))
        {
            state.waiting.push(cx.waker().clone());
        }
        Poll::Pending
    }
}
