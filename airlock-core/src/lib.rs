//! The core of airlock, for authors of integrations: effects, intents, scopes, policies, executors
//! and the catalogue. It depends on no async runtime, web framework or database.
//!
//! Programs use the facade `airlock` (package `airlock-effects`), which re-exports what they need
//! and adds the attribute macros.

// Modules are in the order of an intent's path. A module uses only the modules above it, which
// `xtask/tests/modules.rs` checks. Blank lines keep rustfmt from sorting the declarations.

// Catches panics of user code.
pub(crate) mod unwind;

// Stores small trait objects without an allocation.
mod inline_box;

// Effects: descriptors, arguments, keys and resources.
mod effect;

// Intents: a request to perform an effect, with its options, origin, cause and fate.
mod intent;

// Lifecycles decide how a scope ends and which intents of nested scopes it holds.
pub mod lifecycle;

// Reports and errors of flushes, and snapshots of scopes.
mod report;

// The catalogue of all effects and boundaries in a program.
pub mod catalogue;

// Policies drop or refuse intents.
pub mod policy;

// Executors perform intents.
pub mod executor;

// A hook for the testing kit.
mod observer;

// The settings of an airlock.
mod settings;

// The stack of frames that each thread or future has: scopes, policies, effects under way.
mod context;

// Enqueueing: from a call to the buffer of a scope.
mod enqueue;

// Flushing: from a finished scope to the fate of each of its intents.
mod flush;

// The public API of scopes and local policies.
mod scope;

// The public API of airlocks.
mod airlock;

// Performing what engines have stored.
mod worker;

// Dry runs: collecting what would leave.
mod dry_run;

// Counts work that still runs after a response, for graceful shutdown.
mod task_tracker;

// The API of generated code.
#[doc(hidden)]
pub mod __private;

// The testing kit.
pub mod testing;

pub use self::airlock::{Airlock, AirlockBuilder, BuildError, InstallError, PerformNow};
pub use self::catalogue::{Catalogue, CatalogueError, DecodeError, boundaries, effects};
pub use self::context::ScopedFuture;
pub use self::dry_run::{DryRun, dry_run, dry_run_async};
#[cfg(feature = "serde")]
pub use self::effect::DurableEffect;
pub use self::effect::{
    BoundaryDescriptor, BoxError, BoxFuture, Effect, EffectDescriptor, EffectSet, IntoKey, Key,
    MissingResource,
};
pub use self::enqueue::{Emitter, EnqueueError, EnqueueErrorKind, enqueue, try_enqueue};
pub use self::executor::{Batch, Delivery, FailureMode, Receipt};
pub use self::intent::{
    Cause, Dropped, EncodeError, Failure, Fate, FireOn, Intent, IntentId, IntentInfo, IntoIntent,
    Origin, Schedule, ScopeId, Stored, StoredCause,
};
pub use self::report::{
    FlushError, FlushReport, IntentRecord, ReportSummary, Snapshot, SummaryLine,
};
pub use self::scope::{
    Completed, InScope, LocalPolicy, LocalScope, OpenScope, OwnedScope, PolicyGuard, Recording,
    Released, Scope, ScopeBuilder, ScopeGuard, Work, current, policy, scope,
};
pub use self::task_tracker::{Drained, TaskToken, TaskTracker};
pub use self::worker::{Attempt, StoredTerms, attempt};
