//! Stable numbers that replace the ids of intents and scopes, which differ from run to run.

use std::collections::HashMap;

use crate::intent::Cause;
use crate::intent::IntentId;
use crate::intent::ScopeId;
use crate::intent::{Failure, Fate};
use crate::testing::Seen;

/// The placeholder for an id that has no number.
const LEFT_OUT: &str = "..";

/// The numbers of intents and scopes, and the labels known to be ids.
pub(super) struct Numbers {
    intents: HashMap<IntentId, usize>,
    scopes: HashMap<ScopeId, usize>,
    known_intents: HashMap<String, IntentId>,
    known_scopes: HashMap<String, ScopeId>,
}

impl Numbers {
    pub(super) fn new(seen: &[Seen<'_>]) -> Self {
        let causes = seen.iter().filter_map(|seen| seen.cause());
        let causes = causes.chain(seen.iter().filter_map(|seen| seen.detached_from()));
        let causes = causes.flat_map(|cause| cause.chain().map(Cause::intent));
        let intents = seen.iter().map(|seen| seen.id()).chain(causes);
        let captors = seen.iter().filter_map(|seen| match seen.decided()? {
            Fate::Captured(by) => Some(by),
            _ => None,
        });
        let scopes = seen.iter().filter_map(|seen| seen.scope()).chain(captors);
        Self {
            intents: seen.iter().map(|seen| seen.id()).zip(1..).collect(),
            scopes: HashMap::new(),
            known_intents: intents.map(|id| (id.to_string(), id)).collect(),
            known_scopes: scopes.map(|id| (id.to_string(), id)).collect(),
        }
    }

    pub(super) fn intent(&self, id: IntentId) -> Option<usize> {
        self.intents.get(&id).copied()
    }

    pub(super) fn scope(&mut self, id: ScopeId) -> usize {
        let next = self.scopes.len() + 1;
        *self.scopes.entry(id).or_insert(next)
    }

    /// Formats a fate like its `Display`, with numbers in place of ids and without line numbers.
    pub(super) fn fate(&mut self, fate: Fate<'_>) -> String {
        match fate {
            Fate::Captured(by) => format!("captured by scope {}", self.scope(by)),
            Fate::Coalesced(into) => match self.intent(into) {
                Some(number) => format!("coalesced into {number}"),
                None => "coalesced into another".to_owned(),
            },
            Fate::Failed(failure) => match failure {
                Failure::TooDeep { limit, .. } => {
                    format!("failed: the cascade is deeper than {limit} effects")
                }
                Failure::AncestorEnded { .. } => {
                    "failed: an enclosing scope had ended before its own".to_owned()
                }
                failure => format!("failed: {}", self.without_ids(&failure.in_full())),
            },
            fate => self.without_ids(&fate.to_string()),
        }
    }

    /// Rewrites `#13314` and `@5130` to `#1` and `@2` if they are known ids. Other labels, such as
    /// `order #7`, stay.
    fn without_ids(&mut self, text: &str) -> String {
        let text = without_lines(text);
        let (mut plain, mut rest) = (String::new(), text.as_str());
        while let Some((before, sign, behind)) = split_at_sign(rest) {
            let other = behind.trim_start_matches(|c: char| c.is_ascii_digit());
            let digits = &behind[..behind.len() - other.len()];
            plain.push_str(before);
            let number = self.number(&plain, &format!("{sign}{digits}"));
            plain.push(sign);
            plain.push_str(number.as_deref().unwrap_or(digits));
            rest = other;
        }
        plain + rest
    }

    /// Returns the replacement for the digits of a label, if the label is an id.
    fn number(&mut self, before: &str, label: &str) -> Option<String> {
        if before.ends_with(char::is_alphanumeric) {
            return None;
        }
        if let Some(id) = self.known_intents.get(label) {
            let number = self.intent(*id);
            return Some(number.map_or_else(|| LEFT_OUT.to_owned(), |it| it.to_string()));
        }
        if let Some(id) = self.known_scopes.get(label).copied() {
            return Some(self.scope(id).to_string());
        }
        // An enqueue error may name a scope that no intent was enqueued in, such as one that had ended.
        let of_scope = label.starts_with('@')
            && (before.ends_with("the scope ") || before.ends_with("the scope `"));
        of_scope.then(|| LEFT_OUT.to_owned())
    }
}

/// Splits a text at the first `#` or `@`: the text before it, the sign, and the text after it.
fn split_at_sign(text: &str) -> Option<(&str, char, &str)> {
    let at = text.find(['#', '@'])?;
    let (before, behind) = text.split_at(at);
    let sign = behind.chars().next()?;
    Some((before, sign, &behind[sign.len_utf8()..]))
}

/// Rewrites `src/order.rs:12:5` to `src/order.rs`, since messages contain locations.
fn without_lines(text: &str) -> String {
    let mut parts = text.split(".rs:");
    let mut plain = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        plain.push_str(".rs");
        let line = part.trim_start_matches(|c: char| c.is_ascii_digit());
        if line.len() == part.len() {
            plain.push(':');
        }
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
