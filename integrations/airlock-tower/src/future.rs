//! From the inner service's future to the end of the request's scope.

use std::any::Any;
use std::fmt;
use std::future::Future;
use std::panic::resume_unwind;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use airlock_core::lifecycle::Outcome;
use airlock_core::{BoxFuture, FlushError, FlushReport, Work};
use http::Response;
use pin_project_lite::pin_project;

use crate::exclusive::Exclusive;
use crate::layer::Settings;
use crate::moment::Moment;
use crate::waits::Waits;

pin_project! {
    /// The future of a [`ScopeService`](crate::ScopeService): the inner one in its scope, then the
    /// scope's end.
    ///
    /// Dropped before the inner one has finished, it discards; dropped while it flushes, it stops
    /// there, and what was not dispatched goes to the airlock's `on_stranded`.
    #[must_use = "futures do nothing unless awaited"]
    pub struct ScopeFuture<F, M, B, E> {
        #[pin]
        work: Work<F>,
        state: Exclusive<State<B, E>>,
        settings: Arc<Settings>,
        moment: M,
    }
}

enum State<B, E> {
    Working(Option<Waits>),
    Flushing(BoxFuture<'static, Flushed>, Ended<B, E>),
    Finished,
}

type Flushed = Result<FlushReport, FlushError>;

/// How the work has ended, and the scope that it was in.
struct Ended<B, E> {
    given: Given<B, E>,
    outcome: Outcome,
}

/// What the inner service came to.
enum Given<B, E> {
    Response(Response<B>),
    Error(E),
    Panic(Box<dyn Any + Send>),
}

impl<F, M, B, E> ScopeFuture<F, M, B, E> {
    pub(crate) fn new(
        waits: Option<Waits>,
        work: Work<F>,
        settings: Arc<Settings>,
        moment: M,
    ) -> Self {
        Self {
            work,
            state: Exclusive::new(State::Working(waits)),
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
        let this = self.project();
        let state = this.state.get_mut();
        let (settings, moment) = (&**this.settings, &*this.moment);
        if let State::Working(waits) = state {
            let (worked, scope) = ready!(this.work.poll(cx));
            let waits = waits.take();
            *state = State::Finished;
            let mut scope = Some(scope);
            let (given, outcome) = match worked {
                Ok(Ok(response)) => {
                    let (response, outcome) = settings.judge(response);
                    let backlog = &settings.backlog;
                    let passed = moment.pass(response, outcome, waits, &mut scope, backlog);
                    (Given::Response(passed), outcome)
                }
                Ok(Err(error)) => (Given::Error(error), Outcome::Failure),
                Err(panic) => (Given::Panic(panic), Outcome::Panic),
            };
            let Some(scope) = scope else {
                return Poll::Ready(given.give());
            };
            let ended = Ended { given, outcome };
            let released = match scope.end(outcome) {
                // Nothing to await, so nothing is boxed.
                Ok(None) => return Poll::Ready(ended.given.give()),
                Err(error) => return Poll::Ready(ended.after(Err(error), settings, moment)),
                Ok(Some(released)) => released,
            };
            *state = State::Flushing(Box::pin(released.dispatch_async()), ended);
        }
        let State::Flushing(flush, _) = state else {
            panic!("a request's future was polled after it had finished");
        };
        let flushed = ready!(flush.as_mut().poll(cx));
        let State::Flushing(_, ended) = std::mem::replace(state, State::Finished) else {
            unreachable!("it was flushing a moment ago");
        };
        Poll::Ready(ended.after(flushed, settings, moment))
    }
}

impl<B, E> Ended<B, E> {
    /// What the request gives, now that its flush has ended like this.
    fn after<I, M>(
        self,
        flushed: Flushed,
        settings: &Settings,
        moment: &M,
    ) -> Result<Response<B>, E>
    where
        M: Moment<I, Body = B>,
    {
        let Err(error) = flushed else {
            return self.given.give();
        };
        settings.backlog.count_failure();
        match self.given {
            Given::Response(response) if self.outcome == Outcome::Success => {
                Ok(moment.failed(response, error))
            }
            given => {
                error.strand();
                given.give()
            }
        }
    }
}

impl<B, E> Given<B, E> {
    fn give(self) -> Result<Response<B>, E> {
        match self {
            Self::Response(response) => Ok(response),
            Self::Error(error) => Err(error),
            Self::Panic(panic) => resume_unwind(panic),
        }
    }
}

impl<F, M, B, E> fmt::Debug for ScopeFuture<F, M, B, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ScopeFuture").finish_non_exhaustive()
    }
}
