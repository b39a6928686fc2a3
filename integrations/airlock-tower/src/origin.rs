//! Where a request's intents come from: its method, its route, its trace.

use std::borrow::Cow;
use std::fmt;

use airlock_core::Origin;
use http::{HeaderMap, HeaderName, HeaderValue, Method};

const TRACE_PARENT: HeaderName = HeaderName::from_static("traceparent");

/// How a request names itself in reports and logs: `POST /orders/{id}`.
///
/// The route is the pattern that matched, never the path: paths carry what belongs to users. It is
/// known on axum (feature `axum`) where the layer stands inside of the router, as `Router::layer`
/// puts it, and where [`ScopeLayer::route`](crate::ScopeLayer::route) tells. Elsewhere the method
/// stands alone.
pub(crate) struct RequestOrigin {
    method: Method,
    route: Option<Route>,
}

pub(crate) enum Route {
    Given(Cow<'static, str>),
    #[cfg(feature = "axum")]
    Matched(axum::extract::MatchedPath),
}

impl RequestOrigin {
    pub(crate) fn new(method: Method, route: Option<Route>) -> Self {
        Self { method, route }
    }

    /// The origin of what the request enqueues, with the trace that it came with.
    pub(crate) fn traced(self, headers: &HeaderMap) -> Origin {
        let trace_parent = headers.get(TRACE_PARENT).map(HeaderValue::to_str);
        Origin::traced(self, trace_parent.and_then(Result::ok).map(Box::from))
    }
}

impl fmt::Display for RequestOrigin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.method.as_str())?;
        match &self.route {
            None => Ok(()),
            Some(Route::Given(route)) => write!(f, " {route}"),
            #[cfg(feature = "axum")]
            Some(Route::Matched(route)) => write!(f, " {}", route.as_str()),
        }
    }
}
