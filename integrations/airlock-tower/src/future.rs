//! From the inner service's future to the end of the request's scope.

use std::any::Any;
use std::fmt;
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use airlock_core::lifecycle::Outcome;
use airlock_core::{Bound, BoxFuture, FlushError, OpenScope, Scope};
use http::Response;
use pin_project_lite::pin_project;

use crate::exclusive::Exclusive;
use crate::layer::Settings;
use crate::moment::Moment;

pin_project! {
    /// The future of a [`ScopeService`](crate::ScopeService): the inner one in its scope, then the
    /// scope's end.
    ///
    /// Dropped before the inner one has finished, it discards; dropped while it flushes, it stops
    /// there, and what was not dispatched goes to the airlock's `on_stranded`.
    #[must_use = "futures do nothing unless awaited"]
    pub struct ScopeFuture<F, M, B, E> {
        // Dropped before the scope, so that what its destructors enqueue is refused.
        #[pin]
        work: Option<Bound<F>>,
        state: Exclusive<State<B, E>>,
        settings: Arc<Settings>,
        moment: M,
    }
}

enum State<B, E> {
    Working(OpenScope),
    Flushing(BoxFuture<'static, Flushed>, Outcome, Given<B, E>),
    Finished,
}

/// What the inner service came to.
enum Given<B, E> {
    Response(Response<B>),
    Error(E),
    Panic(Box<dyn Any + Send>),
}

/// How the flush ended: if it failed, with what and in which scope.
type Flushed = Result<(), (Scope, FlushError)>;

impl<F: Future, M, B, E> ScopeFuture<F, M, B, E> {
    pub(crate) fn new(scope: OpenScope, work: F, settings: Arc<Settings>, moment: M) -> Self {
        Self {
            work: Some(scope.bind_work(work)),
            state: Exclusive::new(State::Working(scope)),
            settings,
            moment,
        }
    }
}

impl<F, M, I, B, E> Future for ScopeFuture<F, M, B, E>
where
    F: Future<Output = Result<Response<I>, E>>,
    M: Moment<I, Body = B>,
{
    type Output = Result<Response<B>, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        let state = this.state.get_mut();
        if let Some(work) = this.work.as_mut().as_pin_mut() {
            let ended = match catch_unwind(AssertUnwindSafe(|| work.poll(cx))) {
                Ok(Poll::Pending) => return Poll::Pending,
                Ok(Poll::Ready(ended)) => Ok(ended),
                Err(panic) => Err(panic),
            };
            this.work.set(None);
            let State::Working(scope) = std::mem::replace(state, State::Finished) else {
                unreachable!("a scope is open as long as its work");
            };
            let mut scope = Some(scope);
            let (given, outcome) = match ended {
                Ok(Ok(response)) => {
                    let (response, outcome) = this.settings.judge(response);
                    let backlog = &this.settings.backlog;
                    let response = this.moment.pass(response, outcome, &mut scope, backlog);
                    (Given::Response(response), outcome)
                }
                Ok(Err(error)) => (Given::Error(error), Outcome::Failure),
                Err(panic) => (Given::Panic(panic), Outcome::Panic),
            };
            match scope {
                None => return given.give(),
                Some(scope) if scope.is_empty() => {
                    // Nothing to dispatch, so nothing to await and nothing that can fail.
                    let ended = scope.finish(outcome);
                    debug_assert!(ended.is_ok());
                    return given.give();
                }
                Some(scope) => {
                    *state = State::Flushing(Box::pin(flush(scope, outcome)), outcome, given);
                }
            }
        }
        let State::Flushing(flush, ..) = state else {
            panic!("a request's future was polled after it had finished");
        };
        let flushed = ready!(flush.as_mut().poll(cx));
        let State::Flushing(_, outcome, given) = std::mem::replace(state, State::Finished) else {
            unreachable!("it was flushing a moment ago");
        };
        let Err((scope, error)) = flushed else {
            return given.give();
        };
        this.settings.backlog.count_failure();
        match given {
            Given::Response(response) if outcome == Outcome::Success => {
                Poll::Ready(Ok(this.moment.failed(response, error, &scope)))
            }
            given => {
                scope.strand(error);
                given.give()
            }
        }
    }
}

async fn flush(scope: OpenScope, outcome: Outcome) -> Flushed {
    let handle = Scope::clone(&scope);
    let ended = scope.finish_async(outcome).await;
    ended.map(drop).map_err(|error| (handle, error))
}

impl<B, E> Given<B, E> {
    fn give(self) -> Poll<Result<Response<B>, E>> {
        match self {
            Self::Response(response) => Poll::Ready(Ok(response)),
            Self::Error(error) => Poll::Ready(Err(error)),
            Self::Panic(panic) => resume_unwind(panic),
        }
    }
}

impl<F, M, B, E> fmt::Debug for ScopeFuture<F, M, B, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ScopeFuture").finish_non_exhaustive()
    }
}
