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
use crate::scope::{FromFlushError, LocalScope, OwnedScope, PlainValue, Scope, ScopeBuilder, Work};

/// The value of a body and the report of its scope.
///
/// Returned by [`ScopeBuilder::run_infallible`], [`ScopeBuilder::run_with_report`] and their async
/// forms.
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
        E: FromFlushError,
    {
        self.run_to_end(
            |scope| {
                let result = body(scope);
                (Outcome::from_result(&result), result)
            },
            |error, _| Err(E::from(error)),
        )
    }

    /// Runs a closure in the scope, like [`run`](Self::run), and returns its result with the report
    /// of the scope, on `Err` too.
    ///
    /// If the closure succeeds and the flush fails, the value is the flush error converted into `E`.
    /// If both fail, the value is the closure's error, and the flush error is passed to
    /// [`AirlockBuilder::on_unhandled_error`](crate::AirlockBuilder::on_unhandled_error). The report
    /// is complete in each case.
    ///
    /// # Panics
    ///
    /// If the closure panics. The panic resumes after the scope has ended.
    ///
    /// ```
    /// # use airlock_core as airlock;
    /// let completed = airlock::scope().run_with_report(|_| Err::<(), BoxError>("no such order".into()));
    /// # use airlock::BoxError;
    /// assert_eq!(completed.value.unwrap_err().to_string(), "no such order");
    /// println!("{}", completed.report); // each intent was discarded
    /// ```
    #[must_use = "the result of the body is in `value`"]
    pub fn run_with_report<T, E>(
        self,
        body: impl FnOnce(&LocalScope<'_>) -> Result<T, E>,
    ) -> Completed<Result<T, E>>
    where
        E: FromFlushError,
    {
        let (ended, frame) = self.enclose(body);
        match ended {
            Ok(value) => {
                let outcome = Outcome::from_result(&value);
                complete(value, flush::finish(Ends::Frame(frame), outcome))
            }
            Err(panic) => fail(frame, panic),
        }
    }

    /// Runs a closure that cannot fail in the scope, and returns its value with the report.
    ///
    /// A closure that returns a `Result` does not compile: its `Err` would flush. Use
    /// [`run`](Self::run), which discards on `Err`, or [`run_with_report`](Self::run_with_report).
    /// Nor does an async closure, which would run after the scope; use
    /// [`run_infallible_async`](Self::run_infallible_async).
    ///
    /// ```compile_fail
    /// # use airlock_core as airlock;
    /// airlock::scope().run_infallible(|_| Err::<(), _>("would be lost")).unwrap();
    /// ```
    ///
    /// # Errors
    ///
    /// [`FlushError`] if an intent failed.
    ///
    /// # Panics
    ///
    /// If the closure panics. The panic resumes after the scope has ended.
    pub fn run_infallible<T: PlainValue<NeitherResultNorFuture>, NeitherResultNorFuture>(
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
        E: FromFlushError,
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

    /// Runs a future in the scope, like [`run_async`](Self::run_async), and returns its result with
    /// the report of the scope, on `Err` too. The async form of
    /// [`run_with_report`](Self::run_with_report).
    ///
    /// # Panics
    ///
    /// If the body panics. The panic resumes after the scope has ended.
    pub async fn run_with_report_async<T, E>(
        self,
        body: impl AsyncFnOnce(Scope) -> Result<T, E>,
    ) -> Completed<Result<T, E>>
    where
        E: FromFlushError,
    {
        let (ended, scope) = self.enclose_async(body).await;
        match ended {
            Ok(value) => {
                let outcome = Outcome::from_result(&value);
                complete(value, flush::finish_async(scope.ends(), outcome).await)
            }
            Err(panic) => fail_async(scope, panic).await,
        }
    }

    /// Runs a future that cannot fail in the scope, and returns its value with the report. The async
    /// form of [`run_infallible`](Self::run_infallible): a future that returns a `Result` does not
    /// compile.
    ///
    /// # Errors
    ///
    /// [`FlushError`] if an intent failed.
    ///
    /// # Panics
    ///
    /// If the body panics. The panic resumes after the scope has ended.
    pub async fn run_infallible_async<
        T: PlainValue<NeitherResultNorFuture>,
        NeitherResultNorFuture,
    >(
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

/// Combines the value of a body with the result of the flush. The body's error takes precedence: a
/// flush error is then reported as unhandled.
fn complete<T, E: From<FlushError>>(
    value: Result<T, E>,
    flushed: Result<FlushReport, FlushError>,
) -> Completed<Result<T, E>> {
    let error = match flushed {
        Ok(report) => return Completed { value, report },
        Err(error) => error,
    };
    let report = error.report().clone();
    let value = match value {
        Ok(_) => Err(E::from(error)),
        failed => {
            error.report_unhandled();
            failed
        }
    };
    Completed { value, report }
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
