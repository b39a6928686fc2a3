//! Places: the policies, executors, `emits`, airlocks and effects around code.
//!
//! They form an immutable linked list, innermost first. A scope without settings adds nothing to it, so that the
//! list is empty for most code: see [`Around`].

use std::borrow::Cow;
use std::collections::HashSet;
use std::fmt;
use std::panic::Location;
use std::sync::Arc;

use once_cell::sync::OnceCell;

use crate::context::head::Config;
use crate::effect::{BoundaryDescriptor, EffectDescriptor};
use crate::executor::Executor;
use crate::intent::{Cause, IntentInfo, OpaquePlace, ScopeId};
use crate::policy::Layer;
use crate::settings::{Settings, SettingsRef};

/// One enclosing policy, scope with settings, airlock or effect.
pub(crate) struct Place {
    pub(crate) outer: Option<Arc<Place>>,
    pub(crate) kind: PlaceKind,
    /// The number of places from the outermost one to this one, from 1.
    pub(crate) depth: u32,
    /// `true` if an enqueue here has anything to consult (policy, executor, `emits`, observer), or has a cause.
    pub(crate) asks: bool,
    /// `true` if a policy judges intents that were enqueued here.
    pub(crate) judges: bool,
    settings: SettingsRef,
    /// The nearest named executor that takes all effects.
    executor: Option<Arc<dyn Executor>>,
    /// The nearest named executor that takes durable effects; it may take only those.
    for_durable: Option<Arc<dyn Executor>>,
    /// The nearest effect under way.
    cause: Option<Arc<Cause>>,
}

/// The kinds of places.
pub(crate) enum PlaceKind {
    /// A scope that names policies, an executor or the effects that it emits.
    Scope {
        id: ScopeId,
        name: Option<Cow<'static, str>>,
        config: Arc<Config>,
        emits: Option<Emits>,
    },
    /// A local policy.
    Policy(Layer),
    /// An entered airlock. It is the outermost place.
    Airlock,
    /// An effect under way.
    Effect,
}

/// The effects that may be enqueued in a scope, and where that is declared.
#[derive(Clone, Copy)]
pub(crate) struct Emits {
    pub(crate) effects: &'static [&'static EffectDescriptor],
    pub(crate) declared: Declared,
}

/// The declaration of an `emits`.
#[derive(Clone, Copy)]
pub(crate) enum Declared {
    /// The attribute of a boundary.
    Boundary(&'static BoundaryDescriptor),
    /// A call of `ScopeBuilder::emits`.
    Call(&'static Location<'static>),
}

impl Place {
    /// Makes a place. What would need a walk outwards at each enqueue is cached here, once.
    fn new(outer: Option<Arc<Place>>, kind: PlaceKind, settings: SettingsRef) -> Arc<Self> {
        let (asks, judges, executor) = match &kind {
            PlaceKind::Scope { config, emits, .. } => {
                let judges = !config.policies.is_empty();
                let asks = judges || config.executor.is_some() || emits.is_some();
                (asks, judges, config.executor.clone())
            }
            PlaceKind::Policy(_) => (true, true, None),
            PlaceKind::Airlock => {
                let judges = !settings.policies.is_empty();
                let asks = judges || settings.executor.is_some() || settings.observer.is_some();
                (asks, judges, settings.executor.clone())
            }
            PlaceKind::Effect => (true, false, None),
        };
        let around = outer.as_deref();
        let inherited = || around.and_then(|outer| outer.executor.clone());
        // An executor for durable effects alone leaves the executor of the others as it is (R16).
        let (executor, for_durable) = match executor {
            None => (
                inherited(),
                around.and_then(|outer| outer.for_durable.clone()),
            ),
            Some(named) if named.only_durable => (inherited(), Some(named.executor)),
            Some(named) => (Some(named.executor.clone()), Some(named.executor)),
        };
        Arc::new(Self {
            depth: around.map_or(0, |outer| outer.depth) + 1,
            asks: asks || around.is_some_and(|outer| outer.asks),
            judges: judges || around.is_some_and(|outer| outer.judges),
            executor,
            for_durable,
            cause: around.and_then(|outer| outer.cause.clone()),
            outer,
            kind,
            settings,
        })
    }

