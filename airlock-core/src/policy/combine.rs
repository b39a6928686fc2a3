//! Policies built from other policies.
//!
//! At dispatch, verdicts obey the laws of Boolean algebra, with `allow_all` as true and `drop_all`
//! as false. `and` and `or` are associative and idempotent, and obey the absorption and
//! distributive laws. `not` is its own inverse, and De Morgan's laws hold. For stateless policies,
//! `and` and `or` also commute.
//!
//! At enqueue, `and` vetoes if either policy does, `or` if both do, and `not` never.

use std::borrow::Cow;
use std::sync::Arc;

use crate::intent::Intent;
use crate::policy::judgement::{Drop, Judged};
use crate::policy::{Judgement, Policy, ScopeView, Verdict, Veto};

/// Asks one of several policies at enqueue, and names it in its veto.
fn ask(policy: &impl Policy, intent: &Intent, scope: &ScopeView<'_>) -> Result<(), Veto> {
    let answer = policy.at_enqueue(intent, scope);
    answer.map_err(|veto| veto.by(policy))
}

/// A policy that allows what both inner policies allow; see [`Policy::and`].
#[derive(Clone, Copy, Debug)]
pub struct And<A, B>(pub(super) A, pub(super) B);

impl<A: Policy, B: Policy> Policy for And<A, B> {
    fn at_enqueue(&self, intent: &Intent, scope: &ScopeView<'_>) -> Result<(), Veto> {
        ask(&self.0, intent, scope)?;
        ask(&self.1, intent, scope)
    }

    fn at_flush(&self, intent: &Intent) -> Verdict {
        match self.0.at_flush(intent) {
            Verdict::Allow => self.1.at_flush(intent),
            refusal => refusal,
        }
    }

    fn judge(&self, batch: &mut Judgement<'_>) {
        batch.ask(&self.0);
        batch.ask(&self.1);
    }

    fn name(&self) -> Cow<'static, str> {
        format!("({} and {})", self.0.name(), self.1.name()).into()
    }
}

/// A policy that allows what either inner policy allows; see [`Policy::or`].
#[derive(Clone, Copy, Debug)]
pub struct Or<A, B>(pub(super) A, pub(super) B);

impl<A: Policy, B: Policy> Policy for Or<A, B> {
    fn at_enqueue(&self, intent: &Intent, scope: &ScopeView<'_>) -> Result<(), Veto> {
        match self.0.at_enqueue(intent, scope) {
            Ok(()) => Ok(()),
            // Both policies vetoed, so neither is named.
            Err(_) => self.1.at_enqueue(intent, scope).map_err(|veto| Veto {
                policy: None,
                ..veto
            }),
        }
    }

    fn at_flush(&self, intent: &Intent) -> Verdict {
        match self.0.at_flush(intent) {
            Verdict::Allow => Verdict::Allow,
            Verdict::Drop(_) => self.1.at_flush(intent),
        }
    }

    fn judge(&self, batch: &mut Judgement<'_>) {
        // On a copy, since the second policy may still allow what the first one drops.
        let first = batch.trial(batch.left().to_vec(), |batch| self.0.judge(batch));
        let refused = first
            .dropped
            .into_iter()
            .map(|drop| drop.position)
            .collect();
        let second = batch.trial(refused, |batch| self.1.judge(batch));
        let mut kept = first.kept;
        kept.extend(second.kept);
        kept.sort_unstable();
        batch.apply(Judged {
            kept,
            // Both policies dropped them, so neither is named.
            dropped: second.dropped.into_iter().map(Drop::anonymous).collect(),
        });
    }

    fn name(&self) -> Cow<'static, str> {
        format!("({} or {})", self.0.name(), self.1.name()).into()
    }
}

/// A policy that drops what the inner policy allows, and allows what it drops; see [`Policy::not`].
#[derive(Clone, Copy, Debug)]
pub struct Not<P>(pub(super) P);

impl<P: Policy> Policy for Not<P> {
    fn at_flush(&self, intent: &Intent) -> Verdict {
        match self.0.at_flush(intent) {
            Verdict::Allow => Verdict::DROP,
            Verdict::Drop(_) => Verdict::Allow,
        }
    }

    fn judge(&self, batch: &mut Judgement<'_>) {
        let judged = batch.trial(batch.left().to_vec(), |batch| self.0.judge(batch));
        batch.apply(Judged {
            kept: judged
                .dropped
                .into_iter()
                .map(|drop| drop.position)
                .collect(),
            dropped: judged
                .kept
                .into_iter()
                .map(|position| Drop {
                    position,
                    reason: None,
                    policy: None,
                })
                .collect(),
        });
    }

