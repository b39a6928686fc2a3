//! Handing an intent to the current scope.

use std::fmt;
use std::panic::Location;
use std::sync::Arc;
use std::thread;

use crate::catalogue::EffectDescriptor;
use crate::context::{self, Kind, Node, Watch};
use crate::effect::Effect;
use crate::executor::inline;
use crate::flush::guarded;
use crate::intent::{Intent, IntentId, IntoIntent};
use crate::policy::{Policy, Veto};
use crate::scope::{Phase, Scope, ScopeCore, ScopeId};

/// Hands an intent to the current scope. Nothing runs now.
///
/// While the thread unwinds from a panic it logs a refusal and drops the intent, so that a
/// destructor cannot turn a panic into an abort.
///
/// # Panics
///
/// At the caller's line, where [`try_enqueue`] gives an error: outside every scope, in one that has
/// ended, when a policy vetoes, from within a policy, and when the executor cannot take the effect.
#[track_caller]
pub fn enqueue(intent: impl IntoIntent) -> IntentId {
    let location = Location::caller();
    if thread::panicking() {
        return enqueue_while_unwinding(intent, location);
    }
    match intent.__enqueue(location) {
        Ok(id) => id,
        Err(error) => panic!("{error}"),
    }
}

#[cold]
fn enqueue_while_unwinding(
    intent: impl IntoIntent,
    location: &'static Location<'static>,
) -> IntentId {
    let intent = intent.into_intent();
    let id = intent.id();
    // A policy that panics now would abort the process.
    if let Some(Err(error)) = guarded("a policy or an executor", || submit(intent, location)) {
        tracing::error!(target: "airlock", error = %error, "dropped while the thread unwinds");
    }
    id
}

/// Hands an intent to the current scope, or says why that cannot be. Nothing runs now.
///
/// ```
/// #[airlock::effect]
/// fn notify_warehouse(order: u64) {}
///
/// let error = airlock::try_enqueue(notify_warehouse(7)).unwrap_err();
/// assert!(error.to_string().contains("no scope is open here"), "{error}");
/// let intent = error.into_intent(); // nothing is lost
/// ```
///
/// # Errors
///
/// [`EnqueueError`]; its [`Refusal`] says why.
#[track_caller]
pub fn try_enqueue(intent: impl IntoIntent) -> Result<IntentId, EnqueueError> {
    intent.__enqueue(Location::caller())
}

/// Directly in a scope around which nobody has to be asked, nothing is cloned, and the intent is made
/// where it will stay.
#[inline]
pub(crate) fn submit_typed<E: Effect + Send>(
    effect: E,
    location: &'static Location<'static>,
) -> Result<IntentId, EnqueueError> {
    let mut effect = Some(effect);
    let admitted = context::with_plain_scope(|node, core| {
        let mut state = core.state();
        if state.phase != Phase::Open {
            return None;
        }
        let mut intent = Intent::at(effect.take()?, location, Some(core.id));
        originate(node, &mut intent);
        let id = intent.facts.id;
        state.accept(intent);
        Some((id, core.id))
    });
    match (admitted, effect) {
        (Some((id, scope)), _) => {
            log_enqueued(E::DESCRIPTOR, id, scope, location);
            Ok(id)
        }
        (None, Some(effect)) => submit(Intent::at(effect, location, None), location),
        (None, None) => unreachable!("what was taken has been admitted"),
    }
}

pub(crate) fn submit(
    mut intent: Intent,
    location: &'static Location<'static>,
) -> Result<IntentId, EnqueueError> {
    intent.facts.location = location;
    let (id, effect) = (intent.facts.id, intent.facts.effect);
    match admit(intent) {
        Ok(scope) => {
            log_enqueued(effect, id, scope, location);
            Ok(id)
        }
        Err(error) => {
            tracing::debug!(
                target: "airlock",
                effect = effect.id(),
                intent = id.get(),
                at = %location,
                refusal = %error.refusal(),
                "refused",
            );
            Err(error)
        }
    }
}

