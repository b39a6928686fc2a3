//! Tables as aligned text and as Markdown.

use std::fmt::Write;

use anstyle::Style;
use comfy_table::presets::NOTHING;
use comfy_table::{ColumnConstraint, ContentArrangement, Row};

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

    /// Formats the table as aligned text, indented by two spaces. In a terminal, cells are wrapped so
    /// that the table fits its width.
    pub(crate) fn text(&self) -> String {
        let terminal = terminal_size::terminal_size_of(std::io::stdout());
        self.text_within(terminal.map(|(width, _)| width.0))
    }

    fn text_within(&self, limit: Option<u16>) -> String {
        let shown = self.shown();
        let cells = |row: &[String; N]| {
            let cells = row.iter().zip(shown).filter(|(_, shown)| *shown);
            cells.map(|(cell, _)| cell.clone()).collect::<Vec<_>>()
        };
        let mut table = comfy_table::Table::new();
        table.load_style(NOTHING);
        let mut header = Row::from(cells(&self.header.map(str::to_owned)));
        header.max_height(1);
        table.set_header(header);
        for row in &self.rows {
            table.add_row(cells(row));
        }
        if let Some(limit) = limit {
            table.set_content_arrangement(ContentArrangement::Dynamic);
            table.set_width(limit);
        }
        for column in table.column_iter_mut() {
            column.set_padding((2, 0));
        }
        let widths = table.column_max_content_widths();
        let mut left = limit.unwrap_or(0) / 3 * 2;
        for (index, column) in (0..N).filter(|index| shown[*index]).enumerate() {
            // An id or a place in one piece can be found and copied.
            let is_one_piece = self.rows.iter().all(|row| !row[column].contains(' '));
            let width = widths[index] + 2;
            if let Some(column) = table.column_mut(index)
                && is_one_piece
                && width <= left
            {
                left -= width;
                column.set_constraint(ColumnConstraint::ContentWidth);
            }
        }
        let mut text = String::new();
        for (line, row) in table.lines().enumerate() {
            let style = if line == 0 { BOLD } else { Style::new() };
            let _ = writeln!(text, "{style}{}{style:#}", row.trim_end());
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

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::Table;

    fn table() -> Table<4> {
        let mut table = Table::new(["effect", "arguments", "needs", "summary"]);
        table.row([
            "mail.send".to_owned(),
            "to: String, text: String (redacted)".to_owned(),
            String::new(),
            "Mails a text to somebody.".to_owned(),
        ]);
        table.row([
            "mail.sweep".to_owned(),
            String::new(),
            String::new(),
            "Nobody calls it.".to_owned(),
        ]);
        table
    }

    #[track_caller]
    fn check(limit: Option<u16>, expected: &Expect) {
        let text = table().text_within(limit);
        let text = format!("table\n{}", anstream::adapter::strip_str(&text));
        let mut lines = text.lines();
        assert!(lines.all(|line| line.chars().count() <= usize::from(limit.unwrap_or(999))));
        expected.assert_eq(&text);
    }

    #[test]
    fn without_a_terminal_each_row_is_a_line() {
        check(
            None,
            &expect![[r#"
                table
                  effect      arguments                            summary
                  mail.send   to: String, text: String (redacted)  Mails a text to somebody.
                  mail.sweep                                       Nobody calls it.
            "#]],
        );
    }

    #[test]
    fn a_table_fits_the_terminal() {
        check(
            Some(60),
            &expect![[r#"
                table
                  effect      arguments          summary
                  mail.send   to: String, text:  Mails a text to somebody.
                              String (redacted)
                  mail.sweep                     Nobody calls it.
            "#]],
        );
    }

    #[test]
    fn a_table_fits_a_narrow_terminal_too() {
        check(
            Some(40),
            &expect![[r#"
                table
                  effect      arguments     summary
                  mail.send   to: String,   Mails a text
                              text: String  to somebody.
                              (redacted)
                  mail.sweep                Nobody calls
                                            it.
            "#]],
        );
    }
}
