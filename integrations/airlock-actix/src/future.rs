//! The course of one request: the work in its scope, then the end of the scope.

use std::any::Any;
use std::fmt;
use std::future::Future;
use std::panic::resume_unwind;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};

use actix_web::Error;
use actix_web::body::MessageBody;
use actix_web::dev::ServiceResponse;
use airlock_core::lifecycle::Outcome;
use airlock_core::{BoxFuture, FlushError, FlushReport, Work};
use pin_project_lite::pin_project;

use crate::body::ScopeBody;
use crate::origin::RequestOrigin;
use crate::settings::{Ends, Settings, is_awaited};

pin_project! {
    /// The future of [`ScopeService`](crate::ScopeService).
    ///
    /// Dropped before it is ready, it discards: the client has gone.
    #[must_use = "futures do nothing unless awaited"]
    pub struct ScopeFuture<F, B> {
        #[pin]
        work: Work<F>,
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
    given: Given<B>,
    outcome: Outcome,
}

/// What the inner service came to.
enum Given<B> {
    Response(ServiceResponse<B>),
    Error(Error),
    Panic(Box<dyn Any + Send>),
}

impl<F, B> ScopeFuture<F, B> {
    pub(crate) fn new(
        work: Work<F>,
        origin: Option<RequestOrigin>,
        ends: Ends,
        settings: Rc<Settings>,
    ) -> Self {
        Self {
            work,
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
            let (worked, scope) = ready!(this.work.poll(cx));
            let (given, outcome) = match worked {
                Ok(Ok(response)) => {
                    let outcome = this.settings.outcome(response.response().head());
                    (Given::Response(response), outcome)
                }
                Ok(Err(error)) => (Given::Error(error), Outcome::Failure),
                Err(panic) => (Given::Panic(panic), Outcome::Panic),
            };
            let origin = this.origin.take();
            let given = match (given, *this.ends) {
                (Given::Response(response), Ends::AfterResponse)
                    if outcome == Outcome::Success || is_awaited(&scope, response.request()) =>
                {
                    if let Some(origin) = origin {
                        origin.settle(response.request());
                    }
                    let held =
                        |_: &mut _, body| ScopeBody::held(body, scope, outcome, this.settings);
                    return Poll::Ready(Ok(response.map_body(held)));
                }
                (given, _) => given,
            };
            let ended = Ended { given, outcome };
            let left = scope.end(outcome);
            if let (Some(origin), Given::Response(response)) = (origin, &ended.given) {
                origin.end(response.request());
            }
            let released = match left {
                Ok(None) => return Poll::Ready(ended.with(None, this.settings)),
                Err(error) => return Poll::Ready(ended.with(Some(error), this.settings)),
                Ok(Some(released)) => released,
            };
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
            Poll::Ready(flushed) => Poll::Ready(flushing.ended.with(flushed.err(), this.settings)),
        }
    }
}

impl<B: MessageBody> Ended<B> {
    /// What the request gives, now that its scope has ended with this.
    fn with(
        self,
        failed: Option<FlushError>,
        settings: &Settings,
    ) -> Result<ServiceResponse<ScopeBody<B>>, Error> {
        let answer = failed.and_then(|error| {
            settings.backlog.count_failure();
            match &self.given {
                Given::Response(response) if self.outcome == Outcome::Success => {
                    Some(settings.answer(error, response.request()))
                }
                _ => {
                    error.strand();
                    None
                }
            }
        });
        match (self.given, answer) {
            (Given::Panic(panic), _) => resume_unwind(panic),
            (Given::Error(error), _) => Err(error),
            (Given::Response(response), None) => {
                Ok(response.map_body(|_, body| ScopeBody::plain(body)))
            }
            (Given::Response(response), Some(answer)) => {
                Ok(response.into_response(answer.map_body(|_, body| ScopeBody::answer(body))))
            }
        }
    }
}

impl<F, B> fmt::Debug for ScopeFuture<F, B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ScopeFuture")
            .field("flushing", &self.flushing.is_some())
            .finish_non_exhaustive()
    }
}
