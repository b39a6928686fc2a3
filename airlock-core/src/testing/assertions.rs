//! Assertions on intents, wherever they stand.

use crate::effect::Effect;
use crate::intent::IntentId;
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

/// Assertions on what was enqueued: on what [`capture`](crate::testing::capture) gives, on a
/// [`Scope`](crate::Scope) or its guard, on a [`Recorder`](crate::executor::Recorder), on what
/// [`drain`](crate::testing::Captured::drain) performed, and on a [`FlushReport`](crate::FlushReport),
/// which keeps no arguments.
///
/// One that fails points to the line that asserts. It prints what is there as a table, with arguments
/// (redacted as declared), options, `file:line` and causes, and marks what came nearest. Of very many it
/// shows the first. Its closure can look at nothing of what the assertion looks at.
///
/// What was performed of an effect declared `once` keeps no arguments, nor does a report: then only
/// counts, types and what [`assert_any`](Self::assert_any) sees can be asserted.
pub trait Assertions: Source {
    /// The intents of one effect, in order.
    fn enqueued<E: Effect + Clone>(&self) -> Vec<E>
    where
        Self: KeepsArguments,
    {
        let mut found = Vec::new();
        self.look(&mut |seen| {
            let of_type = seen.iter().filter(|seen| seen.is::<E>());
            self.looked_at(&of_type.clone().map(Seen::id).collect::<Vec<_>>());
            found = of_type
                .filter_map(|seen| seen.get::<E>().cloned())
                .collect();
        });
        found
    }

    /// How many intents of one effect there are.
    fn count<E: Effect>(&self) -> usize {
        let mut count = 0;
        self.look(&mut |seen| {
            let of_type = nearest::of_type::<E>(seen);
            count = of_type.len();
            self.looked_at(&ids(seen, &of_type));
        });
        count
    }

    /// The intents in a form that stays the same from run to run, to be compared with a snapshot.
    fn plain(&self) -> Plain {
        let mut plain = Plain::new(&[]);
        self.look(&mut |seen| {
            plain = Plain::new(seen);
            self.looked_at(&seen.iter().map(Seen::id).collect::<Vec<_>>());
        });
        plain
    }

    /// Asserts that an intent of the effect is there which the closure accepts. The closure sees the
    /// arguments as fields, and options, cause and origin as methods: see [`Enqueued`].
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
                format!("no intent of `{id}` is one that the closure accepts")
            };
            Err((wrong, near))
        });
    }

    /// Asserts that an intent equal to this one is there: `assert_enqueued_eq(&ship(7))`. The effect
    /// has to be declared `derive(PartialEq)`.
    ///
    /// # Panics
    ///
    /// If there is none. The message says in which arguments the nearest one differs.
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

    /// Asserts that no intent of the effect is there which the closure accepts; `|_| true` for none at
    /// all.
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

    /// Asserts how many intents of one effect there are.
    ///
    /// # Panics
    ///
    /// If there are more or less.
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

    /// Asserts that an intent is there, of whatever effect, which the closure accepts.
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
                let wrong = "no intent is one that the closure accepts".to_owned();
                return Err((wrong, Vec::new()));
            }
            Ok(accepted)
        });
    }

    /// Asserts that nothing is there at all.
    ///
    /// # Panics
    ///
    /// If something is.
    #[track_caller]
    fn assert_nothing_enqueued(&self) {
        check(self, |seen| match seen.is_empty() {
            true => Ok(Vec::new()),
            false => Err(("nothing should have been enqueued".to_owned(), Vec::new())),
        });
    }

    /// Asserts that these are there in this order, whatever stands between them; see
    /// [`all_in_order!`](crate::testing::all_in_order).
    ///
    /// # Panics
    ///
    /// If one of them is missing, or stands before one that it should follow.
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

    /// Asserts that these are there in this order, and nothing else.
    ///
    /// # Panics
    ///
    /// If something is missing, in another place, or too much.
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
                (None, _) => format!("intent {nth} and what follows is too much"),
            };
            let near = (place < seen.len()).then_some(place);
            Err((wrong, near.into_iter().collect()))
        });
    }
}

impl<S: Source + ?Sized> Assertions for S {}

/// Gives where the intents stand that an assertion is about; or what is wrong, and what came nearest.
type Checked = Result<Vec<usize>, (String, Vec<usize>)>;

#[track_caller]
fn check<S: Source + ?Sized>(source: &S, check: impl Fn(&[Seen<'_>]) -> Checked) {
    let mut failure = None;
    source.look(&mut |seen| match check(seen) {
        Ok(places) => source.looked_at(&ids(seen, &places)),
        Err((wrong, near)) => {
            let hint = source.hint();
            failure = Some(message::failure(&wrong, S::HOLDS, seen, &near, hint));
        }
    });
    if let Some(failure) = failure {
        panic!("{failure}");
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

/// An error if intents of the effect are there whose arguments nobody can be shown any more.
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

/// A pattern cannot match where there is nothing to match.
fn hint(seen: &Seen<'_>) -> String {
    let why = seen.why_without_arguments();
    why.map_or_else(String::new, |why| format!("; {why}"))
}
