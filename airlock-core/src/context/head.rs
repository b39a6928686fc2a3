//! What a scope says: its settings, shared with those that are opened alike.

use std::borrow::Cow;
use std::num::NonZeroU64;
use std::sync::Arc;

use crate::context::place::{Around, PlaceKind};
use crate::effect::{BoundaryDescriptor, EffectDescriptor};
use crate::executor::{Executor, FailureMode};
use crate::intent::{IntentData, Origin, ScopeId, next_id};
use crate::lifecycle::Lifecycle;
use crate::observer::Observer;
use crate::policy::Layer;
use crate::report::ReportHook;

/// What a scope says itself. A plain one says nothing.
#[derive(Clone, Default)]
pub(crate) struct Config {
    pub(crate) policies: Vec<Layer>,
    pub(crate) executor: Option<Arc<dyn Executor>>,
    pub(crate) lifecycle: Option<Arc<dyn Lifecycle>>,
    pub(crate) emits: Option<&'static [&'static EffectDescriptor]>,
    pub(crate) failure_mode: Option<FailureMode>,
    pub(crate) on_report: Option<ReportHook>,
    /// Whether no policy judges what it holds.
    pub(crate) exempt: bool,
    pub(crate) observer: Option<Arc<dyn Observer>>,
}

/// What is said of a scope before it opens.
#[derive(Clone, Default)]
pub(crate) struct Spec {
    pub(crate) boundary: Option<&'static BoundaryDescriptor>,
    pub(crate) name: Option<Cow<'static, str>>,
    pub(crate) config: Option<Arc<Config>>,
    pub(crate) origin: Option<Origin>,
    /// The airlock that it opens in, where that is not the one around the code.
    pub(crate) airlock: Option<Around>,
}

/// What is known of a scope besides its buffer.
#[derive(Clone)]
pub(crate) struct Head {
    pub(crate) id: ScopeId,
    pub(crate) boundary: Option<&'static BoundaryDescriptor>,
    name: Option<Cow<'static, str>>,
    pub(crate) config: Option<Arc<Config>>,
    /// Its own origin, or that of the nearest scope around it that has one.
    pub(crate) origin: Option<Origin>,
    /// Where code directly in it enqueues: its own place included.
    pub(crate) around: Around,
    /// The policies of scopes judge from this depth on: those further out have released what this
    /// scope dispatches.
    pub(crate) judges_from: u32,
    /// Set for the scope in which an effect is performed: the failure mode of its flush.
    pub(crate) effect: Option<FailureMode>,
    /// Set where somebody traces.
    pub(crate) span: Option<Arc<tracing::Span>>,
}

impl Head {
    /// That of no scope.
    pub(super) fn idle() -> Self {
        Self {
            id: ScopeId(NonZeroU64::MIN),
            boundary: None,
            name: None,
            config: None,
            origin: None,
            around: Around::Nothing,
            judges_from: 1,
            effect: None,
            span: None,
        }
    }

    /// Becomes idle again. What a scope says may have destructors, which run now.
    #[inline]
    pub(super) fn reset(&mut self) {
        self.name = None;
        self.config = None;
        if let Some(origin) = self.origin.take() {
            origin.recycle();
        }
        self.around = Around::Nothing;
        self.effect = None;
        self.span = None;
    }

    /// Becomes that of a new scope, within these places. Takes what is said of it out of `spec`: moved as a
    /// whole it would be read back before its stores have settled.
    #[inline]
    pub(super) fn open(
        &mut self,
        spec: &mut Spec,
        outside: &Around,
        around_origin: Option<&Origin>,
    ) {
        self.name = spec.name.take();
        self.config = spec.config.take();
        self.origin = spec.origin.take();
        self.stand(spec.boundary, spec.airlock.take(), outside, around_origin);
    }

    /// Becomes that of one of several new scopes that are opened alike, each with an origin of its own. Cloned
    /// into its place, for the same reason.
    #[inline]
    pub(super) fn open_alike(
        &mut self,
        spec: &Spec,
        origin: Option<Origin>,
        outside: &Around,
        around_origin: Option<&Origin>,
    ) {
        self.name.clone_from(&spec.name);
        self.config.clone_from(&spec.config);
        self.origin = origin;
        self.stand(spec.boundary, spec.airlock.clone(), outside, around_origin);
    }

