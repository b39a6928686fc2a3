//! When a request's intents leave: before the response, or after it.

use std::sync::Arc;

use airlock_core::__private::Waits;
use airlock_core::{FlushError, OwnedScope};
use airlock_http::{HeldScope, Spawn};
use http::Response;

use crate::body::ScopeBody;
use crate::problem::{FlushErrorResponse, Problem};

/// Flushes before the client is answered: [`ScopeLayer`](crate::ScopeLayer)'s default.
///
/// The client waits for the effects, and learns when one failed: it is answered as `R` says. The
/// response's body is not touched; it is made or streamed when the scope has ended.
#[derive(Debug)]
pub struct BeforeResponse<R = Problem>(pub(crate) Arc<R>);

impl<R> Clone for BeforeResponse<R> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

/// Flushes after the response has been sent whole.
///
/// The client does not wait for async effects and hand-overs, and cannot learn when an effect fails: that
/// is logged, counted by [`TaskTracker::failed`](airlock_core::TaskTracker::failed), and given to the airlock's `on_unhandled_error`. What the body
/// enqueues while it streams leaves with the rest, and is kept until then. Of a stream, open a scope for each
/// item: it is flushed at its own end, as it is [before the response](BeforeResponse).
///
/// Sync effects of the default executor run where the body ends, up to the first intent that has to be
/// awaited: no task is spawned for them. A server may take the end of a small body before it writes the
/// response, so keep them short, or make an effect that blocks async.
///
/// A request that fails ends before the response. Within another scope, which captures what this one
/// holds, a layer waits for the body only if that scope is of a layer that does so too; otherwise it
/// ends with the response's head.
#[derive(Clone, Debug)]
pub struct AfterResponse(pub(crate) Runs);

/// Where a flush is driven that nobody awaits.
#[derive(Clone, Debug)]
pub(crate) enum Runs {
    On(Spawn),
    /// On the runtime of the request.
    #[cfg(feature = "tokio")]
    There,
}

impl Runs {
    /// Where the flush of this request is to run: a body may be dropped outside of every runtime.
    #[track_caller]
    fn here(&self) -> Spawn {
        match self {
            Self::On(spawn) => spawn.clone(),
            #[cfg(feature = "tokio")]
            Self::There => Spawn::On(tokio::runtime::Handle::current()),
        }
    }
}

/// When the intents of a request that succeeded leave: [`BeforeResponse`] or [`AfterResponse`].
pub trait FlushTiming<B>: Clone + sealed::Sealed {
    /// The body of the responses that leave the service.
    type Body;

    /// Whether a request's scope may wait for the body of the response.
    #[doc(hidden)]
    fn waits(&self, scope: &mut OwnedScope) -> Option<Waits>;

    /// The response in its outer form, with the scope that it is to hold.
    #[doc(hidden)]
    fn pass(&self, response: Response<B>, scope: Option<HeldScope>) -> Response<Self::Body>;

    /// What the client is told after the flush has failed.
    #[doc(hidden)]
    fn fail(&self, response: Response<B>, error: FlushError) -> Response<Self::Body>;
}

mod sealed {
    #[allow(unnameable_types, reason = "there are two moments, and they are ours")]
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
