//! The shared heart of a scope: its settings and its buffer.

use std::borrow::Cow;
use std::fmt;
use std::num::NonZeroU64;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use crate::catalogue::{BoundaryDescriptor, EffectDescriptor};
use crate::cause::Cause;
use crate::context::{self, Frame};
use crate::executor::Executor;
use crate::flush::{FailureMode, FlushReport};
use crate::ids::next_id;
use crate::intent::Intent;
use crate::lifecycle::Lifecycle;
use crate::origin::Origin;
use crate::policy::Layer;
use crate::testing::Looks;

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
    boundary: Option<&'static BoundaryDescriptor>,
    /// What the scope says itself, shared with those that a middleware opens alike; a plain one says
    /// nothing.
    config: Option<Arc<Config>>,
    origin: Option<Origin>,
    /// Set for the scope in which an executor performs an effect.
    pub(crate) effect: Option<Box<EffectScope>>,
    /// Set where somebody traces.
    span: Option<Box<tracing::Span>>,
    state: Mutex<State>,
}

/// What a scope says itself.
#[derive(Clone, Default)]
pub(crate) struct Config {
    pub(crate) name: Option<Cow<'static, str>>,
    pub(crate) policy: Option<Layer>,
    pub(crate) executor: Option<Arc<dyn Executor>>,
    pub(crate) lifecycle: Option<Arc<dyn Lifecycle>>,
    pub(crate) emits: Option<&'static [&'static EffectDescriptor]>,
    pub(crate) failure_mode: Option<FailureMode>,
    pub(crate) on_report: Option<ReportHook>,
    /// Whether no policy judges what it holds.
    pub(crate) exempt: bool,
    /// What a test has looked at, for the scope of a test.
    pub(crate) looks: Option<Arc<Looks>>,
}

/// What is particular to the scope in which an effect is performed.
pub(crate) struct EffectScope {
    frame: Frame,
    parent: Option<Arc<Cause>>,
    origin: Option<Origin>,
    /// Made when something needs it.
    cause: OnceLock<Arc<Cause>>,
}

impl EffectScope {
    pub(crate) fn new(frame: Frame, parent: Option<Arc<Cause>>, origin: Option<Origin>) -> Self {
        Self {
            frame,
            parent,
            origin,
            cause: OnceLock::new(),
        }
    }

    /// Scope policies judge its intents outwards to this depth: to the scope that dispatched the
    /// effect, whose descendants' policies have judged the effect itself.
    pub(crate) fn judged_to(&self) -> u32 {
        self.frame.judged_to
    }

    /// The cause of what is enqueued in it.
    pub(crate) fn cause(&self) -> &Arc<Cause> {
        let Self { frame, parent, .. } = self;
        let make = || {
            Arc::new(Cause::new(
                frame.effect,
                frame.intent,
                frame.location,
                parent.clone(),
            ))
        };
        self.cause.get_or_init(make)
    }
}

pub(crate) struct State {
    pub(crate) phase: Phase,
    pub(crate) buffer: Vec<Intent>,
    /// Whether an intent in the buffer needs more than to be performed: see [`Intent::is_plain`].
    pub(crate) special: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    Open,
    /// Its future is being dropped: nested scopes may still be captured, nothing may be enqueued.
    Closing,
    Ended,
}

impl State {
    /// Takes an intent into the buffer.
    #[inline]
    pub(crate) fn accept(&mut self, intent: Intent) {
        self.special |= !intent.is_plain();
        self.buffer.push(intent);
    }
}

impl ScopeCore {
    pub(crate) fn new() -> Self {
        Self {
            id: ScopeId(next_id()),
            boundary: None,
            config: None,
            origin: None,
            effect: None,
            span: None,
            state: Mutex::new(State {
                phase: Phase::Open,
                special: false,
                buffer: context::lend_buffer(),
            }),
        }
    }

    pub(crate) fn of_boundary(boundary: &'static BoundaryDescriptor) -> Self {
        Self {
            boundary: Some(boundary),
            ..Self::new()
        }
    }

