//! The builder of scopes.

use std::borrow::Cow;
use std::fmt;
use std::panic::Location;
use std::sync::Arc;

use crate::context::{self, Around, Config, Declared, Emits, Spec};
use crate::effect::{BoundaryDescriptor, EffectSet};
use crate::executor::{Executor, FailureMode, Named};
use crate::intent::Origin;
use crate::lifecycle::Lifecycle;
use crate::observer::Observer;
use crate::policy::{Layer, Policy};
use crate::report::FlushReport;
use crate::scope::{OpenScope, OwnedScope, ScopeGuard, root};

/// A builder of a scope, which opens when it is run, entered or opened.
///
/// Settings that are not made here fall back to the [`Airlock`](crate::Airlock) around it, then to
/// the defaults: effects are performed inline, the scope flushes on success and discards otherwise,
/// and a flush stops at the first failure.
///
/// A clone builds another scope with the same settings, for code that opens many scopes, such as a
/// middleware. Clones share policies, executor and lifecycle, including their state.
#[must_use = "a scope that is not run, entered or opened does nothing"]
#[derive(Clone)]
pub struct ScopeBuilder {
    spec: Spec,
}

/// Returns a builder of a scope: `airlock::scope().policy(..).run(|scope| ..)`.
///
/// ```
/// # use airlock_core as airlock;
/// let ended = airlock::scope().name("import").run_infallible(|scope| scope.len())?;
/// assert_eq!(ended.value, 0);
/// assert!(ended.report.is_empty());
/// # Ok::<(), airlock::FlushError>(())
/// ```
#[track_caller]
pub fn scope() -> ScopeBuilder {
    root::check();
    ScopeBuilder::new()
}

impl ScopeBuilder {
    /// Returns a builder for scopes that may be root scopes even while tests forbid them.
    #[inline]
    pub(crate) fn new() -> Self {
        Self {
            spec: Spec::default(),
        }
    }

    #[inline]
    #[track_caller]
    pub(crate) fn for_boundary(boundary: &'static BoundaryDescriptor) -> Self {
        root::check();
        Self {
            spec: Spec {
                boundary: Some(boundary),
                ..Spec::default()
            },
        }
    }

    #[inline]
    pub(super) fn into_spec(self) -> Spec {
        self.spec
    }

    pub(super) fn spec(&mut self) -> &mut Spec {
        &mut self.spec
    }

    fn config_mut(&mut self) -> &mut Config {
        Arc::make_mut(self.spec.config.get_or_insert_default())
    }

    /// Sets the name that reports and logs show.
    pub fn name(mut self, name: impl Into<Cow<'static, str>>) -> Self {
        self.spec.name = Some(name.into());
        self
    }

    /// Adds a policy. Policies that were added earlier judge first.
    pub fn policy(mut self, policy: impl Policy) -> Self {
        self.config_mut().policies.push(Layer::new(policy));
        self
    }

    /// Sets the executor that performs the intents enqueued here, or hands them over. A scope
    /// nearer to the enqueue can set another one.
    pub fn executor(mut self, executor: impl Executor) -> Self {
        self.config_mut().executor = Some(Named::new(executor));
        self
    }

    /// Sets the lifecycle, which decides whether the finished scope flushes, and what it lets
    /// nested scopes release.
    pub fn lifecycle(mut self, lifecycle: impl Lifecycle) -> Self {
        self.config_mut().lifecycle = Some(Arc::new(lifecycle));
        self
    }

    /// Restricts the effects that code here, down to nested scopes, may enqueue. Other effects are
    /// refused at enqueue. The restriction does not apply to intents that effects enqueue while
    /// they are performed.
    ///
    /// ```
    /// #[airlock::effect]
    /// fn notify_warehouse(order: u64) {}
    /// #[airlock::effect]
    /// fn send_confirmation(order: u64) {}
    ///
    /// let only_mail = airlock::scope().emits::<SendConfirmation>();
    /// only_mail.run_infallible(|_| {
    ///     let refused = airlock::try_enqueue(notify_warehouse(7)).unwrap_err();
    ///     assert!(refused.to_string().contains("does not declare it"), "{refused}");
    /// })?;
    /// # Ok::<(), airlock::FlushError>(())
    /// ```
    #[track_caller]
    pub fn emits<S: EffectSet>(mut self) -> Self {
        self.config_mut().emits = Some(Emits {
            effects: S::DESCRIPTORS,
            declared: Declared::Call(Location::caller()),
        });
        self
    }

    /// Sets what happens to the rest of a flush when one intent fails.
    pub fn failure_mode(mut self, mode: FailureMode) -> Self {
        self.config_mut().failure_mode = Some(mode);
        self
    }

    /// Calls a closure with the scope's report when the scope has ended, whatever the outcome.
    pub fn on_report(mut self, show: impl Fn(&FlushReport) + Send + Sync + 'static) -> Self {
        self.config_mut().on_report = Some(Arc::new(show));
        self
    }

    /// Sets where the work in the scope comes from. Intents that are enqueued here and in nested
    /// scopes carry this origin, unless a nearer scope sets another one.
    pub fn origin(mut self, origin: Origin) -> Self {
        self.spec.origin = Some(origin);
        self
    }

    /// Opens the scope without entering it, for [`Scope::enter`](crate::Scope::enter). End it with
    /// [`flush`](OpenScope::flush) or [`discard`](OpenScope::discard).
    pub fn open(self) -> OpenScope {
        self.open_owned().into_open()
    }

    /// Opens the scope for one future or stream that owns it; see [`OwnedScope`].
    pub fn open_owned(mut self) -> OwnedScope {
        OwnedScope::open(&mut self.spec)
    }

    /// Like [`open_owned`](Self::open_owned), for callers that open many scopes, each with its own
    /// origin.
    #[doc(hidden)]
    #[inline]
    pub fn open_one(&self, origin: Option<Origin>) -> OwnedScope {
        OwnedScope::from_frame(context::open_alike(&self.spec, origin))
    }

    /// Opens and enters the scope, until the guard is flushed, discarded or dropped.
    ///
    /// For sync code only; see [`ScopeGuard`] for the behaviour of a guard that is held across an
    /// await.
    #[track_caller]
    pub fn enter(self) -> ScopeGuard {
        let at_home = self.spec.airlock.is_none();
        ScopeGuard::new(self.open(), at_home, Location::caller())
    }

    /// Exempts the scope's intents from every policy.
    pub(crate) fn exempt(mut self) -> Self {
        self.config_mut().exempt = true;
        self
    }

    /// Sets an observer of the scope. The testing kit also recognises a test's scope by it.
    pub(crate) fn observer(mut self, observer: Arc<dyn Observer>) -> Self {
        self.config_mut().observer = Some(observer);
        self
    }

    /// Sets the executor, unless the code around already has one.
    pub(crate) fn executor_if_none(self, executor: impl Executor) -> Self {
        let around = self.spec.airlock.clone().unwrap_or_else(context::around);
        match around.executor(false).is_some() {
            true => self,
            false => self.executor(executor),
        }
    }

    /// Makes the scope open within these places instead of the current ones, outside of every
    /// scope.
    pub(crate) fn within(mut self, around: Around) -> Self {
        self.spec.airlock = Some(around);
        self
    }
}

impl fmt::Debug for ScopeBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ScopeBuilder")
            .field(
                "boundary",
                &self.spec.boundary.map(BoundaryDescriptor::name),
            )
            .field("name", &self.spec.name)
            .field(
                "policies",
                &self.spec.config.as_ref().map(|it| &it.policies),
            )
            .finish_non_exhaustive()
    }
}
