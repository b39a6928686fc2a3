#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

/// The traits for domain code: the options of intents, `in_scope` on futures, `perform_now`, and the
/// combinators of policies.
pub mod prelude {
    pub use airlock_core::policy::Policy as _;
    pub use airlock_core::{
        Effect as _, InScope as _, IntoIntent as _, IntoKey as _, PerformNow as _,
    };
}

/// Executors: perform or hand over the intents that a flush releases.
pub mod executor {
    pub use airlock_core::BoxFuture;
    pub use airlock_core::executor::{
        Batch, Channel, Deliveries, Delivery, Executor, Fallback, Identity, Inline, Receipt,
        Recorder, Retry, ThreadTimer, Timeout, Timer,
    };
}

/// Intent details: ids, attempts, causes, schedules and stored forms.
pub mod intent {
    pub use airlock_core::{
        Attempt, Cause, EncodeError, FireOn, IntentId, IntentInfo, Schedule, Stored, StoredCause,
    };
}

/// Scope details: guards, futures, the scopes that integrations open and end themselves, and trackers
/// of background work.
pub mod scope {
    pub use airlock_core::{
        Completed, Drained, LocalPolicy, LocalScope, OpenScope, OwnedScope, PolicyGuard, Recording,
        Released, ScopeGuard, ScopeId, ScopedFuture, TaskToken, TaskTracker, Work,
    };
}

/// Report details: entries, summaries, and snapshots of open scopes.
pub mod report {
    pub use airlock_core::{Dropped, IntentRecord, ReportSummary, Snapshot, SummaryLine};
}

/// Policies: decide which intents may leave a scope.
#[doc(inline)]
pub use airlock_core::policy;

/// Lifecycles: decide whether a finished scope flushes, and what it lets its descendants release.
#[doc(inline)]
pub use airlock_core::lifecycle;

/// The testing kit: captures what a block of code enqueues, asserts on it, performs it, and compares it
/// with snapshots.
#[doc(inline)]
pub use airlock_core::testing;

/// The catalogue: every effect and boundary that the program declares.
#[doc(inline)]
pub use airlock_core::catalogue;

/// Effects on tokio tasks, and a timer that uses tokio's clock.
#[cfg(feature = "tokio")]
#[cfg_attr(docsrs, doc(cfg(feature = "tokio")))]
pub mod tokio {
    pub use airlock_tokio::{Spawn, TokioTimer};
}

/// A scope per request for actix-web, and boundaries on its handlers.
#[cfg(feature = "actix")]
#[cfg_attr(docsrs, doc(cfg(feature = "actix")))]
pub mod actix {
    pub use airlock_actix::{
        ActixExchange, FromProblem, HasStatus, MissingScopes, NoRequestScope, Problem,
        RequestScope, ScopeBody, ScopeFuture, ScopeMiddleware, ScopeService, ShieldFuture,
        ShieldMiddleware, ShieldService, Shutdown, check_scopes, problem,
    };
}

/// A scope per request for axum routers and any other tower service.
#[cfg(feature = "tower")]
#[cfg_attr(docsrs, doc(cfg(feature = "tower")))]
pub mod tower {
    pub use airlock_tower::{
        AfterResponse, BeforeResponse, FlushErrorResponse, FlushTiming, FromProblem, HasStatus,
        HttpExchange, Problem, RequestScope, ScopeBody, ScopeFuture, ScopeLayer, ScopeService,
        problem,
    };
    #[cfg(feature = "axum")]
    pub use airlock_tower::{MissingScopes, NoRequestScope, check_scopes};
    #[cfg(feature = "tokio")]
    pub use airlock_tower::{ShieldFuture, ShieldLayer, ShieldService, Shutdown};
}

/// sqlx transactions as scopes: effects leave after the commit.
#[cfg(feature = "sqlx")]
#[cfg_attr(docsrs, doc(cfg(feature = "sqlx")))]
pub mod sqlx {
    pub use airlock_sqlx::{
        NoStore, Recorded, Store, TransactionDatabase, TransactionError, Transactions, savepoint,
        transaction,
    };

    #[cfg(any(feature = "actix", feature = "axum"))]
    pub use airlock_sqlx::Tx;
    #[cfg(feature = "actix")]
    pub use airlock_sqlx::actix::TransactionMiddleware;
    #[cfg(feature = "axum")]
    pub use airlock_sqlx::axum::TransactionLayer;
}

/// Durable effects on NATS JetStream.
#[cfg(feature = "nats")]
#[cfg_attr(docsrs, doc(cfg(feature = "nats")))]
pub mod nats {
    pub use airlock_nats::{
        BuildError, Keys, Nats, NatsBuilder, Running, SealError, StreamSettings, WorkerBuilder,
        WorkerError, async_nats,
    };
}

