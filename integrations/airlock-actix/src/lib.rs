//! airlock on actix-web: one scope per request ([`ScopeMiddleware`]), an extractor for it
//! ([`RequestScope`]), and what a boundary on a handler answers when its flush fails
//! ([`server_error`]). Programs reach all of it through the facade: `airlock::actix`.

mod body;
mod extract;
mod failed;
mod future;
mod middleware;
mod service;
mod settings;

pub use self::body::ScopeBody;
pub use self::extract::{NoScope, RequestScope};
pub use self::failed::{AnswersFailedFlush, FlushFailed, server_error};
pub use self::future::ScopeFuture;
pub use self::middleware::ScopeMiddleware;
pub use self::service::ScopeService;
