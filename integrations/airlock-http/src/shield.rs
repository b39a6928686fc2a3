//! Requests that continue after their client has disconnected.

use std::fmt;
use std::future::Future;
use std::panic::resume_unwind;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use airlock_core::{Scope, TaskToken};
use tokio::task::{JoinError, JoinHandle};

/// Runs a request, which counts as running until the returned [`Shielded`] is dropped.
pub async fn counted<F: Future>(request: F, running: TaskToken) -> Shielded<F::Output> {
    Shielded {
        ended: request.await,
        _running: running,
    }
}

/// The result of a request's task. Dropped by the runtime if the client has disconnected.
pub struct Shielded<T> {
    ended: T,
    // Dropped after `ended`. A response that nobody takes starts its flush when it is dropped, and the flush
    // must count before the request stops counting.
    _running: TaskToken,
}

/// The future of a request that runs on a separate task. Dropping it does not stop the request.
///
/// # Panics
///
/// Polling panics if the request panicked, or if its runtime was shut down before the request had finished.
#[must_use = "futures do nothing unless awaited"]
pub struct ShieldFuture<T>(JoinHandle<Shielded<T>>);

impl<T> ShieldFuture<T> {
    /// Creates the future from a task that runs [`counted`].
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

/// Logs an error if a shielded request runs within another scope, which ends when its client disconnects.
/// `layer` is the layer's name in the message.
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
