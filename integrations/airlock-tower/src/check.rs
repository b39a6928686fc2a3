//! Finding routes without a scope before a client does.

use std::future::poll_fn;

use airlock_http::{Check, MissingScopes};
use axum::body::Body;
use http::{Method, Request};
use tower_service::Service;

use crate::layer::REMEDY;

/// Checks that a scope is opened for requests to these paths: at the start of a service, or in a test.
///
/// It sends a request to each, with a method of its own that no route is for. So handlers are not
/// called, except those that are for every method, as a fallback is; these get no body, and what they
/// enqueue within the layer is dropped. Add a path that does not exist to check the fallback.
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
/// [`MissingScopes`], which names the paths.
#[cfg_attr(docsrs, doc(cfg(feature = "axum")))]
pub async fn check_scopes<S>(
    app: &S,
    paths: impl IntoIterator<Item = impl AsRef<str>>,
) -> Result<(), MissingScopes>
where
    S: Service<Request<Body>> + Clone,
{
    let mut missing = Vec::new();
    for path in paths {
        let path = path.as_ref();
        let check = Check::default();
        let request = request(path, &check);
        let mut app = app.clone();
        let answer = async {
            if let Some(request) = request
                && poll_fn(|cx| app.poll_ready(cx)).await.is_ok()
            {
                let _ = app.call(request).await;
            }
        };
        if !check.ended(answer).await {
            missing.push(path.to_owned());
        }
    }
    MissingScopes::unless_none(missing, REMEDY)
}

fn request(path: &str, check: &Check) -> Option<Request<Body>> {
    let method = Method::from_bytes(airlock_http::METHOD.as_bytes()).ok()?;
    let mut request = Request::new(Body::empty());
    *request.method_mut() = method;
    *request.uri_mut() = path.parse().ok()?;
    request.extensions_mut().insert(check.clone());
    Some(request)
}
