//! When a request's intents leave: before the response, or after it.

use std::fmt;
use std::sync::Arc;

use airlock_core::lifecycle::Outcome;
use airlock_core::{Backlog, BoxFuture, FlushError, OwnedScope};
use http::{Extensions, Response};

use crate::body::{Held, ScopeBody};
use crate::problem::{FlushErrorResponse, Problem};
use crate::waits::Waits;
use airlock_core::__private::guarded;

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
/// is logged, counted by [`Backlog::failed`], and given to the airlock's `on_stranded`. What the body
/// enqueues while it streams leaves with the rest.
///
/// Sync effects of the default executor run where the body ends, up to the first intent that has to be
/// awaited: no task is spawned for them. A server may take the end of a small body before it writes the
/// response, so keep them short, or make an effect that blocks async.
///
/// A request that fails ends before the response. Within another scope, which captures what this one
/// holds, a layer waits for the body only if that scope is of a layer that does so too; otherwise it
/// ends with the response's head.
#[derive(Clone, Debug)]
pub struct AfterResponse(pub(crate) Spawn);

/// What drives a flush that nobody awaits.
#[derive(Clone)]
pub(crate) enum Spawn {
    With(Arc<dyn Fn(BoxFuture<'static, ()>) + Send + Sync>),
    #[cfg(feature = "tokio")]
    Tokio,
    #[cfg(feature = "tokio")]
    On(tokio::runtime::Handle),
}

impl Spawn {
    /// Where the flush of this request is to run: a body may be dropped outside of every runtime.
    #[track_caller]
    fn here(&self) -> Self {
        match self {
            #[cfg(feature = "tokio")]
            Self::Tokio => Self::On(tokio::runtime::Handle::current()),
            known => known.clone(),
        }
    }

    /// Runs a closure where it can use the runtime of the flush.
    pub(crate) fn enter(&self, work: impl FnOnce()) {
        #[cfg(feature = "tokio")]
        let _entered = match self {
            Self::On(runtime) => Some(runtime.enter()),
            Self::With(_) | Self::Tokio => None,
        };
        work();
    }

    pub(crate) fn spawn(&self, flush: BoxFuture<'static, ()>) {
        match self {
            // It runs at the end of a body, perhaps in its destructor while the thread unwinds.
            Self::With(spawn) => _ = guarded("after_response_with", || spawn(flush)),
            #[cfg(feature = "tokio")]
            Self::Tokio => drop(tokio::spawn(flush)),
            #[cfg(feature = "tokio")]
            Self::On(runtime) => drop(runtime.spawn(flush)),
        }
    }
}

impl fmt::Debug for Spawn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::With(_) => "With(..)",
            #[cfg(feature = "tokio")]
            Self::Tokio | Self::On(_) => "Tokio",
        })
    }
}

/// When the intents of a request that succeeded leave: [`BeforeResponse`] or [`AfterResponse`].
pub trait Moment<B>: Clone + sealed::Sealed {
    /// The body of the responses that leave the service.
    type Body;

    /// Whether a request's scope may wait for the body of the response.
    #[doc(hidden)]
    fn waits(&self, scope: &mut OwnedScope, request: &mut Extensions) -> Option<Waits>;

    /// The response in its outer form. It may take the scope, to hold it until it has been sent; a
    /// scope that is left there ends now.
    #[doc(hidden)]
    fn pass(
        &self,
        response: Response<B>,
        outcome: Outcome,
        waits: Option<Waits>,
        scope: &mut Option<OwnedScope>,
        backlog: &Backlog,
    ) -> Response<Self::Body>;

    /// What the client is told after the flush has failed.
    #[doc(hidden)]
    fn failed(&self, response: Response<Self::Body>, error: FlushError) -> Response<Self::Body>;
}

mod sealed {
    #[allow(unnameable_types, reason = "there are two moments, and they are ours")]
    pub trait Sealed {}
    impl<R> Sealed for super::BeforeResponse<R> {}
    impl Sealed for super::AfterResponse {}
}

impl<B, R: FlushErrorResponse<B>> Moment<B> for BeforeResponse<R> {
    type Body = B;

    fn waits(&self, _: &mut OwnedScope, _: &mut Extensions) -> Option<Waits> {
        None
    }

    fn pass(
        &self,
        response: Response<B>,
        _: Outcome,
        _: Option<Waits>,
        _: &mut Option<OwnedScope>,
        _: &Backlog,
    ) -> Response<B> {
        response
    }

    fn failed(&self, _: Response<B>, error: FlushError) -> Response<B> {
        self.0.respond(error)
    }
}

impl<B> Moment<B> for AfterResponse {
    type Body = ScopeBody<B>;

    fn waits(&self, scope: &mut OwnedScope, request: &mut Extensions) -> Option<Waits> {
        Waits::may(scope, request)
    }

    fn pass(
        &self,
        response: Response<B>,
        outcome: Outcome,
        waits: Option<Waits>,
        scope: &mut Option<OwnedScope>,
        backlog: &Backlog,
    ) -> Response<ScopeBody<B>> {
        // One that has failed has nothing to wait for, unless it has to capture one within it first.
        let holds = |waits: &Waits| outcome == Outcome::Success || waits.has_inner();
        let held = waits.filter(holds).and_then(|waits| {
            let spawn = self.0.here();
            Some(Held::new(
                scope.take()?,
                waits,
                outcome,
                spawn,
                backlog.clone(),
            ))
        });
        response.map(|body| ScopeBody::new(body, held))
    }

    fn failed(
        &self,
        response: Response<ScopeBody<B>>,
        error: FlushError,
    ) -> Response<ScopeBody<B>> {
        error.strand();
        response
    }
}
