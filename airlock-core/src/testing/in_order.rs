//! Lists of expected intents, by type or by a pattern on their fields.

use std::fmt;

use crate::effect::Effect;
use crate::effect::EffectDescriptor;
use crate::testing::Seen;

/// A list of expected intents, in order; created by [`all_in_order!`](crate::testing::all_in_order).
pub struct InOrder<'a> {
    pub(super) steps: Vec<Step<'a>>,
}

/// One expected intent.
pub struct Step<'a> {
    pub(super) text: &'static str,
    pub(super) effect: &'static EffectDescriptor,
    /// The pattern on the fields; `None` if the step is only a type.
    pattern: Option<Box<Pattern<'a>>>,
}

type Pattern<'a> = dyn Fn(&Seen<'_>) -> bool + 'a;

impl<'a> InOrder<'a> {
    #[doc(hidden)]
    pub fn __of(steps: Vec<Step<'a>>) -> Self {
        Self { steps }
    }

    /// Returns the positions of the steps, each after the previous one. Otherwise returns the first
    /// step that was not found, and the positions of the steps before it.
    pub(super) fn find(&self, seen: &[Seen<'_>]) -> Result<Vec<usize>, Missing<'_>> {
        let mut found = Vec::with_capacity(self.steps.len());
        let mut from = 0;
        for (index, step) in self.steps.iter().enumerate() {
            let place = (from..seen.len()).find(|&place| step.matches(&seen[place]));
            let Some(place) = place else {
                return Err(Missing { index, step, found });
            };
            found.push(place);
            from = place + 1;
        }
        Ok(found)
    }
}

/// A step that was not found.
pub(super) struct Missing<'a> {
    pub(super) index: usize,
    pub(super) step: &'a Step<'a>,
    pub(super) found: Vec<usize>,
}

impl<'a> Step<'a> {
    #[doc(hidden)]
    pub fn __type<E: Effect>(text: &'static str) -> Self {
        Self {
            text,
            effect: E::DESCRIPTOR,
            pattern: None,
        }
    }

    #[doc(hidden)]
    pub fn __pattern<E: Effect>(text: &'static str, matches: impl Fn(&E) -> bool + 'a) -> Self {
        Self {
            text,
            effect: E::DESCRIPTOR,
            pattern: Some(Box::new(move |seen| seen.get::<E>().is_some_and(&matches))),
        }
    }

    pub(super) fn matches(&self, seen: &Seen<'_>) -> bool {
        let fits = |pattern: &Pattern<'_>| pattern(seen);
        seen.effect() == self.effect && self.pattern.as_deref().is_none_or(fits)
    }
}

impl fmt::Debug for InOrder<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(&self.steps).finish()
    }
}

impl fmt::Debug for Step<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text)
    }
}

/// Lists expected intents in order: types of intents, patterns on their fields, and patterns with a
/// condition. Pass the list to [`assert_order`](crate::testing::Assertions::assert_order), which allows
/// other intents between the steps, or to
/// [`assert_exactly`](crate::testing::Assertions::assert_exactly), which does not.
///
/// ```
/// use airlock::testing::{Assertions, all_in_order, capture};
///
/// #[airlock::effect]
/// fn charge(order: u64) {}
/// #[airlock::effect]
/// fn ship(order: u64) {}
/// #[airlock::effect]
/// fn send_mail(to: String) {}
///
/// let captured = capture(|| {
///     airlock::enqueue(charge(7));
///     airlock::enqueue(ship(7));
///     airlock::enqueue(send_mail("ada@example.org".into()));
/// });
/// let buyer = "ada@example.org";
/// captured.assert_order(all_in_order![Charge, SendMail { to } if to == buyer]);
/// captured.assert_exactly(all_in_order![Charge, Ship { order: 7 }, SendMail]);
/// ```
#[macro_export]
macro_rules! __airlock_all_in_order {
    (@steps [$($step:expr,)*]) => {
        $crate::testing::InOrder::__of(::std::vec![$($step),*])
    };
    (@steps [$($step:expr,)*] $call:ident ($($arguments:tt)*) $($rest:tt)*) => {
        ::core::compile_error!(::core::concat!(
            "`", ::core::stringify!($call), "(..)` makes an intent, and a step matches one: ",
            "write its type, such as `Ship`, or a pattern on its fields, such as `Ship { order: 7, .. }`",
        ))
    };
    (@steps [$($step:expr,)*] $intent:path { $($fields:tt)* } if $condition:expr $(, $($rest:tt)*)?) => {
        $crate::__airlock_all_in_order!(@steps [
            $($step,)*
            $crate::testing::Step::__pattern::<$intent>(
                ::core::stringify!($intent { $($fields)* } if $condition),
                |intent| ::core::matches!(intent, $intent { $($fields)* } if $condition),
            ),
        ] $($($rest)*)?)
    };
    (@steps [$($step:expr,)*] $intent:path { $($fields:tt)* } $(, $($rest:tt)*)?) => {
        $crate::__airlock_all_in_order!(@steps [
            $($step,)*
            $crate::testing::Step::__pattern::<$intent>(
                ::core::stringify!($intent { $($fields)* }),
                |intent| ::core::matches!(intent, $intent { $($fields)* }),
            ),
        ] $($($rest)*)?)
    };
    (@steps [$($step:expr,)*] $intent:path $(, $($rest:tt)*)?) => {
        $crate::__airlock_all_in_order!(@steps [
            $($step,)*
            $crate::testing::Step::__type::<$intent>(::core::stringify!($intent)),
        ] $($($rest)*)?)
    };
    (@steps $($rest:tt)*) => {
        ::core::compile_error!(
            "a step is a type, a pattern on its fields, or such a pattern with `if` and a condition: \
            write alternatives and `if let` within the braces or the condition, \
            such as `Ship { order: 7 | 8, .. }` or `Ship { order } if matches!(order, 7 | 8)`",
        )
    };
    ($($steps:tt)*) => {
        $crate::__airlock_all_in_order!(@steps [] $($steps)*)
    };
}
