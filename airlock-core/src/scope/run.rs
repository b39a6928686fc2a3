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

/// The value of a body that ran in a scope, with the report of the scope's end.
///
/// Returned by [`ScopeBuilder::run_infallible`], [`ScopeBuilder::run_with_report`] and their async forms.
#[derive(Debug)]
#[must_use = "the value and the report are lost"]
pub struct Completed<T> {
    /// The body's value.
    pub value: T,
    /// The fate of each intent.
    pub report: FlushReport,
}

/// A value that is not a `Result`: [`ScopeBuilder::run_infallible`] flushes without looking at the value, so an
/// `Err` would be lost.
///
/// There is one implementation for every type, and a second one for `Result` alone. The compiler can tell which
/// `Kind` is meant for all types but `Result`, so a `Result` does not compile.
pub trait NotAResult<Kind> {}

/// The [`NotAResult`] kind of all types.
#[derive(Debug)]
pub enum Infallible {}

/// The second [`NotAResult`] kind of `Result`. Its name shows in the compiler's message.
#[derive(Debug)]
pub enum UseRunOrRunWithReportForAResult {}

impl<T> NotAResult<Infallible> for T {}
impl<T, E> NotAResult<UseRunOrRunWithReportForAResult> for Result<T, E> {}

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

    /// Runs a closure in the scope, as [`run`](Self::run) does, and returns its result with the report of the
    /// scope, whether the closure succeeded or not.
    ///
    /// The value is an `Err` if the closure failed, or else if the flush failed. When both fail, the value is the
    /// closure's error, and the flush error is passed to
    /// [`AirlockBuilder::on_unhandled_error`](crate::AirlockBuilder::on_unhandled_error). The report is complete in
    /// each case.
    ///
    /// ```
    /// # use airlock_core as airlock;
    /// let completed = airlock::scope().run_with_report(|_| Err::<(), BoxError>("no such order".into()));
    /// # use airlock::BoxError;
    /// assert_eq!(completed.value.unwrap_err().to_string(), "no such order");
    /// println!("{}", completed.report); // each intent was discarded
    /// ```
    pub fn run_with_report<T, E>(
        self,
        body: impl FnOnce(&LocalScope<'_>) -> Result<T, E>,
    ) -> Completed<Result<T, E>>
    where
        E: From<FlushError>,
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
    /// A closure that returns a `Result` does not compile: its `Err` would flush. Use [`run`](Self::run), which
    /// discards on `Err`, or [`run_with_report`](Self::run_with_report).
    ///
    /// ```compile_fail
    /// # use airlock_core as airlock;
    /// airlock::scope().run_infallible(|_| Err::<(), _>("would be lost")).unwrap();
    /// ```
    ///
    /// # Errors
    ///
    /// [`FlushError`] if an intent failed.
    pub fn run_infallible<T: NotAResult<K>, K>(
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

    /// Runs a future in the scope, as [`run_async`](Self::run_async) does, and returns its result with the report of
    /// the scope, whether the future succeeded or not. The async form of [`run_with_report`](Self::run_with_report).
    pub async fn run_with_report_async<T, E>(
        self,
        body: impl AsyncFnOnce(Scope) -> Result<T, E>,
    ) -> Completed<Result<T, E>>
    where
        E: From<FlushError>,
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

    /// Runs a future that cannot fail in the scope, and returns its value with the report. The async form of
    /// [`run_infallible`](Self::run_infallible): a future that returns a `Result` does not compile.
    ///
    /// # Errors
    ///
    /// [`FlushError`] if an intent failed.
    pub async fn run_infallible_async<T: NotAResult<K>, K>(
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

/// Joins what a body returned with what the end of its scope returned.
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