    /// Makes the place of an airlock.
    pub(crate) fn airlock(settings: Settings) -> Arc<Self> {
        let settings = SettingsRef::Shared(Arc::new(settings));
        Self::new(None, PlaceKind::Airlock, settings)
    }

    /// Returns this place and all places around it, innermost first.
    pub(crate) fn outwards(self: &Arc<Self>) -> impl Iterator<Item = &Arc<Place>> {
        std::iter::successors(Some(self), |place| place.outer.as_ref())
    }

    /// Returns the policies that this place adds, in the order in which they are consulted.
    #[inline]
    pub(crate) fn policies(&self) -> &[Layer] {
        match &self.kind {
            PlaceKind::Scope { config, .. } => &config.policies,
            PlaceKind::Policy(layer) => std::slice::from_ref(layer),
            PlaceKind::Airlock => &self.settings.policies,
            PlaceKind::Effect => &[],
        }
    }

    /// Returns the nearest named executor for an effect.
    pub(crate) fn executor(&self, durable: bool) -> Option<&Arc<dyn Executor>> {
        match durable {
            true => self.for_durable.as_ref(),
            false => self.executor.as_ref(),
        }
    }

    pub(crate) fn settings(&self) -> &SettingsRef {
        &self.settings
    }

    pub(crate) fn cause(&self) -> Option<&Arc<Cause>> {
        self.cause.as_ref()
    }

    /// Copies this place into another list.
    fn within(&self, outer: &Around) -> Around {
        let kind = match &self.kind {
            PlaceKind::Scope {
                id,
                name,
                config,
                emits,
            } => PlaceKind::Scope {
                id: *id,
                name: name.clone(),
                config: config.clone(),
                emits: *emits,
            },
            PlaceKind::Policy(layer) => PlaceKind::Policy(layer.clone()),
            PlaceKind::Airlock => PlaceKind::Airlock,
            PlaceKind::Effect => return outer.effect(self.cause.clone()),
        };
        outer.with(kind)
    }

    /// Returns the place in which an intent was enqueued, if it remembers one.
    pub(crate) fn from_intent(data: &IntentInfo) -> Option<Arc<Place>> {
        let place = data.place()?.clone();
        place.downcast::<Place>().ok()
    }

    /// Like [`from_intent`](Self::from_intent), without counting a reference.
    pub(crate) fn of_ref(data: &IntentInfo) -> Option<&Place> {
        data.place()?.downcast_ref::<Place>()
    }
}

/// Frees a list in a loop: it may be a hundred thousand places long, and recursion would overflow the stack.
impl Drop for Place {
    fn drop(&mut self) {
        let mut next = self.outer.take();
        while let Some(place) = next {
            next = Arc::into_inner(place).and_then(|mut place| place.outer.take());
        }
    }
}

impl fmt::Debug for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kind {
            PlaceKind::Scope { id, name, .. } => match name {
                Some(name) => write!(f, "scope {name}"),
                None => write!(f, "scope {id}"),
            },
            PlaceKind::Policy(layer) => write!(f, "policy {layer:?}"),
            PlaceKind::Airlock => f.write_str("airlock"),
            PlaceKind::Effect => f.write_str("effect"),
        }
    }
}

/// The places around some code.
#[derive(Clone, Debug, Default)]
pub(crate) enum Around {
    /// No places: nothing to consult.
    #[default]
    Nothing,
    /// The installed airlock alone. It lives as long as the process, so references to it are not counted.
    Installed(&'static Arc<Place>),
    Within(Arc<Place>),
}

static INSTALLED: OnceCell<Arc<Place>> = OnceCell::new();

/// Installs an airlock for the process. It applies to scopes that are opened from now on.
pub(crate) fn install(airlock: Arc<Place>) -> Result<(), Arc<Place>> {
    INSTALLED.set(airlock)
}

impl Around {
    /// Returns the places around code that is in no scope, policy, effect or entered airlock.
    #[inline]
    pub(crate) fn root() -> Self {
        match INSTALLED.get() {
            None => Self::Nothing,
            Some(airlock) => Self::Installed(airlock),
        }
    }

