//! Policies: which intents escape.
//!
//! A policy judges twice: when an intent is enqueued it may veto, when it is dispatched it may drop.
//! It never enqueues, reorders or changes anything. Attach one to a scope
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
pub use self::judgement::Judgement;
pub use self::simple::{
    NoReentry, allow_all, allow_if, assert_no_effects, cap, drop_all, limit, log_on_flush,
    no_reentry,
};
pub(crate) use self::view::Holder;
pub use self::view::ScopeView;

/// Judges intents.
///
/// Closures `Fn(&Intent) -> bool` are policies that judge at dispatch; [`allow_if`] infers their
/// argument's type.
///
/// ```
/// use airlock_core::policy::{Policy, Veto, Verdict};
/// use airlock_core::{Intent, Scope};
/// use std::borrow::Cow;
///
/// /// Lets nothing of the queue `slow` out during the day.
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
    note = "implement `airlock::policy::Policy`, or use a closure `|intent: &airlock::Intent| -> bool`"
)]
pub trait Policy: Send + Sync + 'static {
    /// Judges an intent that is being enqueued; `scope` would buffer it. A veto keeps it out.
    ///
    /// Called for one intent of a scope at a time, also when several threads enqueue into it: what
    /// `scope` shows does not change before the intent is buffered.
    ///
    /// # Errors
    ///
    /// A [`Veto`], which `enqueue` turns into a panic and `try_enqueue` into an error.
    fn at_enqueue(&self, intent: &Intent, scope: &ScopeView<'_>) -> Result<(), Veto> {
        let _ = (intent, scope);
        Ok(())
    }

    /// Judges an intent that is about to be dispatched.
    fn at_flush(&self, intent: &Intent) -> Verdict {
        let _ = intent;
        Verdict::Allow
    }

    /// Judges what one flush wants to dispatch, in order: for policies that must see more than one
    /// intent at a time. It asks [`at_flush`](Self::at_flush) about each unless it is overridden.
    fn judge(&self, batch: &mut Judgement<'_>) {
        batch.each(|intent| self.at_flush(intent));
    }

    /// What reports and logs call it.
    fn name(&self) -> Cow<'static, str> {
        Cow::Borrowed(short_type_name::<Self>())
    }

    /// Allows what both allow. `self` is asked first; what it refuses, `other` never sees.
    fn and<P: Policy>(self, other: P) -> And<Self, P>
    where
        Self: Sized,
    {
        And(self, other)
    }

    /// Allows what either allows. `self` is asked first; what it allows, `other` never sees.
    fn or<P: Policy>(self, other: P) -> Or<Self, P>
    where
        Self: Sized,
    {
        Or(self, other)
    }

    /// Drops what `self` allows, and the reverse. At enqueue it vetoes nothing.
    fn not(self) -> Not<Self>
    where
        Self: Sized,
    {
        Not(self)
    }
}

/// `crate::a::Name<..>` as `Name`.
fn short_type_name<T: ?Sized>() -> &'static str {
    let full = std::any::type_name::<T>();
    let plain = full.split('<').next().unwrap_or(full);
    plain.rsplit("::").next().unwrap_or(plain)
}

/// A policy's judgement of an intent that is about to be dispatched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It may go.
    Allow,
    /// It is dropped, for this reason if one is given.
    Drop(Option<Cow<'static, str>>),
}

impl Verdict {
    /// Drops without a reason: the policy's name says it all.
    pub const DROP: Verdict = Verdict::Drop(None);

    /// Drops, and says why.
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
}

impl Veto {
    /// Refuses, for this reason.
    pub fn because(reason: impl Into<Cow<'static, str>>) -> Self {
        Self {
            reason: reason.into(),
        }
    }

    /// Why.
    pub fn reason(&self) -> &str {
        &self.reason
    }
}

/// A policy in the stack.
#[derive(Clone)]
pub(crate) struct Layer(Arc<dyn Policy>);

impl Layer {
    pub(crate) fn new(policy: impl Policy) -> Self {
        Self(Arc::new(policy))
    }

    /// The policy's name, also if asking for it panics.
    pub(crate) fn shown_name(&self) -> String {
        name_of("Policy::name", || self.0.name())
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
