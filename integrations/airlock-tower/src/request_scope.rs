//! The scope of a request, as an extractor and as an extension.

use airlock_core::Scope;

/// The scope of a request.
///
/// With the feature `axum` it is an extractor:
///
/// ```
/// use airlock::tower::RequestScope;
///
/// #[airlock::effect]
/// fn notify_warehouse(order: u64) {}
///
/// async fn checkout(RequestScope(scope): RequestScope) -> String {
///     // A task inherits no scope, so bind it.
///     let task = tokio::spawn(scope.bind(async { airlock::enqueue(notify_warehouse(7)) }));
///     task.await.expect("it does not panic");
///     format!("{} will happen", scope.len())
/// }
/// # let _ = axum::routing::post::<_, _, ()>(checkout);
/// ```
///
/// Without axum, code that runs within the request calls [`airlock_core::current`]. For code that a
/// middleware moves to another task, [`ScopeLayer::share_scope`](crate::ScopeLayer::share_scope) puts the
/// scope into the request's extensions, where the extractor finds it.
#[derive(Clone, Debug)]
pub struct RequestScope(pub Scope);

#[cfg(feature = "axum")]
mod extractor {
    use std::fmt;

    use axum::extract::{FromRequestParts, MatchedPath};
    use axum::response::{IntoResponse, Response};
    use http::request::Parts;

    use super::RequestScope;
    use crate::problem::Problem;

    /// The rejection if no scope encloses the handler. The response is a [`Problem`], and the log names the
    /// remedy.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub struct NoRequestScope;

    impl fmt::Display for NoRequestScope {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str(
                "no scope encloses this request: add `ScopeLayer` to the router, and call its `share_scope` if an inner layer moves requests to other tasks",
            )
        }
    }

    impl std::error::Error for NoRequestScope {}

    impl IntoResponse for NoRequestScope {
        fn into_response(self) -> Response {
            Problem.into_response()
        }
    }

    impl<S: Sync> FromRequestParts<S> for RequestScope {
        type Rejection = NoRequestScope;

        async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, NoRequestScope> {
            let current = airlock_core::current().map(Self);
            let scope = current.or_else(|| parts.extensions.get().cloned());
            scope.ok_or_else(|| {
                let route = parts.extensions.get().map(MatchedPath::as_str);
                tracing::error!(target: "airlock", route, error = %NoRequestScope, "a request has no scope");
                NoRequestScope
            })
        }
    }
}

#[cfg(feature = "axum")]
pub use self::extractor::NoRequestScope;
