//! airlock on actix-web: one scope per request ([`ScopeMiddleware`]), an extractor for it ([`RequestScope`]),
//! and boundaries on handlers. The status of a boundary's value decides its outcome ([`HasStatus`]), and
//! [`problem`](fn@problem) answers a failed flush. Programs use it through the facade: `airlock::actix`.

mod body;
mod check;
mod exchange;
mod extract;
mod middleware;
mod origin;
mod problem;
mod service;
mod settings;
mod shield;
mod shutdown;
mod status;

pub use self::body::ScopeBody;
pub use self::check::check_scopes;
pub use self::exchange::ActixExchange;
pub use self::extract::{NoRequestScope, RequestScope};
pub use self::middleware::ScopeMiddleware;
pub use self::problem::{FromProblem, Problem, problem};
pub use self::service::ScopeService;
pub use self::shield::{ShieldMiddleware, ShieldService};
pub use self::shutdown::Shutdown;
pub use self::status::HasStatus;
pub use airlock_http::{MissingScopes, ScopeFuture, ShieldFuture};

/// Items for the code that `#[airlock::boundary]` generates. Exempt from semver.
#[doc(hidden)]
pub mod __private {
    pub use crate::problem::carriers;
    pub use crate::status::{outcomes, responders};
}