#[inline]
fn log_enqueued(
    effect: &EffectDescriptor,
    intent: IntentId,
    scope: ScopeId,
    location: &'static Location<'static>,
) {
    tracing::trace!(
        target: "airlock",
        effect = effect.id(),
        intent = intent.get(),
        scope = scope.get(),
        at = %location,
        "enqueued",
    );
}

fn admit(intent: Intent) -> Result<ScopeId, EnqueueError> {
    match context::watch() {
        Watch::Off => {}
        Watch::Judging => return Err(EnqueueError::new(Refusal::WhileJudging, intent)),
        Watch::Inspecting => return Err(EnqueueError::new(Refusal::WhileInspecting, intent)),
    }
    ask(intent)
}

fn buffer(core: &ScopeCore, mut intent: Intent) -> Result<(), EnqueueError> {
    let mut state = core.state();
    if state.phase != Phase::Open {
        drop(state);
        return Err(EnqueueError::new(
            Refusal::ScopeEnded {
                scope: core.label(),
            },
            intent,
        ));
    }
    intent.facts.scope = Some(core.id);
    state.accept(intent);
    Ok(())
}

/// An intent that was handed back and is enqueued again keeps the origin that it had.
#[inline]
fn originate(node: &Node, intent: &mut Intent) {
    if node.has_origin && intent.facts.origin.is_none() {
        intent.facts.origin = node.origin().cloned();
    }
}

/// Asks everybody who has a say: the boundary's `emits`, the executor, each policy of the stack.
fn ask(mut intent: Intent) -> Result<ScopeId, EnqueueError> {
    let node = context::current();
    let enclosing = node
        .as_ref()
        .and_then(|node| Some((node, node.scope_node()?)));
    let Some((node, scope_node)) = enclosing else {
        return Err(EnqueueError::new(Refusal::NoScope, intent));
    };
    let Some(core) = scope_node.core() else {
        unreachable!("a scope's node has a core")
    };
    if core.state().phase != Phase::Open {
        return Err(EnqueueError::new(
            Refusal::ScopeEnded {
                scope: core.label(),
            },
            intent,
        ));
    }
    intent.facts.scope = Some(core.id);
    if !Arc::ptr_eq(node, scope_node) {
        intent.facts.set_node(Some(node.clone()));
    }
    let own_origin = intent.facts.origin.clone();
    originate(node, &mut intent);
    if let Err(refusal) = refusal_of(node, &mut intent) {
        intent.facts.set_node(None);
        intent.facts.origin = own_origin;
        return Err(EnqueueError::new(refusal, intent));
    }
    if let Some(probe) = &node.settings().probe {
        probe.enqueues(&intent);
    }
    buffer(core, intent).map(|()| core.id)
}

fn refusal_of(node: &Arc<Node>, intent: &mut Intent) -> Result<(), Refusal> {
    if node.in_effect {
        let effect = node
            .outwards()
            .find_map(|node| node.core()?.effect.as_deref());
        let cause = effect.map(|effect| effect.cause().clone());
        intent.facts.set_cause(cause);
    }
    for core in node.outwards().filter_map(|node| node.core()) {
        if core.effect.is_some() {
            break;
        }
        if core
            .emits()
            .is_some_and(|emits| !emits.contains(&intent.effect()))
        {
            return Err(Refusal::NotDeclared {
                scope: core.label(),
            });
        }
    }
    let _watching = context::watching(Watch::Judging);
    let executor = node.executor().cloned().unwrap_or_else(inline);
    executor
        .accepts(intent)
        .map_err(|reason| Refusal::NotAccepted {
            executor: executor.name().into_owned(),
            reason: reason.into_owned(),
        })?;
    let scope = Scope::new(node.clone());
    for node in node.outwards() {
        let policy = match &node.kind {
            Kind::Scope(core) => core.policy(),
            Kind::Policy(layer) => Some(layer),
            Kind::Airlock(settings) => settings.policy.as_ref(),
            Kind::Idle => None,
        };
        if let Some(policy) = policy {
            let veto = |veto| Refusal::Vetoed {
                policy: policy.name().into_owned(),
                veto,
            };
            policy.at_enqueue(intent, &scope).map_err(veto)?;
        }
    }
    Ok(())
}

