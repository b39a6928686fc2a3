//! Intents in a form that stays the same from run to run.

use std::fmt;

use crate::intent::Cause;
use crate::testing::Seen;
use crate::testing::message::{delay, options};
use crate::testing::numbers::Numbers;

/// Intents without what differs from run to run, to be compared with a snapshot: no ids, no lines, no
/// times. Scopes and intents are numbered in the order in which they appear. Made by
/// [`Assertions::plain`](crate::testing::Assertions::plain).
///
/// `Display` gives a line for each intent: effect, intent, options, origin, scope, cause and fate.
/// With the feature `serde` it serialises as a list of those. A refactor that changes what escapes
/// shows as a diff of these lines.
///
/// ```
/// # use airlock::prelude::*;
/// use airlock::testing::{Assertions, capture};
///
/// #[airlock::effect(name = "order.ship")]
/// fn ship(order: u64) {}
///
/// let captured = capture(|| {
///     airlock::enqueue(ship(7));
///     airlock::scope().run_infallible(|_| airlock::enqueue(ship(8).on_queue("slow")))
/// });
/// assert_eq!(captured.plain().to_string(), "\
/// 1 order.ship Ship { order: 7 }, scope 1
/// 2 order.ship Ship { order: 8 }, queue slow, scope 2
/// "); // or `insta::assert_snapshot!(captured.plain())`
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(transparent))]
pub struct Plain {
    lines: Vec<PlainLine>,
}

/// One intent in a [`Plain`]: what is empty or does not hold is left out of its serde form.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct PlainLine {
    /// Its number, from 1.
    pub number: usize,
    /// The id of its effect.
    pub effect: &'static str,
    /// The intent as `Debug` shows it; empty in a report.
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "String::is_empty"))]
    pub intent: String,
    /// Its options in words: `after 5s, queue slow`.
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "String::is_empty"))]
    pub options: String,
    /// Where the work came from.
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "String::is_empty"))]
    pub origin: String,
    /// The number of the scope that it was enqueued in, if no effect enqueued it.
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "Option::is_none"))]
    pub scope: Option<usize>,
    /// What caused it: the number of that intent, or the id of its effect where it is not among these.
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "String::is_empty"))]
    pub caused_by: String,
    /// The effect whose body enqueued it as the start of a new chain: as in `caused_by`.
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "String::is_empty"))]
    pub detached_from: String,
    /// What became of it; empty while nothing has been decided, `left` for what a drain has left.
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "String::is_empty"))]
    pub fate: String,
}

impl Plain {
    pub(super) fn new(seen: &[Seen<'_>]) -> Self {
        let mut numbers = Numbers::new(seen);
        let lines = seen.iter().map(|seen| PlainLine::new(seen, &mut numbers));
        Self {
            lines: lines.collect(),
        }
    }

    /// Marks so many of the last intents as left.
    pub(super) fn with_left(mut self, left: usize) -> Self {
        for line in self.lines.iter_mut().rev().take(left) {
            "left".clone_into(&mut line.fate);
        }
        self
    }

    /// The intents, in order.
    pub fn lines(&self) -> &[PlainLine] {
        &self.lines
    }
}

impl PlainLine {
    fn new(seen: &Seen<'_>, numbers: &mut Numbers) -> Self {
        let (cause, detached_from) = (seen.cause(), seen.detached_from());
        let name = |cause: &Cause| match numbers.intent(cause.intent()) {
            Some(number) => number.to_string(),
            None => cause.effect().id().to_owned(),
        };
        let caused_by = cause.map(name).unwrap_or_default();
        let detached = detached_from.map(name).unwrap_or_default();
        Self {
            number: numbers.intent(seen.id()).unwrap_or_default(),
            effect: seen.effect().id(),
            intent: seen.arguments(),
            options: options(seen, delay(seen.schedule())),
            origin: seen.origin().map(ToString::to_string).unwrap_or_default(),
            // Each effect is performed in a scope of its own, which its cause names better.
            scope: seen
                .scope()
                .filter(|_| cause.is_none() && detached_from.is_none())
                .map(|id| numbers.scope(id)),
            caused_by,
            detached_from: detached,
            fate: seen
                .fate()
                .map(|fate| numbers.fate(fate))
                .unwrap_or_default(),
        }
    }
}

impl fmt::Display for Plain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.lines.iter().try_for_each(|line| writeln!(f, "{line}"))
    }
}

impl fmt::Display for PlainLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.number, self.effect)?;
        if !self.intent.is_empty() {
            write!(f, " {}", self.intent)?;
        }
        let with = |word: &str, value: &str| match value {
            "" => String::new(),
            value => format!(", {word}{value}"),
        };
        let scope = self
            .scope
            .map(|scope| scope.to_string())
            .unwrap_or_default();
        f.write_str(&with("", &self.options))?;
        f.write_str(&with("from ", &self.origin))?;
        f.write_str(&with("scope ", &scope))?;
        f.write_str(&with("caused by ", &self.caused_by))?;
        f.write_str(&with("detached from ", &self.detached_from))?;
        f.write_str(&with("", &self.fate))
    }
}
