//! The settings of a layer, in the form that each request needs.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use airlock_core::__private::{guarded, has_origin};
use airlock_core::lifecycle::{NeverFlush, Outcome};
use airlock_core::policy::Policy;
use airlock_core::{Origin, OwnedScope, ScopeBuilder, TaskTracker};
#[cfg(feature = "tokio")]
use airlock_http::Shutdown;
use airlock_http::{Check, METHOD, outcome_of};
use http::{Extensions, Request, Response, Uri, request, response};

use crate::origin;
use crate::request_scope::RequestScope;

/// The settings that all requests of a layer share.
#[derive(Clone)]
pub(crate) struct Settings {
    pub(crate) scope: ScopeBuilder,
    pub(crate) has_airlock: bool,
    pub(crate) policy_for: Option<PolicyFor>,
    pub(crate) flush_when: Option<FlushWhen>,
    pub(crate) route: Option<RouteOf>,
    pub(crate) shares_scope: bool,
    pub(crate) tasks: TaskTracker,
    #[cfg(feature = "tokio")]
    pub(crate) shutdown: Shutdown,
}

pub(crate) type PolicyFor = Arc<dyn Fn(&request::Parts) -> Arc<dyn Policy> + Send + Sync>;
pub(crate) type RouteOf = Arc<dyn Fn(&Uri, &Extensions) -> Option<Cow<'static, str>> + Send + Sync>;

/// A rule that decides by a response's head whether its request succeeded.
pub(crate) type Judge = Box<dyn FnOnce(&response::Parts, Outcome) -> bool + Send>;
type SharedJudge = dyn Fn(&response::Parts, Outcome) -> bool + Send + Sync;
type JudgeFor = dyn Fn(&request::Parts) -> Judge + Send + Sync;

/// The rule that decides which responses count as successes.
#[derive(Clone)]
pub(crate) enum FlushWhen {
    Response(Arc<SharedJudge>),
    Request(Arc<JudgeFor>),
}

/// The choices for one request, made by its head.
#[derive(Default)]
pub(crate) struct Chosen {
    pub(crate) policy: Option<Arc<dyn Policy>>,
    pub(crate) judge: Option<Judge>,
    /// Set for a check request, whose scope never flushes.
    pub(crate) checks: bool,
}

impl Settings {
    pub(crate) fn new() -> Self {
        let tasks = TaskTracker::default();
        Self {
            scope: airlock_core::__private::scope_settings().name("request"),
            has_airlock: false,
            policy_for: None,
            flush_when: None,
            route: None,
            shares_scope: false,
            #[cfg(feature = "tokio")]
            shutdown: Shutdown::new(TaskTracker::default(), tasks.clone()),
            tasks,
        }
    }

    /// Opens the scope of a request.
    pub(crate) fn open<B>(
        &self,
        request: &mut Request<B>,
        policy: Option<Arc<dyn Policy>>,
        checks: bool,
    ) -> OwnedScope {
        let origin = self.origin_of(request);
        let mut scope = match (policy, checks) {
            (None, false) => self.scope.open_one(origin),
            (Some(policy), _) => self.scope.clone().policy(policy).open_one(origin),
            (None, true) => self.scope.clone().lifecycle(NeverFlush).open_one(origin),
        };
        if self.shares_scope {
            let shared = RequestScope(scope.handle());
            request.extensions_mut().insert(shared);
        }
        scope
    }

    /// Returns the scope that encloses the requests of this layer, if there is one. Called outside of a
    /// request's scope.
    #[cfg(feature = "tokio")]
    pub(crate) fn around(&self) -> Option<airlock_core::Scope> {
        if self.has_airlock {
            None
        } else {
            airlock_core::current()
        }
    }

    /// Returns whether the connection of this request closes after its response, if the server is shutting
    /// down by then. HTTP/2 and later have no such header.
    pub(crate) fn closes(request: &Request<impl Sized>) -> bool {
        request.version() <= http::Version::HTTP_11
    }

