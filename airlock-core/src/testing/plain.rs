//! Intents in a form that stays the same from run to run.

use std::collections::HashMap;
use std::fmt;

use crate::flush::{Failure, Fate};
use crate::intent::IntentId;
use crate::scope::ScopeId;
use crate::testing::Seen;
use crate::testing::message::{delay, options};

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
    /// The number of the scope that it was enqueued in, if no effect caused it.
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "Option::is_none"))]
    pub scope: Option<usize>,
    /// What caused it: the number of that intent, or the id of its effect where it is not among these.
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "String::is_empty"))]
    pub caused_by: String,
    /// What became of it; empty while nothing has been decided.
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "String::is_empty"))]
    pub fate: String,
}

impl Plain {
    pub(super) fn of(seen: &[Seen<'_>]) -> Self {
        let mut numbers = Numbers {
            scopes: HashMap::new(),
            intents: (1..)
                .zip(seen)
                .map(|(number, seen)| (seen.id(), number))
                .collect(),
        };
        Self {
            lines: seen.iter().map(|seen| numbers.line(seen)).collect(),
        }
    }

    /// The intents, in order.
    pub fn lines(&self) -> &[PlainLine] {
        &self.lines
    }
}

/// Numbers in the place of ids.
struct Numbers {
    scopes: HashMap<ScopeId, usize>,
    intents: HashMap<IntentId, usize>,
}

impl Numbers {
    fn line(&mut self, seen: &Seen<'_>) -> PlainLine {
        let cause = seen.cause();
        let caused_by = cause.map(|cause| match self.intents.get(&cause.intent()) {
            Some(number) => number.to_string(),
            None => cause.effect().id().to_owned(),
        });
        PlainLine {
            number: self.intents.get(&seen.id()).copied().unwrap_or_default(),
            effect: seen.effect().id(),
            intent: seen.arguments(),
            options: options(seen, delay(seen.schedule())),
            origin: seen.origin().map(ToString::to_string).unwrap_or_default(),
            // Each effect is performed in a scope of its own, which its cause names better.
            scope: seen
                .scope()
                .filter(|_| cause.is_none())
                .map(|id| self.scope(id)),
            caused_by: caused_by.unwrap_or_default(),
            fate: seen.fate().map(|fate| self.fate(fate)).unwrap_or_default(),
        }
    }

    fn scope(&mut self, id: ScopeId) -> usize {
        let next = self.scopes.len() + 1;
        *self.scopes.entry(id).or_insert(next)
    }

    /// As `Display` shows it, without the ids.
    fn fate(&mut self, fate: &Fate) -> String {
        match fate {
            Fate::Captured(by) if by.name == by.scope.to_string() => {
                format!("captured by scope {}", self.scope(by.scope))
            }
            Fate::Coalesced(into) => match self.intents.get(into) {
                Some(number) => format!("coalesced into {number}"),
                None => "coalesced into another".to_owned(),
            },
            Fate::Failed(failure) => match &**failure {
                Failure::TooDeep { limit, .. } => {
                    format!("failed: the cascade is deeper than {limit} effects")
                }
                Failure::AncestorEnded { .. } => {
                    "failed: an enclosing scope had ended before its own".to_owned()
                }
                failure => format!("failed: {}", without_lines(&failure.in_full())),
            },
            fate => fate.to_string(),
        }
    }
}

/// `src/order.rs:12:5` as `src/order.rs`: messages say where.
fn without_lines(text: &str) -> String {
    let mut parts = text.split(".rs:");
    let mut plain = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        plain.push_str(".rs");
        let line = part.trim_start_matches(|c: char| c.is_ascii_digit());
        let column = line.strip_prefix(':').unwrap_or(line);
        let rest = column.trim_start_matches(|c: char| c.is_ascii_digit());
        plain.push_str(if rest.len() < column.len() {
            rest
        } else {
            line
        });
    }
    plain
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
        f.write_str(&with("", &self.fate))
    }
}
