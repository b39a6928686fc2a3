//! The settings of a middleware, in the form that each request needs.

use std::fmt;
use std::sync::Arc;

use actix_web::dev::{ResponseHead, ServiceResponse};
use actix_web::{HttpMessage as _, HttpRequest, HttpResponse};
use airlock_core::lifecycle::{NeverFlush, Outcome};
use airlock_core::policy::Policy;
use airlock_core::{FlushError, OwnedScope, Scope, ScopeBuilder, TaskTracker};
use airlock_http::{Check, METHOD, Spawn, outcome_of};
use tokio::runtime::Handle;

use crate::origin::{RequestOrigin, Routes};
use crate::problem::{Problem, problem};
use airlock_core::__private::{Waits, guarded, has_origin};

type PolicyFor = Arc<dyn Fn(&HttpRequest) -> Arc<dyn Policy> + Send + Sync>;
type FlushWhen = Arc<dyn Fn(&HttpRequest, &ResponseHead, Outcome) -> bool + Send + Sync>;
type OnFlushError = Arc<dyn Fn(FlushError, &HttpRequest) -> HttpResponse + Send + Sync>;

#[derive(Clone)]
pub(crate) struct Settings {
    pub(crate) scope: ScopeBuilder,
    pub(crate) has_airlock: bool,
    pub(crate) ends: Ends,
    /// The runtime of flushes after the response. If `None`, they run on the runtime where the body is handed
    /// out.
    pub(crate) runtime: Option<Handle>,
    pub(crate) policy_for: Option<PolicyFor>,
    pub(crate) flush_when: Option<FlushWhen>,
    pub(crate) on_flush_error: Option<OnFlushError>,
    pub(crate) shutdown: airlock_http::Shutdown,
}

/// The time at which a request's scope ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ends {
    /// After the response is created, before it is sent.
    BeforeResponse,
    /// After the response's body has ended.
    AfterResponse,
}

/// The scope of a request, and data known when it opens.
pub(crate) struct Opened {
    pub(crate) scope: OwnedScope,
    /// `None` if the request inherits the origin of a scope around it.
    pub(crate) origin: Option<RequestOrigin>,
    pub(crate) waits: Option<Waits>,
}

impl Settings {
    pub(crate) fn new() -> Self {
        Self {
            scope: airlock_core::__private::scope_settings().name("request"),
            has_airlock: false,
            ends: Ends::BeforeResponse,
            runtime: None,
            policy_for: None,
            flush_when: None,
            on_flush_error: None,
            shutdown: airlock_http::Shutdown::new(TaskTracker::default(), TaskTracker::default()),
        }
    }

    /// Opens a request's scope.
    pub(crate) fn open(&self, request: &HttpRequest, routes: &Routes) -> Opened {
        let origin = (!self.inherits_origin()).then(|| RequestOrigin::new(request, routes));
        let traced = origin.as_ref().map(|origin| origin.traced(request));
        let mut scope = match &self.policy_for {
            _ if checks(request) => self.scope.clone().lifecycle(NeverFlush).open_one(traced),
            None => self.scope.open_one(traced),
            Some(choose) => self.scope.clone().policy(choose(request)).open_one(traced),
        };
        let waits = match self.ends {
            Ends::BeforeResponse => None,
            Ends::AfterResponse => scope.may_wait(),
        };
        Opened {
            scope,
            origin,
            waits,
        }
    }

    /// Returns the spawner for a flush after the response.
    pub(crate) fn spawn(&self) -> Option<Spawn> {
        let known = self.runtime.clone();
        let runtime = known.or_else(|| Handle::try_current().ok());
        runtime.map(Spawn::On)
    }

    /// Returns the scope that encloses the requests of this middleware, if there is one. Called outside of a
    /// request's scope.
    pub(crate) fn around(&self) -> Option<Scope> {
        if self.has_airlock {
            None
        } else {
            airlock_core::current()
        }
    }

    fn inherits_origin(&self) -> bool {
        !self.has_airlock && has_origin()
    }

    /// Returns the outcome of a request, judged by its response.
    pub(crate) fn outcome<B>(&self, response: &ServiceResponse<B>) -> Outcome {
        let (request, head) = (response.request(), response.response().head());
        let by_status = outcome_of(head.status.as_u16());
        let Some(succeeded) = &self.flush_when else {
            return by_status;
        };
        match guarded("flush_when", || succeeded(request, head, by_status)) {
            None => by_status,
            Some(true) => Outcome::Success,
            Some(false) => Outcome::Failure,
        }
    }

    /// Returns the response that replaces the one of a request whose flush has failed.
    pub(crate) fn answer(&self, error: FlushError, request: &HttpRequest) -> HttpResponse {
        let Some(answer) = &self.on_flush_error else {
            return problem(error);
        };
        let answered = guarded("on_flush_error", || {
            answer(error.report_unhandled_on_drop(), request)
        });
        answered.unwrap_or_else(|| HttpResponse::from_error(Problem))
    }
}

/// Returns whether this is a check request, whose scope never flushes. If it is, records that a scope is
/// opened.
fn checks(request: &HttpRequest) -> bool {
    if request.method().as_str() != METHOD {
        return false;
    }
    let extensions = request.extensions();
    let check = extensions.get::<Check>();
    check.inspect(|check| check.found()).is_some()
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings")
            .field("scope", &self.scope)
            .field("ends", &self.ends)
            .field("shutdown", &self.shutdown)
            .finish_non_exhaustive()
    }
}
