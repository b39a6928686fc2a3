//! A scope that a response's body holds until it has been sent.

use std::fmt;
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::task::Poll;
use std::thread;

use airlock_core::__private::{Waits, guarded};
use airlock_core::lifecycle::Outcome;
use airlock_core::{FlushError, FlushReport, OwnedScope, TaskToken, TaskTracker};

use crate::spawn::Spawn;

/// The result of polling a body: a frame or chunk, an error, or its end.
pub type Polled<T, E> = Poll<Option<Result<T, E>>>;

/// A scope that a response's body holds until it has been sent. The body runs in it, and ends it.
///
/// When it is dropped, the scope ends with the response's outcome, or with a panic if the thread is
/// unwinding.
pub struct HeldScope {
    scope: Option<OwnedScope>,
    /// The outcome with which the scope ends: at first the one of the response.
    outcome: Outcome,
    /// Shows the scope around this one that it is pending. Dropped after this scope has ended.
    _waits: Waits,
    tasks: TaskTracker,
    spawn: Option<Spawn>,
    /// The number of intents in the scope before the body ran.
    before: usize,
    /// Set after the warning about too many intents.
    warned: bool,
}

/// The number of intents that a body may hold before a warning is logged. Each may take some 200 bytes, plus
/// its arguments.
const MANY: usize = 1_000;

impl HeldScope {
    pub(crate) fn new(
        mut scope: OwnedScope,
        outcome: Outcome,
        waits: Waits,
        tasks: TaskTracker,
    ) -> Self {
        // Scopes within the body dispatch on their own. Otherwise they would wait for the body's end, which
        // may be hours away. This does not depend on the outcome: with a flush before the response, no scope
        // is around the body either.
        scope.release_within();
        let before = scope.holds();
        Self {
            scope: Some(scope),
            outcome,
            _waits: waits,
            tasks,
            spawn: None,
            before,
            warned: false,
        }
    }

    /// Sets the spawner for the part of the flush that has to be awaited. Without one, that part is
    /// dispatched where the body ends, and async effects fail.
    pub fn on(mut self, spawn: Option<Spawn>) -> Self {
        self.spawn = spawn;
        self
    }

    /// Returns the outcome with which the scope ends unless [`end_as`](Self::end_as) sets another one.
    pub fn outcome(&self) -> Outcome {
        self.outcome
    }

    /// Runs a step of the body in the scope.
    pub fn run<T>(&mut self, step: impl FnOnce() -> T) -> T {
        match &mut self.scope {
            Some(scope) => scope.run(step),
            None => step(),
        }
    }

    /// Polls the body in the scope. Returns the result of the poll or its panic and, if the body has ended,
    /// the outcome to end the scope with.
    pub fn poll<T, E>(
        &mut self,
        body: impl FnOnce() -> Polled<T, E>,
    ) -> (thread::Result<Polled<T, E>>, Option<Outcome>) {
        let polled = catch_unwind(AssertUnwindSafe(|| self.run(body)));
        self.warn_if_many();
        let ends_as = match &polled {
            Ok(Poll::Pending | Poll::Ready(Some(Ok(_)))) => None,
            Ok(Poll::Ready(None)) => Some(self.outcome),
            Ok(Poll::Ready(Some(Err(_)))) => Some(Outcome::Failure),
            Err(_) => Some(Outcome::Panic),
        };
        (polled, ends_as)
    }

    /// Logs a warning, once per body, if the body piles up intents.
    fn warn_if_many(&mut self) {
        let Some(scope) = self.scope.as_mut().filter(|_| !self.warned) else {
            return;
        };
        let holds = scope.holds().saturating_sub(self.before);
        if holds > MANY {
            self.warned = true;
            let scope = scope.handle();
            // `Display` of an origin is code of the program, which may panic.
            let origin = scope.origin();
            let origin = origin.and_then(|origin| guarded("Display", || origin.to_string()));
            tracing::warn!(
                target: "airlock",
                scope = %scope.id(),
                name = scope.name(),
                origin,
                holds,
                "the body of a response holds many intents until it ends: open a scope for each item, `airlock::scope().run(..)`, which is flushed at the item's end unless a lifecycle holds it",
            );
        }
    }

    /// Ends the scope with this outcome.
    pub fn end_as(mut self, outcome: Outcome) {
        self.outcome = outcome;
    }

    /// Performs what needs no awaiting on the caller's thread, and spawns the rest, if there is any.
    fn end(&mut self, scope: OwnedScope) {
        let outcome = self.outcome;
        // During a panic this may be a destructor, so the effects are left to the spawner.
        let left = match (thread::panicking(), &self.spawn) {
            (true, _) => Ok(Some(scope.release(outcome))),
            (false, Some(spawn)) => spawn.enter(|| scope.end(outcome)),
            (false, None) => scope.end(outcome),
        };
        let flushed = match (left, &self.spawn) {
            (Ok(None), _) => Ok(()),
            (Err(error), _) => Err(error),
            (Ok(Some(released)), Some(spawn)) if !released.is_finished() => {
                let running = Flushing {
                    _running: self.tasks.token(),
                    unless_ended: Some(self.tasks.clone()),
                };
                let flush = released.dispatch_async();
                spawn.spawn(Box::pin(running.until(flush)));
                Ok(())
            }
            (Ok(Some(released)), _) => released.dispatch().map(drop),
        };
        if let Err(error) = flushed {
            self.tasks.count_failure();
            error.report_unhandled();
        }
    }
}

impl Drop for HeldScope {
    fn drop(&mut self) {
        if let Some(scope) = self.scope.take() {
            // The body was not sent: the code that sends or wraps it has panicked.
            if thread::panicking() {
                self.outcome = Outcome::Panic;
            }
            self.end(scope);
        }
    }
}

impl fmt::Debug for HeldScope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HeldScope")
            .field("scope", &self.scope)
            .field("outcome", &self.outcome)
            .finish_non_exhaustive()
    }
}

/// A spawned flush. It counts as failed unless it completes without an error.
struct Flushing {
    _running: TaskToken,
    unless_ended: Option<TaskTracker>,
}

impl Flushing {
    async fn until(mut self, flush: impl Future<Output = Result<FlushReport, FlushError>>) {
        match flush.await {
            Ok(_) => self.unless_ended = None,
            Err(error) => error.report_unhandled(),
        }
    }
}

impl Drop for Flushing {
    fn drop(&mut self) {
        if let Some(tasks) = &self.unless_ended {
            tasks.count_failure();
        }
    }
}
