//! Policies, which decide which intents may leave a scope.
//!
//! A policy judges an intent twice: it may veto it at enqueue, and drop it at dispatch. It cannot
//! enqueue, reorder or change intents. Attach a policy to a scope
//! ([`ScopeBuilder::policy`](crate::ScopeBuilder::policy)), to a block of code
//! ([`policy`](crate::policy())), or to a whole program
//! ([`AirlockBuilder::policy`](crate::AirlockBuilder::policy)).

mod block;
mod combine;
mod dedupe;
mod judgement;
mod simple;
mod view;

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use crate::intent::{Intent, name_of};

pub use self::block::{EffectFilter, SelectorError, allow_only, block};
pub use self::combine::{And, Not, Or};
pub use self::dedupe::{Dedupe, dedupe, dedupe_by};
pub(crate) use self::judgement::Drop;
pub use self::judgement::Judgement;
pub use self::simple::{
    NoReentry, allow_all, allow_if, assert_no_effects, cap, drop_all, limit, log_on_flush,
    no_reentry,
};
pub(crate) use self::view::Holder;
pub use self::view::ScopeView;

/// A rule that judges intents at enqueue and at dispatch.
///
/// Closures `Fn(&Intent) -> bool` are policies that judge at dispatch; [`allow_if`] infers the type
/// of their argument.
///
/// A policy cannot enqueue: an attempt is an error at the line that enqueues.
///
/// ```
/// use airlock_core::policy::{Policy, Veto, Verdict};
/// use airlock_core::{Intent, Scope};
/// use std::borrow::Cow;
///
/// /// Drops the intents of the queue `slow` during the day.
/// struct DayShift;
///
/// impl Policy for DayShift {
///     fn at_flush(&self, intent: &Intent) -> Verdict {
///         if intent.queue() == Some("slow") {
///             Verdict::drop_because("slow work waits for the night")
///         } else {
///             Verdict::Allow
///         }
///     }
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a policy",
    note = "implement `airlock::policy::Policy`, or use a closure `|intent: &airlock::Intent| -> bool`",
    note = "the policies of `airlock::policy` are made by functions: write `drop_all()`, with parentheses"
)]
pub trait Policy: Send + Sync + 'static {
    /// Judges an intent that is being enqueued into `scope`. A vetoed intent is not buffered.
    ///
    /// Called for one intent of a scope at a time, even if several threads enqueue into it. So the
    /// view does not change between this call and the buffering of the intent.
    ///
    /// # Errors
    ///
    /// A [`Veto`], which `enqueue` turns into a panic and `try_enqueue` into an error.
    fn at_enqueue(&self, intent: &Intent, scope: &ScopeView<'_>) -> Result<(), Veto> {
        let _ = (intent, scope);
        Ok(())
    }

    /// Judges an intent that is about to be dispatched.
    ///
    /// If it panics, this intent fails, and the other intents that the policy was judging are not
    /// reached. The flush error hands all of them back.
    fn at_flush(&self, intent: &Intent) -> Verdict {
        let _ = intent;
        Verdict::Allow
    }

    /// Judges the intents that one flush wants to dispatch, in order.
    ///
    /// Override it for policies that must see more than one intent at a time. The default calls
    /// [`at_flush`](Self::at_flush) for each intent. Intents that effects enqueue during the flush
    /// are judged in later calls.
    fn judge(&self, batch: &mut Judgement<'_>) {
        batch.each(|intent| self.at_flush(intent));
    }

    /// Returns the name that reports and logs show: the type's name unless overridden.
    fn name(&self) -> Cow<'static, str> {
        Cow::Borrowed(short_type_name::<Self>())
    }

    /// Allows what both policies allow. `self` judges first; `other` does not see what `self`
    /// refuses.
    fn and<P: Policy>(self, other: P) -> And<Self, P>
    where
        Self: Sized,
    {
        And(self, other)
    }

    /// Allows what either policy allows. `self` judges first; `other` does not see what `self`
    /// allows.
    fn or<P: Policy>(self, other: P) -> Or<Self, P>
    where
        Self: Sized,
    {
        Or(self, other)
    }

    /// Drops what `self` allows, and allows what it drops. Vetoes nothing at enqueue.
    fn not(self) -> Not<Self>
    where
        Self: Sized,
    {
        Not(self)
    }
}

/// Shortens `crate::a::Name<..>` to `Name`.
pub(crate) fn short_type_name<T: ?Sized>() -> &'static str {
    let full = std::any::type_name::<T>();
    let plain = full.split('<').next().unwrap_or(full);
    plain.rsplit("::").next().unwrap_or(plain)
}

/// A policy's judgement of an intent that is about to be dispatched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The intent may be dispatched, unless another policy drops it.
    Allow,
    /// The intent is dropped, with an optional reason for the report.
    Drop(Option<Cow<'static, str>>),
}

impl Verdict {
    /// Drops the intent without a reason. The report shows the policy's name.
    pub const DROP: Verdict = Verdict::Drop(None);

    /// Drops the intent with a reason, which the report shows.
    pub fn drop_because(reason: impl Into<Cow<'static, str>>) -> Self {
        Verdict::Drop(Some(reason.into()))
    }
}

impl From<bool> for Verdict {
    fn from(allow: bool) -> Self {
        if allow { Verdict::Allow } else { Verdict::DROP }
    }
}

/// A policy's refusal of an intent that is being enqueued.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub struct Veto {
    reason: Cow<'static, str>,
    /// The policy within a combination of policies that vetoed.
    policy: Option<String>,
}

impl Veto {
    /// Creates a veto with this reason.
    pub fn because(reason: impl Into<Cow<'static, str>>) -> Self {
        Self {
            reason: reason.into(),
            policy: None,
        }
    }

    /// Names the policy, unless a policy within it is named already.
    pub(crate) fn by(mut self, policy: &(impl Policy + ?Sized)) -> Self {
        self.policy.get_or_insert_with(|| shown_name(policy));
        self
    }

    /// Returns the name of the policy within a combination of policies that vetoed.
    pub(crate) fn policy(&self) -> Option<&str> {
        self.policy.as_deref()
    }

    /// Returns the reason.
    pub fn reason(&self) -> &str {
        &self.reason
    }
}

/// Returns a policy's name, or a placeholder if `Policy::name` panics.
fn shown_name(policy: &(impl Policy + ?Sized)) -> String {
    name_of("Policy::name", || policy.name())
}

/// A policy in the stack, with its type erased.
#[derive(Clone)]
pub(crate) struct Layer(Arc<dyn Policy>);

impl Layer {
    pub(crate) fn new(policy: impl Policy) -> Self {
        Self(Arc::new(policy))
    }

    /// Returns the policy's name, or a placeholder if `Policy::name` panics.
    pub(crate) fn shown_name(&self) -> String {
        shown_name(&*self.0)
    }
}

impl Policy for Layer {
    fn at_enqueue(&self, intent: &Intent, scope: &ScopeView<'_>) -> Result<(), Veto> {
        self.0.at_enqueue(intent, scope)
    }

    fn at_flush(&self, intent: &Intent) -> Verdict {
        self.0.at_flush(intent)
    }

    fn judge(&self, batch: &mut Judgement<'_>) {
        self.0.judge(batch);
    }

    fn name(&self) -> Cow<'static, str> {
        self.0.name()
    }
}

impl fmt::Debug for Layer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown_name())
    }
}
