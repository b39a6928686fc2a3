//! The known findings, which let a code base adopt the lint step by step.

use std::collections::BTreeMap;
use std::fmt::Write;

use crate::lint::Finding;

const FIRST: &str = "airlock-todo 1";

/// The known findings, counted by rule, file and path. Lines are not stored, since code moves.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Todo(BTreeMap<(String, String, String), usize>);

/// An error in a todo file.
#[derive(Debug, thiserror::Error)]
#[error(
    "line {line} of the todo file is not understood: write it by `cargo airlock lint --write-todo`"
)]
pub(crate) struct TodoError {
    line: usize,
}

impl Todo {
    /// Counts the current findings.
    pub(crate) fn from_findings(findings: &[Finding]) -> Self {
        let mut counts = BTreeMap::new();
        for finding in findings {
            *counts.entry(key(finding)).or_default() += 1;
        }
        Self(counts)
    }

    pub(crate) fn parse(text: &str) -> Result<Self, TodoError> {
        let mut counts = BTreeMap::new();
        for (index, line) in text.lines().enumerate() {
            let wrong = || TodoError { line: index + 1 };
            if index == 0 {
                if line != FIRST {
                    return Err(wrong());
                }
            } else if !line.is_empty() && !line.starts_with('#') {
                let mut words = line.splitn(4, ' ');
                let mut word = || words.next().ok_or_else(wrong);
                let (count, rule, what, file) = (word()?, word()?, word()?, word()?);
                let count: usize = count.parse().map_err(|_| wrong())?;
                counts.insert((file.to_owned(), rule.to_owned(), what.to_owned()), count);
            }
        }
        Ok(Self(counts))
    }

    pub(crate) fn write(&self) -> String {
        let mut text = format!(
            "{FIRST}\n# What `cargo airlock lint` found when this was written: count, rule, path, file.\n\
             # Additional findings fail. After fixing code, shorten the list with `cargo airlock lint --write-todo`.\n"
        );
        for ((file, rule, what), count) in &self.0 {
            let _ = writeln!(text, "{count} {rule} {what} {file}");
        }
        text
    }

    /// Keeps only the entries of the selected files.
    pub(crate) fn of_files(mut self, is_one: impl Fn(&str) -> bool) -> Self {
        self.0.retain(|(file, ..), _| is_one(file));
        self
    }

    /// Adds the entries of other files.
    pub(crate) fn add(&mut self, others: Self) {
        self.0.extend(others.0);
    }

    /// Returns the number of known findings.
    pub(crate) fn total(&self) -> usize {
        self.0.values().sum()
    }

    /// Returns the findings that are not known. If a kind has more findings than known, all of them
    /// are returned, because the new one cannot be identified.
    pub(crate) fn unknown(&self, findings: &[Finding]) -> Vec<Finding> {
        let now = Self::from_findings(findings);
        let more = |finding: &&Finding| {
            let key = key(finding);
            now.0.get(&key) > self.0.get(&key)
        };
        findings.iter().filter(more).cloned().collect()
    }

    /// Returns a line for each known entry that has fewer findings now.
    pub(crate) fn cured(&self, findings: &[Finding]) -> Vec<String> {
        let now = Self::from_findings(findings);
        let cured = self.0.iter().filter_map(|(key, known)| {
            let left = now.0.get(key).copied().unwrap_or(0);
            let (file, rule, what) = key;
            (left < *known)
                .then(|| format!("{file}: {rule} of `{what}`: {known} known, {left} left"))
        });
        cured.collect()
    }
}

fn key(finding: &Finding) -> (String, String, String) {
    (
        finding.file.clone(),
        finding.rule.to_owned(),
        finding.what.clone(),
    )
}
