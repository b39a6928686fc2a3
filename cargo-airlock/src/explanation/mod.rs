//! Everything known about one effect or boundary, in the form of each output format.

mod boundary;
mod effect;

use std::fmt::Write;

pub(crate) use self::boundary::BoundaryExplanation;
pub(crate) use self::effect::{Contract, EffectExplanation};
use crate::report::BOLD;
use crate::table::Table;

/// Labels and values under a title and a doc comment.
pub(crate) struct Facts {
    title: String,
    docs: String,
    lines: Vec<(&'static str, String)>,
}

impl Facts {
    fn new(title: &str, docs: &str) -> Self {
        Self {
            title: title.to_owned(),
            docs: docs.to_owned(),
            lines: Vec::new(),
        }
    }

    /// Adds a line. An empty label continues the line before.
    fn push(&mut self, label: &'static str, value: impl Into<String>) {
        self.lines.push((label, value.into()));
    }

    fn text(&self) -> String {
        let mut text = format!("{BOLD}{}{BOLD:#}\n", self.title);
        for docs in self.docs.lines() {
            let _ = writeln!(text, "{}", format!("  {docs}").trim_end());
        }
        if !self.docs.is_empty() {
            text.push('\n');
        }
        for (label, value) in &self.lines {
            let _ = writeln!(text, "  {label:<10} {value}");
        }
        text
    }

    fn markdown(&self) -> String {
        let mut table = Table::new(["", "value"]);
        for (label, value) in &self.lines {
            table.row([(*label).to_owned(), value.clone()]);
        }
        let mut text = format!("### `{}`\n", self.title);
        if !self.docs.is_empty() {
            let _ = write!(text, "\n{}\n", self.docs.trim());
        }
        let _ = write!(text, "\n{}", table.markdown());
        text
    }
}