    fn name(&self) -> Cow<'static, str> {
        format!("not {}", self.0.name()).into()
    }
}

macro_rules! policies_behind_pointers {
    ($($(#[$doc:meta])* $pointer:ty $(, of $policy:ident)?;)+) => {$(
        $(#[$doc])*
        impl $(<$policy: Policy + ?Sized>)? Policy for $pointer {
            fn at_enqueue(&self, intent: &Intent, scope: &ScopeView<'_>) -> Result<(), Veto> {
                (**self).at_enqueue(intent, scope)
            }

            fn at_flush(&self, intent: &Intent) -> Verdict {
                (**self).at_flush(intent)
            }

            fn judge(&self, batch: &mut Judgement<'_>) {
                (**self).judge(batch);
            }

            fn name(&self) -> Cow<'static, str> {
                (**self).name()
            }
        }
    )+};
}
policies_behind_pointers! {
    /// Shares one policy and its state between several scopes.
    Arc<P>, of P;
    /// Makes a policy of a type that is chosen at run time.
    Box<dyn Policy>;
}

/// Allows everything if `None`.
impl<P: Policy> Policy for Option<P> {
    fn at_enqueue(&self, intent: &Intent, scope: &ScopeView<'_>) -> Result<(), Veto> {
        match self {
            Some(policy) => policy.at_enqueue(intent, scope),
            None => Ok(()),
        }
    }

    fn at_flush(&self, intent: &Intent) -> Verdict {
        self.as_ref()
            .map_or(Verdict::Allow, |policy| policy.at_flush(intent))
    }

    fn judge(&self, batch: &mut Judgement<'_>) {
        if let Some(policy) = self {
            policy.judge(batch);
        }
    }

    fn name(&self) -> Cow<'static, str> {
        self.as_ref().map_or(Cow::Borrowed("none"), Policy::name)
    }
}

/// Allows what all of them allow. They judge in order, and a policy does not see what an earlier
/// one refused.
impl<P: Policy> Policy for Vec<P> {
    fn at_enqueue(&self, intent: &Intent, scope: &ScopeView<'_>) -> Result<(), Veto> {
        self.iter()
            .try_for_each(|policy| ask(policy, intent, scope))
    }

    fn at_flush(&self, intent: &Intent) -> Verdict {
        let verdicts = self.iter().map(|policy| policy.at_flush(intent));
        verdicts
            .into_iter()
            .find(|verdict| *verdict != Verdict::Allow)
            .unwrap_or(Verdict::Allow)
    }

    fn judge(&self, batch: &mut Judgement<'_>) {
        for policy in self {
            batch.ask(policy);
        }
    }

    fn name(&self) -> Cow<'static, str> {
        let names: Vec<_> = self.iter().map(Policy::name).collect();
        format!("({})", names.join(" and ")).into()
    }
}

macro_rules! policy_for_tuples {
    ($(($($name:ident $index:tt)+))+) => {$(
        /// Allows what all of them allow. They judge in order, and a policy does not see what an
        /// earlier one refused.
        impl<$($name: Policy),+> Policy for ($($name,)+) {
            fn at_enqueue(&self, intent: &Intent, scope: &ScopeView<'_>) -> Result<(), Veto> {
                $(ask(&self.$index, intent, scope)?;)+
                Ok(())
            }

            fn at_flush(&self, intent: &Intent) -> Verdict {
                $(match self.$index.at_flush(intent) {
                    Verdict::Allow => {}
                    refusal => return refusal,
                })+
                Verdict::Allow
            }

            fn judge(&self, batch: &mut Judgement<'_>) {
                $(batch.ask(&self.$index);)+
            }

            fn name(&self) -> Cow<'static, str> {
                let names = [$(self.$index.name()),+];
                format!("({})", names.join(" and ")).into()
            }
        }
    )+};
}
policy_for_tuples!(
    (A 0)
    (A 0 B 1)
    (A 0 B 1 C 2)
    (A 0 B 1 C 2 D 3)
    (A 0 B 1 C 2 D 3 E 4)
    (A 0 B 1 C 2 D 3 E 4 F 5)
    (A 0 B 1 C 2 D 3 E 4 F 5 G 6)
    (A 0 B 1 C 2 D 3 E 4 F 5 G 6 H 7)
);