/// Durable effects as River jobs, on SQLite and PostgreSQL.
#[cfg(any(feature = "river-postgres", feature = "river-sqlite"))]
#[cfg_attr(docsrs, doc(cfg(feature = "river")))]
pub mod river {
    pub use airlock_river::{
        BuildError, ByHand, CompletionGuard, CompletionTransaction, Keys, Migration, NoCompletion,
        Recorded, River, RiverBuilder, RiverDatabase, Rows, Running, SQL_POSTGRES, SQL_SQLITE,
        SQL_SQLITE_NOTIFY, SealError, TransactionError, WorkerBuilder, WorkerError, riverqueue,
        savepoint,
    };
}

/// Plans: what a program would dispatch, written to a file to review, and applied later.
#[cfg(feature = "plan")]
#[cfg_attr(docsrs, doc(cfg(feature = "plan")))]
pub mod plan {
    pub use airlock_plan::{
        Applied, Apply, ApplyError, DroppedByPolicy, FailedIntent, Keys, Plan, PlanError, Planned,
        PlannedEffect, Progress, Summary,
    };
}

#[doc = include_str!("docs/effect.md")]
pub use airlock_macros::effect;

#[doc = include_str!("docs/boundary.md")]
pub use airlock_macros::boundary;

#[doc = include_str!("docs/test.md")]
pub use airlock_macros::test;

#[cfg(feature = "serde")]
#[cfg_attr(docsrs, doc(cfg(feature = "serde")))]
pub use airlock_core::DurableEffect;
pub use airlock_core::{
    Airlock, AirlockBuilder, BoxError, BuildError, Effect, Emitter, EnqueueError, EnqueueErrorKind,
    Failure, FailureMode, Fate, FlushError, FlushReport, InScope, InstallError, Intent, IntoIntent,
    IntoKey, Key, MissingResource, Origin, PerformNow, Scope, ScopeBuilder, attempt, boundaries,
    current, effects, enqueue, scope, try_enqueue,
};

/// Support for generated code. It is not public API and has no stability guarantees.
#[doc(hidden)]
pub mod __private {
    pub use airlock_core::__private::*;
    pub use airlock_core::testing::{Strictness, Test};
    #[cfg(any(feature = "river-postgres", feature = "river-sqlite"))]
    pub use airlock_river::__private::register_durable;

    pub mod outcomes {
        #[cfg(feature = "actix")]
        pub use airlock_actix::__private::outcomes::*;
        pub use airlock_core::__private::outcomes::*;
        #[cfg(feature = "tower")]
        pub use airlock_tower::__private::outcomes::*;
    }

    pub mod carriers {
        #[cfg(feature = "actix")]
        pub use airlock_actix::__private::carriers::*;
        pub use airlock_core::__private::carriers::*;
        #[cfg(feature = "tower")]
        pub use airlock_tower::__private::carriers::*;
    }

    pub mod conversions {
        pub use airlock_core::__private::conversions::*;
        #[cfg(feature = "axum")]
        pub use airlock_tower::__private::conversions::*;
    }

    pub mod responders {
        #[cfg(feature = "actix")]
        pub use airlock_actix::__private::responders::*;
        pub use airlock_core::__private::conversions::*;
    }
}

/// The guide, whose code blocks are compiled and run as doctests.
#[cfg(all(
    doctest,
    feature = "serde",
    feature = "tokio",
    feature = "axum",
    feature = "actix",
    feature = "nats",
    feature = "plan",
    feature = "river-postgres",
    feature = "river-sqlite"
))]
mod guide {
    macro_rules! chapters {
        ($($name:ident $file:literal)+) => {$(
            #[doc = include_str!(concat!("../docs/", $file))]
            mod $name {}
        )+};
    }
    chapters! {
        problem "problem.md"
        compared "compared.md"
        core_model "core-model.md"
        nesting "nesting.md"
        policies "policies.md"
        run_time_policies "run-time-policies.md"
        executors "executors.md"
        your_own "your-own.md"
        cascades "cascades.md"
        endless_work "endless-work.md"
        testing "testing.md"
        catalogue "catalogue.md"
        catalogue_in_ci "catalogue-in-ci.md"
        axum "axum.md"
        actix "actix.md"
        durability "durability.md"
        many_machines "many-machines.md"
        jetstream "jetstream.md"
        plans "plans.md"
        deploying "deploying.md"
        databases "databases.md"
        logs "logs.md"
        guarantees "guarantees.md"
        adopting "adopting.md"
        coming_from_airlock_py "coming-from-airlock-py.md"
    }
}
