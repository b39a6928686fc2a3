//! The command `cargo airlock list`.

use clap::{Args, ValueEnum};

use crate::build::Selection;
use crate::catalogue::Catalogue;
use crate::filter::Filter;
use crate::record::{Boundary, Effect, summary};
use crate::report::{BOLD, BoxError, Report};
use crate::table::Table;

/// Arguments of `list`.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct List {
    #[command(flatten)]
    selection: Selection,
    #[command(flatten)]
    filter: Filter,
    /// The output format
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    format: Format,
}

/// The output format of a list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// Aligned columns, for people
    #[default]
    Table,
    /// JSON, for tools; the catalogue serialises like `airlock::catalogue::Catalogue`
    Json,
    /// A Markdown table
    Markdown,
}

impl List {
    /// Lists effects and boundaries.
    ///
    /// # Errors
    ///
    /// If a build or a read fails.
    pub(crate) fn run(&self) -> Result<Report, BoxError> {
        let mut catalogue = Catalogue::load(&self.selection)?;
        self.filter.apply(&mut catalogue);
        let text = match self.format {
            Format::Json => serde_json::to_string_pretty(&catalogue)? + "\n",
            Format::Table => tables(&catalogue, |table| table.text(), |table| table.text()),
            Format::Markdown => tables(
                &catalogue,
                |table| format!("\n{}\n", table.markdown()),
                |table| format!("\n{}", table.markdown()),
            ),
        };
        Ok(Report {
            text,
            notes: catalogue.notes,
            findings: catalogue.problems,
            failed: false,
        })
    }
}

fn tables(
    catalogue: &Catalogue,
    effects: impl FnOnce(Table<7>) -> String,
    boundaries: impl FnOnce(Table<5>) -> String,
) -> String {
    let mut text = heading(catalogue.effects.len(), "effect", "effects");
    if !catalogue.effects.is_empty() {
        text.push_str(&effects(effect_table(&catalogue.effects)));
    }
    text.push_str(&heading(
        catalogue.boundaries.len(),
        "boundary",
        "boundaries",
    ));
    if !catalogue.boundaries.is_empty() {
        text.push_str(&boundaries(boundary_table(&catalogue.boundaries)));
    }
    text
}

fn heading(number: usize, one: &str, many: &str) -> String {
    let word = if number == 1 { one } else { many };
    format!("{BOLD}{number} {word}{BOLD:#}\n")
}

fn effect_table(effects: &[Effect]) -> Table<7> {
    let mut table = Table::new([
        "effect",
        "arguments",
        "needs",
        "emits",
        "declares",
        "declared at",
        "summary",
    ]);
    for effect in effects {
        let arguments = effect.arguments.iter().map(|argument| {
            let redacted = if argument.redacted { " (redacted)" } else { "" };
            format!("{}: {}{redacted}", argument.name, argument.type_name)
        });
        let needs = effect.resources.iter().map(|need| need.type_name.clone());
        table.row([
            effect.id.clone(),
            join(arguments),
            join(needs),
            effect.emits.as_deref().map(emits).unwrap_or_default(),
            join(declares(effect).into_iter()),
            effect.place.clone(),
            summary(&effect.docs),
        ]);
    }
    table
}

fn boundary_table(boundaries: &[Boundary]) -> Table<5> {
    let mut table = Table::new(["boundary", "kind", "emits", "declared at", "summary"]);
    for boundary in boundaries {
        table.row([
            boundary.name.clone(),
            if boundary.is_async { "async" } else { "sync" }.to_owned(),
            boundary
                .emits
                .as_deref()
                .map_or_else(|| "anything".to_owned(), emits),
            boundary.place.clone(),
            summary(&boundary.docs),
        ]);
    }
    table
}

fn emits(ids: &[String]) -> String {
    match ids {
        [] => "nothing".to_owned(),
        ids => ids.join(", "),
    }
}

fn join(words: impl Iterator<Item = String>) -> String {
    words.collect::<Vec<_>>().join(", ")
}

/// Returns the options that an effect declares besides its arguments, in a few words each.
pub(crate) fn declares(effect: &Effect) -> Vec<String> {
    let words = [
        (effect.is_async, "async"),
        (effect.durable, "durable"),
        (effect.batch, "batch"),
        (effect.once, "once"),
    ];
    let words = words.iter().filter(|(holds, _)| *holds);
    let mut declares: Vec<_> = words.map(|(_, word)| (*word).to_owned()).collect();
    let priority = effect.priority.map(|priority| priority.to_string());
    let attempts = effect.attempts.map(|attempts| attempts.to_string());
    let timeout = effect.timeout_ms.map(duration);
    for (word, value) in [
        ("key", effect.key.as_ref()),
        ("retry", attempts.as_ref()),
        ("timeout", timeout.as_ref()),
        ("queue", effect.queue.as_ref()),
        ("priority", priority.as_ref()),
    ] {
        declares.extend(value.map(|value| format!("{word} {value}")));
    }
    declares.extend(effect.tags.iter().map(|tag| format!("tag {tag}")));
    declares.extend(effect.aliases.iter().map(|alias| format!("alias {alias}")));
    declares
}

/// Formats milliseconds as they are written in an attribute.
pub(crate) fn duration(millis: u64) -> String {
    match millis {
        millis if millis > 0 && millis.is_multiple_of(60_000) => format!("{}m", millis / 60_000),
        millis if millis > 0 && millis.is_multiple_of(1_000) => format!("{}s", millis / 1_000),
        millis => format!("{millis}ms"),
    }
}
