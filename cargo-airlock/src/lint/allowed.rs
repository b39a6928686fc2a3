//! Comments that allow a finding: `// airlock: allow(spawn, reason = "it only warms a cache")`.

use proc_macro2::{LineColumn, TokenStream, TokenTree};

use crate::lint::{Finding, RULES};
use crate::near::nearest;

const START: &str = "// airlock:";

/// A comment that starts with `// airlock:`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Comment {
    /// The file, relative to the root of the workspace.
    pub(crate) file: String,
    /// The line of the comment, from 1.
    pub(crate) line: usize,
    /// The line whose findings it allows: its own, or the next line of code.
    covers: usize,
    /// The allowed rule, or a description of what is wrong with the comment.
    rule: Result<&'static str, String>,
}

/// Returns the comments of a file.
pub(crate) fn comments(file: &str, text: &str) -> Vec<Comment> {
    if !text.contains(START) {
        return Vec::new();
    }
    let tokens: TokenStream = text.parse().unwrap_or_default();
    let mut comments = Vec::new();
    for (index, written) in text.lines().enumerate() {
        let Some((before, content)) = written.split_once(START) else {
            continue;
        };
        let line = index + 1;
        let column = before.chars().count();
        if is_in_literal(tokens.clone(), LineColumn { line, column }) {
            continue;
        }
        let covers = if before.trim().is_empty() {
            let next = text.lines().skip(line).position(is_code);
            next.map_or(line, |next| line + 1 + next)
        } else {
            line
        };
        comments.push(Comment {
            file: file.to_owned(),
            line,
            covers,
            rule: rule(content.trim()),
        });
    }
    comments
}

impl Comment {
    /// Returns whether the comment allows a finding.
    pub(crate) fn allows(&self, finding: &Finding) -> bool {
        self.file == finding.file
            && self.covers == finding.line
            && self.rule.as_ref().is_ok_and(|rule| *rule == finding.rule)
    }

    /// Returns what is wrong with the comment. `allowed` are the findings that comments allow, and
    /// `is_checked` returns whether a rule was checked at all.
    pub(crate) fn problem(
        &self,
        allowed: &[Finding],
        is_checked: impl Fn(&str) -> bool,
    ) -> Option<String> {
        let Self {
            file, line, covers, ..
        } = self;
        match &self.rule {
            Err(problem) => Some(format!("{file}:{line}: {problem}")),
            Ok(rule) if is_checked(rule) && !allowed.iter().any(|it| self.allows(it)) => {
                Some(format!(
                    "{file}:{line}: line {covers} has no finding of the rule `{rule}`; remove the comment that allows it"
                ))
            }
            Ok(_) => None,
        }
    }
}

/// Returns the rule in `allow(RULE, reason = "..")`, or a description of the mistake.
fn rule(content: &str) -> Result<&'static str, String> {
    let example = |rule| {
        format!("write `{START} allow({rule}, reason = \"..\")`, with the reason in the quotes")
    };
    let arguments = content
        .strip_prefix("allow(")
        .and_then(|rest| rest.strip_suffix(')'));
    let Some(arguments) = arguments else {
        return Err(format!(
            "this comment allows nothing; {}",
            example("deny-path")
        ));
    };
    let (name, reason) = arguments.split_once(',').unwrap_or((arguments, ""));
    let name = name.trim();
    let Some(rule) = RULES.iter().copied().find(|rule| *rule == name) else {
        let near = nearest(name, RULES.iter().copied());
        let near = near.map(|near| format!("; did you mean `{near}`?"));
        return Err(format!(
            "no rule is named `{name}`; there are: {}{}",
            RULES.join(", "),
            near.unwrap_or_default()
        ));
    };
    let reason = reason.trim().strip_prefix("reason").map(str::trim_start);
    let reason = reason.and_then(|rest| rest.strip_prefix('='));
    let reason = reason.and_then(|rest| rest.trim().strip_prefix('"')?.strip_suffix('"'));
    match reason {
        Some(reason) if !reason.trim().is_empty() => Ok(rule),
        _ => Err(format!(
            "this comment gives no reason, so it allows nothing; {}",
            example(rule)
        )),
    }
}

/// Returns whether a line contains code, and not only an attribute or a comment.
fn is_code(line: &str) -> bool {
    let line = line.trim();
    !(line.is_empty() || line.starts_with("//") || line.starts_with("#["))
}

/// Returns whether a place is in a string. Documentation comments are strings too.
fn is_in_literal(tokens: TokenStream, at: LineColumn) -> bool {
    tokens.into_iter().any(|token| match token {
        TokenTree::Group(group) => is_in_literal(group.stream(), at),
        TokenTree::Literal(literal) => {
            let span = literal.span();
            span.start() <= at && at < span.end()
        }
        TokenTree::Ident(_) | TokenTree::Punct(_) => false,
    })
}
