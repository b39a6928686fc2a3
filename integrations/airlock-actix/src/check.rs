//! A check that finds routes without a scope before a client does.

use actix_http::{HttpMessage as _, Method, Request};
use actix_web::Error;
use actix_web::dev::{Service, ServiceResponse};
use actix_web::http::Uri;
use actix_web::test::TestRequest;
use airlock_http::{Check, MissingScopes, check_each};

/// The remedy that errors suggest when no scope is open in a service with this middleware.
pub(crate) const REMEDY: &str =
    "`ScopeMiddleware` covers what it wraps, so `.wrap(ScopeMiddleware::new())` the whole app";

/// Checks that a scope is opened for requests to these paths. Call it in a test or at the start of a service.
///
/// It sends a request to each path, with a method that no route uses. So only handlers for every method are
/// called, such as those of `web::to`. They get an empty body, and nothing that they enqueue within the
/// middleware is dispatched. Add a path that does not exist to check the default service.
///
/// It only checks services that such a request reaches. Behind a guard for methods, that is the default
/// service. A middleware outside of ours that refuses the request hides the scope.
///
/// ```
/// use actix_web::{App, test, web};
/// use airlock_actix::{ScopeMiddleware, check_scopes};
///
/// # #[actix_web::main]
/// # async fn main() {
/// let orders = web::resource("/orders").route(web::post().to(async || "placed"));
/// let items = web::resource("/items").route(web::get().to(async || "mug"));
/// let app = App::new().service(orders.wrap(ScopeMiddleware::new())).service(items);
/// let app = test::init_service(app).await;
/// let missing = check_scopes(&app, ["/orders", "/items"]).await.unwrap_err();
/// assert_eq!(missing.paths(), ["/items"]);
/// # }
/// ```
///
/// # Errors
///
/// [`MissingScopes`], which lists the paths without a scope.
pub async fn check_scopes<S, B>(
    app: &S,
    paths: impl IntoIterator<Item = impl AsRef<str>>,
) -> Result<(), MissingScopes>
where
    S: Service<Request, Response = ServiceResponse<B>, Error = Error>,
{
    let ask = async |path: &str, check: &Check| {
        if let Some(request) = request(path, check) {
            let _ = app.call(request).await;
        }
    };
    check_each(paths, REMEDY, ask).await
}

fn request(path: &str, check: &Check) -> Option<Request> {
    let method = Method::from_bytes(airlock_http::METHOD.as_bytes()).ok()?;
    let uri: Uri = path.parse().ok()?; // `TestRequest::uri` would panic.
    let mut request = TestRequest::default().method(method).to_request();
    request.head_mut().uri = uri;
    request.extensions_mut().insert(check.clone());
    Some(request)
}