    /// Takes its place within others.
    #[inline]
    fn stand(
        &mut self,
        boundary: Option<&'static BoundaryDescriptor>,
        airlock: Option<Around>,
        outside: &Around,
        around_origin: Option<&Origin>,
    ) {
        self.id = ScopeId(next_id());
        self.boundary = boundary;
        match airlock {
            None => {
                if let (None, Some(origin)) = (&self.origin, around_origin) {
                    self.origin = Some(origin.clone());
                }
                self.around = outside.clone();
            }
            Some(airlock) => self.around = airlock,
        }
        self.judges_from = self.around.depth() + 1;
        let emits = boundary.is_some_and(|boundary| boundary.spec.emits.is_some());
        if self.config.is_some() || emits {
            self.add_place();
        }
    }

    /// Makes its span, if somebody traces: code of the program's runs.
    #[inline]
    pub(super) fn trace(&mut self) {
        if tracing::level_enabled!(tracing::Level::DEBUG) {
            self.make_span();
        }
    }

    /// Whether an intent is buffered here without asking anybody, and as it is.
    #[inline]
    pub(super) fn is_plain(&self) -> bool {
        !self.around.asks()
    }

    /// Enters the scope's origin into intents that it holds. In a frame's buffer they are stored without it:
    /// this is called before anybody can see them, or they leave the scope.
    #[inline]
    pub(crate) fn share_origin<'i>(&self, intents: impl IntoIterator<Item = &'i mut IntentData>) {
        if let Some(origin) = &self.origin {
            for data in intents {
                data.share_origin(origin);
            }
        }
    }

    /// Adds the scope's own place, if it has a say.
    fn add_place(&mut self) {
        let own = self.config.as_deref();
        let emits = own.and_then(|config| config.emits);
        let emits = emits.or_else(|| self.boundary?.spec.emits);
        let judges_or_executes =
            |config: &Config| !config.policies.is_empty() || config.executor.is_some();
        if emits.is_none() && !own.is_some_and(judges_or_executes) {
            return;
        }
        self.around = self.around.with(PlaceKind::Scope {
            id: self.id,
            name: self.name(),
            config: self.config.clone().unwrap_or_default(),
            emits,
        });
    }

    #[cold]
    fn make_span(&mut self) {
        self.span = Some(Arc::new(tracing::debug_span!(
            target: "airlock",
            "scope",
            scope = self.id.get(),
            name = self.name_str(),
            origin = self.origin.as_ref().map(tracing::field::display),
        )));
    }

    #[inline]
    fn setting<T>(&self, what: impl FnOnce(&Config) -> Option<T>) -> Option<T> {
        self.config.as_deref().and_then(what)
    }

    /// Its own name, or that of its boundary.
    pub(crate) fn name(&self) -> Option<Cow<'static, str>> {
        match &self.name {
            None => Some(Cow::Borrowed(self.boundary?.spec.name)),
            own => own.clone(),
        }
    }

    pub(crate) fn name_str(&self) -> Option<&str> {
        self.name
            .as_deref()
            .or_else(|| Some(self.boundary?.spec.name))
    }

    /// How people call this scope: its name, or its id.
    pub(crate) fn label(&self) -> String {
        match self.name_str() {
            Some(name) => name.to_owned(),
            None => self.id.to_string(),
        }
    }

    /// Its lifecycle, or that of its airlock.
    pub(crate) fn lifecycle(&self) -> Option<Arc<dyn Lifecycle>> {
        self.setting(|config| config.lifecycle.clone())
            .or_else(|| self.around.settings().lifecycle.clone())
    }

    #[inline]
    pub(crate) fn has_lifecycle(&self) -> bool {
        self.config
            .as_ref()
            .is_some_and(|config| config.lifecycle.is_some())
            || self
                .around
                .place()
                .is_some_and(|place| place.settings().lifecycle.is_some())
    }

    pub(crate) fn failure_mode(&self) -> FailureMode {
        self.effect
            .or_else(|| self.setting(|config| config.failure_mode))
            .unwrap_or_else(|| self.around.settings().failure_mode)
    }

    /// Whether somebody asked for reports.
    #[inline]
    pub(crate) fn is_reported(&self) -> bool {
        let own = self.config.as_ref();
        own.is_some_and(|config| config.on_report.is_some())
            || self
                .around
                .place()
                .is_some_and(|place| place.settings().on_report.is_some())
    }

    pub(crate) fn observer(&self) -> Option<&Arc<dyn Observer>> {
        self.config.as_ref()?.observer.as_ref()
    }

    pub(crate) fn is_exempt(&self) -> bool {
        self.config.as_ref().is_some_and(|config| config.exempt)
    }
}
