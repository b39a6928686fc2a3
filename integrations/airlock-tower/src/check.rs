//! A check that finds routes without a scope before a client does.

use std::future::poll_fn;

use airlock_http::{Check, MissingScopes, check_each};
use axum::body::Body;
use http::{Method, Request};
use tower_service::Service;

use crate::layer::REMEDY;

/// Checks that a scope is opened for requests to these paths. Call it at the start of a service or in a test.
///
/// It sends a request to each path, with a method that no route uses. So only handlers for every method are
/// called, such as a fallback. They get an empty body, and nothing that they enqueue within the layer is
/// dispatched. Add a path that does not exist to check the fallback.
///
/// It only checks layers that such a request reaches. It reaches neither layers of single methods
/// (`get(handler).layer(..)`) nor layers added by `route_layer`. A layer outside of ours that refuses the
/// request hides the scope.
///
/// ```
/// use airlock::tower::{ScopeLayer, check_scopes};
/// use axum::Router;
/// use axum::routing::{get, post};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let app = Router::new()
///     .route("/orders/{order}/payment", post(async || "paid"))
///     .layer(ScopeLayer::new())
///     .route("/late", get(async || "added after the layer"));
/// let missing = check_scopes(&app, ["/orders/7/payment", "/late"]).await.unwrap_err();
/// assert_eq!(missing.paths(), ["/late"]);
/// # }
/// ```
///
/// # Errors
///
/// [`MissingScopes`], which lists the paths without a scope.
#[cfg_attr(docsrs, doc(cfg(feature = "axum")))]
pub async fn check_scopes<S>(
    app: &S,
    paths: impl IntoIterator<Item = impl AsRef<str>>,
) -> Result<(), MissingScopes>
where
    S: Service<Request<Body>> + Clone,
{
    let ask = async |path: &str, check: &Check| {
        let mut app = app.clone();
        if let Some(request) = request(path, check)
            && poll_fn(|cx| app.poll_ready(cx)).await.is_ok()
        {
            let _ = app.call(request).await;
        }
    };
    check_each(paths, REMEDY, ask).await
}

fn request(path: &str, check: &Check) -> Option<Request<Body>> {
    let method = Method::from_bytes(airlock_http::METHOD.as_bytes()).ok()?;
    let mut request = Request::new(Body::empty());
    *request.method_mut() = method;
    *request.uri_mut() = path.parse().ok()?;
    request.extensions_mut().insert(check.clone());
    Some(request)
}
