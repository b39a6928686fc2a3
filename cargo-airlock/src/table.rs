//! Tables as aligned text and as Markdown.

use std::fmt::Write;

use crate::report::BOLD;

/// Rows of text under a header. Empty columns are left out.
pub(crate) struct Table<const N: usize> {
    header: [&'static str; N],
    rows: Vec<[String; N]>,
}

impl<const N: usize> Table<N> {
    /// Creates a table without rows.
    pub(crate) fn new(header: [&'static str; N]) -> Self {
        Self {
            header,
            rows: Vec::new(),
        }
    }

    /// Adds a row.
    pub(crate) fn row(&mut self, row: [String; N]) {
        self.rows.push(row);
    }

    /// Formats the table as aligned text, indented by two spaces.
    pub(crate) fn text(&self) -> String {
        let width = |text: &str| text.chars().count();
        let mut widths = self.header.map(width);
        let shown = self.shown();
        for row in &self.rows {
            for (column, text) in row.iter().enumerate() {
                widths[column] = widths[column].max(width(text));
            }
        }
        let line = |row: &[String; N]| {
            let mut line = String::from(" ");
            for column in (0..N).filter(|column| shown[*column]) {
                let _ = write!(line, " {:1$} ", row[column], widths[column]);
            }
            line.trim_end().to_owned()
        };
        let mut text = format!("{BOLD}{}{BOLD:#}\n", line(&self.header.map(str::to_owned)));
        for row in &self.rows {
            text.push_str(&line(row));
            text.push('\n');
        }
        text
    }

    /// Formats the table as Markdown.
    pub(crate) fn markdown(&self) -> String {
        let shown = self.shown();
        let line = |row: &[String; N]| {
            let mut line = String::from("|");
            for column in (0..N).filter(|column| shown[*column]) {
                let _ = write!(line, " {} |", escaped(&row[column]));
            }
            line.push('\n');
            line
        };
        let mut text = line(&self.header.map(str::to_owned));
        text.push('|');
        text.push_str(&"---|".repeat(shown.iter().filter(|shown| **shown).count()));
        text.push('\n');
        for row in &self.rows {
            text.push_str(&line(row));
        }
        text
    }

    fn shown(&self) -> [bool; N] {
        std::array::from_fn(|column| self.rows.iter().any(|row| !row[column].is_empty()))
    }
}

/// Escapes characters of types, such as `<` and `|`, that have a meaning in Markdown.
fn escaped(text: &str) -> String {
    let mut escaped = String::new();
    for letter in text.chars() {
        if matches!(letter, '|' | '<' | '>' | '*' | '_' | '`' | '\\' | '[' | ']') {
            escaped.push('\\');
        }
        escaped.push(letter);
    }
    escaped
}
