//! The future of an async boundary.
//!
//! Written by hand, since an `async fn` would store the body twice: as its argument, and as the
//! work that it becomes. A future is moved before its first poll.

use std::future::Future;
use std::panic::resume_unwind;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use pin_project_lite::pin_project;

use crate::context::Spec;
use crate::effect::BoxFuture;
use crate::lifecycle::Outcome;
use crate::report::{FlushError, FlushReport};
use crate::scope::unattended::report_unhandled;
use crate::scope::{OwnedScope, Work};

pin_project! {
    /// A future that runs a body in a scope, which opens at the first poll and ends by the body's
    /// outcome.
    pub(super) struct Boundary<F, G, R> {
        #[pin]
        work: Work<F>,
        // Taken at the first poll.
        spec: Option<Spec>,
        on_flush_error: Option<G>,
        flushing: Option<Box<Flushing<R>>>,
    }
}

/// A flush that is awaited, and the result of the body.
struct Flushing<R> {
    flush: BoxFuture<'static, Result<FlushReport, FlushError>>,
    ended: Finished<R>,
}

/// The result of a body.
enum Finished<R> {
    Value(Outcome, R),
    Panic(Box<dyn std::any::Any + Send>),
}

impl<F, G, R> Boundary<F, G, R> {
    #[inline]
    pub(super) fn new(spec: Spec, body: F, on_flush_error: G) -> Self {
        Self {
            work: Work::new(OwnedScope::none(), body),
            spec: Some(spec),
            on_flush_error: Some(on_flush_error),
            flushing: None,
        }
    }
}

impl<F, G, R> Future for Boundary<F, G, R>
where
    F: Future<Output = (Outcome, R)>,
    G: FnOnce(FlushError, R) -> R,
{
    type Output = R;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<R> {
        let mut this = self.project();
        if let Some(mut spec) = this.spec.take() {
            this.work.as_mut().open(OwnedScope::open(&mut spec));
        }
        if this.flushing.is_none() {
            let ended = ready!(this.work.as_mut().poll_ended(cx));
            let (outcome, ended) = match ended {
                Ok((outcome, value)) => (outcome, Finished::Value(outcome, value)),
                Err(panic) => (Outcome::Panic, Finished::Panic(panic)),
            };
            match (this.work.take_scope().ends().start_unseen(outcome), ended) {
                (Ok(()), Finished::Value(_, value)) => return Poll::Ready(value),
                (Ok(()), Finished::Panic(panic)) => resume_unwind(panic),
                (Err(flush), ended) => {
                    let flush = flush.run_async();
                    *this.flushing = Some(Box::new(Flushing { flush, ended }));
                }
            }
        }
        let Some(mut flushing) = this.flushing.take() else {
            unreachable!("it was set before, or has just been set")
        };
        let Poll::Ready(flushed) = flushing.flush.as_mut().poll(cx) else {
            *this.flushing = Some(flushing);
            return Poll::Pending;
        };
        match (flushing.ended, flushed) {
            (Finished::Panic(panic), flushed) => {
                report_unhandled(flushed);
                resume_unwind(panic)
            }
            (Finished::Value(_, value), Ok(_)) => Poll::Ready(value),
            (Finished::Value(Outcome::Success, value), Err(error)) => {
                match this.on_flush_error.take() {
                    Some(on_flush_error) => Poll::Ready(on_flush_error(error, value)),
                    None => unreachable!("a flush ends once"),
                }
            }
            (Finished::Value(_, value), flushed) => {
                report_unhandled(flushed);
                Poll::Ready(value)
            }
        }
    }
}
