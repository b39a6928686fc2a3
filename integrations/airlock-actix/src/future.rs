//! The course of one request: the work in its scope, then the end of the scope.

use std::any::Any;
use std::fmt;
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};

use actix_web::Error;
use actix_web::body::MessageBody;
use actix_web::dev::ServiceResponse;
use airlock_core::lifecycle::Outcome;
use airlock_core::{Bound, BoxFuture, FlushError, FlushReport, OpenScope};
use pin_project_lite::pin_project;

use crate::body::ScopeBody;
use crate::origin::RequestOrigin;
use crate::settings::{Ends, Opened, Settings, is_awaited};

pin_project! {
    /// The future of [`ScopeService`](crate::ScopeService).
    ///
    /// Dropped before it is ready, it discards: the client has gone.
    #[must_use = "futures do nothing unless awaited"]
    pub struct ScopeFuture<F, B> {
        #[pin]
        work: Option<Bound<F>>,
        // After `work`, so that the work is dropped first and its destructors find the scope closed.
        scope: Option<OpenScope>,
        origin: Option<RequestOrigin>,
        flushing: Option<Flushing<B>>,
        ends: Ends,
        settings: Rc<Settings>,
    }
}

/// A flush that has to be awaited, and what waits for it.
struct Flushing<B> {
    flush: BoxFuture<'static, Result<FlushReport, FlushError>>,
    ended: Ended<B>,
}

/// How the work has ended.
struct Ended<B> {
    work: Work<B>,
    outcome: Outcome,
}

enum Work<B> {
    Response(ServiceResponse<B>),
    Error(Error),
    Panic(Box<dyn Any + Send>),
}

impl<F, B> ScopeFuture<F, B> {
    pub(crate) fn new(work: Bound<F>, opened: Opened, settings: Rc<Settings>) -> Self {
        let Opened {
            scope,
            origin,
            ends,
        } = opened;
        Self {
            work: Some(work),
            scope: Some(scope.in_future()),
            origin,
            flushing: None,
            ends,
            settings,
        }
    }
}

impl<F, B> Future for ScopeFuture<F, B>
where
    F: Future<Output = Result<ServiceResponse<B>, Error>>,
    B: MessageBody,
{
    type Output = Result<ServiceResponse<ScopeBody<B>>, Error>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        if this.flushing.is_none() {
            let (work, outcome) = ready!(poll_work(this.work, this.settings, cx));
            let Some(scope) = this.scope.take() else {
                unreachable!("it is there while the work is");
            };
            if let (Work::Response(response), Some(origin)) = (&work, this.origin.take())
                && (*this.ends == Ends::AfterResponse || !scope.is_empty())
            {
                origin.settle(response.request());
            }
            let work = match (work, *this.ends) {
                (Work::Response(response), Ends::AfterResponse)
                    if outcome == Outcome::Success || is_awaited(&scope, response.request()) =>
                {
                    let held =
                        |_: &mut _, body| ScopeBody::held(body, scope, outcome, this.settings);
                    return Poll::Ready(Ok(response.map_body(held)));
                }
                (work, _) => work,
            };
            let ended = Ended { work, outcome };
            let released = scope.finish_ready(outcome);
            if released.is_settled() {
                return Poll::Ready(ended.with(released.dispatch(), this.settings));
            }
            let flush = Box::pin(released.dispatch_async());
            *this.flushing = Some(Flushing { flush, ended });
        }
        let Some(mut flushing) = this.flushing.take() else {
            unreachable!("it was there, or was put there");
        };
        match flushing.flush.as_mut().poll(cx) {
            Poll::Pending => {
                *this.flushing = Some(flushing);
                Poll::Pending
            }
            Poll::Ready(flushed) => Poll::Ready(flushing.ended.with(flushed, this.settings)),
        }
    }
}

/// Polls the work, and judges how it has ended.
fn poll_work<F, B>(
    mut work: Pin<&mut Option<Bound<F>>>,
    settings: &Settings,
    cx: &mut Context<'_>,
) -> Poll<(Work<B>, Outcome)>
where
    F: Future<Output = Result<ServiceResponse<B>, Error>>,
{
    let Some(running) = work.as_mut().as_pin_mut() else {
        panic!("a future was polled after it had finished");
    };
    // A panic goes on as soon as the scope has ended, so nobody sees what it left half-done.
    let polled = match catch_unwind(AssertUnwindSafe(|| running.poll(cx))) {
        Ok(polled) => ready!(polled).map_err(Work::Error),
        Err(panic) => Err(Work::Panic(panic)),
    };
    work.set(None);
    Poll::Ready(match polled {
        Ok(response) => {
            let outcome = settings.outcome(response.response().head());
            (Work::Response(response), outcome)
        }
        Err(work @ Work::Panic(_)) => (work, Outcome::Panic),
        Err(work) => (work, Outcome::Failure),
    })
}

impl<B: MessageBody> Ended<B> {
    /// What the request gives, now that its scope has ended with this.
    fn with(
        self,
        flushed: Result<FlushReport, FlushError>,
        settings: &Settings,
    ) -> Result<ServiceResponse<ScopeBody<B>>, Error> {
        let answer = flushed.err().and_then(|error| {
            settings.backlog.count_failure();
            match &self.work {
                Work::Response(response) if self.outcome == Outcome::Success => {
                    Some(settings.answer(error, response.request()))
                }
                _ => {
                    error.strand();
                    None
                }
            }
        });
        match (self.work, answer) {
            (Work::Panic(panic), _) => resume_unwind(panic),
            (Work::Error(error), _) => Err(error),
            (Work::Response(response), None) => {
                Ok(response.map_body(|_, body| ScopeBody::plain(body)))
            }
            (Work::Response(response), Some(answer)) => {
                Ok(response.into_response(answer.map_body(|_, body| ScopeBody::answer(body))))
            }
        }
    }
}

impl<F, B> fmt::Debug for ScopeFuture<F, B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ScopeFuture")
            .field("scope", &self.scope)
            .field("flushing", &self.flushing.is_some())
            .finish_non_exhaustive()
    }
}
