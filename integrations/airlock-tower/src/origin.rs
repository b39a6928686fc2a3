//! The origin of a request's intents: its method, route and trace.

use std::cell::RefCell;
use std::fmt;

use airlock_core::Origin;
use http::{HeaderMap, HeaderName, Method};

const TRACE_PARENT: HeaderName = HeaderName::from_static("traceparent");

/// The number of origins that a thread caches. Few routes of a service are busy.
const KEPT: usize = 16;

/// The longest route that is cached, in bytes. The program's own `route` closure may return anything that a
/// client sent.
const LONGEST: usize = 256;

thread_local! {
    /// Cached origins, shared by the requests of one route so that a request allocates none. The newest one
    /// is last.
    static KNOWN: RefCell<Vec<Known>> = const { RefCell::new(Vec::new()) };
}

struct Known {
    method: Method,
    route: Option<Box<str>>,
    origin: Origin,
}

/// Returns the origin of what a request enqueues, with the trace from its headers.
///
/// The route is the pattern that matched, never the path, since paths contain user data. It is known on axum
/// (feature `axum`) if the layer is inside of the router, where `Router::layer` puts it, and if
/// [`ScopeLayer::route`](crate::ScopeLayer::route) returns it. Otherwise the origin contains only the method.
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

/// The origin of a request, displayed in reports and logs as `POST /orders/{id}`.
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
