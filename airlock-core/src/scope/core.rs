//! The shared heart of a scope: its settings and its buffer.

use std::borrow::Cow;
use std::fmt;
use std::num::NonZeroU64;
use std::panic::Location;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::catalogue::{BoundaryDescriptor, EffectDescriptor};
use crate::cause::Cause;
use crate::executor::Executor;
use crate::flush::{FailureMode, FlushReport};
use crate::ids::next_id;
use crate::intent::{Intent, IntentId};
use crate::lifecycle::Lifecycle;
use crate::origin::Origin;
use crate::policy::Layer;

/// Identifies a scope among all of this process.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(transparent))]
pub struct ScopeId(NonZeroU64);

impl ScopeId {
    /// The id as a number.
    pub fn get(self) -> u64 {
        self.0.get()
    }
}

impl fmt::Display for ScopeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "@{}", self.0)
    }
}

impl fmt::Debug for ScopeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ScopeId({})", self.0)
    }
}

/// A closure that is shown each flush report.
pub(crate) type ReportHook = Arc<dyn Fn(&FlushReport) + Send + Sync>;

pub(crate) struct ScopeCore {
    pub(crate) id: ScopeId,
    pub(crate) name: Option<Cow<'static, str>>,
    pub(crate) policy: Option<Layer>,
    pub(crate) executor: Option<Arc<dyn Executor>>,
    pub(crate) lifecycle: Option<Arc<dyn Lifecycle>>,
    pub(crate) emits: Option<&'static [&'static EffectDescriptor]>,
    pub(crate) boundary: Option<&'static BoundaryDescriptor>,
    pub(crate) failure_mode: Option<FailureMode>,
    pub(crate) on_report: Option<ReportHook>,
    pub(crate) origin: Option<Origin>,
    /// Set for the scope in which an executor performs an effect.
    pub(crate) effect: Option<EffectScope>,
    pub(crate) span: tracing::Span,
    state: Mutex<State>,
}

/// What is particular to the scope in which an effect is performed.
#[derive(Clone, Copy)]
pub(crate) struct EffectScope {
    /// Scope policies judge its intents outwards to this depth: to the scope that dispatched the
    /// effect, whose descendants' policies have judged the effect itself.
    pub(crate) judged_to: u32,
}

pub(crate) struct State {
    pub(crate) phase: Phase,
    pub(crate) buffer: Vec<Intent>,
    /// The intent that is being performed here.
    pub(crate) performing: Option<Performed>,
}

/// An intent that is being performed; its cause is made when something needs it.
pub(crate) struct Performed {
    pub(crate) effect: &'static EffectDescriptor,
    pub(crate) intent: IntentId,
    pub(crate) location: &'static Location<'static>,
    pub(crate) parent: Option<Arc<Cause>>,
    pub(crate) cause: Option<Arc<Cause>>,
    pub(crate) origin: Option<Origin>,
}

impl Performed {
    pub(crate) fn of(intent: &Intent) -> Self {
        Self {
            effect: intent.facts.effect,
            intent: intent.facts.id,
            location: intent.facts.location,
            parent: intent.facts.cause.clone(),
            cause: None,
            origin: intent.facts.origin.clone(),
        }
    }

    fn cause(&mut self) -> Arc<Cause> {
        let Self {
            effect,
            intent,
            location,
            parent,
            cause,
            ..
        } = self;
        let make = || Arc::new(Cause::new(effect, *intent, location, parent.take()));
        cause.get_or_insert_with(make).clone()
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    Open,
    /// Its future is being dropped: nested scopes may still be captured, nothing may be enqueued.
    Closing,
    Ended,
}

impl ScopeCore {
    pub(crate) fn new() -> Self {
        Self {
            id: ScopeId(next_id()),
            name: None,
            policy: None,
            executor: None,
            lifecycle: None,
            emits: None,
            boundary: None,
            failure_mode: None,
            on_report: None,
            origin: None,
            effect: None,
            span: tracing::Span::none(),
            state: Mutex::new(State {
                phase: Phase::Open,
                buffer: Vec::new(),
                performing: None,
            }),
        }
    }

    /// The same settings for another scope, which is neither open nor holds anything.
    pub(crate) fn again(&self) -> Self {
        Self {
            name: self.name.clone(),
            policy: self.policy.clone(),
            executor: self.executor.clone(),
            lifecycle: self.lifecycle.clone(),
            emits: self.emits,
            boundary: self.boundary,
            failure_mode: self.failure_mode,
            on_report: self.on_report.clone(),
            origin: self.origin.clone(),
            effect: self.effect,
            ..Self::new()
        }
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        // A panic under the lock can only come from a closure that looks: the buffer is whole.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Accepts nothing more from code; what nested scopes hold can still be captured.
    pub(crate) fn close(&self) {
        let mut state = self.state();
        if state.phase == Phase::Open {
            state.phase = Phase::Closing;
        }
    }

    /// The cause of what is enqueued here, if this is an effect's scope.
    pub(crate) fn cause(&self) -> Option<Arc<Cause>> {
        self.state().performing.as_mut().map(Performed::cause)
    }

    /// How people call this scope: its name, or its id.
    pub(crate) fn label(&self) -> String {
        match &self.name {
            Some(name) => name.clone().into_owned(),
            None => self.id.to_string(),
        }
    }
}
