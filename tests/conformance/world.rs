//! The environment of the programs: effects that record, policies, lifecycles, and the trace.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use airlock::executor::Inline;
use airlock::intent::IntentId;
use airlock::lifecycle::{
    AlwaysFlush, FlushOnSuccess, Lifecycle, NeverFlush, ReleaseAll, release_if,
};
use airlock::policy::{
    Policy, ScopeView, Verdict, Veto, allow_all, assert_no_effects, block, drop_all, limit,
};
use airlock::prelude::*;
use airlock::{
    Airlock, EnqueueError, EnqueueErrorKind, FlushError, FlushReport, Intent, Scope, ScopeBuilder,
    try_enqueue,
};
use serde_json::{Value, json};

use crate::program::{Enqueue, LifecycleSpec, On, PolicySpec};

/// A path through the library's code. Every path must produce the same trace.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Path {
    /// The fast path: scopes leave out a policy that allows everything, and the default lifecycle.
    Fast,
    /// Scopes set their policy and lifecycle explicitly.
    Plain,
    /// The general path: the airlock explicitly sets the default executor.
    General,
    /// Each scope has a handle that outlives it, so its buffer is shared and locked.
    Handles,
}

impl Path {
    pub(crate) const ALL: [Self; 4] = [Self::Fast, Self::Plain, Self::General, Self::Handles];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Fast => "fast",
            Self::Plain => "plain",
            Self::General => "general",
            Self::Handles => "handles",
        }
    }
}

/// The state of one run: its trace, and the arguments of the intents that it enqueued.
#[derive(Clone)]
pub(crate) struct World {
    state: Arc<Mutex<State>>,
    path: Path,
}

#[derive(Default)]
struct State {
    trace: Vec<Value>,
    handles: Vec<Scope>,
    arguments: HashMap<IntentId, Value>,
}

impl World {
    pub(crate) fn new(path: Path) -> Self {
        let state = Arc::default();
        Self { state, path }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn record(&self, entry: Value) {
        self.state().trace.push(entry);
    }

    pub(crate) fn trace(&self) -> Vec<Value> {
        self.state().trace.clone()
    }

    /// Returns an airlock that has this world as a resource.
    pub(crate) fn airlock(&self) -> Airlock {
        let mut builder = Airlock::builder().resource(self.clone());
        if self.path == Path::General {
            builder = builder.executor(Inline);
        }
        builder.build().expect("effects need only the world")
    }

    /// Returns a scope with the policy and lifecycle of a scenario.
    pub(crate) fn scope(
        &self,
        form: Form,
        judges: &PolicySpec,
        decides: LifecycleSpec,
    ) -> ScopeBuilder {
        let mut scope = airlock::scope();
        if !self.leaves_out(judges) {
            scope = scope.policy(policy(self, form, judges));
        }
        if self.path != Path::Fast || decides != LifecycleSpec::Default {
            scope = scope.lifecycle(lifecycle(decides));
        }
        scope
    }

    /// Returns whether the policy is left out: on the fast path, if it allows everything.
    pub(crate) fn leaves_out(&self, policy: &PolicySpec) -> bool {
        self.path == Path::Fast && matches!(policy, PolicySpec::AllowAll)
    }

    /// Stores a handle of the current scope if the path needs one. Called at the start of each scope.
    pub(crate) fn entered(&self) {
        if self.path == Path::Handles {
            let handle = airlock::current().expect("a scope has been entered");
            self.state().handles.push(handle);
        }
    }

    /// Returns `[effect, args]` for each intent of the report whose fate has this name.
    pub(crate) fn listed(&self, report: &FlushReport, fate: &str) -> Value {
        let entries = report
            .entries()
            .iter()
            .filter(|entry| entry.fate().word() == fate);
        entries
            .map(|entry| self.listing(entry.effect().name(), entry.id()))
            .collect()
    }

    fn listing(&self, effect: &str, id: IntentId) -> Value {
        json!([plain(effect), [self.state().arguments[&id]]])
    }

    pub(crate) fn inspect(&self) {
        let list = |intents: &[Intent], wanted: &dyn Fn(&Intent) -> bool| -> Value {
            let intents = intents.iter().filter(|intent| wanted(intent));
            intents
                .map(|intent| self.listing(intent.effect().name(), intent.id()))
                .collect()
        };
        let seen = airlock::current().map(|scope| {
            scope.inspect(|intents| {
                json!({
                    "intents": list(intents, &|_| true),
                    "own": list(intents, &|intent| !intent.is_captured()),
                    "captured": list(intents, &|intent| intent.is_captured()),
                })
            })
        });
        self.record(json!(["inspect", seen]));
    }
}

/// Declares the sync effects and their async twins.
macro_rules! effects {
    ($($name:ident $twin:ident)+) => {
        $(
            #[airlock::effect]
            fn $name(#[resource] world: &World, n: i64) {
                world.record(json!(["run", stringify!($name), [n]]));
            }

            #[airlock::effect]
            async fn $twin(#[resource] world: &World, n: i64) {
                yield_now().await;
                world.record(json!(["run", stringify!($name), [n]]));
            }
        )+

        fn intent(form: Form, effect: &str, n: i64) -> Intent {
            match (form, effect) {
                $(
                    (Form::Sync, stringify!($name)) => $name(n).into_intent(),
                    (Form::Async, stringify!($name)) => $twin(n).into_intent(),
                )+
                (Form::Sync, "bad") => bad(n).into_intent(),
                (Form::Async, "bad") => bad_async(n).into_intent(),
                (_, unknown) => panic!("there is no effect `{unknown}`"),
            }
        }

        fn id(form: Form, effect: &str) -> String {
            intent(form, effect, 0).effect().id().to_owned()
        }
    };
}
effects! {
    charge_card charge_card_async
    notify_warehouse notify_warehouse_async
    send_email send_email_async
    update_search update_search_async
}

#[airlock::effect]
fn bad(#[resource] world: &World, n: i64) -> Result<(), String> {
    world.record(json!(["run", "bad", [n]]));
    Err("bad".to_owned())
}

#[airlock::effect]
async fn bad_async(#[resource] world: &World, n: i64) -> Result<(), String> {
    yield_now().await;
    world.record(json!(["run", "bad", [n]]));
    Err("bad".to_owned())
}

/// Yields to the executor once.
pub(crate) async fn yield_now() {
    tokio::task::yield_now().await;
}

fn plain(effect: &str) -> &str {
    effect.strip_suffix("_async").unwrap_or(effect)
}

/// The form of a program's scopes and effects.
#[derive(Clone, Copy)]
pub(crate) enum Form {
    Sync,
    Async,
}

pub(crate) fn enqueue(world: &World, form: Form, step: &Enqueue) -> Result<(), Stop> {
    let mut intent = intent(form, &step.effect, step.args.0);
    if step.options.urgent {
        intent = intent.with_priority(1);
    }
    world
        .state()
        .arguments
        .insert(intent.id(), step.args.0.into());
    try_enqueue(intent)?;
    Ok(())
}

/// The reason why a step failed.
#[derive(Debug)]
pub(crate) enum Stop {
    NoScope,
    PolicyViolation,
    User,
    Effect,
}

impl Stop {
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Stop::NoScope => "NoScope",
            Stop::PolicyViolation => "PolicyViolation",
            Stop::User => "User",
            Stop::Effect => "Effect",
        }
    }
}

