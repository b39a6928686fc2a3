//! Running work in a scope from its opening to its end.

use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::thread;

use pin_project_lite::pin_project;

use crate::context::{self, Bound};
use crate::flush::{FlushError, FlushReport};
use crate::lifecycle::Outcome;
use crate::scope::{OpenScope, Scope, ScopeBuilder};

/// What [`ScopeBuilder::run_infallible`] gives: the body's value, and what became of its intents.
#[derive(Debug)]
pub struct Ended<T> {
    /// What the body returned.
    pub value: T,
    /// What became of each intent.
    pub report: FlushReport,
}

impl ScopeBuilder {
    /// Runs a closure in the scope: flushed on `Ok`, discarded on `Err` and panic, unless the
    /// lifecycle decides otherwise.
    ///
    /// # Errors
    ///
    /// What the closure returned, else the failed flush as `E`. When both fail, the closure's
    /// error is returned, and the flush error is logged and handed to
    /// [`AirlockBuilder::on_stranded`](crate::AirlockBuilder::on_stranded).
    pub fn run<T, E>(self, body: impl FnOnce(&Scope) -> Result<T, E>) -> Result<T, E>
    where
        E: From<FlushError>,
    {
        self.run_to_end(
            |scope| {
                let result = body(scope);
                (Outcome::of(&result), result)
            },
            |error, _| Err(E::from(error)),
        )
    }

    /// Runs a closure that cannot fail in the scope, and gives its value with the report.
    ///
    /// For a closure that returns a `Result` use [`run`](Self::run), which discards on `Err`.
    ///
    /// # Errors
    ///
    /// [`FlushError`] if an intent failed.
    pub fn run_infallible<T>(self, body: impl FnOnce(&Scope) -> T) -> Result<Ended<T>, FlushError> {
        let open = self.open();
        match call(&open, body) {
            Ok(value) => open
                .finish(Outcome::Success)
                .map(|report| Ended { value, report }),
            Err(panic) => {
                open.fail(Outcome::Panic);
                resume_unwind(panic)
            }
        }
    }

    /// Runs a future in the scope: flushed on `Ok`, discarded on `Err`, panic and when it is
    /// dropped, unless the lifecycle decides otherwise (a dropped future always discards).
    ///
    /// # Errors
    ///
    /// As [`run`](Self::run).
    pub async fn run_async<T, E>(
        self,
        body: impl AsyncFnOnce(Scope) -> Result<T, E>,
    ) -> Result<T, E>
    where
        E: From<FlushError>,
    {
        self.run_to_end_async(
            async |scope| {
                let result = body(scope).await;
                (Outcome::of(&result), result)
            },
            |error, _| Err(E::from(error)),
        )
        .await
    }

    /// Runs a future that cannot fail in the scope, and gives its value with the report.
    ///
    /// # Errors
    ///
    /// [`FlushError`] if an intent failed.
    pub async fn run_infallible_async<T>(
        self,
        body: impl AsyncFnOnce(Scope) -> T,
    ) -> Result<Ended<T>, FlushError> {
        let open = self.open().in_future();
        match call_async(&open, body).await {
            Ok(value) => {
                let report = open.finish_async(Outcome::Success).await?;
                Ok(Ended { value, report })
            }
            Err(panic) => {
                open.fail_async(Outcome::Panic).await;
                resume_unwind(panic)
            }
        }
    }

    /// What `#[airlock::boundary]` puts around a sync body.
    #[doc(hidden)]
    pub fn __boundary<R>(
        self,
        body: impl FnOnce() -> (Outcome, R),
        on_flush_error: impl FnOnce(FlushError, R) -> R,
    ) -> R {
        self.run_to_end(|_| body(), on_flush_error)
    }

    /// What `#[airlock::boundary]` puts around an async body.
    #[doc(hidden)]
    pub async fn __boundary_async<R>(
        self,
        body: impl Future<Output = (Outcome, R)>,
        on_flush_error: impl FnOnce(FlushError, R) -> R,
    ) -> R {
        self.run_to_end_async(|_| body, on_flush_error).await
    }

    fn run_to_end<R>(
        self,
        body: impl FnOnce(&Scope) -> (Outcome, R),
        on_flush_error: impl FnOnce(FlushError, R) -> R,
    ) -> R {
        let open = self.open();
        match call(&open, body) {
            Ok((Outcome::Success, value)) => match open.finish(Outcome::Success) {
                Ok(_) => value,
                Err(error) => on_flush_error(error, value),
            },
            Ok((outcome, value)) => {
                open.fail(outcome);
                value
            }
            Err(panic) => {
                open.fail(Outcome::Panic);
                resume_unwind(panic)
            }
        }
    }

    async fn run_to_end_async<R>(
        self,
        body: impl AsyncFnOnce(Scope) -> (Outcome, R),
        on_flush_error: impl FnOnce(FlushError, R) -> R,
    ) -> R {
        let open = self.open().in_future();
        match call_async(&open, body).await {
            Ok((Outcome::Success, value)) => match open.finish_async(Outcome::Success).await {
                Ok(_) => value,
                Err(error) => on_flush_error(error, value),
            },
            Ok((outcome, value)) => {
                open.fail_async(outcome).await;
                value
            }
            Err(panic) => {
                open.fail_async(Outcome::Panic).await;
                resume_unwind(panic)
            }
        }
    }
}

fn call<T>(open: &OpenScope, body: impl FnOnce(&Scope) -> T) -> thread::Result<T> {
    let _swap = context::swap(Some(open.node().clone()));
    let _span = open.core().enter_span();
    // The panic goes on as soon as the scope has ended, so nobody sees what it left half-done.
    catch_unwind(AssertUnwindSafe(|| body(open)))
}

/// The body is called in the scope, too: a closure that returns a future may do its work before.
async fn call_async<T>(open: &OpenScope, body: impl AsyncFnOnce(Scope) -> T) -> thread::Result<T> {
    let scope = Scope::clone(open);
    let work = async move { body(scope).await };
    catch_unwind_async(Bound::owning(open.node().clone(), work)).await
}

/// Turns a panic of the future into an error, as `std::panic::catch_unwind` does for a closure.
pub(crate) fn catch_unwind_async<F: Future>(
    inner: F,
) -> impl Future<Output = thread::Result<F::Output>> {
    CatchUnwind { inner }
}

pin_project! {
    /// Turns a panic of a poll into an error.
    struct CatchUnwind<F> {
        #[pin]
        inner: F,
    }
}

impl<F: Future> Future for CatchUnwind<F> {
    type Output = thread::Result<F::Output>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let inner = self.project().inner;
        match catch_unwind(AssertUnwindSafe(|| inner.poll(cx))) {
            Ok(Poll::Pending) => Poll::Pending,
            Ok(Poll::Ready(value)) => Poll::Ready(Ok(value)),
            Err(panic) => Poll::Ready(Err(panic)),
        }
    }
}
