//! Failures: of one intent, and of a flush.

use std::any::Any;
use std::error::Error;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crate::airlock::Settings;
use crate::effect::BoxError;
use crate::flush::report::{FlushReport, ReportEntry};
use crate::intent::Intent;

/// Why one intent failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Failure {
    /// The effect's body returned an error.
    #[error("the effect returned an error")]
    Effect(#[source] BoxError),
    /// The effect's body panicked. The panic was caught; its message is kept.
    #[error("the effect panicked: {message}")]
    Panicked {
        /// The panic's message.
        message: String,
    },
    /// The effect is async and its scope ended without awaiting.
    #[error(
        "the effect is async, but its scope ended without awaiting: end it with `run_async`, `flush_async` or an async boundary, or give it an executor that takes effects without awaiting, such as `airlock::tokio::Spawn`"
    )]
    NeedsAwait,
    /// An attempt took longer than the effect's timeout.
    #[error("the effect took longer than {limit:?}")]
    TimedOut {
        /// The timeout.
        limit: Duration,
    },
    /// The executor could not take it over.
    #[error("the executor `{executor}` could not take it")]
    Executor {
        /// The executor's name.
        executor: String,
        /// What it reported.
        source: BoxError,
    },
    /// The executor panicked, or returned without deciding.
    #[error("the executor `{executor}` left it undone: {message}")]
    LeftUndone {
        /// The executor's name.
        executor: String,
        /// What is known.
        message: String,
    },
    /// A policy panicked when it was asked about it.
    #[error("the policy `{policy}` panicked: {message}")]
    PolicyPanicked {
        /// The policy's name.
        policy: String,
        /// The panic's message.
        message: String,
    },
    /// The scope that would have captured it had ended before the nested one.
    #[error("the enclosing scope {scope} had ended before this one")]
    AncestorEnded {
        /// The enclosing scope's name or id.
        scope: String,
    },
    /// Effects have caused effects to the limit: probably a loop.
    #[error(
        "the cascade is deeper than {limit} effects: {chain}; break the loop with `policy::no_reentry()`, or raise `AirlockBuilder::depth_limit`"
    )]
    TooDeep {
        /// The limit.
        limit: u32,
        /// The effects of the chain, the first cause first.
        chain: String,
    },
    /// The flush was cancelled while it was performed: it may have happened, wholly or in part.
    #[error("the flush was cancelled while this effect was under way")]
    Interrupted,
}

impl Failure {
    /// Whether the intent had passed everything that stands before its dispatch.
    pub(crate) fn came_from_dispatch(&self) -> bool {
        !matches!(
            self,
            Failure::PolicyPanicked { .. }
                | Failure::AncestorEnded { .. }
                | Failure::TooDeep { .. }
        )
    }

    /// With the messages of what caused it, for a report that shows no sources.
    pub(crate) fn in_full(&self) -> String {
        let mut text = self.to_string();
        let mut source = self.source();
        while let Some(error) = source {
            text.push_str(": ");
            text.push_str(&error.to_string());
            source = error.source();
        }
        text
    }
}

/// Calls a closure that a program has given. Its panic is logged: it must not cost what a flush has to
/// tell, nor turn a panic into an abort.
#[inline]
pub(crate) fn guarded<T>(what: &'static str, call: impl FnOnce() -> T) -> Option<T> {
    match catch_unwind(AssertUnwindSafe(call)) {
        Ok(value) => Some(value),
        Err(panic) => {
            let message = panic_message(&*panic);
            tracing::error!(target: "airlock", what, message, "a closure of the program panicked");
            None
        }
    }
}

/// The message of a caught panic.
pub(crate) fn panic_message(panic: &(dyn Any + Send)) -> String {
    match panic.downcast_ref::<&'static str>() {
        Some(message) => (*message).to_owned(),
        None => match panic.downcast_ref::<String>() {
            Some(message) => message.clone(),
            None => "a value that is not a text".to_owned(),
        },
    }
}

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
    settings: Arc<Settings>,
    /// Arguments need not be `Sync`; an error has to be.
    returned: Mutex<Vec<Intent>>,
}

impl FlushError {
    pub(crate) fn new(report: FlushReport, settings: Arc<Settings>, returned: Vec<Intent>) -> Self {
        Self {
            inner: Box::new(Inner {
                report,
                settings,
                returned: Mutex::new(returned),
            }),
        }
    }

    /// What became of each intent.
    pub fn report(&self) -> &FlushReport {
        &self.inner.report
    }

    /// What became of each intent.
    pub fn into_report(self) -> FlushReport {
        self.inner.report
    }

    /// The failed and the unreached intents, in order. Missing are those whose arguments are gone:
    /// of `once` effects, and of effects that cannot return an error but panicked; the report still
    /// names them.
    ///
    /// Each can be enqueued again as it is: `airlock::enqueue(intent)`.
    pub fn into_intents(self) -> Vec<Intent> {
        self.inner
            .returned
            .into_inner()
            .unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn into_parts(self) -> (FlushReport, Vec<Intent>) {
        let Inner {
            report, returned, ..
        } = *self.inner;
        (
            report,
            returned
                .into_inner()
                .unwrap_or_else(PoisonError::into_inner),
        )
    }

    /// Gives it up where no caller can be given it, or where it becomes an answer that cannot carry
    /// intents, such as a status: it is logged, and handed to the
    /// [`on_stranded`](crate::AirlockBuilder::on_stranded) of the airlock that its scope was in.
    pub fn strand(self) {
        tracing::error!(
            target: "airlock",
            error = %self,
            "a flush failed and nobody was there to take its error",
        );
        let settings = self.inner.settings.clone();
        if let Some(take) = &settings.on_stranded {
            guarded("on_stranded", || take(self));
        }
    }

    /// The intent that failed first; none if the flush was cancelled between two of them.
    pub fn first(&self) -> Option<&ReportEntry> {
        self.inner.report.failed().next()
    }

    /// Why the first intent failed.
    pub fn failure(&self) -> Option<&Failure> {
        match self.first()?.fate() {
            crate::flush::Fate::Failed(failure) => Some(failure),
            _ => None,
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
            }
            None => f.write_str("the flush was cancelled")?,
        }
        if failed > 1 {
            write!(f, " and {} more", failed - 1)?;
        }
        if unreached > 0 {
            write!(f, "; {unreached} not reached")?;
        }
        Ok(())
    }
}

impl fmt::Debug for FlushError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FlushError")
            .field("report", &self.inner.report)
            .finish_non_exhaustive()
    }
}

impl Error for FlushError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.failure()
            .map(|failure| failure as &(dyn Error + 'static))
    }
}