impl From<EnqueueError> for Stop {
    fn from(error: EnqueueError) -> Self {
        match error.kind() {
            EnqueueErrorKind::NoScope => Stop::NoScope,
            EnqueueErrorKind::Vetoed { .. } => Stop::PolicyViolation,
            other => panic!("an unexpected enqueue error: {other}"),
        }
    }
}

impl From<FlushError> for Stop {
    fn from(_: FlushError) -> Self {
        Stop::Effect
    }
}

/// Builds the policy that a scenario describes.
pub(crate) fn policy(world: &World, form: Form, spec: &PolicySpec) -> Arc<dyn Policy> {
    match spec {
        PolicySpec::AllowAll => Arc::new(allow_all()),
        PolicySpec::DropAll => Arc::new(drop_all()),
        PolicySpec::AssertNoEffects => Arc::new(assert_no_effects()),
        PolicySpec::Block { effects, reject } => {
            let named = effects
                .iter()
                .try_fold(block::<()>(), |block, name| block.id(&id(form, name)));
            let block = named.expect("scenarios name effects that exist");
            if *reject {
                Arc::new(block.reject())
            } else {
                Arc::new(block)
            }
        }
        PolicySpec::Limit { max } => Arc::new(limit(*max)),
        PolicySpec::Enqueuing { on } => Arc::new(Enqueuing {
            world: world.clone(),
            on: *on,
        }),
        PolicySpec::All { of } => Arc::new(
            of.iter()
                .map(|spec| policy(world, form, spec))
                .collect::<Vec<_>>(),
        ),
    }
}

/// A policy that tries to enqueue while it judges, and allows everything.
struct Enqueuing {
    world: World,
    on: On,
}

impl Enqueuing {
    fn attempt(&self, on: On) {
        if self.on != on {
            return;
        }
        let refused = try_enqueue(charge_card(0)).map_err(|error| error.kind().clone());
        let kind = match refused {
            Err(EnqueueErrorKind::WhileJudging) => "PolicyEnqueue".to_owned(),
            other => format!("{other:?}"),
        };
        self.world.record(json!(["refused", kind]));
    }
}

impl Policy for Enqueuing {
    fn at_enqueue(&self, _: &Intent, _: &ScopeView<'_>) -> Result<(), Veto> {
        self.attempt(On::Enqueue);
        Ok(())
    }

    fn at_flush(&self, _: &Intent) -> Verdict {
        self.attempt(On::Flush);
        Verdict::Allow
    }
}

/// Builds the lifecycle that a scenario describes.
pub(crate) fn lifecycle(spec: LifecycleSpec) -> Arc<dyn Lifecycle> {
    match spec {
        LifecycleSpec::Default => Arc::new(FlushOnSuccess),
        LifecycleSpec::ReleaseAll => Arc::new(ReleaseAll),
        LifecycleSpec::ReleaseUrgent => {
            Arc::new(release_if(|intent: &Intent| intent.priority() == Some(1)))
        }
        LifecycleSpec::AlwaysFlush => Arc::new(AlwaysFlush),
        LifecycleSpec::NeverFlush => Arc::new(NeverFlush),
    }
}

/// Returns the trace entry of a finished scope.
pub(crate) fn ended(report: &FlushReport) -> Value {
    let flushed = report.ending() == airlock::lifecycle::Ending::Flush;
    json!(["scope", if flushed { "flushed" } else { "discarded" }])
}
