//! Runs work in a scope, from opening the scope to ending it.

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

/// The value of a body and the report of its scope; returned by [`ScopeBuilder::run_infallible`].
#[derive(Debug)]
pub struct Completed<T> {
    /// The value that the body returned.
    pub value: T,
    /// The report, with the fate of each intent.
    pub report: FlushReport,
}

impl ScopeBuilder {
    /// Runs a closure in the scope, which flushes on `Ok` and discards on `Err` and panic, unless
    /// the lifecycle decides otherwise. Intents marked *on failure* or *always* leave on `Err` and
    /// panic, too.
    ///
    /// The flush does not await. An async effect needs [`run_async`](Self::run_async), or an
    /// executor that takes it without awaiting.
    ///
    /// # Errors
    ///
    /// The closure's error, or a failed flush converted into `E`. If both fail, returns the
    /// closure's error, and passes the flush error to
    /// [`AirlockBuilder::on_unhandled_error`](crate::AirlockBuilder::on_unhandled_error).
    ///
    /// # Panics
    ///
    /// If the closure panics. The panic resumes after the scope has ended.
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
    /// For a closure that returns a `Result`, use [`run`](Self::run), which discards on `Err`.
    ///
    /// # Errors
    ///
    /// [`FlushError`] if an intent failed.
    ///
    /// # Panics
    ///
    /// If the closure panics. The panic resumes after the scope has ended.
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

    /// Runs a future in the scope, which flushes on `Ok` and discards on `Err` and panic, unless
    /// the lifecycle decides otherwise. Awaits async effects.
    ///
    /// If the returned future is dropped before the body completes, the scope does not flush.
    /// Intents marked *on failure* or *always* can still leave, unless they must be awaited.
    ///
    /// # Errors
    ///
    /// The same as for [`run`](Self::run).
    ///
    /// # Panics
    ///
    /// If the body panics. The panic resumes after the scope has ended.
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
    ///
    /// # Panics
    ///
    /// If the body panics. The panic resumes after the scope has ended.
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

    /// Runs the sync body of a boundary. Called by `#[airlock::boundary]`.
    #[doc(hidden)]
    #[inline]
    pub fn __boundary<R>(
        self,
        body: impl FnOnce() -> (Outcome, R),
        on_flush_error: impl FnOnce(FlushError, R) -> R,
    ) -> R {
        self.run_to_end(|_| body(), on_flush_error)
    }

    /// Runs the async body of a boundary. Called by `#[airlock::boundary]`.
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
        // Unwind safe: the panic resumes as soon as the scope has ended.
        let ended = catch_unwind(AssertUnwindSafe(|| body(&LocalScope::new(&opened))));
        (ended, opened.close())
    }

    /// Runs a body in the scope. Calls the body in the scope, too, since a closure may do work
    /// before it returns its future.
    fn enclose_async<T, F: AsyncFnOnce(Scope) -> T>(
        mut self,
        body: F,
    ) -> Work<impl Future<Output = T> + use<T, F>> {
        let mut scope = OwnedScope::open(self.spec());
        let handle = scope.handle();
        Work::new(scope, async move { body(handle).await })
    }
}

/// Ends the scope of a body that panicked, and resumes the panic.
#[cold]
fn fail(frame: Box<Frame>, panic: Box<dyn Any + Send>) -> ! {
    report_unhandled(flush::end(Ends::Frame(frame), Outcome::Panic));
    resume_unwind(panic)
}

async fn fail_async(scope: OwnedScope, panic: Box<dyn Any + Send>) -> ! {
    report_unhandled(flush::end_async(scope.ends(), Outcome::Panic).await);
    resume_unwind(panic)
}
