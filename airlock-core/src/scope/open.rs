//! Open scopes that are ended by hand, and scope guards.

use std::fmt;
use std::ops::Deref;
use std::panic::Location;
use std::sync::Arc;
use std::thread;

use crate::context::{self, Around, GuardEntry, Shared};
use crate::flush::{self, Ends};
use crate::intent::Intent;
use crate::lifecycle::{Ending, Outcome};
use crate::report::{FlushError, FlushReport};
use crate::scope::{Scope, unattended};

/// A scope that is open but not entered; made by [`ScopeBuilder::open`](crate::ScopeBuilder::open).
///
/// It ends once: [`end`](Self::end), [`flush`](Self::flush) and [`discard`](Self::discard) consume
/// it, and cannot be called while [`enter`](Scope::enter) borrows it. If it is dropped, it ends with
/// [`Outcome::Cancelled`], or with [`Outcome::Panic`] during unwinding. By default this discards
/// its intents, except those marked *on failure* or *always*.
///
/// ```
/// # use airlock_core as airlock;
/// let scope = airlock::scope().open();
/// scope.enter(|| assert!(airlock::current().is_some()));
/// let report = scope.flush()?;
/// assert!(report.is_empty());
/// # Ok::<(), airlock::FlushError>(())
/// ```
///
/// Flushing while it is entered does not compile:
///
/// ```compile_fail
/// # use airlock_core as airlock;
/// let scope = airlock::scope().open();
/// scope.enter(|| scope.flush());
/// ```
#[must_use = "an open scope that is dropped discards its intents"]
pub struct OpenScope {
    scope: Scope,
    ended: bool,
}

impl OpenScope {
    pub(crate) fn new(shared: Arc<Shared>) -> Self {
        Self {
            scope: Scope::from_shared(shared),
            ended: false,
        }
    }

    fn ends(&self) -> Ends<'_> {
        Ends::Shared(self.scope.shared())
    }

    /// Starts to end the scope. Refuses if the calling code is in the scope, through a cloned
    /// handle (R7). Panics while a closure inspects a buffer; the drop of the scope ends it then.
    fn begin_end(&mut self) -> Result<(), FlushError> {
        flush::refuse_while_inspecting();
        self.ended = true;
        match context::is_entered(self.scope.shared()) {
            true => flush::refused(self.scope.shared()).conclude().map(drop),
            false => Ok(()),
        }
    }

    /// Returns the places around code in the scope.
    pub(crate) fn around(&self) -> &Around {
        &self.scope.shared().head.around
    }

    /// Ends the scope as its lifecycle decides for this outcome; sync effects only.
    /// [`flush`](Self::flush) and [`discard`](Self::discard) decide it themselves.
    ///
    /// Enclosing scopes capture what they hold, the policies judge the rest, and what they allow is
    /// dispatched.
    ///
    /// # Errors
    ///
    /// [`FlushError`] if an intent failed, or if the calling code is in the scope, through a clone
    /// of its handle. It hands back the failed and the unreached intents. If no caller can receive
    /// the error, pass it to [`FlushError::report_unhandled`].
    ///
    /// # Panics
    ///
    /// If it is called in the closure of [`Scope::inspect`].
    pub fn end(mut self, outcome: Outcome) -> Result<FlushReport, FlushError> {
        self.begin_end()?;
        flush::finish(self.ends(), outcome)
    }

    /// Like [`end`](Self::end), but awaits async effects.
    ///
    /// If the returned future is dropped, the flush stops. What was dispatched stays dispatched,
    /// the intent in progress fails, and the rest is not reached. The report goes to
    /// [`AirlockBuilder::on_report`](crate::AirlockBuilder::on_report), and the intents go to
    /// [`AirlockBuilder::on_unhandled_error`](crate::AirlockBuilder::on_unhandled_error).
    ///
    /// # Errors
    ///
    /// [`FlushError`] as for [`end`](Self::end).
    ///
    /// # Panics
    ///
    /// If it is polled in the closure of [`Scope::inspect`].
    pub async fn end_async(mut self, outcome: Outcome) -> Result<FlushReport, FlushError> {
        self.begin_end()?;
        flush::finish_async(self.ends(), outcome).await
    }

    /// Flushes the scope, whatever its lifecycle; sync effects only.
    ///
    /// # Errors
    ///
    /// [`FlushError`] as for [`end`](Self::end).
    ///
    /// # Panics
    ///
    /// If it is called in the closure of [`Scope::inspect`].
    pub fn flush(mut self) -> Result<FlushReport, FlushError> {
        self.begin_end()?;
        flush::finish_as(self.ends(), Outcome::Success, Ending::Flush)
    }

    /// Like [`flush`](Self::flush), but awaits async effects, as [`end_async`](Self::end_async) does.
    ///
    /// # Errors
    ///
    /// [`FlushError`] as for [`end`](Self::end).
    ///
    /// # Panics
    ///
    /// If it is polled in the closure of [`Scope::inspect`].
    pub async fn flush_async(mut self) -> Result<FlushReport, FlushError> {
        self.begin_end()?;
        flush::finish_async_as(self.ends(), Outcome::Success, Ending::Flush).await
    }

    /// Discards every intent, and returns the report.
    ///
    /// # Panics
    ///
    /// If the calling code is in the scope, through a clone of its handle, or in the closure of
    /// [`Scope::inspect`].
    #[track_caller]
    pub fn discard(mut self) -> FlushReport {
        assert!(
            !context::is_entered(self.scope.shared()),
            "the scope was discarded by code that runs in it: leave the scope first, then discard it"
        );
        flush::refuse_while_inspecting();
        self.ended = true;
        match flush::finish_as(self.ends(), Outcome::Failure, Ending::Discard) {
            Ok(report) => report,
            Err(error) => error.into_report(),
        }
    }

    /// Ends the scope and returns what it holds. Nothing is dispatched, captured or reported.
    pub(crate) fn into_intents(mut self) -> Vec<Intent> {
        self.ended = true;
        let intents = self.take_intents();
        self.scope.shared().end();
        intents
    }

    /// Returns the scope, which the caller must end.
    pub(crate) fn into_shared(mut self) -> Arc<Shared> {
        self.ended = true;
        self.scope.shared().clone()
    }

    /// Adds an intent to the buffer, without asking policies or executors.
    pub(crate) fn hold(&self, intent: Intent) {
        self.scope.shared().state().accept(intent);
    }
}

