//! airlock around [`tower`](https://docs.rs/tower) services. [`ScopeLayer`] opens one scope per request, for
//! axum, tonic, hyper and any other `Service<http::Request<_>>`. Programs use it through the facade:
//! `airlock::tower`.
//!
//! With the feature `axum`, origins carry the matched route, [`RequestScope`] is an extractor, and
//! `#[airlock::boundary]` on a handler judges responses by their status. The feature `tokio` adds flushes
//! after the response, and requests that continue after their client has disconnected.

mod body;
#[cfg(feature = "axum")]
mod check;
mod exchange;
mod layer;
mod origin;
mod problem;
mod request_scope;
mod service;
mod settings;
#[cfg(feature = "tokio")]
mod shield;
mod status;
mod timing;

pub use self::body::ScopeBody;
#[cfg(feature = "axum")]
pub use self::check::check_scopes;
pub use self::exchange::HttpExchange;
pub use self::layer::ScopeLayer;
pub use self::problem::{FlushErrorResponse, FromProblem, Problem, problem};
#[cfg(feature = "axum")]
pub use self::request_scope::NoRequestScope;
pub use self::request_scope::RequestScope;
pub use self::service::ScopeService;
#[cfg(feature = "tokio")]
pub use self::shield::{ShieldLayer, ShieldService};
pub use self::status::HasStatus;
pub use self::timing::{AfterResponse, BeforeResponse, FlushTiming};
#[cfg(feature = "axum")]
pub use airlock_http::MissingScopes;
pub use airlock_http::ScopeFuture;
#[cfg(feature = "tokio")]
pub use airlock_http::{ShieldFuture, Shutdown};

/// Items for the code that `#[airlock::boundary]` generates. Exempt from semver.
#[doc(hidden)]
pub mod __private {
    pub use crate::problem::carriers;
    #[cfg(feature = "axum")]
    pub use crate::status::conversions;
    pub use crate::status::outcomes;
}
