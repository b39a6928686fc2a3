//! Assertions on intents in captures, scopes, recorders, drains and reports.

use crate::effect::Effect;
use crate::intent::{Fate, IntentId};
use crate::testing::in_order::Missing;
use crate::testing::message::shortened;
use crate::testing::source::{KeepsArguments, Source};
use crate::testing::{Enqueued, InOrder, Plain, Seen, message, nearest};

/// An intent that can be compared with another.
#[diagnostic::on_unimplemented(
    message = "intents of type `{Self}` cannot be compared",
    label = "has no `PartialEq`",
    note = "declare its effect with `#[airlock::effect(derive(PartialEq))]`, or look at its fields with `assert_enqueued`"
)]
pub trait Comparable: PartialEq {}

#[diagnostic::do_not_recommend]
impl<E: PartialEq> Comparable for E {}

/// Assertions on enqueued intents. They are available on the results of [`capture`](crate::testing::capture)
/// and [`drain`](crate::testing::Captured::drain), on a [`Scope`](crate::Scope) or its guard, on a
/// [`Recorder`](crate::executor::Recorder), and on a [`FlushReport`](crate::FlushReport).
///
/// A failed assertion points to the line that called it. It prints the intents as a table, with arguments
/// (redacted as declared), options, `file:line` and causes, and marks the nearest ones. A long table is
/// truncated. A closure that inspects the asserted scope or recorder panics.
///
/// A report has no arguments, and neither have performed intents of an effect declared `once`. For those
/// you can assert counts, types, and what [`assert_any`](Self::assert_any) passes to its closure.
pub trait Assertions: Source {
    /// Returns copies of the intents of one effect, in order.
    fn enqueued<E: Effect + Clone>(&self) -> Vec<E>
    where
        Self: KeepsArguments,
    {
        let mut found = Vec::new();
        self.look(&mut |seen| {
            let of_type = seen.iter().filter(|seen| seen.is::<E>());
            self.looked_at(&of_type.clone().map(|seen| seen.id()).collect::<Vec<_>>());
            found = of_type
                .filter_map(|seen| seen.get::<E>().cloned())
                .collect();
        });
        found
    }

    /// Returns the number of intents of one effect.
    fn count<E: Effect>(&self) -> usize {
        let mut count = 0;
        self.look(&mut |seen| {
            let of_type = nearest::of_type::<E>(seen);
            count = of_type.len();
            self.looked_at(&ids(seen, &of_type));
        });
        count
    }

    /// Returns the intents in a form that is the same in each run, for comparison with a snapshot.
    fn plain(&self) -> Plain {
        let mut plain = Plain::new(&[]);
        self.look(&mut |seen| {
            plain = Plain::new(seen);
            self.looked_at(&seen.iter().map(|seen| seen.id()).collect::<Vec<_>>());
        });
        plain
    }