impl crate::OpenScope {
    /// Puts an intent into the buffer without asking anybody.
    pub(crate) fn hold(&self, intent: Intent) {
        // It was opened a moment ago and nobody else knows it.
        let _ = buffer(self.core(), intent);
    }
}

/// An intent was not accepted. It comes back with the error.
pub struct EnqueueError {
    inner: Box<Inner>,
}

struct Inner {
    refusal: Refusal,
    effect: &'static EffectDescriptor,
    location: &'static Location<'static>,
    /// Arguments need not be `Sync`; an error has to be.
    intent: std::sync::Mutex<Intent>,
}

/// Why an intent was not accepted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// No scope encloses the code.
    #[error(
        "no scope is open here: put `#[airlock::boundary]` on the function that should decide, or run this in `airlock::scope().run(..)`; a web service opens one for each request by `ScopeLayer` (axum, tower) or `ScopeMiddleware` (actix), and keeps it while the body streams only with `after_response()`; a test has one with `#[airlock::test]`; a spawned task or thread gets its scope by `Scope::bind` or `Scope::enter`"
    )]
    NoScope,
    /// The scope has ended, or its future is being dropped.
    #[error("the scope {scope} has ended: enqueue before it does, or open another one")]
    ScopeEnded {
        /// The scope's name or id.
        scope: String,
    },
    /// A policy vetoed.
    #[error("the policy `{policy}` vetoes it: {veto}")]
    Vetoed {
        /// The policy's name.
        policy: String,
        /// What it said.
        veto: Veto,
    },
    /// The scope declares what it emits, and this is not part of it.
    #[error("the scope `{scope}` does not declare it: add it to `emits`")]
    NotDeclared {
        /// The name of the scope, or of its boundary.
        scope: String,
    },
    /// The executor cannot take it.
    #[error("the executor `{executor}` cannot take it: {reason}")]
    NotAccepted {
        /// The executor's name.
        executor: String,
        /// Why, and what to do instead.
        reason: String,
    },
    /// The enqueue came from within a policy, a lifecycle or an executor's `accepts`.
    #[error("policies judge intents and cannot enqueue any")]
    WhileJudging,
    /// The enqueue came from a closure given to `Scope::inspect`.
    #[error("a closure that inspects a scope cannot enqueue: enqueue after it has returned")]
    WhileInspecting,
}

impl EnqueueError {
    fn new(refusal: Refusal, intent: Intent) -> Self {
        let (effect, location) = (intent.facts.effect, intent.facts.location);
        let intent = std::sync::Mutex::new(intent);
        Self {
            inner: Box::new(Inner {
                refusal,
                effect,
                location,
                intent,
            }),
        }
    }

    /// Why.
    pub fn refusal(&self) -> &Refusal {
        &self.inner.refusal
    }

    /// The effect that was wished.
    pub fn effect(&self) -> &'static EffectDescriptor {
        self.inner.effect
    }

    /// Where it was to be enqueued.
    pub fn location(&self) -> &'static Location<'static> {
        self.inner.location
    }

    /// The intent, to be enqueued elsewhere.
    pub fn into_intent(self) -> Intent {
        let intent = self.inner.intent.into_inner();
        intent.unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

impl fmt::Display for EnqueueError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Inner {
            refusal,
            effect,
            location,
            ..
        } = &*self.inner;
        write!(
            f,
            "cannot enqueue `{}` at {location}: {refusal}",
            effect.id()
        )
    }
}

impl fmt::Debug for EnqueueError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EnqueueError")
            .field("effect", &self.inner.effect.id())
            .field("location", &self.inner.location)
            .field("refusal", &self.inner.refusal)
            .finish()
    }
}

impl std::error::Error for EnqueueError {}
