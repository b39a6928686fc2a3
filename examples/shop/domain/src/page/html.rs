//! Text in HTML.

use std::fmt::{self, Display, Write};

/// Escapes a value for text content, or for an attribute in double quotes.
pub(super) fn text<T: Display>(value: T) -> Text<T> {
    Text(value)
}

pub(super) struct Text<T>(T);

impl<T: Display> Display for Text<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(Escaping(f), "{}", self.0)
    }
}

struct Escaping<'a, 'b>(&'a mut fmt::Formatter<'b>);

impl Write for Escaping<'_, '_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for character in text.chars() {
            match character {
                '&' => self.0.write_str("&amp;")?,
                '<' => self.0.write_str("&lt;")?,
                '>' => self.0.write_str("&gt;")?,
                '"' => self.0.write_str("&quot;")?,
                '\'' => self.0.write_str("&#39;")?,
                other => self.0.write_char(other)?,
            }
        }
        Ok(())
    }
}

/// Formats an amount of money.
pub(super) fn euros(cents: i64) -> String {
    format!("{}.{:02} €", cents / 100, cents % 100)
}

#[cfg(test)]
mod tests {
    use super::text;

    #[test]
    fn what_html_would_understand_is_escaped() {
        let typed = r#"<b title="x" id='y'>&amp;</b>"#;
        let shown = "&lt;b title=&quot;x&quot; id=&#39;y&#39;&gt;&amp;amp;&lt;/b&gt;";
        assert_eq!(text(typed).to_string(), shown);
    }

    #[test]
    fn an_amount_has_two_decimals() {
        assert_eq!(super::euros(1205), "12.05 €");
    }
}
