//! Policies that judge one intent at a time.

use std::borrow::Cow;
use std::panic::Location;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::intent::Intent;
use crate::policy::{Policy, ScopeView, Verdict, Veto};

/// Returns a policy that allows every intent.
pub fn allow_all() -> impl Policy + Clone {
    AllowAll
}

#[derive(Clone)]
struct AllowAll;

impl Policy for AllowAll {
    fn name(&self) -> Cow<'static, str> {
        "allow_all".into()
    }
}

/// Returns a policy that drops every intent at dispatch: a dry run. The buffer still shows the
/// intents.
pub fn drop_all() -> impl Policy + Clone {
    DropAll
}

#[derive(Clone)]
struct DropAll;

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
pub fn assert_no_effects() -> impl Policy + Clone {
    AssertNoEffects
}

#[derive(Clone)]
struct AssertNoEffects;

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
/// later ones. The count spans all flushes and is never reset. Clones share the count.
pub fn limit(max: usize) -> impl Policy + Clone {
    Limit {
        max,
        asked: Arc::default(),
    }
}

#[derive(Clone)]
struct Limit {
    max: usize,
    asked: Arc<AtomicUsize>,
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
pub fn cap(max: usize) -> impl Policy + Clone {
    Cap { max }
}

#[derive(Clone)]
struct Cap {
    max: usize,
}

impl Policy for Cap {
    fn at_enqueue(&self, _: &Intent, scope: &ScopeView<'_>) -> Result<(), Veto> {
        if scope.len() < self.max {
            return Ok(());
        }
        let intents = if self.max == 1 { "intent" } else { "intents" };
        Err(Veto::because(format!(
            "the scope holds {} {intents}, as many as `cap` allows",
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

/// Returns a policy that logs each intent that reaches it at dispatch, at level info through
/// `tracing`, and allows it. Policies further out judge after it and may still drop the intent.
/// Arguments are logged with `Debug`, which leaves out redacted ones.
pub fn log_on_flush() -> impl Policy + Clone {
    LogOnFlush
}

#[derive(Clone)]
struct LogOnFlush;

impl Policy for LogOnFlush {
    fn at_flush(&self, intent: &Intent) -> Verdict {
        tracing::info!(
            target: "airlock",
            effect = intent.effect().id(),
            intent = intent.id().get(),
            at = %intent.location(),
            arguments = ?intent.arguments(),
            "leaves unless a policy further out drops it",
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
pub fn allow_if(
    accepts: impl Fn(&Intent) -> bool + Clone + Send + Sync + 'static,
) -> impl Policy + Clone {
    AllowIf {
        accepts,
        location: Location::caller(),
    }
}

#[derive(Clone)]
struct AllowIf<F> {
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

impl<F: Fn(&Intent) -> bool + Send + Sync + 'static> Policy for F {
    fn at_flush(&self, intent: &Intent) -> Verdict {
        self(intent).into()
    }

    fn name(&self) -> Cow<'static, str> {
        "closure".into()
    }
}
