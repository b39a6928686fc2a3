//! airlock around [`tower`](https://docs.rs/tower) services: [`ScopeLayer`] opens one scope per
//! request, for axum, tonic, hyper and whatever else is a `Service<http::Request<_>>`. Programs reach
//! it through the facade: `airlock::tower`.
//!
//! With the feature `axum`: origins carry the matched route, [`RequestScope`] is an extractor, and
//! `#[airlock::boundary]` on a handler judges responses by their status. With the feature `tokio`:
//! flushes after the response, and requests that outlive their client.

mod body;
mod exclusive;
mod future;
mod layer;
mod moment;
mod origin;
mod problem;
mod request_scope;
mod service;
#[cfg(feature = "tokio")]
mod shield;

pub use self::body::ScopeBody;
pub use self::future::ScopeFuture;
pub use self::layer::ScopeLayer;
pub use self::moment::{AfterResponse, BeforeResponse, Moment};
pub use self::origin::RequestOrigin;
pub use self::problem::{FlushErrorResponse, Problem, problem};
#[cfg(feature = "axum")]
pub use self::request_scope::NoRequestScope;
pub use self::request_scope::RequestScope;
pub use self::service::ScopeService;
#[cfg(feature = "tokio")]
pub use self::shield::{ShieldFuture, ShieldLayer, ShieldService};
