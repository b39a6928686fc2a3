//! Text tables with aligned columns, for reports and the catalogue.

use std::fmt;

/// The largest width that a cell gives its column. A wider cell overflows it.
const WIDE: usize = 120;

/// Rows of text under a header, one line each. Empty columns are left out.
pub(crate) struct Table<const N: usize> {
    header: [&'static str; N],
    rows: Vec<[String; N]>,
}

impl<const N: usize> Table<N> {
    pub(crate) fn new(header: [&'static str; N]) -> Self {
        Self {
            header,
            rows: Vec::new(),
        }
    }

    pub(crate) fn row(&mut self, row: [String; N]) {
        let in_a_line = |text: String| match text.contains(['\n', '\r']) {
            true => text.replace('\n', "\\n").replace('\r', "\\r"),
            false => text,
        };
        self.rows.push(row.map(in_a_line));
    }
}

impl<const N: usize> fmt::Display for Table<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let width = |text: &str| text.chars().count();
        let mut widths = [0; N];
        for row in &self.rows {
            for (column, text) in row.iter().enumerate() {
                widths[column] = widths[column].max(width(text).min(WIDE));
            }
        }
        for (column, title) in self.header.iter().enumerate() {
            if widths[column] > 0 {
                widths[column] = widths[column].max(width(title));
            }
        }
        let header = self.header.map(str::to_owned);
        for row in std::iter::once(&header).chain(&self.rows) {
            let mut line = String::from(" ");
            for (text, width) in row.iter().zip(widths).filter(|(_, width)| *width > 0) {
                line.push_str(&format!(" {text:width$} "));
            }
            writeln!(f, "{}", line.trim_end())?;
        }
        Ok(())
    }
}
