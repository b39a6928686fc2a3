//! The heart of airlock, for authors of integrations: effects, intents, scopes, policies, executors
//! and the catalogue, without any async runtime, web framework or database.
//!
//! Programs use the facade `airlock` (package `airlock-effects`), which re-exports what they need
//! and adds the attribute macros.

// In the order of an intent's path. A module uses those before it, and none after.
mod airlock;
mod backlog;
pub mod catalogue;
mod context;
mod effect;
mod enqueue;
pub mod executor;
mod flush;
mod intent;
pub mod lifecycle;
mod observer;
pub mod policy;
#[doc(hidden)]
pub mod private;
mod report;
mod scope;
mod settings;
pub mod testing;
pub(crate) mod unwind;

#[doc(hidden)]
pub use self::private as __private;

pub use self::airlock::{Airlock, AirlockBuilder, BuildError, InstallError, PerformNow, UnmetNeed};
pub use self::backlog::{Backlog, Drained, Running};
pub use self::catalogue::{Catalogue, CatalogueError, DecodeError, boundaries, effects};
pub use self::context::Bound;
#[cfg(feature = "serde")]
pub use self::effect::DurableEffect;
pub use self::effect::{
    BoundaryDescriptor, BoxError, BoxFuture, Effect, EffectDescriptor, EffectOutput, EffectSet,
    IntoKey, Key, MissingResource, Performing, Repeatable, Resources,
};
pub use self::enqueue::{EnqueueError, Refusal, enqueue, try_enqueue};
pub use self::executor::{Batch, Delivery, FailureMode};
pub use self::intent::{
    Cause, Dropped, EncodeError, Failure, Fate, FireOn, Intent, IntentId, IntoIntent, Options,
    Origin, Schedule, ScopeId,
};
pub use self::report::{FlushError, FlushReport, ReportEntry, Snapshot, SnapshotLine};
pub use self::scope::{
    Ended, InScope, LocalPolicy, LocalScope, OpenScope, PolicyGuard, Released, Scope, ScopeBuilder,
    ScopeGuard, Steps, current, policy, scope,
};