    #[inline]
    pub(crate) fn place(&self) -> Option<&Arc<Place>> {
        match self {
            Self::Nothing => None,
            Self::Installed(place) => Some(place),
            Self::Within(place) => Some(place),
        }
    }

    #[inline]
    pub(crate) fn asks(&self) -> bool {
        self.place().is_some_and(|place| place.asks)
    }

    #[inline]
    pub(crate) fn judges(&self) -> bool {
        self.place().is_some_and(|place| place.judges)
    }

    #[inline]
    pub(crate) fn depth(&self) -> u32 {
        self.place().map_or(0, |place| place.depth)
    }

    #[inline]
    pub(crate) fn settings(&self) -> SettingsRef {
        match self {
            Self::Nothing => Settings::plain(),
            Self::Installed(place) => SettingsRef::Static(&place.settings),
            Self::Within(place) => place.settings.clone(),
        }
    }

    /// Returns the nearest named executor for an effect.
    #[inline]
    pub(crate) fn executor(&self, durable: bool) -> Option<&Arc<dyn Executor>> {
        self.place()?.executor(durable)
    }

    /// Returns the executor of all effects, or `None` if durable effects have a different one. The inner
    /// option is `None` if no executor is named.
    pub(crate) fn only_executor(&self) -> Option<Option<&Arc<dyn Executor>>> {
        let (any, durable) = (self.executor(false), self.executor(true));
        let same = match (any, durable) {
            (None, None) => true,
            (Some(any), Some(durable)) => Arc::ptr_eq(any, durable),
            _ => false,
        };
        same.then_some(any)
    }

    pub(crate) fn outwards(&self) -> impl Iterator<Item = &Arc<Place>> {
        std::iter::successors(self.place(), |place| place.outer.as_ref())
    }

    /// Returns whether both are the same list.
    #[inline]
    pub(crate) fn is(&self, other: &Around) -> bool {
        match (self.place(), other.place()) {
            (None, None) => true,
            (Some(one), Some(other)) => Arc::ptr_eq(one, other),
            _ => false,
        }
    }

    /// Returns this list with another place in it.
    pub(crate) fn with(&self, kind: PlaceKind) -> Self {
        Self::Within(Place::new(self.place().cloned(), kind, self.settings()))
    }

    /// Returns this list with an effect under way, which is the cause of the intents enqueued in it.
    ///
    /// Replaces the place of an effect directly around it: a chain of effects would otherwise be a chain of places,
    /// too.
    pub(crate) fn effect(&self, cause: Option<Arc<Cause>>) -> Self {
        let mut outer = self.place();
        while let Some(place) = outer
            && let PlaceKind::Effect = place.kind
        {
            outer = place.outer.as_ref();
        }
        let mut place = Place::new(outer.cloned(), PlaceKind::Effect, self.settings());
        // Always succeeds: the place was just made, so this is the only reference.
        if let Some(place) = Arc::get_mut(&mut place) {
            place.cause = cause;
        }
        Self::Within(place)
    }

    /// Makes an intent remember that it was enqueued here.
    pub(crate) fn remember(&self, data: &mut IntentInfo) {
        let place = self.place().cloned().map(|place| place as OpaquePlace);
        data.set_place(place);
    }

    /// Copies the innermost place of this list into another list.
    pub(crate) fn innermost_within(&self, outer: &Around) -> Self {
        match self.place() {
            Some(place) => place.within(outer),
            None => outer.clone(),
        }
    }

    /// Returns these places and, within them, the policies of other lists that are not yet included. For an effect
    /// that is performed for intents from several places at once.
    pub(crate) fn joined_with<'p>(&self, others: impl Iterator<Item = &'p Arc<Place>>) -> Self {
        let mut known: HashSet<*const Place> = self.outwards().map(Arc::as_ptr).collect();
        let mut joined = self.clone();
        for other in others {
            let mut more = Vec::new();
            for place in other.outwards() {
                // Lists share their tails: everything around a known place is known as well.
                if !known.insert(Arc::as_ptr(place)) {
                    break;
                }
                more.extend(place.policies());
            }
            for layer in more.into_iter().rev() {
                joined = joined.with(PlaceKind::Policy(layer.clone()));
            }
        }
        joined
    }
}