    /// Asserts that the closure accepts at least one intent of the effect. The closure reads the
    /// arguments as fields, and options, cause and origin through methods: see [`Enqueued`].
    ///
    /// # Panics
    ///
    /// If there is none.
    #[track_caller]
    fn assert_enqueued<E: Effect>(&self, accepts: impl Fn(&Enqueued<'_, E>) -> bool)
    where
        Self: KeepsArguments,
    {
        check(self, |seen| {
            let accepted = accepted(seen, &accepts);
            if !accepted.is_empty() {
                return Ok(accepted);
            }
            cannot_be_asked::<E>(seen)?;
            let near = nearest::of_type::<E>(seen);
            let id = E::DESCRIPTOR.id();
            let wrong = if near.is_empty() {
                let similar = nearest::similar_to::<E>(seen);
                format!("no intent of `{id}` is there{similar}")
            } else {
                format!("no intent of `{id}` is accepted by the closure")
            };
            Err((wrong, near))
        });
    }

    /// Asserts that there is an intent equal to this one: `assert_enqueued_eq(&ship(7))`. Declare the
    /// effect with `derive(PartialEq)`.
    ///
    /// # Panics
    ///
    /// If there is none. The message names the arguments in which the nearest one differs.
    #[track_caller]
    fn assert_enqueued_eq<E: Effect + Comparable>(&self, expected: &E)
    where
        Self: KeepsArguments,
    {
        check(self, |seen| {
            let equal = accepted::<E>(seen, &|it| **it == *expected);
            if !equal.is_empty() {
                return Ok(equal);
            }
            cannot_be_asked::<E>(seen)?;
            let wanted = shortened(format!("{expected:?}"));
            Err(match nearest::fewest_differences(expected, seen) {
                Some((place, words)) => (
                    format!("no intent equals `{wanted}`; the nearest differs in {words}"),
                    vec![place],
                ),
                None => {
                    let (id, similar) = (E::DESCRIPTOR.id(), nearest::similar_to::<E>(seen));
                    let wrong =
                        format!("no intent equals `{wanted}`: none of `{id}` is there{similar}");
                    (wrong, Vec::new())
                }
            })
        });
    }

    /// Asserts that the closure accepts no intent of the effect. Pass `|_| true` to assert that there is
    /// none at all.
    ///
    /// # Panics
    ///
    /// If there is one.
    #[track_caller]
    fn assert_not_enqueued<E: Effect>(&self, accepts: impl Fn(&Enqueued<'_, E>) -> bool)
    where
        Self: KeepsArguments,
    {
        check(self, |seen| {
            let accepted = accepted(seen, &accepts);
            if accepted.is_empty() {
                cannot_be_asked::<E>(seen)?;
                return Ok(accepted);
            }
            let id = E::DESCRIPTOR.id();
            Err((
                format!("an intent of `{id}` is there that should not be"),
                accepted,
            ))
        });
    }

    /// Asserts the number of intents of one effect.
    ///
    /// # Panics
    ///
    /// If there are more or fewer.
    #[track_caller]
    fn assert_count<E: Effect>(&self, expected: usize) {
        check(self, |seen| {
            let found = nearest::of_type::<E>(seen);
            if found.len() == expected {
                return Ok(found);
            }
            let similar = match found.is_empty() {
                true => nearest::similar_to::<E>(seen),
                false => String::new(),
            };
            let (id, count) = (E::DESCRIPTOR.id(), found.len());
            let wrong = format!("expected {expected} of `{id}`, found {count}{similar}");
            Err((wrong, found))
        });
    }

    /// Asserts that the closure accepts at least one intent, of any effect.
    ///
    /// # Panics
    ///
    /// If there is none.
    #[track_caller]
    fn assert_any(&self, accepts: impl Fn(&Seen<'_>) -> bool) {
        check(self, |seen| {
            let places = (0..seen.len()).filter(|&place| accepts(&seen[place]));
            let accepted: Vec<_> = places.collect();
            if accepted.is_empty() {
                let wrong = "no intent is accepted by the closure".to_owned();
                return Err((wrong, Vec::new()));
            }
            Ok(accepted)
        });
    }

    /// Asserts that a policy whose name contains this text dropped an intent of the effect. Use it on a
    /// report or on the result of a drain, after the policies have judged.
    ///
    /// ```
    /// use airlock::policy::block;
    /// use airlock::testing::Assertions;
    ///
    /// #[airlock::effect]
    /// fn track(page: String) {}
    ///
    /// let scope = airlock::scope().policy(block::<Track>());
    /// let completed = scope.run_infallible(|_| airlock::enqueue(track("/".into())))?;
    /// completed.report.assert_dropped::<Track>("block");
    /// # Ok::<(), airlock::FlushError>(())
    /// ```
    ///
    /// # Panics
    ///
    /// If there is none. The message shows the fates.
    #[track_caller]
    fn assert_dropped<E: Effect>(&self, policy: &str) {
        let is_dropped = |seen: &Seen<'_>| {
            seen.is::<E>()
                && matches!(seen.fate(), Fate::Dropped(dropped) if dropped.policy.contains(policy))
        };
        check_all(self, |seen| {
            let dropped: Vec<_> = (0..seen.len())
                .filter(|&it| is_dropped(&seen[it]))
                .collect();
            if !dropped.is_empty() {
                return Ok(dropped);
            }
            let (id, near) = (E::DESCRIPTOR.id(), nearest::of_type::<E>(seen));
            let similar = match near.is_empty() {
                true => nearest::similar_to::<E>(seen),
                false => String::new(),
            };
            let wrong = format!(
                "no intent of `{id}` was dropped by a policy whose name contains `{policy}`{similar}"
            );
            Err((wrong, near))
        });
    }

    /// Asserts that there are no intents.
    ///
    /// # Panics
    ///
    /// If there is one.
    #[track_caller]
    fn assert_nothing_enqueued(&self) {
        check(self, |seen| match seen.is_empty() {
            true => Ok(Vec::new()),
            false => Err(("nothing should have been enqueued".to_owned(), Vec::new())),
        });
    }

    /// Asserts that the intents contain these steps in this order, possibly with others between them;
    /// see [`all_in_order!`](crate::testing::all_in_order).
    ///
    /// # Panics
    ///
    /// If a step is missing, or comes before one that it should follow.
    #[track_caller]
    #[allow(
        clippy::needless_pass_by_value,
        reason = "it is made where it is passed"
    )]
    fn assert_order(&self, expected: InOrder<'_>) {
        check(self, |seen| {
            let found = expected.find(seen);
            found.map_err(|missing| explain(&missing, seen))
        });
    }

    /// Asserts that the intents are exactly these steps, in this order.
    ///
    /// # Panics
    ///
    /// If an intent is missing, in another place, or unexpected.
    #[track_caller]
    #[allow(
        clippy::needless_pass_by_value,
        reason = "it is made where it is passed"
    )]
    fn assert_exactly(&self, expected: InOrder<'_>) {
        check(self, |seen| {
            let places = 0..seen.len().max(expected.steps.len());
            let differs = |&place: &usize| match (expected.steps.get(place), seen.get(place)) {
                (Some(step), Some(seen)) => !step.matches(seen),
                _ => true,
            };
            let Some(place) = places.clone().find(differs) else {
                return Ok(places.collect());
            };
            let nth = place + 1;
            let wrong = match (expected.steps.get(place), seen.get(place)) {
                (Some(step), Some(seen)) => {
                    let found = seen.effect().id();
                    let text = step.text;
                    let hint = match seen.effect() == step.effect {
                        true => hint(seen),
                        false => String::new(),
                    };
                    format!("intent {nth} is of `{found}`, expected `{text}`{hint}")
                }
                (Some(step), None) => format!("intent {nth} is missing, expected `{}`", step.text),
                (None, _) => format!("intent {nth} and all later ones are unexpected"),
            };
            let near = (place < seen.len()).then_some(place);
            Err((wrong, near.into_iter().collect()))
        });
    }
}

