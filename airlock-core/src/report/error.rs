//! The error of a failed flush.

use std::error::Error;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use crate::intent::IntentInfo;
use crate::intent::{Failure, Fate, Intent};
use crate::report::FlushReport;
use crate::unwind::guarded;

/// A hook that takes the flush errors which no caller can receive.
pub(crate) type UnhandledErrorHook = Arc<dyn Fn(FlushError) + Send + Sync>;

/// The error of a flush in which an intent failed or was not reached.
///
/// It hands back the failed and the unreached intents, so that the caller can enqueue them again or
/// park them. `source` returns the failure of the first intent that failed. If no caller can
/// receive the error, pass it to [`report_unhandled`](Self::report_unhandled).
///
/// ```
/// # use airlock_core as airlock;
/// fn park(error: airlock::FlushError) {
///     eprintln!("{}", error.report());
///     for intent in error.into_intents() {
///         eprintln!("parked: {intent:?}");
///     }
/// }
/// ```
pub struct FlushError {
    inner: Box<Inner>,
}

struct Inner {
    report: FlushReport,
    on_unhandled_error: Option<UnhandledErrorHook>,
    /// Set if the flush was refused because the calling code was in the scope.
    still_entered: bool,
    /// Locked, since arguments need not be `Sync` but an error must be.
    returned: Mutex<Vec<Intent>>,
    /// Set if a drop reports the error as unhandled, unless the intents were taken before.
    reports_on_drop: bool,
}

impl FlushError {
    pub(crate) fn new(
        report: FlushReport,
        on_unhandled_error: Option<UnhandledErrorHook>,
        returned: Vec<Intent>,
    ) -> Self {
        Self {
            inner: Box::new(Inner {
                report,
                on_unhandled_error,
                still_entered: false,
                returned: Mutex::new(returned),
                reports_on_drop: false,
            }),
        }
    }

    /// Sets whether the flush was refused because the calling code was in the scope.
    pub(crate) fn of_refused(mut self, still_entered: bool) -> Self {
        self.inner.still_entered = still_entered;
        self
    }

    /// Returns the report, with the fate of each intent.
    pub fn report(&self) -> &FlushReport {
        &self.inner.report
    }

    /// Returns the report, with the fate of each intent, and drops the intents.
    pub fn into_report(self) -> FlushReport {
        // Cloned, since a type with `Drop` cannot be moved out of.
        self.inner.report.clone()
    }

    /// Returns the failed and the unreached intents, in order.
    ///
    /// Each can be enqueued again as it is: `airlock::enqueue(intent)`.
    ///
    /// Intents whose arguments are gone are missing, but the report still names them. These are
    /// intents of `once` effects that have been performed. They also include intents of sync effects
    /// that panicked, if the effect cannot return an error and its arguments have a destructor.
    pub fn into_intents(mut self) -> Vec<Intent> {
        self.inner.reports_on_drop = false;
        let returned = self.inner.returned.get_mut();
        std::mem::take(returned.unwrap_or_else(PoisonError::into_inner))
    }

    /// Passes the error to the [`on_unhandled_error`](crate::AirlockBuilder::on_unhandled_error)
    /// hook of the airlock that its scope was in.
    ///
    /// Use it if no caller can receive the error, or if the error becomes an answer that cannot
    /// carry intents, such as a status.
    ///
    /// Without a hook, the intents are lost. Each failure was logged when the flush ended. The loss
    /// of intents that were not reached is logged now. If the process has no `tracing` subscriber,
    /// the error and its report are printed to standard error instead.
    pub fn report_unhandled(mut self) {
        self.inner.reports_on_drop = false;
        if let Some(take) = self.inner.on_unhandled_error.clone() {
            guarded("on_unhandled_error", || take(self));
        } else {
            self.log_unhandled();
        }
    }

    /// Logs the error, since no hook takes it. Without any `tracing` subscriber the event would reach nobody, so the
    /// error is printed instead.
    #[cold]
    fn log_unhandled(&self) {
        if !tracing::dispatcher::has_been_set() {
            print_unhandled(self);
        } else if self.inner.report.not_reached().next().is_some() {
            // Each failure was logged when the flush ended; the intents that were not reached were not.
            tracing::error!(
                target: "airlock",
                error = %self,
                "intents that were not reached are lost, because no hook takes them: see `AirlockBuilder::on_unhandled_error`",
            );
        }
    }

    /// Makes a drop report the error as [unhandled](Self::report_unhandled), unless the intents
    /// were taken before. For integrations that pass the error to code of the program.
    #[doc(hidden)]
    pub fn report_unhandled_on_drop(mut self) -> Self {
        self.inner.reports_on_drop = true;
        self
    }

    /// Returns the intent that failed first. `None` if no intent failed, as in a flush that was
    /// cancelled between two intents.
    pub fn first(&self) -> Option<&IntentInfo> {
        self.inner.report.failed().next()
    }

    /// Returns why the first intent failed.
    pub fn failure(&self) -> Option<&Failure> {
        match self.first()?.fate() {
            Fate::Failed(failure) => Some(failure),
            _ => None,
        }
    }
}

#[allow(
    clippy::print_stderr,
    reason = "the last resort: neither a hook nor a subscriber listens"
)]
fn print_unhandled(error: &FlushError) {
    // Guarded: `eprint` panics if standard error is closed, and the error's `Display` is user code.
    guarded("printing an unhandled flush error", || {
        eprint!(
            "airlock: a flush failed and nobody handles its error: {error}\n{}note: set `AirlockBuilder::on_unhandled_error`, or install a `tracing` subscriber\n",
            error.report(),
        );
    });
}

impl Drop for FlushError {
    fn drop(&mut self) {
        if std::mem::take(&mut self.inner.reports_on_drop) {
            // The hook takes the error by value, so the contents move into a new one.
            let taken = Inner {
                report: self.inner.report.clone(),
                on_unhandled_error: self.inner.on_unhandled_error.clone(),
                still_entered: self.inner.still_entered,
                returned: std::mem::take(&mut self.inner.returned),
                reports_on_drop: false,
            };
            let error = Self {
                inner: Box::new(taken),
            };
            error.report_unhandled();
        }
    }
}

impl fmt::Display for FlushError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let failed = self.inner.report.failed().count();
        let unreached = self.inner.report.not_reached().count();
        match self.first() {
            Some(first) => {
                let (effect, id, at) = (first.effect().id(), first.id(), first.location());
                write!(f, "could not dispatch `{effect}` ({id}, enqueued at {at})")?;
                if let Some(failure) = self.failure() {
                    write!(f, ": {}", failure.root_cause())?;
                }
            }
            None if self.inner.still_entered => {
                Failure::StillEntered.fmt(f)?;
            }
            None => f.write_str("the flush was cancelled")?,
        }
        if failed > 1 {
            write!(f, "; {} more failed", failed - 1)?;
        }
        if unreached > 0 {
            write!(f, "; {unreached} not reached")?;
        }
        Ok(())
    }
}

impl fmt::Debug for FlushError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // `unwrap` and a `main` that returns it print this form.
        write!(f, "{self}\n{}", self.inner.report)
    }
}

impl Error for FlushError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.failure()
            .map(|failure| failure as &(dyn Error + 'static))
    }
}
