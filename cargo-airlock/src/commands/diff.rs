//! The command `cargo airlock diff OLD NEW`.

use std::fmt::Write;
use std::path::Path;

use clap::Args;
use serde::Serialize;

use crate::build::{Checkout, Selection};
use crate::catalogue::Catalogue;
use crate::commands::list::Format;
use crate::commands::lock;
use crate::compare::{BoundaryChange, Comparison, EffectChange, State};
use crate::report::{BOLD, BoxError, Report};
use crate::table::Table;

/// Arguments of `diff`.
#[derive(Args, Clone, Debug)]
#[command(mut_arg("files", |files| {
    files
        .num_args(1..=2)
        .required(true)
        .value_names(["OLD", "NEW"])
        .help("Two built files, or two git revisions; without NEW, the working tree is built")
}))]
pub(crate) struct Diff {
    #[command(flatten)]
    selection: Selection,
    /// The output format
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    format: Format,
}

/// The comparison and the names of its sides, as JSON.
#[derive(Serialize)]
struct Answer<'a> {
    old: String,
    new: String,
    #[serde(flatten)]
    comparison: &'a Comparison,
}

impl Diff {
    /// Compares two versions of a program.
    ///
    /// # Errors
    ///
    /// If a checkout, a build or a read fails, or a version has two effects with one id.
    pub(crate) fn run(&self) -> Result<Report, BoxError> {
        let mut sides = Vec::new();
        for side in [self.selection.files.first(), self.selection.files.get(1)] {
            let (name, catalogue) = self.load(side.map(|path| &**path))?;
            sides.push((name, catalogue));
        }
        let mut report = Report::default();
        for (name, catalogue) in &mut sides {
            // Problems of a built file name it already.
            let told = |text: String| match text.contains(&*name) {
                true => text,
                false => format!("{name}: {text}"),
            };
            report
                .notes
                .extend(catalogue.notes.iter().cloned().map(told));
            let problems = std::mem::take(&mut catalogue.problems);
            report.findings.extend(problems.into_iter().map(told));
        }
        let [(old, before), (new, after)] = &sides[..] else {
            return Ok(report);
        };
        // A program that would not start has no contracts.
        if !report.findings.is_empty() {
            return Ok(report);
        }
        let comparison = Comparison::new(before, after).map_err(|error| Ambiguous(error.into()))?;
        report.text = match self.format {
            Format::Table => text(&comparison),
            Format::Markdown => markdown(&comparison, old, new),
            Format::Json => {
                let answer = Answer {
                    old: old.clone(),
                    new: new.clone(),
                    comparison: &comparison,
                };
                serde_json::to_string_pretty(&answer)? + "\n"
            }
        };
        Ok(report)
    }

    /// Returns the name and the catalogue of one side: a built file, a revision, or the working
    /// tree.
    fn load(&self, side: Option<&Path>) -> Result<(String, Catalogue), BoxError> {
        let mut selection = self.selection.clone();
        selection.files.clear();
        let Some(path) = side else {
            return Ok(("the working tree".to_owned(), Catalogue::load(&selection)?));
        };
        let name = path.to_string_lossy().into_owned();
        if path.is_file() {
            selection.files.push(path.to_owned());
            return Ok((name, Catalogue::load(&selection)?));
        }
        let checkout = Checkout::new(&name, &selection)?;
        let catalogue = Catalogue::load(checkout.selection()).map_err(|source| Side {
            name: name.clone(),
            source,
        })?;
        Ok((name, catalogue))
    }
}

/// An error that reports programs whose effects cannot be told apart.
#[derive(Debug, thiserror::Error)]
#[error("the versions cannot be compared: select one program by --bin")]
struct Ambiguous(#[source] BoxError);

/// An error that names the revision that could not be built or read.
#[derive(Debug, thiserror::Error)]
#[error("cannot list the effects of `{name}`")]
struct Side {
    name: String,
    source: BoxError,
}

const SAME: &str = "no difference: the same effects, the same contracts, and each boundary may emit what it could\n";

fn text(comparison: &Comparison) -> String {
    if comparison.is_empty() {
        return SAME.to_owned();
    }
    let mut text = String::new();
    let mut section = |title: &str, is_empty: bool, body: String| {
        if !is_empty {
            let _ = write!(text, "{BOLD}{title}{BOLD:#}\n{body}");
        }
    };
    let Comparison {
        boundaries,
        contracts,
        effects,
    } = comparison;
    section(
        "what boundaries may emit",
        boundaries.is_empty(),
        boundary_table(boundaries).text(),
    );
    section(
        "contracts of durable effects",
        contracts.is_empty(),
        lock::diff(contracts),
    );
    section("effects", effects.is_empty(), effect_table(effects).text());
    text
}

/// Formats the comparison for a comment on a pull request.
fn markdown(comparison: &Comparison, old: &str, new: &str) -> String {
    let mut text = format!("### Effects: `{old}` → `{new}`\n");
    if comparison.is_empty() {
        let _ = write!(text, "\n{SAME}");
    }
    if !comparison.boundaries.is_empty() {
        let table = boundary_table(&comparison.boundaries).markdown();
        let _ = write!(text, "\n#### What boundaries may emit\n\n{table}");
    }
    if !comparison.contracts.is_empty() {
        let table = lock::markdown(&comparison.contracts);
        let _ = write!(
            text,
            "\n#### Contracts of durable effects\n\n{}\n",
            table.trim_end()
        );
    }
    if !comparison.effects.is_empty() {
        let table = effect_table(&comparison.effects).markdown();
        let _ = write!(text, "\n#### Effects\n\n{table}");
    }
    text
}

fn boundary_table(changes: &[BoundaryChange]) -> Table<6> {
    let mut table = Table::new([
        "boundary",
        "",
        "may now emit",
        "may now cause",
        "may no longer emit",
        "declared at",
    ]);
    for change in changes {
        let state = match change.state {
            State::New => "new",
            State::Gone => "gone",
            State::Changed => "",
        };
        table.row([
            change.boundary.clone(),
            state.to_owned(),
            shown(&change.now_emits, "anything"),
            shown(&change.now_causes, "anything"),
            shown(&change.no_longer_emits, "anything else"),
            change.place.clone(),
        ]);
    }
    table
}

/// Lists ids, with these words for `*`.
fn shown(ids: &[String], anything: &str) -> String {
    let ids = ids.iter().map(|id| match id.as_str() {
        "*" => anything,
        id => id,
    });
    ids.collect::<Vec<_>>().join(", ")
}

fn effect_table(changes: &[EffectChange]) -> Table<6> {
    let mut table = Table::new(["effect", "what", "before", "after", "means", "declared at"]);
    for change in changes {
        let shown = |value: &Option<String>| value.clone().unwrap_or_else(|| "—".to_owned());
        table.row([
            change.effect.clone(),
            change.what.to_owned(),
            shown(&change.before),
            shown(&change.after),
            change.means.to_owned(),
            change.place.clone(),
        ]);
    }
    table
}
