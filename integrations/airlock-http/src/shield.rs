//! Requests that outlive their client.

use std::fmt;
use std::future::Future;
use std::panic::resume_unwind;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use airlock_core::{Scope, TaskToken};
use tokio::task::{JoinError, JoinHandle};

/// Runs a request that counts until it has ended.
pub async fn counted<F: Future>(request: F, running: TaskToken) -> Shielded<F::Output> {
    Shielded {
        ended: request.await,
        _running: running,
    }
}

/// What a task leaves to its client; dropped if that has gone.
pub struct Shielded<T> {
    ended: T,
    // After what has ended: a response that nobody takes begins its flush when it is dropped, and that
    // counts before the request no longer does.
    _running: TaskToken,
}

/// The future of a request that runs on a task of its own. Dropping it does not stop the request.
///
/// # Panics
///
/// When it is polled, if the request panicked, or if its runtime was shut down before the request had
/// finished.
#[must_use = "futures do nothing unless awaited"]
pub struct ShieldFuture<T>(JoinHandle<Shielded<T>>);

impl<T> ShieldFuture<T> {
    /// Awaits this task, which runs what [`counted`] gives.
    pub fn new(task: JoinHandle<Shielded<T>>) -> Self {
        Self(task)
    }
}

impl<T> Future for ShieldFuture<T> {
    type Output = T;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<T> {
        match ready!(Pin::new(&mut self.0).poll(cx)) {
            Ok(Shielded { ended, _running }) => Poll::Ready(ended),
            Err(error) => match JoinError::try_into_panic(error) {
                Ok(panic) => resume_unwind(panic),
                Err(_) => panic!("the runtime was shut down before the request had finished"),
            },
        }
    }
}

impl<T> fmt::Debug for ShieldFuture<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ShieldFuture").finish_non_exhaustive()
    }
}

impl<T> fmt::Debug for Shielded<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shielded").finish_non_exhaustive()
    }
}

/// Logs that a shielded request came in within a scope, which ends when its client leaves. `layer` is what
/// users call the layer.
pub fn log_if_within(around: Option<&Scope>, layer: &'static str) {
    if let Some(around) = around {
        tracing::error!(
            target: "airlock",
            scope = %around.id(),
            name = around.name(),
            "a shielded request runs within a scope that ends when its client leaves: `.shield()` belongs to the outermost `{layer}`",
        );
    }
}
