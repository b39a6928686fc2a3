//! The commands `cargo airlock lock` and `cargo airlock check`.

use std::fmt::Write;
use std::path::{Path, PathBuf};

use anstyle::Style;
use clap::Args;

use crate::build::{Selection, Workspace};
use crate::catalogue::Catalogue;
use crate::commands::list::Format;
use crate::contract::{self, Change, Contracts, LockError, Severity};
use crate::report::{BOLD, BoxError, GREEN, RED, Report, YELLOW};
use crate::table::Table;

/// Arguments of `lock`.
#[derive(Args, Clone, Debug)]
pub(crate) struct Lock {
    #[command(flatten)]
    selection: Selection,
    #[command(flatten)]
    file: LockFile,
    /// Write it even if messages in flight break, because there are none left, or they may be lost
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

/// The location of the lock file.
#[derive(Args, Clone, Debug)]
pub(crate) struct LockFile {
    /// The lock file [default: effects.lock in the root of the workspace]
    #[arg(long, value_name = "PATH")]
    lock_file: Option<PathBuf>,
}

/// An error that makes a lock file unusable.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FileError {
    #[error("there is no lock file {}: write it by `cargo airlock lock`, and commit it", .0.display())]
    Missing(PathBuf),
    #[error("cannot read or write {}", .0.display())]
    Io(PathBuf, #[source] std::io::Error),
    #[error("cannot read {}", .0.display())]
    Wrong(PathBuf, #[source] LockError),
}

impl LockFile {
    /// Returns the path of the lock file. For files that are already built, it is in the current
    /// directory, because there may be no workspace.
    pub(crate) fn path(&self, selection: &Selection) -> Result<PathBuf, BoxError> {
        match &self.lock_file {
            Some(path) => Ok(path.clone()),
            None if !selection.files.is_empty() => Ok(contract::NAME.into()),
            None => {
                let workspace = Workspace::load(selection.options.manifest_path.as_deref())?;
                Ok(workspace.root.join(contract::NAME))
            }
        }
    }

    /// Returns the selection to build. The lock file of a workspace holds what cargo builds in its
    /// root. Therefore, unless a lock file, a package or a target is named, the build runs in the
    /// root.
    fn built(&self, selection: &Selection) -> Result<Selection, BoxError> {
        let mut built = selection.clone();
        let named = [&built.bin, &built.test, &built.example, &built.package];
        let selects =
            built.lib || !built.files.is_empty() || named.iter().any(|names| !names.is_empty());
        if self.lock_file.is_none() && !selects {
            let manifest = &mut built.options.manifest_path;
            let root = Workspace::load(manifest.as_deref())?.root;
            *manifest = Some(root.join("Cargo.toml"));
        }
        Ok(built)
    }
}

/// Reads a lock file.
pub(crate) fn read(path: &Path) -> Result<Contracts, FileError> {
    let text = std::fs::read_to_string(path).map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => FileError::Missing(path.to_owned()),
        _ => FileError::Io(path.to_owned(), error),
    })?;
    contract::parse(&text).map_err(|error| FileError::Wrong(path.to_owned(), error))
}

impl Lock {
    /// Writes the lock file.
    ///
    /// # Errors
    ///
    /// If a build or a read fails, or the file cannot be written.
    pub(crate) fn run(&self) -> Result<Report, BoxError> {
        let path = self.file.path(&self.selection)?;
        let before = match read(&path) {
            Ok(before) => before,
            Err(FileError::Missing(_)) => Contracts::default(),
            Err(error) => return Err(error.into()),
        };
        let catalogue = Catalogue::load(&self.file.built(&self.selection)?)?;
        if !catalogue.problems.is_empty() {
            return Ok(no_program(catalogue));
        }
        let after = Contracts::from_catalogue(&catalogue)?;
        let mut report = Report {
            notes: catalogue.notes.clone(),
            ..Report::default()
        };
        let changes = contract::changes_of(&before, &after, &catalogue);
        let breaking = changes.iter().any(|it| it.severity == Severity::Breaking);
        if breaking && !self.accept_breaking {
            report.text = diff(&changes);
            report.findings.push(format!(
                "{} was not changed, because messages in flight would be lost: apply the suggestions above, or pass --accept-breaking",
                path.display()
            ));
        }
        if report.findings.is_empty() {
            let io = |error| FileError::Io(path.clone(), error);
            std::fs::write(&path, contract::text(&after)?).map_err(io)?;
            report.text = format!(
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
        let before = read(&self.file.path(&self.selection)?)?;
        let catalogue = Catalogue::load(&self.file.built(&self.selection)?)?;
        if !catalogue.problems.is_empty() {
            let mut report = no_program(catalogue);
            if self.format == Format::Json {
                report.text = "[]\n".to_owned();
            }
            return Ok(report);
        }
        let after = Contracts::from_catalogue(&catalogue)?;
        let changes = contract::changes_of(&before, &after, &catalogue);
        let breaking = changes.iter().any(|it| it.severity == Severity::Breaking);
        let text = match self.format {
            Format::Table => diff(&changes) + &verdict(&changes, &after),
            Format::Json => serde_json::to_string_pretty(&changes)? + "\n",
            Format::Markdown => markdown(&changes) + &verdict(&changes, &after),
        };
        let mut findings = Vec::new();
        if self.exact && !breaking && before != after {
            findings.push(
                "the lock file is out of date: run `cargo airlock lock`, and commit it".to_owned(),
            );
        }
        Ok(Report {
            text,
            notes: catalogue.notes,
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

fn markdown(changes: &[Change]) -> String {
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

fn counted(number: usize, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::LockFile;
    use crate::build::Selection;

    #[test]
    fn a_members_directory_is_not_taken_for_the_whole_workspace() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixture");
        let mut selection = Selection::default();
        selection.options.manifest_path = Some(root.join("shop/Cargo.toml"));
        let built = |lock_file, selection: &Selection| {
            let file = LockFile { lock_file };
            let built = file.built(selection).expect("it is a workspace");
            built.options.manifest_path
        };
        assert_eq!(built(None, &selection), Some(root.join("Cargo.toml")));

        let own = Some("shop.lock".into());
        assert_eq!(built(own, &selection), selection.options.manifest_path);

        selection.package.push("shop".to_owned());
        assert_eq!(built(None, &selection), selection.options.manifest_path);
    }
}