impl<S: Source + ?Sized> Assertions for S {}

/// The positions of the intents that an assertion covers, or the message and the positions of the
/// nearest intents.
type Checked = Result<Vec<usize>, (String, Vec<usize>)>;

#[track_caller]
fn check<S: Source + ?Sized>(source: &S, check: impl Fn(&[Seen<'_>]) -> Checked) {
    let mut failure = None;
    source.look(&mut |seen| failure = failure_of(source, seen, &check));
    if let Some(failure) = failure {
        panic!("{failure}");
    }
}

/// Works like [`check`], with the intents that were dropped or discarded.
#[track_caller]
fn check_all<S: Source + ?Sized>(source: &S, check: impl Fn(&[Seen<'_>]) -> Checked) {
    let mut failure = None;
    source.look_at_all(&mut |seen| failure = failure_of(source, seen, &check));
    if let Some(failure) = failure {
        panic!("{failure}");
    }
}

fn failure_of<S: Source + ?Sized>(
    source: &S,
    seen: &[Seen<'_>],
    check: &impl Fn(&[Seen<'_>]) -> Checked,
) -> Option<String> {
    match check(seen) {
        Ok(places) => {
            source.looked_at(&ids(seen, &places));
            None
        }
        Err((wrong, near)) => {
            let hint = source.hint();
            Some(message::failure(&wrong, S::HOLDS, seen, &near, hint))
        }
    }
}

fn ids(seen: &[Seen<'_>], places: &[usize]) -> Vec<IntentId> {
    places.iter().map(|&place| seen[place].id()).collect()
}

fn accepted<E: Effect>(
    seen: &[Seen<'_>],
    accepts: &impl Fn(&Enqueued<'_, E>) -> bool,
) -> Vec<usize> {
    let places = (0..seen.len()).filter(|&place| {
        let typed = seen[place].typed::<E>();
        typed.is_some_and(|typed| accepts(&typed))
    });
    places.collect()
}

/// Returns an error if there are intents of the effect whose arguments are gone.
fn cannot_be_asked<E: Effect>(seen: &[Seen<'_>]) -> Result<(), (String, Vec<usize>)> {
    let mut places = nearest::of_type::<E>(seen);
    places.retain(|&place| seen[place].why_without_arguments().is_some());
    let why = places.first().map(|&place| hint(&seen[place]));
    why.map_or(Ok(()), |why| {
        let id = E::DESCRIPTOR.id();
        Err((
            format!("the arguments of an intent of `{id}` are gone{why}"),
            places,
        ))
    })
}

fn explain(missing: &Missing<'_>, seen: &[Seen<'_>]) -> (String, Vec<usize>) {
    let Missing { index, step, found } = missing;
    let nth = index + 1;
    let mut matching = (0..seen.len()).filter(|&place| step.matches(&seen[place]));
    if let Some(place) = matching.clone().find(|place| !found.contains(place)) {
        let wrong = format!(
            "step {nth}, `{}`, stands before the step it should follow",
            step.text
        );
        return (wrong, vec![place]);
    }
    if let Some(place) = matching.next() {
        let wrong = format!("step {nth}, `{}`, is not there a second time", step.text);
        return (wrong, vec![place]);
    }
    let of_type = (0..seen.len()).filter(|&place| seen[place].effect() == step.effect);
    let near: Vec<_> = of_type.collect();
    let hint = near
        .first()
        .map_or_else(String::new, |&place| hint(&seen[place]));
    (
        format!("step {nth}, `{}`, is not there{hint}", step.text),
        near,
    )
}

/// Explains why a pattern cannot match an intent: its arguments are gone. Empty if they are present.
fn hint(seen: &Seen<'_>) -> String {
    let why = seen.why_without_arguments();
    why.map_or_else(String::new, |why| format!("; {why}"))
}
