//! The error of a failed flush.

use std::error::Error;
use std::fmt;
use std::io::{Write, stderr};
use std::sync::{Arc, Mutex, PoisonError};

use crate::intent::{Failure, Fate, Intent};
use crate::report::{FlushReport, ReportEntry};
use crate::unwind::guarded;

/// Takes the flush errors that no caller can be given.
pub(crate) type UnhandledErrorHook = Arc<dyn Fn(FlushError) + Send + Sync>;

/// A flush in which an intent failed. Nothing vanishes: it hands back the failed and the unreached
/// intents, so that the caller can enqueue them again or park them.
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
    /// Whether the scope was flushed by code that was in it.
    still_entered: bool,
    /// Arguments need not be `Sync`; an error has to be.
    returned: Mutex<Vec<Intent>>,
    /// Whether it is unhandled if it is dropped before anybody took its intents.
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

    /// Says whether the flush was refused, because code that was in the scope wanted it.
    pub(crate) fn of_refused(mut self, still_entered: bool) -> Self {
        self.inner.still_entered = still_entered;
        self
    }

    /// What became of each intent.
    pub fn report(&self) -> &FlushReport {
        &self.inner.report
    }

    /// What became of each intent.
    pub fn into_report(self) -> FlushReport {
        self.inner.report.clone()
    }

    /// The failed and the unreached intents, in order. Missing are those whose arguments are gone:
    /// of `once` effects, and of effects that cannot return an error but panicked; the report still
    /// names them.
    ///
    /// Each can be enqueued again as it is: `airlock::enqueue(intent)`.
    pub fn into_intents(mut self) -> Vec<Intent> {
        self.inner.reports_on_drop = false;
        let returned = self.inner.returned.get_mut();
        std::mem::take(returned.unwrap_or_else(PoisonError::into_inner))
    }

    /// Gives it up where no caller can be given it, or where it becomes an answer that cannot carry
    /// intents, such as a status: it is handed to the
    /// [`on_unhandled_error`](crate::AirlockBuilder::on_unhandled_error) of the airlock that its scope was in. Without
    /// one, the intents are lost. Each failure was logged when the flush ended; that intents which were not
    /// reached are lost is logged now.
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
                "intents that were not reached are lost, since nobody takes them: see `AirlockBuilder::on_unhandled_error`",
            );
        }
    }

    /// Lets it be [unhandled](Self::report_unhandled) if it is dropped before anybody took its intents: for code of
    /// the program that an integration gives it to.
    #[doc(hidden)]
    pub fn report_unhandled_on_drop(mut self) -> Self {
        self.inner.reports_on_drop = true;
        self
    }

    /// The intent that failed first; none if the flush was cancelled between two of them.
    pub fn first(&self) -> Option<&ReportEntry> {
        self.inner.report.failed().next()
    }

    /// Why the first intent failed.
    pub fn failure(&self) -> Option<&Failure> {
        match self.first()?.fate() {
            Fate::Failed(failure) => Some(failure),
            _ => None,
        }
    }
}

fn print_unhandled(error: &FlushError) {
    // A destructor of the program's thread may run this while standard error is closed: `eprintln` would panic.
    let text = guarded("Display of a flush error", || {
        format!(
            "airlock: a flush failed and nobody handles its error: {error}\n{}note: set `AirlockBuilder::on_unhandled_error`, or install a `tracing` subscriber\n",
            error.report(),
        )
    });
    if let Some(text) = text {
        let _ = stderr().lock().write_all(text.as_bytes());
    }
}

impl Drop for FlushError {
    fn drop(&mut self) {
        if std::mem::take(&mut self.inner.reports_on_drop) {
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
