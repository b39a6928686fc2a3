//! The time of a request's flush: before or after the response.

use std::sync::Arc;

use airlock_core::__private::Waits;
use airlock_core::{FlushError, OwnedScope};
use airlock_http::{HeldScope, Spawn};
use http::Response;

use crate::body::ScopeBody;
use crate::problem::{FlushErrorResponse, Problem};

/// A [`FlushTiming`] that flushes before the client is answered; the default of
/// [`ScopeLayer`](crate::ScopeLayer).
///
/// The client waits for the effects. If one fails, the client gets the response of `R` instead. The
/// response's body is unchanged; it is produced or streamed after the scope has ended.
#[derive(Debug)]
pub struct BeforeResponse<R = Problem>(pub(crate) Arc<R>);

impl<R> Clone for BeforeResponse<R> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

/// A [`FlushTiming`] that flushes after the whole response has been sent.
///
/// The client does not wait for async effects and hand-overs, and cannot learn that an effect failed. A
/// failure is logged, counted by [`TaskTracker::failed`](airlock_core::TaskTracker::failed), and passed to
/// the airlock's `on_unhandled_error`. Intents that the body enqueues while it streams are kept until its
/// end, and leave with the rest. For a stream, open a scope for each item: it flushes at its own end, as it
/// does [before the response](BeforeResponse).
///
/// Sync effects of the default executor run where the body ends, up to the first intent that has to be
/// awaited; no task is spawned for them. A server may reach the end of a small body before it writes the
/// response. So keep sync effects short, or make an effect that blocks async.
///
/// The scope of a failed request ends before the response. Within another scope, which captures what this one
/// holds, a layer waits for the body only if the outer scope belongs to a layer that waits, too. Otherwise its
/// scope ends with the response's head.
#[derive(Clone, Debug)]
pub struct AfterResponse(pub(crate) Runs);

/// The place where a flush runs that nobody awaits.
#[derive(Clone, Debug)]
pub(crate) enum Runs {
    On(Spawn),
    /// The runtime of the request.
    #[cfg(feature = "tokio")]
    There,
}

impl Runs {
    /// Returns the spawner for this request's flush. It has to be captured now, since a body may be dropped
    /// outside of every runtime.
    #[track_caller]
    fn here(&self) -> Spawn {
        match self {
            Self::On(spawn) => spawn.clone(),
            #[cfg(feature = "tokio")]
            Self::There => Spawn::On(tokio::runtime::Handle::current()),
        }
    }
}

/// The time at which the intents of a successful request leave: [`BeforeResponse`] or [`AfterResponse`].
pub trait FlushTiming<B>: Clone + sealed::Sealed {
    /// The body of the responses that leave the service.
    type Body;

    /// Returns `Some` if a request's scope may wait for the body of the response.
    #[doc(hidden)]
    fn waits(&self, scope: &mut OwnedScope) -> Option<Waits>;

    /// Returns the response in its outer form, with the scope that its body holds, if any.
    #[doc(hidden)]
    fn pass(&self, response: Response<B>, scope: Option<HeldScope>) -> Response<Self::Body>;

    /// Returns the response after the flush has failed.
    #[doc(hidden)]
    fn fail(&self, response: Response<B>, error: FlushError) -> Response<Self::Body>;
}

mod sealed {
    #[allow(
        unnameable_types,
        reason = "sealed: the only two timings are defined here"
    )]
    pub trait Sealed {}
    impl<R> Sealed for super::BeforeResponse<R> {}
    impl Sealed for super::AfterResponse {}
}

impl<B, R: FlushErrorResponse<B>> FlushTiming<B> for BeforeResponse<R> {
    type Body = B;

    #[inline]
    fn waits(&self, _: &mut OwnedScope) -> Option<Waits> {
        None
    }

    #[inline]
    fn pass(&self, response: Response<B>, _: Option<HeldScope>) -> Response<B> {
        response
    }

    fn fail(&self, _: Response<B>, error: FlushError) -> Response<B> {
        self.0.respond(error.report_unhandled_on_drop())
    }
}

impl<B> FlushTiming<B> for AfterResponse {
    type Body = ScopeBody<B>;

    fn waits(&self, scope: &mut OwnedScope) -> Option<Waits> {
        scope.may_wait()
    }

    fn pass(&self, response: Response<B>, scope: Option<HeldScope>) -> Response<ScopeBody<B>> {
        let scope = scope.map(|scope| scope.on(Some(self.0.here())));
        response.map(|body| ScopeBody::new(body, scope))
    }

    fn fail(&self, response: Response<B>, error: FlushError) -> Response<ScopeBody<B>> {
        error.report_unhandled();
        self.pass(response, None)
    }
}