    pub(crate) fn is_shutting_down(&self) -> bool {
        #[cfg(feature = "tokio")]
        return self.shutdown.has_begun();
        #[cfg(not(feature = "tokio"))]
        false
    }

    fn inherits_origin(&self) -> bool {
        !self.has_airlock && has_origin()
    }

    /// Returns the origin of a request, or `None` if the request inherits that of the scope around it.
    fn origin_of<B>(&self, request: &Request<B>) -> Option<Origin> {
        let (method, headers) = (request.method(), request.headers());
        if let Some(route) = &self.route {
            let route = guarded("route", || route(request.uri(), request.extensions()));
            if let Some(route) = route.flatten() {
                return Some(origin::from_request(method, Some(&route), headers));
            }
        } else {
            #[cfg(feature = "axum")]
            if let Some(route) = request.extensions().get::<axum::extract::MatchedPath>() {
                return Some(origin::from_request(method, Some(route.as_str()), headers));
            }
        }
        (!self.inherits_origin()).then(|| origin::from_request(method, None, headers))
    }

    /// Returns whether [`choose`](Self::choose) has to be called for this request.
    #[inline]
    pub(crate) fn chooses(&self, request: &Request<impl Sized>) -> bool {
        let by_request = matches!(self.flush_when, Some(FlushWhen::Request(_)));
        self.policy_for.is_some() || by_request || request.method().as_str() == METHOD
    }

    /// Makes the choices that depend on the request.
    #[inline(never)]
    pub(crate) fn choose<B>(&self, request: Request<B>) -> (Request<B>, Chosen) {
        if let Some(check) = request.extensions().get::<Check>() {
            check.found();
            let chosen = Chosen {
                checks: true,
                ..Chosen::default()
            };
            return (request, chosen);
        }
        let (head, body) = request.into_parts();
        let policy_for = self.policy_for.as_ref();
        let chosen = Chosen {
            policy: policy_for.map(|choose| choose(&head)),
            judge: match &self.flush_when {
                Some(FlushWhen::Request(choose)) => guarded("flush_when_for", || choose(&head)),
                _ => None,
            },
            checks: false,
        };
        (Request::from_parts(head, body), chosen)
    }

    /// Returns the outcome of a request, judged by its response.
    #[inline]
    pub(crate) fn judge<B>(&self, response: &mut Response<B>, judge: Option<Judge>) -> Outcome {
        let by_status = outcome_of(response.status().as_u16());
        match (judge, &self.flush_when) {
            (Some(judge), _) => ask(judge, response, by_status),
            (None, Some(FlushWhen::Response(judge))) => {
                ask(|head, outcome| judge(head, outcome), response, by_status)
            }
            (None, _) => by_status,
        }
    }
}

/// Calls a rule with the head of the response.
fn ask<B>(
    judge: impl FnOnce(&response::Parts, Outcome) -> bool,
    response: &mut Response<B>,
    by_status: Outcome,
) -> Outcome {
    // A rule gets `Parts`, which only an owned response has. Swapping the heads leaves the body in place.
    let mut bare = Response::new(());
    swap_heads(&mut bare, response);
    let (head, ()) = bare.into_parts();
    let succeeded = guarded("flush_when", || judge(&head, by_status));
    swap_heads(&mut Response::from_parts(head, ()), response);
    match succeeded {
        None => by_status,
        Some(true) => Outcome::Success,
        Some(false) => Outcome::Failure,
    }
}

fn swap_heads<A, B>(one: &mut Response<A>, other: &mut Response<B>) {
    std::mem::swap(one.status_mut(), other.status_mut());
    std::mem::swap(one.version_mut(), other.version_mut());
    std::mem::swap(one.headers_mut(), other.headers_mut());
    std::mem::swap(one.extensions_mut(), other.extensions_mut());
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings")
            .field("scope", &self.scope)
            .field("tasks", &self.tasks)
            .finish_non_exhaustive()
    }
}
