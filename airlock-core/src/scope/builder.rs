//! Describing a scope before it opens.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use crate::airlock::Airlock;
use crate::catalogue::BoundaryDescriptor;
use crate::context::{self, Kind, Node};
use crate::effect::EffectSet;
use crate::executor::Executor;
use crate::flush::{FailureMode, FlushReport};
use crate::lifecycle::Lifecycle;
use crate::origin::Origin;
use crate::policy::{Layer, Policy};
use crate::scope::{OpenScope, ScopeCore, ScopeGuard};
use crate::testing::Looks;

/// Describes a scope. It opens when it is run, entered or opened.
///
/// What is not said falls back to the [`Airlock`](crate::Airlock) around it, then to the defaults:
/// performed inline, flushed on success, discarded otherwise, stopped at the first failure.
#[must_use = "a scope that is not run, entered or opened does nothing"]
pub struct ScopeBuilder {
    core: ScopeCore,
    /// What encloses the scope, where that is not what encloses the code that opens it.
    parent: Option<Arc<Node>>,
}

/// Describes a scope: `airlock::scope().policy(..).run(|scope| ..)`.
///
/// ```
/// # use airlock_core as airlock;
/// let ended = airlock::scope().name("import").run_infallible(|scope| scope.len())?;
/// assert_eq!(ended.value, 0);
/// assert!(ended.report.is_empty());
/// # Ok::<(), airlock::FlushError>(())
/// ```
pub fn scope() -> ScopeBuilder {
    ScopeBuilder {
        core: ScopeCore::new(),
        parent: None,
    }
}

impl ScopeBuilder {
    pub(crate) fn for_boundary(boundary: &'static BoundaryDescriptor) -> Self {
        Self {
            core: ScopeCore::of_boundary(boundary),
            parent: None,
        }
    }

    /// Names the scope in reports and logs.
    pub fn name(mut self, name: impl Into<Cow<'static, str>>) -> Self {
        self.core.config_mut().name = Some(name.into());
        self
    }

    /// Adds a policy; one that is there already is asked first.
    pub fn policy(mut self, policy: impl Policy) -> Self {
        let config = self.core.config_mut();
        config.policy = Some(match config.policy.take() {
            None => Layer::new(policy),
            Some(first) => Layer::new(first.and(policy)),
        });
        self
    }

    /// Decides how the intents enqueued here are performed or handed over, unless a scope nearer
    /// to them says otherwise.
    pub fn executor(mut self, executor: impl Executor) -> Self {
        self.core.config_mut().executor = Some(Arc::new(executor));
        self
    }

    /// Decides whether the finished scope flushes, and what it lets its descendants release.
    pub fn lifecycle(mut self, lifecycle: impl Lifecycle) -> Self {
        self.core.config_mut().lifecycle = Some(Arc::new(lifecycle));
        self
    }

    /// Lets code here, down to nested scopes, enqueue these effects only. What an effect enqueues
    /// while it is performed is that effect's affair and not refused.
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
    pub fn emits<S: EffectSet>(mut self) -> Self {
        self.core.config_mut().emits = Some(S::DESCRIPTORS);
        self
    }

    /// Chooses what happens to the rest of a flush when one intent fails.
    pub fn failure_mode(mut self, mode: FailureMode) -> Self {
        self.core.config_mut().failure_mode = Some(mode);
        self
    }

    /// Shows the scope's report to a closure when it has ended, whatever became of it.
    pub fn on_report(mut self, show: impl Fn(&FlushReport) + Send + Sync + 'static) -> Self {
        self.core.config_mut().on_report = Some(Arc::new(show));
        self
    }

    /// Says where the work in the scope comes from: the intents that are enqueued here and below
    /// carry it, unless a scope nearer to them says otherwise.
    pub fn origin(mut self, origin: Origin) -> Self {
        self.core.set_origin(origin);
        self
    }

    /// Opens the scope in this airlock, wherever that is: what encloses the code, scopes and
    /// policies too, is out of reach. As [`Airlock::scope`].
    pub fn airlock(self, airlock: &Airlock) -> Self {
        self.under(airlock.node().clone())
    }

    /// Opens the scope without entering it: for [`Scope::enter`](crate::Scope::enter), then
    /// [`flush`](OpenScope::flush) or [`discard`](OpenScope::discard) by hand.
    pub fn open(mut self) -> OpenScope {
        let parent = self.parent.take().or_else(context::current);
        self.core.trace();
        OpenScope::new(Node::new(parent, Kind::Scope(self.core)))
    }

    /// Opens and enters the scope until the guard is flushed, discarded or dropped.
    pub fn enter(self) -> ScopeGuard {
        ScopeGuard::new(self.open())
    }

    /// Lets no policy judge what it holds.
    pub(crate) fn exempt(mut self) -> Self {
        self.core.config_mut().exempt = true;
        self
    }

    /// Lets the scope of a test remember what was looked at.
    pub(crate) fn looks(mut self, looks: Arc<Looks>) -> Self {
        self.core.config_mut().looks = Some(looks);
        self
    }

    /// Names the executor unless one is named around it.
    pub(crate) fn executor_if_none(self, executor: impl Executor) -> Self {
        let parent = self.parent.clone().or_else(context::current);
        match parent.is_some_and(|parent| parent.executor().is_some()) {
            true => self,
            false => self.executor(executor),
        }
    }

    /// Opens it under this node instead of the current one.
    pub(crate) fn under(mut self, parent: Arc<Node>) -> Self {
        self.parent = Some(parent);
        self
    }
}

/// A clone describes another scope with the same settings: for whoever opens one again and again,
/// such as a middleware. Policies, executor and lifecycle are shared, with what they remember.
impl Clone for ScopeBuilder {
    fn clone(&self) -> Self {
        Self {
            core: self.core.again(),
            parent: self.parent.clone(),
        }
    }
}

impl fmt::Debug for ScopeBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ScopeBuilder")
            .field("name", &self.core.name_str())
            .field("policy", &self.core.policy())
            .finish_non_exhaustive()
    }
}
