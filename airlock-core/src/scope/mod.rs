//! Scopes, which buffer intents and end exactly once.
//!
//! There are four ways to run work in a scope:
//!
//! - a closure: [`ScopeBuilder::run`], [`ScopeBuilder::run_infallible`];
//! - a future: [`ScopeBuilder::run_async`], or [`InScope::in_scope`] on a future;
//! - a guard: [`ScopeBuilder::enter`]; and by hand: [`ScopeBuilder::open`];
//! - a handle for spawned work: [`current`](crate::current) returns a [`Scope`], to
//!   [`enter`](Scope::enter) in a thread or to [`bind`](Scope::bind) to a future.
//!
//! Integrations that drive the work themselves use [`OwnedScope`].

mod boundary;
mod builder;
mod handle;
mod local_policy;
mod local_scope;
mod open;
mod owned;
mod recording;
mod released;
mod root;
mod run;
mod unattended;
mod value;
mod waits;
mod work;

pub use self::builder::{ScopeBuilder, scope};
pub use self::handle::{InScope, Scope, current};
pub use self::local_policy::{LocalPolicy, PolicyGuard, policy};
pub use self::local_scope::LocalScope;
pub use self::open::{OpenScope, ScopeGuard};
pub use self::owned::OwnedScope;
pub use self::recording::Recording;
pub use self::released::Released;
pub use self::root::{ForbidRootScopes, forbid_root_scopes};
pub use self::run::Completed;
pub use self::value::{FromFlushError, PlainValue, SyncValue};
pub use self::waits::Waits;
pub use self::work::Work;
