//! The head of a scope: its identity, settings and places.

use std::borrow::Cow;
use std::num::NonZeroU64;
use std::sync::Arc;

use crate::context::place::{Around, Declared, Emits, PlaceKind};
use crate::effect::BoundaryDescriptor;
use crate::executor::{FailureMode, Named};
use crate::intent::{IntentInfo, Origin, ScopeId, next_id};
use crate::lifecycle::Lifecycle;
use crate::observer::Observer;
use crate::policy::Layer;
use crate::report::ReportHook;

/// The settings of a scope, shared by scopes that are opened alike. A plain scope has none.
#[derive(Clone, Default)]
pub(crate) struct Config {
    pub(crate) policies: Vec<Layer>,
    pub(crate) executor: Option<Named>,
    pub(crate) lifecycle: Option<Arc<dyn Lifecycle>>,
    pub(crate) emits: Option<Emits>,
    pub(crate) failure_mode: Option<FailureMode>,
    pub(crate) on_report: Option<ReportHook>,
    /// `true` if its intents leave without being judged by policies.
    pub(crate) exempt: bool,
    pub(crate) observer: Option<Arc<dyn Observer>>,
}

/// The description of a scope that is about to open.
#[derive(Clone, Default)]
pub(crate) struct Spec {
    pub(crate) boundary: Option<&'static BoundaryDescriptor>,
    pub(crate) name: Option<Cow<'static, str>>,
    pub(crate) config: Option<Arc<Config>>,
    pub(crate) origin: Option<Origin>,
    /// The airlock in which it opens, if that is not the one around the code.
    pub(crate) airlock: Option<Around>,
}

/// Everything known of a scope besides its buffer.
#[derive(Clone)]
pub(crate) struct Head {
    pub(crate) id: ScopeId,
    pub(crate) boundary: Option<&'static BoundaryDescriptor>,
    name: Option<Cow<'static, str>>,
    pub(crate) config: Option<Arc<Config>>,
    /// Its own origin, or the origin of the nearest scope around it that has one.
    pub(crate) origin: Option<Origin>,
    /// The places around code directly in the scope, including its own.
    pub(crate) around: Around,
    /// The depth of the outermost place whose scope policies judge what this scope dispatches. Scopes further out
    /// have released it.
    pub(crate) judges_from: u32,
    /// The failure mode of the flush, if this is the scope of an effect.
    pub(crate) effect: Option<FailureMode>,
    /// Set if tracing is enabled.
    pub(crate) span: Option<Arc<tracing::Span>>,
}

impl Head {
    /// Makes the head of no scope.
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

    /// Drops the settings of the scope. Their destructors are user code, and run now.
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

    /// Sets up the head for a new scope within these places.
    ///
    /// Takes the fields out of `spec` one by one. Moved as a whole, `spec` would be read back before its stores have
    /// settled (store-forwarding stall).
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

    /// Sets up the head for one of several scopes that are opened alike, each with its own origin. Clones field by
    /// field for the reason given at [`open`](Self::open).
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

    /// Takes a new id and places the scope within others, or in its separate airlock.
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
        // Before `add_place`: the depth of its own place, if it adds one, is the first that judges.
        self.judges_from = self.around.depth() + 1;
        let emits = boundary.is_some_and(|boundary| boundary.spec.emits.is_some());
        if self.config.is_some() || emits {
            self.add_place();
        }
    }

    /// Makes the span of the scope if tracing is enabled. Calls the subscriber, which is user code.
    #[inline]
    pub(super) fn trace(&mut self) {
        if tracing::level_enabled!(tracing::Level::DEBUG) {
            self.make_span();
        }
    }

    /// Returns whether intents are buffered here as they are, with nothing to consult.
    #[inline]
    pub(super) fn is_plain(&self) -> bool {
        !self.around.asks()
    }

    /// Enters the scope's origin into intents that it holds.
    ///
    /// Intents in the buffer of a frame do without it: it would cost a box for each, and most are performed before
    /// anyone looks. Called before the intents are shown or leave the scope.
    #[inline]
    pub(crate) fn share_origin<'i>(&self, intents: impl IntoIterator<Item = &'i mut IntentInfo>) {
        if let Some(origin) = &self.origin {
            for data in intents {
                data.share_origin(origin);
            }
        }
    }

    /// Adds a place for the scope, if it has policies, an executor or `emits`.
    fn add_place(&mut self) {
        let own = self.config.as_deref();
        let emits = own.and_then(|config| config.emits);
        let emits = emits.or_else(|| {
            let boundary = self.boundary?;
            Some(Emits {
                effects: boundary.spec.emits?,
                declared: Declared::Boundary(boundary),
            })
        });
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

    /// Returns one of its own settings.
    #[inline]
    fn setting<T>(&self, what: impl FnOnce(&Config) -> Option<T>) -> Option<T> {
        self.config.as_deref().and_then(what)
    }

    /// Returns its own name, or the name of its boundary.
    pub(crate) fn name(&self) -> Option<Cow<'static, str>> {
        match &self.name {
            None => Some(Cow::Borrowed(self.boundary?.spec.name)),
            own => own.clone(),
        }
    }

    /// Like [`name`](Self::name), borrowed.
    pub(crate) fn name_str(&self) -> Option<&str> {
        self.name
            .as_deref()
            .or_else(|| Some(self.boundary?.spec.name))
    }

    /// Returns the name or, without a name, the id of the scope, for messages.
    pub(crate) fn label(&self) -> String {
        match self.name_str() {
            Some(name) => name.to_owned(),
            None => self.id.to_string(),
        }
    }

    /// Returns its own lifecycle, or that of its airlock.
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

    /// Returns its own failure mode, or that of its airlock.
    pub(crate) fn failure_mode(&self) -> FailureMode {
        self.effect
            .or_else(|| self.setting(|config| config.failure_mode))
            .unwrap_or_else(|| self.around.settings().failure_mode)
    }

    /// Returns whether the scope or its airlock has an `on_report` hook.
    #[inline]
    pub(crate) fn is_reported(&self) -> bool {
        let own = self.config.as_ref();
        own.is_some_and(|config| config.on_report.is_some())
            || self
                .around
                .place()
                .is_some_and(|place| place.settings().on_report.is_some())
    }

    /// Returns its own observer.
    pub(crate) fn observer(&self) -> Option<&Arc<dyn Observer>> {
        self.config.as_ref()?.observer.as_ref()
    }

    /// Returns whether its intents leave without being judged by policies.
    pub(crate) fn is_exempt(&self) -> bool {
        self.config.as_ref().is_some_and(|config| config.exempt)
    }
}