    /// The same settings for another scope, which is neither open nor holds anything.
    pub(crate) fn again(&self) -> Self {
        Self {
            boundary: self.boundary,
            config: self.config.clone(),
            origin: self.origin.clone(),
            ..Self::new()
        }
    }

    pub(crate) fn config_mut(&mut self) -> &mut Config {
        Arc::make_mut(self.config.get_or_insert_default())
    }

    pub(crate) fn set_origin(&mut self, origin: Origin) {
        self.origin = Some(origin);
    }

    #[inline]
    fn says<T>(&self, what: impl FnOnce(&Config) -> Option<T>) -> Option<T> {
        self.config.as_deref().and_then(what)
    }

    /// Its own name, or that of its boundary.
    pub(crate) fn name(&self) -> Option<Cow<'static, str>> {
        self.says(|config| config.name.clone())
            .or_else(|| Some(Cow::Borrowed(self.boundary?.name)))
    }

    pub(crate) fn name_str(&self) -> Option<&str> {
        let own = self
            .config
            .as_ref()
            .and_then(|config| config.name.as_deref());
        own.or_else(|| Some(self.boundary?.name))
    }

    #[inline]
    pub(crate) fn policy(&self) -> Option<&Layer> {
        self.config.as_deref()?.policy.as_ref()
    }

    #[inline]
    pub(crate) fn executor(&self) -> Option<&Arc<dyn Executor>> {
        self.config.as_deref()?.executor.as_ref()
    }

    #[inline]
    pub(crate) fn lifecycle(&self) -> Option<&Arc<dyn Lifecycle>> {
        self.config.as_deref()?.lifecycle.as_ref()
    }

    /// The only effects that may be enqueued in it, if it says so itself or its boundary does.
    #[inline]
    pub(crate) fn emits(&self) -> Option<&'static [&'static EffectDescriptor]> {
        self.says(|config| config.emits)
            .or_else(|| self.boundary?.emits)
    }

    /// Its own, or that of the flush that performs its effect.
    pub(crate) fn failure_mode(&self) -> Option<FailureMode> {
        match &self.effect {
            Some(effect) => Some(effect.frame.mode),
            None => self.says(|config| config.failure_mode),
        }
    }

    /// Its own, or that of the intent whose effect is performed in it.
    pub(crate) fn own_origin(&self) -> Option<&Origin> {
        match &self.effect {
            Some(effect) => effect.origin.as_ref(),
            None => self.origin.as_ref(),
        }
    }

    pub(crate) fn looks(&self) -> Option<&Arc<Looks>> {
        self.config.as_deref()?.looks.as_ref()
    }

    pub(crate) fn is_exempt(&self) -> bool {
        self.config.as_ref().is_some_and(|config| config.exempt)
    }

    pub(crate) fn on_report(&self) -> Option<&ReportHook> {
        self.config.as_deref()?.on_report.as_ref()
    }

    /// Makes the span that is entered with the scope, if anybody wants to see it.
    #[inline]
    pub(crate) fn trace(&mut self) {
        if tracing::level_enabled!(tracing::Level::DEBUG) {
            let span = match &self.effect {
                Some(effect) => effect.frame.span(),
                None => tracing::debug_span!(
                    target: "airlock",
                    "scope",
                    scope = self.id.get(),
                    name = self.name_str(),
                    origin = self.own_origin().map(tracing::field::display),
                ),
            };
            self.span = Some(Box::new(span));
        }
    }

    #[inline]
    pub(crate) fn enter_span(&self) -> Option<tracing::span::Entered<'_>> {
        self.span.as_ref().map(|span| span.enter())
    }

    #[inline]
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

    /// How people call this scope: its name, or its id.
    pub(crate) fn label(&self) -> String {
        match self.name_str() {
            Some(name) => name.to_owned(),
            None => self.id.to_string(),
        }
    }
}
