//! An extractor for the request's scope.

use std::fmt;
use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::http::StatusCode;
use actix_web::{FromRequest, HttpRequest, HttpResponse, ResponseError};
use airlock_core::Scope;

/// The scope of the request, as an argument of a handler. Use it to inspect the scope's intents, or to pass
/// the scope to a spawned task.
///
/// With several [`ScopeMiddleware`](crate::ScopeMiddleware)s around the handler, it is the scope of the
/// innermost one. A boundary on the handler opens a separate scope within it.
///
/// ```
/// use actix_web::{App, test, web};
/// use airlock_actix::{RequestScope, ScopeMiddleware};
///
/// #[airlock::effect]
/// fn reindex(order: u64) {}
///
/// async fn save(RequestScope(scope): RequestScope) -> String {
///     airlock::enqueue(reindex(7));
///     format!("{} waiting", scope.len())
/// }
///
/// # #[actix_web::main]
/// # async fn main() {
/// let app = App::new().route("/", web::get().to(save)).wrap(ScopeMiddleware::new());
/// let app = test::init_service(app).await;
/// let body = test::call_and_read_body(&app, test::TestRequest::get().to_request()).await;
/// assert_eq!(body, "1 waiting");
/// # }
/// ```
///
/// If no scope is open, because the app is not wrapped, the response is a 500 and [`NoRequestScope`] is
/// logged.
#[derive(Clone, Debug)]
pub struct RequestScope(pub Scope);

impl FromRequest for RequestScope {
    type Error = NoRequestScope;
    type Future = Ready<Result<Self, NoRequestScope>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let scope = airlock_core::current().map(RequestScope);
        ready(scope.ok_or_else(|| {
            tracing::error!(target: "airlock", route = request.match_pattern(), error = %NoRequestScope, "a request has no scope");
            NoRequestScope
        }))
    }
}

/// The error if a handler extracts the [`RequestScope`] while no scope is open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoRequestScope;

impl fmt::Display for NoRequestScope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("no scope is open: wrap the app with `airlock::actix::ScopeMiddleware`")
    }
}

impl std::error::Error for NoRequestScope {}

impl ResponseError for NoRequestScope {
    fn status_code(&self) -> StatusCode {
        StatusCode::INTERNAL_SERVER_ERROR
    }

    fn error_response(&self) -> HttpResponse {
        crate::Problem.error_response()
    }
}
