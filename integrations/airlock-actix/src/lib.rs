//! airlock on actix-web: one scope per request ([`ScopeMiddleware`]), an extractor for it
//! ([`RequestScope`]), and what a boundary on a handler answers when its flush fails
//! ([`problem`](fn@problem)). Programs reach all of it through the facade: `airlock::actix`.

mod body;
mod extract;
mod future;
mod middleware;
mod origin;
mod problem;
mod service;
mod settings;

pub use self::body::ScopeBody;
pub use self::extract::{NoRequestScope, RequestScope};
pub use self::future::ScopeFuture;
pub use self::middleware::ScopeMiddleware;
pub use self::problem::{FromProblem, Problem, problem};
pub use self::service::ScopeService;
pub use airlock_core::{Backlog, Drained};
