//! What a middleware was told, in the form that each request needs.

use std::fmt;
use std::sync::Arc;

use actix_web::dev::ResponseHead;
use actix_web::{HttpMessage as _, HttpRequest, HttpResponse};
use airlock_core::lifecycle::Outcome;
use airlock_core::{Airlock, FlushError, OpenScope, ScopeBuilder, ScopeId};

use crate::failed::server_error;

type FlushWhen = Arc<dyn Fn(Option<&ResponseHead>, Outcome) -> bool + Send + Sync>;
type OnFlushError = Arc<dyn Fn(FlushError, &HttpRequest) -> HttpResponse + Send + Sync>;

#[derive(Clone)]
pub(crate) struct Settings {
    pub(crate) scope: ScopeBuilder,
    pub(crate) airlock: Option<Airlock>,
    pub(crate) ends: Ends,
    pub(crate) flush_when: Option<FlushWhen>,
    pub(crate) on_flush_error: Option<OnFlushError>,
}

/// When a request's scope ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ends {
    /// When there is a response, before it is sent.
    BeforeResponse,
    /// When the response's body has ended.
    AfterResponse,
}

/// The scope of a middleware that ends after the response, noted in the request so that a middleware
/// within it knows that it may do so too.
struct AwaitsBody(ScopeId);

impl Settings {
    pub(crate) fn new() -> Self {
        Self {
            scope: airlock_core::scope().name("request"),
            airlock: None,
            ends: Ends::BeforeResponse,
            flush_when: None,
            on_flush_error: None,
        }
    }

    /// Opens a request's scope, and says when it is to end.
    pub(crate) fn open(&self, request: &HttpRequest) -> (OpenScope, Ends) {
        let enclosing = airlock_core::current().filter(|_| self.airlock.is_none());
        let mut scope = self.scope.clone();
        if let Some(airlock) = &self.airlock {
            scope = scope.airlock(airlock);
        }
        let scope = scope.open();
        let enclosing = enclosing.map(|scope| scope.id());
        if self.ends == Ends::BeforeResponse || !may_await_body(enclosing, request) {
            return (scope, Ends::BeforeResponse);
        }
        request.extensions_mut().insert(AwaitsBody(scope.id()));
        (scope, Ends::AfterResponse)
    }

    /// How the work has ended, going by its response.
    pub(crate) fn outcome_of(&self, head: &ResponseHead) -> Outcome {
        let by_status = match head.status.as_u16() {
            ..400 => Outcome::Success,
            _ => Outcome::Failure,
        };
        self.decide(Some(head), by_status)
    }

    /// How the work has ended that gave no response.
    pub(crate) fn outcome(&self, outcome: Outcome) -> Outcome {
        self.decide(None, outcome)
    }

    fn decide(&self, head: Option<&ResponseHead>, outcome: Outcome) -> Outcome {
        match &self.flush_when {
            None => outcome,
            Some(flushes) if flushes(head, outcome) => Outcome::Success,
            Some(_) if outcome == Outcome::Success => Outcome::Failure,
            Some(_) => outcome,
        }
    }

    /// The response in place of one whose flush has failed.
    pub(crate) fn answer(&self, error: FlushError, request: &HttpRequest) -> HttpResponse {
        match &self.on_flush_error {
            Some(answer) => answer(error, request),
            None => server_error(error),
        }
    }
}

/// A scope that encloses this one captures what it holds, so it must not end before. Of a middleware
/// that waits for the body this is known; of any other scope it is known only until the response.
fn may_await_body(enclosing: Option<ScopeId>, request: &HttpRequest) -> bool {
    let Some(enclosing) = enclosing else {
        return true;
    };
    let extensions = request.extensions();
    let awaits = extensions.get::<AwaitsBody>();
    awaits.is_some_and(|AwaitsBody(scope)| *scope == enclosing)
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings")
            .field("scope", &self.scope)
            .field("ends", &self.ends)
            .field("airlock", &self.airlock)
            .finish_non_exhaustive()
    }
}
