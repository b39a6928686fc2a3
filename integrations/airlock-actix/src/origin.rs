//! The origin of a request's intents: its method, route and trace.
//!
//! A middleware of an app is called before the router, and finding the route that will match costs as much as
//! the router itself. So the route is only looked up if somebody reads the origin while the request runs.
//! After the response, the request contains the route that the router has matched. It is copied if somebody has
//! seen the origin or still may.

use std::cell::{Cell, OnceCell, RefCell};
use std::collections::HashMap;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

use actix_web::HttpRequest;
use actix_web::dev::ResourceMap;
use actix_web::http::Method;
use actix_web::http::header::HeaderName;
use airlock_core::Origin;

// A `HeaderName`, since a string would be parsed for each request.
const TRACE_PARENT: HeaderName = HeaderName::from_static("traceparent");

/// The largest path buffer that is recycled, in bytes.
const KEPT_PATH: usize = 1024;

/// The origin of a request, displayed in reports and logs as `POST /orders/{id}`.
///
/// The route is the pattern that matches, as returned by [`HttpRequest::match_pattern`]. It is never the
/// path, since paths contain user data. If nothing matches, the origin contains only the method.
#[derive(Clone)]
pub(crate) struct RequestOrigin(Arc<Inner>);

struct Inner {
    method: Method,
    path: String,
    routes: RoutesId,
    matched: OnceLock<Option<String>>,
}

thread_local! {
    /// A recycled origin with its path buffer, so that consecutive requests allocate none.
    static SPARE: Cell<Option<Arc<Inner>>> = const { Cell::new(None) };
}

impl RequestOrigin {
    /// Creates the origin of what a request enqueues.
    pub(crate) fn new(request: &HttpRequest, routes: &Routes) -> Self {
        let (method, routes) = (request.method().clone(), routes.id(request));
        if let Some(mut spare) = SPARE.try_with(Cell::take).ok().flatten()
            && let Some(inner) = Arc::get_mut(&mut spare)
        {
            inner.path.push_str(request.path());
            (inner.method, inner.routes) = (method, routes);
            return Self(spare);
        }
        Self(Arc::new(Inner {
            method,
            path: request.path().to_owned(),
            routes,
            matched: OnceLock::new(),
        }))
    }

    /// Returns this origin with the trace from the request's headers.
    pub(crate) fn traced(&self, request: &HttpRequest) -> Origin {
        let trace_parent = request.headers().get(TRACE_PARENT);
        let trace_parent = trace_parent.and_then(|value| value.to_str().ok());
        Origin::traced(self.clone(), trace_parent.map(Box::from))
    }

    /// Stores the route that the router has matched.
    pub(crate) fn resolve(&self, answered: &HttpRequest) {
        self.0.matched.get_or_init(|| answered.match_pattern());
    }

    /// Recycles the allocation for the next request, unless it is still shared.
    pub(crate) fn recycle(mut self) {
        if let Some(inner) = Arc::get_mut(&mut self.0)
            && inner.path.capacity() <= KEPT_PATH
        {
            inner.path.clear();
            inner.matched.take();
            let _ = SPARE.try_with(|spare| spare.set(Some(self.0)));
        }
    }

    fn route(&self) -> Option<&str> {
        if self.0.matched.get().is_none()
            && let Some(found) = find(self.0.routes, &self.0.path)
        {
            // Other threads have no routes, so "no route" must not be cached.
            return self.0.matched.get_or_init(|| Some(found)).as_deref();
        }
        self.0.matched.get()?.as_deref()
    }
}

impl fmt::Display for RequestOrigin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.method.as_str())?;
        match self.route() {
            Some(route) => write!(f, " {route}"),
            None => Ok(()),
        }
    }
}

/// The id of an app's routes on one thread.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct RoutesId(u64);

thread_local! {
    /// The routes of the apps on this thread. An origin can leave the thread, but they cannot.
    static ROUTES: RefCell<HashMap<RoutesId, ResourceMap>> = RefCell::default();
}

fn find(id: RoutesId, path: &str) -> Option<String> {
    let found = ROUTES.try_with(|routes| routes.borrow().get(&id)?.match_pattern(path));
    found.ok().flatten()
}

/// The routes that a service's requests can match. They are registered while the service lives.
#[derive(Default)]
pub(crate) struct Routes(OnceCell<RoutesId>);

impl Routes {
    /// Returns the id of the routes, which the first request registers.
    fn id(&self, request: &HttpRequest) -> RoutesId {
        *self.0.get_or_init(|| {
            static NEXT: AtomicU64 = AtomicU64::new(0);
            let id = RoutesId(NEXT.fetch_add(1, Ordering::Relaxed));
            let routes = request.resource_map().clone();
            let _ = ROUTES.try_with(|known| known.borrow_mut().insert(id, routes));
            id
        })
    }
}

impl Drop for Routes {
    fn drop(&mut self) {
        if let Some(id) = self.0.get() {
            let routes = ROUTES.try_with(|known| known.borrow_mut().remove(id));
            drop(routes);
        }
    }
}
