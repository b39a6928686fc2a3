//! The error of an enqueue.

use std::fmt;
use std::panic::Location;
use std::sync::OnceLock;

use crate::effect::EffectDescriptor;
use crate::intent::Intent;
use crate::policy::Veto;

/// The error of an intent that was not accepted. It hands the intent back.
pub struct EnqueueError {
    inner: Box<Inner>,
}

struct Inner {
    kind: EnqueueErrorKind,
    effect: &'static EffectDescriptor,
    location: &'static Location<'static>,
    /// In a mutex because arguments need not be `Sync`, and the error must be. It is never locked.
    intent: std::sync::Mutex<Intent>,
}

/// The reason why an intent was not accepted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EnqueueErrorKind {
    /// The code is in no scope.
    #[error("no scope is open here: {}", remedies())]
    NoScope,
    /// The scope has ended, or its future is being dropped.
    #[error("the scope {scope} has ended: enqueue before it does, or open another one")]
    ScopeEnded {
        /// The scope's name or id.
        scope: String,
    },
    /// A policy vetoed the intent.
    #[error("the policy `{policy}` vetoes it: {veto}")]
    Vetoed {
        /// The policy's name.
        policy: String,
        /// The policy's veto.
        veto: Veto,
    },
    /// A scope, boundary or effect around the code declares the effects that it emits, and this is not one of them.
    #[error("the {emitter} `{name}` does not declare it: add it to the `emits` at {place}")]
    NotDeclared {
        /// The kind of what has the `emits`.
        emitter: Emitter,
        /// The name of the scope or boundary, or the id of the effect.
        name: String,
        /// The `file:line:column` of the `emits` of a scope, or else of the function that has it.
        place: String,
    },
    /// The executor cannot take the intent.
    #[error("the executor `{executor}` cannot take it: {reason}")]
    NotAccepted {
        /// The executor's name.
        executor: String,
        /// The reason, and what to do instead.
        reason: String,
    },
    /// The enqueue came from a policy, a lifecycle or an executor's `accepts`.
    #[error("a policy, a lifecycle or an executor's `accepts` cannot enqueue")]
    WhileJudging,
    /// The enqueue came from a closure given to `Scope::inspect`.
    #[error("a closure that inspects a scope cannot enqueue: enqueue after it returns")]
    WhileInspecting,
}

/// The kinds of declarations that have an `emits`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Emitter {
    /// A scope, by [`ScopeBuilder::emits`](crate::ScopeBuilder::emits).
    Scope,
    /// A boundary, by `emits(..)` of its attribute.
    Boundary,
    /// An effect, by `emits(..)` of its attribute.
    Effect,
}

impl fmt::Display for Emitter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Scope => "scope",
            Self::Boundary => "boundary",
            Self::Effect => "effect",
        })
    }
}

/// The most likely remedy, set by a web integration.
static LIKELIEST: OnceLock<&'static str> = OnceLock::new();

/// Makes the error of an enqueue outside of a scope name this remedy first, in the whole process. For integrations,
/// which know what their users forget.
pub(crate) fn suggest(remedy: &'static str) {
    let _ = LIKELIEST.set(remedy); // the first one stays
}

fn remedies() -> impl fmt::Display {
    fmt::from_fn(|f| {
        if let Some(likeliest) = LIKELIEST.get() {
            return write!(
                f,
                "{likeliest}; in a body that streams, open a scope for each item; in a spawned task or thread, use `Scope::bind` or `Scope::enter`; elsewhere put `#[airlock::boundary]` on the function that should decide"
            );
        }
        f.write_str(
            "put `#[airlock::boundary]` on the function that should decide, or run this in `airlock::scope().run(..)`; in a spawned task or thread, use `Scope::bind` or `Scope::enter`; in a web service, add `ScopeLayer` (axum, tower) or `ScopeMiddleware` (actix); in a test, use `#[airlock::test]`",
        )
    })
}

impl EnqueueError {
    #[cold]
    pub(super) fn new(kind: EnqueueErrorKind, intent: Intent) -> Self {
        let (effect, location) = (intent.info.effect, intent.info.location);
        let intent = std::sync::Mutex::new(intent);
        Self {
            inner: Box::new(Inner {
                kind,
                effect,
                location,
                intent,
            }),
        }
    }

    /// Returns the reason.
    pub fn kind(&self) -> &EnqueueErrorKind {
        &self.inner.kind
    }

    /// Returns the effect of the intent.
    pub fn effect(&self) -> &'static EffectDescriptor {
        self.inner.effect
    }

    /// Returns the location of the enqueue.
    pub fn location(&self) -> &'static Location<'static> {
        self.inner.location
    }

    /// Returns the intent, for example to enqueue it elsewhere.
    pub fn into_intent(self) -> Intent {
        let intent = self.inner.intent.into_inner();
        intent.unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

impl fmt::Display for EnqueueError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Inner {
            kind,
            effect,
            location,
            ..
        } = &*self.inner;
        write!(f, "cannot enqueue `{}` at {location}: {kind}", effect.id())
    }
}

impl fmt::Debug for EnqueueError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EnqueueError")
            .field("effect", &self.inner.effect.id())
            .field("location", &self.inner.location)
            .field("kind", &self.inner.kind)
            .finish()
    }
}

impl std::error::Error for EnqueueError {}
