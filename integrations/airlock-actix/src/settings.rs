//! What a middleware was told, in the form that each request needs.

use std::fmt;
use std::iter::successors;
use std::sync::Arc;

use actix_web::dev::ResponseHead;
use actix_web::{HttpMessage as _, HttpRequest, HttpResponse};
use airlock_core::lifecycle::Outcome;
use airlock_core::{Backlog, FlushError, OwnedScope, Scope, ScopeBuilder, ScopeId};
use tokio::runtime::Handle;

use crate::origin::{RequestOrigin, Routes};
use crate::problem::{Problem, problem};
use crate::status::outcome_of;
use airlock_core::__private::guarded;

type FlushWhen = Arc<dyn Fn(&ResponseHead, Outcome) -> bool + Send + Sync>;
type OnFlushError = Arc<dyn Fn(FlushError, &HttpRequest) -> HttpResponse + Send + Sync>;

#[derive(Clone)]
pub(crate) struct Settings {
    pub(crate) scope: ScopeBuilder,
    pub(crate) has_airlock: bool,
    pub(crate) ends: Ends,
    /// Where flushes after the response run: unless known, where the body ends.
    pub(crate) runtime: Option<Handle>,
    pub(crate) flush_when: Option<FlushWhen>,
    pub(crate) on_flush_error: Option<OnFlushError>,
    pub(crate) backlog: Backlog,
    /// Shielded requests under way.
    pub(crate) requests: Backlog,
}

/// When a request's scope ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ends {
    /// When there is a response, before it is sent.
    BeforeResponse,
    /// When the response's body has ended.
    AfterResponse,
}

/// The scope of a request, and what is known of it from the start.
pub(crate) struct Opened {
    pub(crate) scope: OwnedScope,
    /// Unless it is that of a scope around.
    pub(crate) origin: Option<RequestOrigin>,
    pub(crate) ends: Ends,
}

/// The innermost scope that ends after the response, noted in the request: a middleware within it may
/// do so too, and one around it must not end before it.
struct AwaitsBody(Scope);

impl Settings {
    pub(crate) fn new() -> Self {
        Self {
            scope: airlock_core::scope().name("request"),
            has_airlock: false,
            ends: Ends::BeforeResponse,
            runtime: None,
            flush_when: None,
            on_flush_error: None,
            backlog: Backlog::default(),
            requests: Backlog::default(),
        }
    }

    /// Opens a request's scope.
    pub(crate) fn open(&self, request: &HttpRequest, routes: &Routes) -> Opened {
        let mut scope = self.scope.clone();
        let origin = (!self.inherits_origin()).then(|| RequestOrigin::of(request, routes));
        if let Some(origin) = &origin {
            scope = scope.origin(origin.traced(request));
        }
        let mut scope = scope.open_owned();
        let mut ends = self.ends;
        if ends == Ends::AfterResponse {
            if may_await_body(scope.parent(), request) {
                request.extensions_mut().insert(AwaitsBody(scope.handle()));
            } else {
                ends = Ends::BeforeResponse;
            }
        }
        Opened {
            scope,
            origin,
            ends,
        }
    }

    /// The scope around that of a request that came in here.
    pub(crate) fn around(&self) -> Option<Scope> {
        if self.has_airlock {
            None
        } else {
            airlock_core::current()
        }
    }

    fn inherits_origin(&self) -> bool {
        self.around().is_some_and(|scope| scope.origin().is_some())
    }

    /// What a response means for its request's scope.
    pub(crate) fn outcome(&self, head: &ResponseHead) -> Outcome {
        let by_status = outcome_of(head.status);
        let Some(succeeded) = &self.flush_when else {
            return by_status;
        };
        match guarded("flush_when", || succeeded(head, by_status)) {
            None => by_status,
            Some(true) => Outcome::Success,
            Some(false) => Outcome::Failure,
        }
    }

    /// The response in place of one whose flush has failed.
    pub(crate) fn answer(&self, error: FlushError, request: &HttpRequest) -> HttpResponse {
        let Some(answer) = &self.on_flush_error else {
            return problem(error);
        };
        let answered = guarded("on_flush_error", || answer(error, request));
        answered.unwrap_or_else(|| HttpResponse::from_error(Problem))
    }
}

/// A scope around this one captures what it holds, so this one must end first. A middleware that waits
/// for the body leaves time for that; of any other scope nothing is known after the response.
fn may_await_body(parent: Option<ScopeId>, request: &HttpRequest) -> bool {
    let Some(parent) = parent else {
        return true;
    };
    let innermost = innermost_that_awaits_body(request);
    innermost.is_some_and(|scope| scope.id() == parent)
}

/// Whether a scope within this one has yet to be captured by it, when the body ends.
pub(crate) fn is_awaited(scope: &OwnedScope, request: &HttpRequest) -> bool {
    let outwards = successors(innermost_that_awaits_body(request), Scope::parent);
    let mut within = outwards.take_while(|inner| inner.id() != scope.id());
    within.any(|inner| inner.is_open())
}

fn innermost_that_awaits_body(request: &HttpRequest) -> Option<Scope> {
    let extensions = request.extensions();
    extensions
        .get::<AwaitsBody>()
        .map(|AwaitsBody(scope)| scope.clone())
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings")
            .field("scope", &self.scope)
            .field("ends", &self.ends)
            .field("backlog", &self.backlog)
            .finish_non_exhaustive()
    }
}
