//! Policies that judge one intent at a time.

use std::borrow::Cow;
use std::fmt;
use std::panic::Location;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::intent::Intent;
use crate::policy::{Policy, ScopeView, Verdict, Veto};

/// Returns a policy that allows every intent.
pub fn allow_all() -> AllowAll {
    AllowAll
}

/// A policy that allows every intent; made by [`allow_all`].
#[derive(Clone, Copy, Debug, Default)]
pub struct AllowAll;

impl Policy for AllowAll {
    fn name(&self) -> Cow<'static, str> {
        "allow_all".into()
    }
}

/// Returns a policy that drops every intent at dispatch: a dry run. The buffer still shows the
/// intents.
pub fn drop_all() -> DropAll {
    DropAll
}

/// A policy that drops every intent at dispatch; made by [`drop_all`].
#[derive(Clone, Copy, Debug, Default)]
pub struct DropAll;

impl Policy for DropAll {
    fn at_flush(&self, _: &Intent) -> Verdict {
        Verdict::DROP
    }

    fn name(&self) -> Cow<'static, str> {
        "drop_all".into()
    }
}

/// Returns a policy that vetoes every intent. Code under it, down to nested scopes, must be free of
/// effects.
pub fn assert_no_effects() -> AssertNoEffects {
    AssertNoEffects
}

/// A policy that vetoes every intent; made by [`assert_no_effects`].
#[derive(Clone, Copy, Debug, Default)]
pub struct AssertNoEffects;

impl Policy for AssertNoEffects {
    fn at_enqueue(&self, _: &Intent, _: &ScopeView<'_>) -> Result<(), Veto> {
        Err(Veto::because("no effects are allowed here"))
    }

    fn at_flush(&self, _: &Intent) -> Verdict {
        Verdict::DROP
    }

    fn name(&self) -> Cow<'static, str> {
        "assert_no_effects".into()
    }
}

/// Returns a policy that allows the first `max` intents that it judges at dispatch, and drops all
/// later ones. The count spans all flushes and is never reset.
pub fn limit(max: usize) -> Limit {
    Limit {
        max,
        asked: AtomicUsize::new(0),
    }
}

/// A policy that allows a fixed number of intents; made by [`limit`].
#[derive(Debug)]
pub struct Limit {
    max: usize,
    asked: AtomicUsize,
}

impl Policy for Limit {
    fn at_flush(&self, _: &Intent) -> Verdict {
        // The count stops at `max`, so it cannot overflow.
        let counted = self
            .asked
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |asked| {
                (asked < self.max).then(|| asked + 1)
            });
        counted.is_ok().into()
    }

    fn name(&self) -> Cow<'static, str> {
        format!("limit({})", self.max).into()
    }
}

/// Returns a policy that vetoes an intent if the scope that would buffer it already holds `max`
/// intents. Use it as a guard against endless loops that enqueue. Each scope under the policy
/// counts for itself.
pub fn cap(max: usize) -> Cap {
    Cap { max }
}

/// A policy that limits the size of a scope's buffer; made by [`cap`].
#[derive(Clone, Copy, Debug)]
pub struct Cap {
    max: usize,
}

impl Policy for Cap {
    fn at_enqueue(&self, _: &Intent, scope: &ScopeView<'_>) -> Result<(), Veto> {
        if scope.len() < self.max {
            return Ok(());
        }
        Err(Veto::because(format!(
            "the scope holds {} intents, as many as `cap` allows",
            self.max
        )))
    }

    fn name(&self) -> Cow<'static, str> {
        format!("cap({})", self.max).into()
    }
}

/// Returns a policy that drops an intent whose effect is already in its chain of causes. This
/// breaks the loop of an effect that, through domain code, enqueues itself again.
///
/// ```
/// use airlock_core::policy::no_reentry;
///
/// let quiet = no_reentry();          // drops the re-entry at dispatch
/// let strict = no_reentry().reject(); // vetoes it at enqueue
/// ```
pub fn no_reentry() -> NoReentry {
    NoReentry { reject: false }
}

/// A policy that drops effects which cause themselves; made by [`no_reentry`].
#[derive(Clone, Copy, Debug)]
pub struct NoReentry {
    reject: bool,
}

impl NoReentry {
    /// Also vetoes the intent, so that the enqueue fails at the caller's line.
    #[must_use]
    pub fn reject(mut self) -> Self {
        self.reject = true;
        self
    }

    fn loop_of(intent: &Intent) -> Option<String> {
        let cause = intent
            .cause()
            .filter(|cause| cause.includes(intent.effect()))?;
        Some(format!("re-entry: {cause} -> {}", intent.effect().id()))
    }
}

impl Policy for NoReentry {
    fn at_enqueue(&self, intent: &Intent, _: &ScopeView<'_>) -> Result<(), Veto> {
        match Self::loop_of(intent).filter(|_| self.reject) {
            Some(reason) => Err(Veto::because(reason)),
            None => Ok(()),
        }
    }

    fn at_flush(&self, intent: &Intent) -> Verdict {
        Self::loop_of(intent).map_or(Verdict::Allow, Verdict::drop_because)
    }

    fn name(&self) -> Cow<'static, str> {
        "no_reentry".into()
    }
}

/// Returns a policy that logs each intent that is about to be dispatched, at level info through
/// `tracing`, and allows it. Arguments are logged with `Debug`, which leaves out redacted ones.
pub fn log_on_flush() -> LogOnFlush {
    LogOnFlush
}

/// A policy that logs intents; made by [`log_on_flush`].
#[derive(Clone, Copy, Debug, Default)]
pub struct LogOnFlush;

impl Policy for LogOnFlush {
    fn at_flush(&self, intent: &Intent) -> Verdict {
        tracing::info!(
            target: "airlock",
            effect = intent.effect().id(),
            intent = intent.id().get(),
            at = %intent.location(),
            arguments = ?intent.arguments(),
            "about to be dispatched",
        );
        Verdict::Allow
    }

    fn name(&self) -> Cow<'static, str> {
        "log_on_flush".into()
    }
}

/// Returns a policy that allows the intents that a closure accepts at dispatch. Reports show its
/// `file:line`.
///
/// ```
/// use airlock_core::policy::{Policy, allow_if};
///
/// let mail_only = allow_if(|intent| intent.effect().has_tag("mail"));
/// assert!(mail_only.name().starts_with("allow_if at "));
/// ```
#[track_caller]
pub fn allow_if<F>(accepts: F) -> AllowIf<F>
where
    F: Fn(&Intent) -> bool + Send + Sync + 'static,
{
    AllowIf {
        accepts,
        location: Location::caller(),
    }
}

/// A policy that allows what a closure accepts; made by [`allow_if`].
#[derive(Clone, Copy)]
pub struct AllowIf<F> {
    accepts: F,
    location: &'static Location<'static>,
}

impl<F: Fn(&Intent) -> bool + Send + Sync + 'static> Policy for AllowIf<F> {
    fn at_flush(&self, intent: &Intent) -> Verdict {
        (self.accepts)(intent).into()
    }

    fn name(&self) -> Cow<'static, str> {
        format!(
            "allow_if at {}:{}",
            self.location.file(),
            self.location.line()
        )
        .into()
    }
}

impl<F> fmt::Debug for AllowIf<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AllowIf({})", self.location)
    }
}

impl<F: Fn(&Intent) -> bool + Send + Sync + 'static> Policy for F {
    fn at_flush(&self, intent: &Intent) -> Verdict {
        self(intent).into()
    }

    fn name(&self) -> Cow<'static, str> {
        "closure".into()
    }
}
