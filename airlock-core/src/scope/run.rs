//! Running work in a scope from its opening to its end.

use std::any::Any;
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use crate::context::{self, Frame};
use crate::flush::{self, Ends};
use crate::lifecycle::Outcome;
use crate::report::{FlushError, FlushReport};
use crate::scope::boundary::Boundary;
use crate::scope::unattended::report_unhandled;
use crate::scope::{LocalScope, OwnedScope, Scope, ScopeBuilder, Work};

/// What [`ScopeBuilder::run_infallible`] returns: the body's value, and what became of its intents.
#[derive(Debug)]
pub struct Completed<T> {
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
    /// error is returned, and the flush error is handed to
    /// [`AirlockBuilder::on_unhandled_error`](crate::AirlockBuilder::on_unhandled_error).
    pub fn run<T, E>(self, body: impl FnOnce(&LocalScope<'_>) -> Result<T, E>) -> Result<T, E>
    where
        E: From<FlushError>,
    {
        self.run_to_end(
            |scope| {
                let result = body(scope);
                (Outcome::from_result(&result), result)
            },
            |error, _| Err(E::from(error)),
        )
    }

    /// Runs a closure that cannot fail in the scope, and returns its value with the report.
    ///
    /// For a closure that returns a `Result` use [`run`](Self::run), which discards on `Err`.
    ///
    /// # Errors
    ///
    /// [`FlushError`] if an intent failed.
    pub fn run_infallible<T>(
        self,
        body: impl FnOnce(&LocalScope<'_>) -> T,
    ) -> Result<Completed<T>, FlushError> {
        let (ended, frame) = self.enclose(body);
        match ended {
            Ok(value) => flush::finish(Ends::Frame(frame), Outcome::Success)
                .map(|report| Completed { value, report }),
            Err(panic) => fail(frame, panic),
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
        let (ended, scope) = self.enclose_async(body).await;
        match ended {
            Ok(result @ Ok(_)) => match flush::end_async(scope.ends(), Outcome::Success).await {
                Ok(()) => result,
                Err(error) => Err(E::from(error)),
            },
            Ok(failed @ Err(_)) => {
                report_unhandled(flush::end_async(scope.ends(), Outcome::Failure).await);
                failed
            }
            Err(panic) => fail_async(scope, panic).await,
        }
    }

    /// Runs a future that cannot fail in the scope, and returns its value with the report.
    ///
    /// # Errors
    ///
    /// [`FlushError`] if an intent failed.
    pub async fn run_infallible_async<T>(
        self,
        body: impl AsyncFnOnce(Scope) -> T,
    ) -> Result<Completed<T>, FlushError> {
        let (ended, scope) = self.enclose_async(body).await;
        match ended {
            Ok(value) => {
                let report = flush::finish_async(scope.ends(), Outcome::Success).await?;
                Ok(Completed { value, report })
            }
            Err(panic) => fail_async(scope, panic).await,
        }
    }

    /// What `#[airlock::boundary]` puts around a sync body.
    #[doc(hidden)]
    #[inline]
    pub fn __boundary<R>(
        self,
        body: impl FnOnce() -> (Outcome, R),
        on_flush_error: impl FnOnce(FlushError, R) -> R,
    ) -> R {
        self.run_to_end(|_| body(), on_flush_error)
    }

    /// What `#[airlock::boundary]` puts around an async body.
    #[doc(hidden)]
    #[inline]
    pub fn __boundary_async<R, F, G>(
        self,
        body: F,
        on_flush_error: G,
    ) -> impl Future<Output = R> + use<R, F, G>
    where
        F: Future<Output = (Outcome, R)>,
        G: FnOnce(FlushError, R) -> R,
    {
        Boundary::new(self.into_spec(), body, on_flush_error)
    }

    #[inline]
    fn run_to_end<R>(
        self,
        body: impl FnOnce(&LocalScope<'_>) -> (Outcome, R),
        on_flush_error: impl FnOnce(FlushError, R) -> R,
    ) -> R {
        let (ended, frame) = self.enclose(body);
        match ended {
            Ok((Outcome::Success, value)) => {
                match flush::end(Ends::Frame(frame), Outcome::Success) {
                    Ok(()) => value,
                    Err(error) => on_flush_error(error, value),
                }
            }
            Ok((outcome, value)) => {
                report_unhandled(flush::end(Ends::Frame(frame), outcome));
                value
            }
            Err(panic) => fail(frame, panic),
        }
    }

    /// Runs a closure in the scope, and takes the scope off the stack.
    #[inline]
    fn enclose<T>(
        mut self,
        body: impl FnOnce(&LocalScope<'_>) -> T,
    ) -> (Result<T, Box<dyn Any + Send>>, Box<Frame>) {
        let opened = context::open(self.spec());
        let span = opened.span();
        let _span = span.as_ref().map(|span| span.enter());
        // The panic goes on as soon as the scope has ended, so nobody sees what it left half-done.
        let ended = catch_unwind(AssertUnwindSafe(|| body(&LocalScope::new(&opened))));
        (ended, opened.close())
    }

    /// The body is called in the scope, too: a closure that returns a future may do its work before.
    fn enclose_async<T, F: AsyncFnOnce(Scope) -> T>(
        mut self,
        body: F,
    ) -> Work<impl Future<Output = T> + use<T, F>> {
        let mut scope = OwnedScope::open(self.spec());
        let handle = scope.handle();
        Work::new(scope, async move { body(handle).await })
    }
}

/// Ends the scope of a body that panicked, and lets the panic go on.
#[cold]
fn fail(frame: Box<Frame>, panic: Box<dyn Any + Send>) -> ! {
    report_unhandled(flush::end(Ends::Frame(frame), Outcome::Panic));
    resume_unwind(panic)
}

async fn fail_async(scope: OwnedScope, panic: Box<dyn Any + Send>) -> ! {
    report_unhandled(flush::end_async(scope.ends(), Outcome::Panic).await);
    resume_unwind(panic)
}