impl Deref for OpenScope {
    type Target = Scope;

    fn deref(&self) -> &Scope {
        &self.scope
    }
}

impl Drop for OpenScope {
    fn drop(&mut self) {
        if !self.ended {
            self.abandon();
        }
    }
}

impl OpenScope {
    /// Ends a scope that was dropped.
    #[cold]
    fn abandon(&self) {
        // A drop during unwinding means that the body panicked.
        let outcome = if thread::panicking() {
            Outcome::Panic
        } else {
            Outcome::Cancelled
        };
        unattended::abandon(self.scope.shared(), outcome);
    }
}

impl fmt::Debug for OpenScope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("OpenScope").field(&self.scope).finish()
    }
}

/// A scope that is entered on this thread until the guard ends; made by
/// [`ScopeBuilder::enter`](crate::ScopeBuilder::enter).
///
/// If the guard is dropped without a flush, the scope ends as a dropped [`OpenScope`] does. Guards
/// may end in any order; code is out of the scope as soon as its guard ends.
///
/// Do not hold the guard across an await; use
/// [`ScopeBuilder::run_async`](crate::ScopeBuilder::run_async) for async code. In a scoped future,
/// the guard stays with that future. The future's concurrent branches (`join!`, `select!`) enqueue
/// into the scope, too, and a warning names the guard's line. In a future outside of every scope,
/// the guard stays on the thread and collects what unrelated code enqueues there.
///
/// ```
/// # use airlock_core as airlock;
/// let scope = airlock::scope().enter();
/// assert!(airlock::current().is_some());
/// scope.flush()?;
/// assert!(airlock::current().is_none());
/// # Ok::<(), airlock::FlushError>(())
/// ```
///
/// It stays on its thread:
///
/// ```compile_fail,E0277
/// # use airlock_core as airlock;
/// let guard = airlock::scope().enter();
/// std::thread::spawn(move || guard.discard());
/// ```
#[must_use = "a guard that is dropped immediately leaves its scope and discards it"]
pub struct ScopeGuard {
    // Declared first, since the scope must be left before it ends.
    entered: Option<GuardEntry>,
    scope: OpenScope,
}

impl ScopeGuard {
    pub(crate) fn new(scope: OpenScope, at_home: bool, at: &'static Location<'static>) -> Self {
        let shared = scope.scope.shared().clone();
        Self {
            entered: Some(GuardEntry::scope(shared, at_home, at)),
            scope,
        }
    }

    /// Leaves the scope and keeps it open, to flush or discard it later.
    pub fn exit(mut self) -> OpenScope {
        self.entered = None;
        self.scope
    }

    /// Leaves the scope and flushes it; sync effects only.
    ///
    /// # Errors
    ///
    /// [`FlushError`] as for [`OpenScope::flush`].
    pub fn flush(self) -> Result<FlushReport, FlushError> {
        self.exit().flush()
    }

    /// Leaves the scope and discards it.
    pub fn discard(self) -> FlushReport {
        self.exit().discard()
    }
}

impl Deref for ScopeGuard {
    type Target = Scope;

    fn deref(&self) -> &Scope {
        &self.scope
    }
}

impl fmt::Debug for ScopeGuard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ScopeGuard").field(&*self.scope).finish()
    }
}
