//! Where a request's intents come from: its method, its route, its trace.

use std::fmt;

use actix_web::HttpRequest;
use actix_web::http::Method;
use airlock_core::Origin;

/// How a request names itself in reports and logs: `POST /orders/{id}`.
///
/// The route is the pattern that matched, as [`HttpRequest::match_pattern`] gives it, never the path:
/// paths carry what belongs to users. Where nothing matched, the method stands alone.
pub(crate) struct RequestOrigin {
    method: Method,
    route: Option<String>,
}

impl RequestOrigin {
    /// The origin of what a request enqueues, with the trace that it came with.
    pub(crate) fn of(request: &HttpRequest) -> Origin {
        let trace_parent = request.headers().get("traceparent");
        let trace_parent = trace_parent.and_then(|value| value.to_str().ok());
        let shown = Self {
            method: request.method().clone(),
            route: request.match_pattern(),
        };
        Origin::traced(shown, trace_parent.map(Box::from))
    }
}

impl fmt::Display for RequestOrigin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.method.as_str())?;
        match &self.route {
            Some(route) => write!(f, " {route}"),
            None => Ok(()),
        }
    }
}
