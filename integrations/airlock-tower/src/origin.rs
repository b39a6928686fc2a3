//! Where a request's intents come from: its method, its route, its trace.

use std::cell::RefCell;
use std::fmt;

use airlock_core::Origin;
use http::{HeaderMap, HeaderName, Method};

const TRACE_PARENT: HeaderName = HeaderName::from_static("traceparent");

/// How many origins a thread keeps. A service has few routes that are busy.
const KEPT: usize = 16;

/// The longest route that is kept, in bytes: where a program's own rule tells the route, it may be whatever a
/// client sent.
const LONGEST: usize = 256;

thread_local! {
    /// Kept and shared by the requests of one route, so that a request makes none of its own. The one that
    /// was made last is the last.
    static KNOWN: RefCell<Vec<Known>> = const { RefCell::new(Vec::new()) };
}

struct Known {
    method: Method,
    route: Option<Box<str>>,
    origin: Origin,
}

/// The origin of what a request enqueues, with the trace that it came with.
///
/// The route is the pattern that matched, never the path: paths carry what belongs to users. It is
/// known on axum (feature `axum`) where the layer stands inside of the router, as `Router::layer`
/// puts it, and where [`ScopeLayer::route`](crate::ScopeLayer::route) tells. Elsewhere the method
/// stands alone.
pub(crate) fn from_request(method: &Method, route: Option<&str>, headers: &HeaderMap) -> Origin {
    if let Some(trace_parent) = headers.get(TRACE_PARENT) {
        return make(method, route, trace_parent.to_str().ok());
    }
    let known = KNOWN.try_with(|known| find_or_make(&mut known.borrow_mut(), method, route));
    known.unwrap_or_else(|_| make(method, route, None))
}

#[cold]
fn make(method: &Method, route: Option<&str>, trace_parent: Option<&str>) -> Origin {
    let shown = RequestOrigin {
        method: method.clone(),
        route: route.map(Box::from),
    };
    Origin::traced(shown, trace_parent.map(Box::from))
}

fn find_or_make(known: &mut Vec<Known>, method: &Method, route: Option<&str>) -> Origin {
    if route.is_some_and(|route| route.len() > LONGEST) {
        return make(method, route, None);
    }
    let is_it = |known: &&Known| known.route.as_deref() == route && known.method == *method;
    if let Some(known) = known.iter().rev().find(is_it) {
        return known.origin.clone();
    }
    let origin = make(method, route, None);
    if known.len() == KEPT {
        known.remove(0);
    }
    known.push(Known {
        method: method.clone(),
        route: route.map(Box::from),
        origin: origin.clone(),
    });
    origin
}

/// How a request names itself in reports and logs: `POST /orders/{id}`.
struct RequestOrigin {
    method: Method,
    route: Option<Box<str>>,
}

impl fmt::Display for RequestOrigin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.method.as_str())?;
        match &self.route {
            None => Ok(()),
            Some(route) => write!(f, " {route}"),
        }
    }
}
