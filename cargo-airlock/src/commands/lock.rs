//! The commands `cargo airlock lock` and `cargo airlock check`.

use std::fmt::Write;

use anstyle::Style;
use clap::Args;

use crate::build::Selection;
use crate::catalogue::Catalogue;
use crate::commands::list::Format;
use crate::commands::lock_file::LockFile;
use crate::contract::{self, Aliases, Change, Contracts, FileError, Severity};
use crate::report::{BOLD, BoxError, GREEN, RED, Report, YELLOW};
use crate::table::Table;

/// Arguments of `lock`.
#[derive(Args, Clone, Debug)]
pub(crate) struct Lock {
    #[command(flatten)]
    selection: Selection,
    #[command(flatten)]
    file: LockFile,
    /// Write it even if messages in flight break, because there are none left, or they may be lost; prints the changes
    #[arg(long)]
    accept_breaking: bool,
}

/// Arguments of `check`.
#[derive(Args, Clone, Debug)]
pub(crate) struct Check {
    #[command(flatten)]
    selection: Selection,
    #[command(flatten)]
    file: LockFile,
    /// Fail on every difference, so that the lock file stays up to date
    #[arg(long)]
    exact: bool,
    /// The output format of the changes
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    format: Format,
}

impl Lock {
    /// Writes the lock file.
    ///
    /// # Errors
    ///
    /// If a build or a read fails, or the file cannot be written.
    pub(crate) fn run(&self) -> Result<Report, BoxError> {
        let path = self.file.path(&self.selection)?;
        let before = match contract::read_file(&path) {
            Ok(before) => before,
            Err(FileError::Missing(_)) => Contracts::default(),
            Err(error) => return Err(error.into()),
        };
        let catalogue = Catalogue::load(&self.file.built(&self.selection)?)?;
        if !catalogue.problems.is_empty() {
            return Ok(no_program(catalogue));
        }
        let aliases = Aliases::find(&catalogue, &self.selection);
        let after = Contracts::from_catalogue(&catalogue, &aliases)?;
        let mut report = Report {
            notes: catalogue.notes.clone(),
            ..Report::default()
        };
        let changes = contract::changes_of(&before, &after, &catalogue);
        let breaking: Vec<_> = changes
            .iter()
            .filter(|it| it.severity == Severity::Breaking)
            .cloned()
            .collect();
        if !breaking.is_empty() && self.accept_breaking {
            let accepted = counted(breaking.len(), "change that breaks", "changes that break");
            report.text = diff(&breaking);
            report.text += &format!("{YELLOW}accepted{YELLOW:#} {accepted} messages in flight\n");
        } else if !breaking.is_empty() {
            report.text = diff(&changes);
            report.findings.push(format!(
                "{} was not changed, because messages in flight would be lost: apply the suggestions above, or pass --accept-breaking",
                path.display()
            ));
        }
        if report.findings.is_empty() {
            contract::write_file(&path, &after)?;
            report.text += &format!(
                "{GREEN}locked{GREEN:#} {} and {} in {}; commit it\n",
                counted(after.effects.len(), "effect", "effects"),
                counted(after.boundaries.len(), "boundary", "boundaries"),
                path.display()
            );
        }
        Ok(report)
    }
}

impl Check {
    /// Compares the program with the lock file.
    ///
    /// # Errors
    ///
    /// If a build or a read fails.
    pub(crate) fn run(&self) -> Result<Report, BoxError> {
        let before = contract::read_file(&self.file.path(&self.selection)?)?;
        let catalogue = Catalogue::load(&self.file.built(&self.selection)?)?;
        if !catalogue.problems.is_empty() {
            let mut report = no_program(catalogue);
            if self.format == Format::Json {
                report.text = "[]\n".to_owned();
            }
            return Ok(report);
        }
        let aliases = Aliases::find(&catalogue, &self.selection);
        let after = Contracts::from_catalogue(&catalogue, &aliases)?;
        let changes = contract::changes_of(&before, &after, &catalogue);
        let breaking = changes.iter().any(|it| it.severity == Severity::Breaking);
        let mut notes = catalogue.notes;
        notes.extend(by_name_only(&after));
        let text = match self.format {
            Format::Table => diff(&changes) + &verdict(&changes, &after),
            Format::Json => serde_json::to_string_pretty(&changes)? + "\n",
            Format::Markdown => markdown(&changes) + &verdict(&changes, &after),
        };
        let mut findings = Vec::new();
        if self.exact && !breaking && !changes.is_empty() {
            findings.push(
                "the lock file is out of date: run `cargo airlock lock`, and commit it".to_owned(),
            );
        }
        Ok(Report {
            text,
            notes,
            findings,
            failed: breaking,
        })
    }
}

