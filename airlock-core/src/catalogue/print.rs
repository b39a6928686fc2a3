//! The catalogue as text.

use std::fmt;

use crate::catalogue::{Catalogue, EffectDescriptor};
use crate::report::Table;

/// Prints two tables: effects with arguments, the resources they need and what they declare;
/// boundaries with the effects they may emit.
impl fmt::Display for Catalogue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", counted(self.effects.len(), "effect", "effects"))?;
        let mut effects = Table::new([
            "effect",
            "arguments",
            "needs",
            "emits",
            "declares",
            "declared at",
            "summary",
        ]);
        for effect in &self.effects {
            effects.row([
                effect.spec.id.to_owned(),
                join(effect.spec.arguments.iter().map(|argument| {
                    let redacted = if argument.redacted { " (redacted)" } else { "" };
                    format!("{}: {}{redacted}", argument.name, argument.type_name)
                })),
                join(
                    effect
                        .spec
                        .resources
                        .iter()
                        .map(|need| need.type_name.to_owned()),
                ),
                effect.emits().map(emits).unwrap_or_default(),
                declares(effect),
                effect.place(),
                summary(effect.spec.docs),
            ]);
        }
        write!(f, "{effects}")?;
        writeln!(
            f,
            "{}",
            counted(self.boundaries.len(), "boundary", "boundaries")
        )?;
        let mut boundaries = Table::new(["boundary", "kind", "emits", "declared at", "summary"]);
        for boundary in &self.boundaries {
            boundaries.row([
                boundary.spec.name.to_owned(),
                if boundary.spec.is_async {
                    "async"
                } else {
                    "sync"
                }
                .to_owned(),
                boundary
                    .spec
                    .emits
                    .map_or_else(|| "anything".to_owned(), emits),
                boundary.place(),
                summary(boundary.spec.docs),
            ]);
        }
        write!(f, "{boundaries}")
    }
}

fn counted(number: usize, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}

fn emits(effects: &[&EffectDescriptor]) -> String {
    match effects {
        [] => "nothing".to_owned(),
        effects => join(effects.iter().map(|effect| effect.spec.id.to_owned())),
    }
}

fn declares(effect: &EffectDescriptor) -> String {
    let words = [
        (effect.spec.is_async, "async"),
        (effect.is_durable(), "durable"),
        (effect.spec.batch, "batch"),
        (effect.spec.once, "once"),
    ];
    let words = words
        .iter()
        .filter(|(holds, _)| *holds)
        .map(|(_, word)| (*word).to_owned());
    let values = [
        effect.spec.key.map(|key| format!("key {key}")),
        effect
            .spec
            .retry
            .map(|rule| format!("retry {}", rule.max_attempts())),
        effect
            .spec
            .timeout
            .map(|timeout| format!("timeout {timeout:?}")),
        effect.spec.queue.map(|queue| format!("queue {queue}")),
        effect
            .spec
            .priority
            .map(|priority| format!("priority {priority}")),
    ];
    let tags = effect.spec.tags.iter().map(|tag| format!("tag {tag}"));
    let aliases = effect
        .spec
        .aliases
        .iter()
        .map(|alias| format!("alias {alias}"));
    join(
        words
            .chain(values.into_iter().flatten())
            .chain(tags)
            .chain(aliases),
    )
}

fn join(words: impl Iterator<Item = String>) -> String {
    words.collect::<Vec<_>>().join(", ")
}

/// Returns the first sentence of a doc comment, which may span several lines.
fn summary(docs: &str) -> String {
    let paragraph = docs.trim().lines().map(str::trim);
    let paragraph = paragraph.take_while(|line| !line.is_empty());
    let mut summary = String::new();
    for word in paragraph.flat_map(str::split_whitespace) {
        let ended = summary.ends_with(['.', '!', '?']);
        if ended && word.starts_with(char::is_uppercase) {
            break;
        }
        if !summary.is_empty() {
            summary.push(' ');
        }
        summary.push_str(word);
    }
    summary
}

#[cfg(test)]
mod tests {
    use super::summary;

    #[test]
    fn a_summary_is_the_first_sentence_and_not_the_first_line() {
        for (docs, first) in [
            ("", ""),
            (" Sends.\n\n More.", "Sends."),
            (
                "Sends a mail\nto the buyer. Only once.",
                "Sends a mail to the buyer.",
            ),
            (
                "Keeps v1.2 of it, e.g. there",
                "Keeps v1.2 of it, e.g. there",
            ),
            ("A title\n\nSends.", "A title"),
        ] {
            assert_eq!(summary(docs), first);
        }
    }
}
