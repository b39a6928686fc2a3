//! Intents in a form that is the same in each run.

use std::fmt;

use crate::intent::Cause;
use crate::testing::Seen;
use crate::testing::message::options;
use crate::testing::numbers::Numbers;

/// Intents in a form that is the same in each run, for comparison with a snapshot: without ids, line
/// numbers and times. Scopes and intents are numbered in order of appearance. Returned by
/// [`Assertions::plain`](crate::testing::Assertions::plain).
///
/// `Display` prints a line per intent: effect, intent, options, origin, scope, cause and fate. With the
/// feature `serde` it serialises as a list of [`PlainLine`]s. A refactor that changes which effects
/// leave a scope shows up as a diff of these lines.
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

/// One intent in a [`Plain`]. Empty fields are omitted when it is serialised.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct PlainLine {
    /// Its number, starting at 1.
    pub number: usize,
    /// The id of its effect.
    pub effect: &'static str,
    /// The `Debug` text of the intent; empty in a report.
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "String::is_empty"))]
    pub intent: String,
    /// Its options in words: `after 5s, queue slow`.
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "String::is_empty"))]
    pub options: String,
    /// The origin of the work that enqueued it.
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "String::is_empty"))]
    pub origin: String,
    /// The number of the scope that it was enqueued in; `None` if an effect enqueued it.
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "Option::is_none"))]
    pub scope: Option<usize>,
    /// The number of the intent that caused it, or the id of that intent's effect if the intent is not
    /// in this list.
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "String::is_empty"))]
    pub caused_by: String,
    /// The intent whose body enqueued it as the start of a new chain, in the same form as `caused_by`.
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "String::is_empty"))]
    pub detached_from: String,
    /// Its fate; empty while it is pending, `left` if a drain has left it.
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

    /// Marks the last `left` intents as left.
    pub(super) fn with_left(mut self, left: usize) -> Self {
        for line in self.lines.iter_mut().rev().take(left) {
            "left".clone_into(&mut line.fate);
        }
        self
    }

    /// Returns the intents, in order.
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
            options: options(seen, seen.schedule().in_words()),
            origin: seen.origin().map(ToString::to_string).unwrap_or_default(),
            // Each effect is performed in a separate scope, which its cause identifies better.
            scope: seen
                .scope()
                .filter(|_| cause.is_none() && detached_from.is_none())
                .map(|id| numbers.scope(id)),
            caused_by,
            detached_from: detached,
            fate: seen
                .decided()
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
