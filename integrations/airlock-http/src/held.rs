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

/// What a body gives when it is polled: a frame or chunk, an error, its end.
pub type Polled<T, E> = Poll<Option<Result<T, E>>>;

/// A scope that a response's body holds until it has been sent. The body runs in it, and ends it.
///
/// Dropped, it ends as the response said.
pub struct HeldScope {
    scope: Option<OwnedScope>,
    /// That of the response.
    outcome: Outcome,
    /// Kept until this one has ended, for a scope around it.
    _waits: Waits,
    tasks: TaskTracker,
    spawn: Option<Spawn>,
    /// How much it held before the body.
    before: usize,
    /// Whether it was told that it holds too much.
    warned: bool,
}

/// How many intents a body may hold until somebody is told, in numbers of which each may be some 200 bytes
/// and its arguments.
const MANY: usize = 1_000;

impl HeldScope {
    pub(crate) fn new(
        mut scope: OwnedScope,
        outcome: Outcome,
        waits: Waits,
        tasks: TaskTracker,
    ) -> Self {
        // A scope in the body would wait for its end, which may be hours away. Whatever the outcome: before
        // the response no scope is around the body either.
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

    /// Says what drives the part of its flush that has to be awaited. Unless said, it is dispatched where
    /// the body ends, and async effects fail.
    pub fn on(mut self, spawn: Option<Spawn>) -> Self {
        self.spawn = spawn;
        self
    }

    /// How it ends unless somebody says otherwise.
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

    /// Polls the body in the scope: what it gave, or its panic, and the outcome that the scope ends with if
    /// the body has ended.
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

    /// Warns, once for a body, that it piles intents up.
    fn warn_if_many(&mut self) {
        let Some(scope) = self.scope.as_mut().filter(|_| !self.warned) else {
            return;
        };
        let holds = scope.holds().saturating_sub(self.before);
        if holds > MANY {
            self.warned = true;
            let scope = scope.handle();
            // The program shows its origins.
            let origin = scope.origin();
            let origin = origin.and_then(|origin| guarded("Display", || origin.to_string()));
            tracing::warn!(
                target: "airlock",
                scope = %scope.id(),
                name = scope.name(),
                origin,
                holds,
                "the body of a response has enqueued so many intents, which are held until it ends: let it open a scope for each item, `airlock::scope().run(..)`, which is flushed at the item's end unless a lifecycle holds it",
            );
        }
    }

    /// Ends the scope with this outcome.
    pub fn end_as(mut self, outcome: Outcome) {
        self.outcome = outcome;
    }

    /// Performs what need not be awaited where it is called, and spawns the rest if there is any.
    fn end(&mut self, scope: OwnedScope) {
        let outcome = self.outcome;
        // Effects do not run within a destructor that is called by a panic.
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
            // Then it is not sent: what sends or wraps it has failed.
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

/// A flush that runs on. It has failed unless it has ended well.
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
