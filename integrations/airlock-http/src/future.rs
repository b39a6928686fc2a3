//! The future of a request: runs the inner service's future, then ends the request's scope.

use std::any::Any;
use std::fmt;
use std::future::Future;
use std::panic::resume_unwind;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::thread;

use airlock_core::__private::Waits;
use airlock_core::lifecycle::Outcome;
use airlock_core::{BoxFuture, FlushError, FlushReport, OwnedScope, Released, Work};
use pin_project_lite::pin_project;

use crate::exchange::Exchange;
use crate::exclusive::Exclusive;
use crate::held::HeldScope;

pin_project! {
    /// A future that runs the inner service's future in its request's scope, then ends the scope.
    ///
    /// If it is dropped before the inner future has finished, the scope is cancelled and discards its
    /// intents. If it is dropped during the flush, the flush stops. Intents that were not dispatched go to
    /// the airlock's `on_unhandled_error`.
    #[must_use = "futures do nothing unless awaited"]
    pub struct ScopeFuture<F, X: Exchange, E> {
        #[pin]
        work: Work<F>,
        driver: Exclusive<Driver<X, E>>,
    }
}

struct Driver<X: Exchange, E> {
    state: State<X::Inner, E>,
    exchange: X,
}

enum State<R, E> {
    Working(Option<Waits>),
    Flushing(Box<Flushing<R, E>>),
    Finished,
}

/// A pending flush, and the result that waits for it. Boxed to keep the future small for requests that await
/// no flush.
struct Flushing<R, E> {
    flush: BoxFuture<'static, Result<FlushReport, FlushError>>,
    came_to: CameTo<R, E>,
    outcome: Outcome,
}

/// The result of the inner service.
enum CameTo<R, E> {
    Response(R),
    Error(E),
    Panic(Box<dyn Any + Send>),
}

impl<F, X: Exchange, E> ScopeFuture<F, X, E> {
    /// Creates a future that drives this work. `waits` is `Some` if the scope may wait for the body of the
    /// response.
    #[inline]
    pub fn new(work: Work<F>, waits: Option<Waits>, exchange: X) -> Self {
        Self {
            work,
            driver: Exclusive::new(Driver {
                state: State::Working(waits),
                exchange,
            }),
        }
    }
}

impl<F, X, E> Future for ScopeFuture<F, X, E>
where
    F: Future<Output = Result<X::Inner, E>>,
    X: Exchange,
{
    type Output = Result<X::Outer, E>;

    // Rare paths are separate functions. In a server the code of a request is cold in the cache, so the
    // number of cache lines on the common path matters.
    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let Driver { state, exchange } = this.driver.get_mut();
        let State::Working(waits) = state else {
            return poll_flush(state, exchange, cx);
        };
        let mut work = this.work;
        let worked = ready!(work.as_mut().poll_ended(cx));
        let mut scope = work.take_scope();
        let waits = waits.take();
        *state = State::Finished;
        let mut response = match worked {
            Ok(Ok(response)) => response,
            other => return end_without_response(other, scope, state, exchange, cx),
        };
        let outcome = exchange.judge(&mut response);
        // A failed request does not wait for the body, unless its scope first has to capture one within it.
        if let Some(waits) = waits
            && (outcome == Outcome::Success || scope.is_awaited_within())
        {
            exchange.answered(&response);
            let held = HeldScope::new(scope, outcome, waits, exchange.tasks().clone());
            return Poll::Ready(Ok(exchange.hold(response, held)));
        }
        if !scope.is_unseen() {
            exchange.answered(&response);
        }
        match scope.end(outcome) {
            // The common case: nothing is awaited, and the response is not moved.
            Ok(None) => Poll::Ready(Ok(exchange.pass(response))),
            left => {
                let came_to = CameTo::Response(response);
                finish(came_to, outcome, left, state, exchange, cx)
            }
        }
    }
}

/// Ends the scope of a request whose service returned an error or panicked.
#[cold]
fn end_without_response<X: Exchange, E>(
    worked: thread::Result<Result<X::Inner, E>>,
    scope: OwnedScope,
    state: &mut State<X::Inner, E>,
    exchange: &mut X,
    cx: &mut Context<'_>,
) -> Poll<Result<X::Outer, E>> {
    let (came_to, outcome) = match worked {
        Ok(Ok(response)) => (CameTo::Response(response), Outcome::Success),
        Ok(Err(error)) => (CameTo::Error(error), Outcome::Failure),
        Err(panic) => (CameTo::Panic(panic), Outcome::Panic),
    };
    let left = scope.end(outcome);
    finish(came_to, outcome, left, state, exchange, cx)
}

/// Continues after the scope has ended, with what is left: nothing, an error, or a flush to await.
#[cold]
fn finish<X: Exchange, E>(
    came_to: CameTo<X::Inner, E>,
    outcome: Outcome,
    left: Result<Option<Released>, FlushError>,
    state: &mut State<X::Inner, E>,
    exchange: &mut X,
    cx: &mut Context<'_>,
) -> Poll<Result<X::Outer, E>> {
    let flush = match left {
        Ok(None) => return Poll::Ready(came_to.give(exchange)),
        Err(error) => return Poll::Ready(came_to.fail(outcome, error, exchange)),
        Ok(Some(released)) => Box::pin(released.dispatch_async()),
    };
    *state = State::Flushing(Box::new(Flushing {
        flush,
        came_to,
        outcome,
    }));
    poll_flush(state, exchange, cx)
}

#[cold]
fn poll_flush<X: Exchange, E>(
    state: &mut State<X::Inner, E>,
    exchange: &mut X,
    cx: &mut Context<'_>,
) -> Poll<Result<X::Outer, E>> {
    let State::Flushing(flushing) = state else {
        panic!("a future was polled after it had finished");
    };
    let flushed = ready!(flushing.flush.as_mut().poll(cx));
    let State::Flushing(flushing) = std::mem::replace(state, State::Finished) else {
        unreachable!("the state was `Flushing` before the poll");
    };
    let Flushing {
        came_to, outcome, ..
    } = *flushing;
    Poll::Ready(match flushed {
        Ok(_) => came_to.give(exchange),
        Err(error) => came_to.fail(outcome, error, exchange),
    })
}

impl<R, E> CameTo<R, E> {
    /// Returns the result of the request after its scope has ended. Resumes a panic.
    #[inline]
    fn give<X: Exchange<Inner = R>>(self, exchange: &X) -> Result<X::Outer, E> {
        match self {
            Self::Response(response) => Ok(exchange.pass(response)),
            Self::Error(error) => Err(error),
            Self::Panic(panic) => resume_unwind(panic),
        }
    }

    /// Counts a failed flush. A request that succeeded is answered by [`Exchange::fail`]; for any other, the
    /// error is reported as unhandled.
    #[cold]
    fn fail<X: Exchange<Inner = R>>(
        self,
        outcome: Outcome,
        error: FlushError,
        exchange: &X,
    ) -> Result<X::Outer, E> {
        exchange.tasks().count_failure();
        match self {
            Self::Response(response) if outcome == Outcome::Success => {
                Ok(exchange.fail(response, error))
            }
            came_to => {
                error.report_unhandled();
                came_to.give(exchange)
            }
        }
    }
}

impl<F, X: Exchange, E> fmt::Debug for ScopeFuture<F, X, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ScopeFuture").finish_non_exhaustive()
    }
}