/// Reports the problems of a program that would not start, and so has no contracts.
fn no_program(catalogue: Catalogue) -> Report {
    Report {
        notes: catalogue.notes,
        findings: catalogue.problems,
        ..Report::default()
    }
}

fn words(severity: Severity) -> (&'static str, Style) {
    match severity {
        Severity::Breaking => ("breaking", RED),
        Severity::OneWay => ("one-way", YELLOW),
        Severity::Compatible => ("compatible", GREEN),
        Severity::Note => ("note", YELLOW),
    }
}

/// Formats the changes as a diff.
pub(crate) fn diff(changes: &[Change]) -> String {
    let mut text = String::new();
    let mut last = None;
    for change in changes {
        let (word, style) = words(change.severity);
        if last.replace((change.severity, &change.of)) != Some((change.severity, &change.of)) {
            let place = change.place.as_ref().map(|place| format!(" at {place}"));
            let place = place.unwrap_or_default();
            let _ = writeln!(
                text,
                "{style}{word}{style:#}: {BOLD}{}{BOLD:#}{place}",
                change.of
            );
        }
        for (sign, line) in [("-", &change.before), ("+", &change.after)] {
            if let Some(line) = line {
                let _ = writeln!(text, "  {sign} {}", line.trim_start());
            }
        }
        if !change.means.is_empty() {
            let _ = writeln!(text, "      {}", change.means);
        }
        if let Some(instead) = &change.instead {
            let _ = writeln!(text, "      write instead: {instead}");
        }
    }
    text
}

/// Formats the changes as a Markdown table.
pub(crate) fn markdown(changes: &[Change]) -> String {
    let mut table = Table::new(["", "of", "before", "after", "means", "write instead"]);
    for change in changes {
        let (word, _) = words(change.severity);
        let line = |line: &Option<String>| line.as_deref().unwrap_or_default().trim().to_owned();
        table.row([
            word.to_owned(),
            change.of.clone(),
            line(&change.before),
            line(&change.after),
            change.means.clone(),
            line(&change.instead),
        ]);
    }
    if changes.is_empty() {
        String::new()
    } else {
        table.markdown() + "\n"
    }
}

fn verdict(changes: &[Change], after: &Contracts) -> String {
    let count = |severity| changes.iter().filter(|it| it.severity == severity).count();
    let breaking = count(Severity::Breaking);
    let durable = after.effects.values().filter(|it| it.durable).count();
    let locked = counted(durable, "durable effect", "durable effects");
    if breaking > 0 {
        let changes = counted(breaking, "change breaks", "changes break");
        return format!("{RED}breaking{RED:#}: {changes} messages in flight\n");
    }
    let (one_way, fits) = (count(Severity::OneWay), count(Severity::Compatible));
    if one_way + fits == 0 {
        return format!("{GREEN}compatible{GREEN:#}: {locked}, no durable contract has changed\n");
    }
    let changes = counted(one_way + fits, "change", "changes");
    let (word, style) = words(if one_way > 0 {
        Severity::OneWay
    } else {
        Severity::Compatible
    });
    let old_workers = match one_way {
        0 => "workers of the previous version read the new ones".to_owned(),
        _ => format!(
            "workers of the previous version cannot decode what {}",
            counted(one_way, "one-way change writes", "one-way changes write")
        ),
    };
    format!(
        "{style}{word}{style:#}: {locked}, {changes}; this version reads every stored message, and {old_workers}; `cargo airlock lock` records it\n"
    )
}

/// Returns a note that names the types whose fields are not compared.
fn by_name_only(contracts: &Contracts) -> Option<String> {
    let names = contracts.opaque_types();
    let shown: Vec<_> = names.iter().map(|name| format!("`{name}`")).collect();
    (!names.is_empty()).then(|| {
        format!(
            "compared by name only: {}; a change inside these types is not seen here: test them with `airlock::testing::golden!`",
            shown.join(", ")
        )
    })
}

fn counted(number: usize, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}
