//! The heart of airlock, for authors of integrations: effects, intents, scopes, policies, executors
//! and the catalogue, without any async runtime, web framework or database.
//!
//! Programs use the facade `airlock` (package `airlock-effects`), which re-exports what they need
//! and adds the attribute macros.

mod airlock;
mod backlog;
pub mod catalogue;
mod cause;
mod context;
mod effect;
mod enqueue;
pub mod executor;
mod flush;
mod ids;
mod intent;
mod key;
pub mod lifecycle;
mod options;
mod origin;
mod payload;
pub mod policy;
#[doc(hidden)]
pub mod private;
mod resources;
mod scope;
mod snapshot;
mod table;
pub mod testing;

#[doc(hidden)]
pub use self::private as __private;

pub use self::airlock::{Airlock, AirlockBuilder, BuildError, InstallError, UnmetNeed};
pub use self::backlog::{Backlog, Drained, Running};
pub use self::catalogue::{
    BoundaryDescriptor, Catalogue, CatalogueError, DecodeError, EffectDescriptor, boundaries,
    effects,
};
pub use self::cause::Cause;
pub use self::context::Bound;
#[cfg(feature = "serde")]
pub use self::effect::DurableEffect;
pub use self::effect::{
    BoxError, BoxFuture, Effect, EffectOutput, EffectSet, Performing, Repeatable,
};
pub use self::enqueue::{EnqueueError, Refusal, enqueue, try_enqueue};
pub use self::flush::{
    Batch, CapturedBy, Delivery, Dropped, Failure, FailureMode, Fate, FlushError, FlushReport,
    ReportEntry,
};
pub use self::intent::{EncodeError, Intent, IntentId, IntoIntent};
pub use self::key::{IntoKey, Key};
pub use self::options::{FireOn, Options, Schedule};
pub use self::origin::Origin;
pub use self::policy::policy;
pub use self::resources::{MissingResource, Resources};
pub use self::scope::{
    Ended, InScope, OpenScope, Released, Scope, ScopeBuilder, ScopeGuard, ScopeId, Steps, current,
    scope,
};
pub use self::snapshot::{Snapshot, SnapshotLine};
