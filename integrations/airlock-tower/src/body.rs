//! A response's body that holds its request's scope until it has been sent.

use std::fmt;
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::thread;

use airlock_core::lifecycle::Outcome;
use airlock_core::{Backlog, FlushError, FlushReport, OwnedScope, Running};
use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;

use crate::moment::Spawn;
use crate::waits::Waits;

pin_project! {
    /// The body of a response whose request flushes [after the response](crate::AfterResponse).
    ///
    /// It is polled within the request's scope. The scope ends once: as the response says at the body's
    /// end, or when the server drops the body, as it does after the last byte, and at once for `HEAD`,
    /// 204, 304 and upgrades; as a failure when the body gives an error; as a panic when it panics, or
    /// is dropped while its thread unwinds.
    pub struct ScopeBody<B> {
        #[pin]
        inner: Option<B>,
        held: Option<Held>,
    }

    impl<B> PinnedDrop for ScopeBody<B> {
        fn drop(this: Pin<&mut Self>) {
            let mut this = this.project();
            if let Some(mut held) = this.held.take() {
                // Then it is not sent: what sends or wraps it has failed.
                let outcome = if thread::panicking() {
                    Outcome::Panic
                } else {
                    held.outcome
                };
                held.scope.run(|| this.inner.set(None));
                held.release(outcome);
            }
        }
    }
}

/// A scope that waits for its response to be sent.
pub(crate) struct Held {
    scope: OwnedScope,
    /// That of the response.
    outcome: Outcome,
    /// Kept until this one has ended, for a scope around it.
    _waits: Waits,
    spawn: Spawn,
    backlog: Backlog,
}

impl Held {
    pub(crate) fn new(
        scope: OwnedScope,
        waits: Waits,
        outcome: Outcome,
        spawn: Spawn,
        backlog: Backlog,
    ) -> Self {
        Self {
            scope,
            outcome,
            _waits: waits,
            spawn,
            backlog,
        }
    }

    /// Ends the scope. Performs what need not be awaited here, and spawns the rest if there is any.
    fn release(self, outcome: Outcome) {
        let Self {
            scope,
            spawn,
            backlog,
            ..
        } = self;
        let mut released = scope.release(outcome);
        // Effects do not run within a destructor that is called by a panic.
        if !released.is_settled() && !thread::panicking() {
            spawn.enter(|| released.dispatch_ready());
        }
        if released.is_settled() {
            if let Err(error) = released.dispatch() {
                backlog.count_failure();
                error.strand();
            }
            return;
        }
        let running = Flushing {
            _running: backlog.run(),
            unless_ended: Some(backlog),
        };
        let flush = released.dispatch_async();
        spawn.spawn(Box::pin(running.until(flush)));
    }
}

/// A flush that runs on. It has failed unless it has ended well.
struct Flushing {
    _running: Running,
    unless_ended: Option<Backlog>,
}

impl Flushing {
    async fn until(mut self, flush: impl Future<Output = Result<FlushReport, FlushError>>) {
        match flush.await {
            Ok(_) => self.unless_ended = None,
            Err(error) => error.strand(),
        }
    }
}

impl Drop for Flushing {
    fn drop(&mut self) {
        if let Some(backlog) = &self.unless_ended {
            backlog.count_failure();
        }
    }
}

impl<B> ScopeBody<B> {
    /// A body, with the scope that it is to end.
    pub(crate) fn new(inner: B, held: Option<Held>) -> Self {
        Self {
            inner: Some(inner),
            held,
        }
    }
}

/// A body that holds no scope: for a response that is made outside of the layer, by a timeout for
/// example.
impl<B: Default> Default for ScopeBody<B> {
    fn default() -> Self {
        Self::new(B::default(), None)
    }
}

impl<B: Body> Body for ScopeBody<B> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<B::Data>, B::Error>>> {
        let mut this = self.project();
        let Some(inner) = this.inner.as_mut().as_pin_mut() else {
            return Poll::Ready(None);
        };
        let Some(held) = this.held else {
            return inner.poll_frame(cx);
        };
        let polled = catch_unwind(AssertUnwindSafe(|| held.scope.run(|| inner.poll_frame(cx))));
        let outcome = match &polled {
            Ok(Poll::Pending | Poll::Ready(Some(Ok(_)))) => None,
            Ok(Poll::Ready(None)) => Some(held.outcome),
            Ok(Poll::Ready(Some(Err(_)))) => Some(Outcome::Failure),
            Err(_) => Some(Outcome::Panic),
        };
        if let Some(outcome) = outcome
            && let Some(mut held) = this.held.take()
        {
            held.scope.run(|| this.inner.set(None));
            held.release(outcome);
        }
        polled.unwrap_or_else(|panic| resume_unwind(panic))
    }

    fn is_end_stream(&self) -> bool {
        self.inner.as_ref().is_none_or(Body::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        let none = || SizeHint::with_exact(0);
        self.inner.as_ref().map_or_else(none, Body::size_hint)
    }
}

impl<B> fmt::Debug for ScopeBody<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scope = self.held.as_ref().map(|held| &held.scope);
        f.debug_struct("ScopeBody")
            .field("scope", &scope)
            .finish_non_exhaustive()
    }
}
