//! The command `cargo airlock lint`.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::PathBuf;

use clap::Args;

use crate::build::{BuildError, Package, Workspace};
use crate::commands::list::Format;
use crate::lint::{self, Config, Finding, Sources, Todo, TodoError};
use crate::near::nearest;
use crate::report::{BOLD, BoxError, GREEN, Report, YELLOW};
use crate::table::Table;

/// The name of the todo file, in the root of the workspace.
const TODO: &str = "airlock-todo.txt";

/// Arguments of `lint`.
#[derive(Args, Clone, Debug)]
pub(crate) struct Lint {
    /// A module whose functions only enqueue intents, such as `shop::orders`, in addition to those
    /// in the manifests
    #[arg(long, value_name = "MODULE")]
    domain: Vec<String>,
    /// A path that the domain may not use, such as `reqwest::Client`, in addition to those in the
    /// manifests
    #[arg(long, value_name = "PATH")]
    deny_path: Vec<String>,
    /// Report only findings in these packages [default: the whole workspace]
    #[arg(short, long, value_name = "NAME")]
    package: Vec<String>,
    /// The manifest of the package or workspace [default: the nearest Cargo.toml]
    #[arg(long, value_name = "PATH")]
    manifest_path: Option<PathBuf>,
    /// The file of known findings [default: airlock-todo.txt in the root of the workspace]
    #[arg(long, value_name = "PATH")]
    todo: Option<PathBuf>,
    /// Write the current findings to the todo file, so that only additional ones fail
    #[arg(long)]
    write_todo: bool,
    /// The output format of the findings
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    format: Format,
}

/// An error that reports an unreadable or unwritable file.
#[derive(Debug, thiserror::Error)]
enum FileError {
    #[error("cannot read or write {}", .0.display())]
    Io(PathBuf, #[source] std::io::Error),
    #[error("cannot read all modules:\n  {0}")]
    Unread(String),
    #[error("cannot read {}", .0.display())]
    Todo(PathBuf, #[source] TodoError),
}

impl Lint {
    /// Looks for effects that bypass airlock.
    ///
    /// # Errors
    ///
    /// If the workspace, its configuration or the todo file cannot be read.
    pub(crate) fn run(&self) -> Result<Report, BoxError> {
        let workspace = Workspace::load(self.manifest_path.as_deref())?;
        let packages = self.packages(&workspace)?;
        let config = Config::from_metadata(&workspace, &packages, &self.domain, &self.deny_path)?;
        // Calls lead into every package, even if only some packages are selected.
        let all: Vec<_> = workspace.members().collect();
        let sources = Sources::read(&workspace.root, &all);
        let unread = || match sources.unread.as_slice() {
            [] => None,
            files => Some(FileError::Unread(files.join("\n  "))),
        };
        let found = lint::findings(&sources, &config).map_err(|error| {
            // A module that could not be read looks like a missing one.
            match unread() {
                None => BoxError::from(error),
                Some(unread) => unread.into(),
            }
        })?;
        let mut findings = found.list;
        // Keep only findings in the selected packages.
        let mut elsewhere = sources.files();
        for file in Sources::read(&workspace.root, &packages).files() {
            elsewhere.remove(file);
        }
        let is_selected = |file: &str| !elsewhere.contains(file);
        findings.retain(|finding| is_selected(&finding.file));
        let mut allowed = found.allowed;
        allowed.retain(|finding| is_selected(&finding.file));
        let path = self
            .todo
            .clone()
            .unwrap_or_else(|| workspace.root.join(TODO));
        let mut report = Report::default();
        let files = sources.unread.iter();
        report
            .notes
            .extend(files.map(|file| format!("not checked, because it cannot be read: {file}")));
        let scanned = found.scanned.iter();
        let scanned = scanned.filter(|(file, _)| is_selected(file));
        report
            .notes
            .extend(scanned_note(scanned.map(|(_, name)| &**name)));
        let comments = sources.comments.iter();
        let comments = comments.filter(|comment| is_selected(&comment.file));
        let problems = comments
            .filter_map(|comment| comment.problem(&allowed, |rule| config.is_checked(rule)));
        report.notes.extend(problems);
        if config.domains.is_empty() {
            report.notes.push(
                "no domain is configured, so only `perform_now` and guards held across an await were checked; write `domain = [\"crate::orders\"]` under \
                 `[package.metadata.airlock]`, or give --domain"
                    .to_owned(),
            );
        }
        report
            .notes
            .extend(config.unknown_crates(&sources, &workspace));
        if self.write_todo {
            if let Some(unread) = unread() {
                return Err(unread.into());
            }
            let io = |error| FileError::Io(path.clone(), error);
            let mut todo = Todo::from_findings(&findings);
            if !elsewhere.is_empty() {
                todo.add(read_todo(&path)?.of_files(|file| elsewhere.contains(file)));
            }
            std::fs::write(&path, todo.write()).map_err(io)?;
            report.text = format!(
                "{YELLOW}known{YELLOW:#}: {} in {}; from now on, only additional findings fail\n",
                counted(findings.len()),
                path.display()
            );
            return Ok(report);
        }
        let todo = read_todo(&path)?.of_files(|file| !elsewhere.contains(file));
        let unknown = todo.unknown(&findings);
        // Report findings despite unread files. Without findings, the result is unknown.
        if let (Some(unread), []) = (unread(), unknown.as_slice()) {
            return Err(unread.into());
        }
        for cured in todo.cured(&findings) {
            report
                .notes
                .push(format!("cured: {cured}; update the list with --write-todo"));
        }
        report.failed = !unknown.is_empty();
        report.text = match self.format {
            Format::Table => lines(&unknown) + &verdict(&unknown, &todo, &allowed),
            Format::Json => serde_json::to_string_pretty(&unknown)? + "\n",
            Format::Markdown => table(&unknown) + &verdict(&unknown, &todo, &allowed),
        };
        Ok(report)
    }

    fn packages<'a>(&self, workspace: &'a Workspace) -> Result<Vec<&'a Package>, BuildError> {
        let all: Vec<_> = workspace.members().collect();
        if self.package.is_empty() {
            return Ok(all);
        }
        let find = |name: &String| {
            let found = all.iter().copied().find(|package| package.name == *name);
            found.ok_or_else(|| {
                let names = all.iter().map(|package| package.name.as_str());
                BuildError::NoSuchTarget {
                    kind: "package",
                    name: name.clone(),
                    near: nearest(name, names.clone()).map(str::to_owned),
                    candidates: names.map(|name| format!("`{name}`")).collect(),
                }
            })
        };
        self.package.iter().map(find).collect()
    }
}

/// Returns a note on macro calls whose arguments are not Rust code.
fn scanned_note<'a>(macros: impl Iterator<Item = &'a str>) -> Option<String> {
    let mut counts = BTreeMap::<_, usize>::new();
    for name in macros {
        *counts.entry(name).or_default() += 1;
    }
    let calls = match counts.values().sum() {
        0 => return None,
        1 => "1 macro call are".to_owned(),
        calls => format!("{calls} macro calls are"),
    };
    let names = counts.iter().map(|(name, calls)| match calls {
        1 => format!("`{name}!`"),
        calls => format!("`{name}!` ({calls})"),
    });
    let names: Vec<_> = names.collect();
    Some(format!(
        "the arguments of {calls} not Rust code, so only the paths and the methods named in them were checked: {}",
        names.join(", ")
    ))
}

fn read_todo(path: &PathBuf) -> Result<Todo, FileError> {
    match std::fs::read_to_string(path) {
        Ok(text) => Todo::parse(&text).map_err(|error| FileError::Todo(path.clone(), error)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Todo::default()),
        Err(error) => Err(FileError::Io(path.clone(), error)),
    }
}

fn lines(findings: &[Finding]) -> String {
    let mut text = String::new();
    for finding in findings {
        let Finding {
            file,
            line,
            column,
            rule,
            message,
            ..
        } = finding;
        let _ = writeln!(
            text,
            "{BOLD}{file}:{line}:{column}{BOLD:#}: {YELLOW}{rule}{YELLOW:#}: {message}"
        );
    }
    text
}

fn table(findings: &[Finding]) -> String {
    let mut table = Table::new(["place", "rule", "message"]);
    for finding in findings {
        let place = format!("{}:{}:{}", finding.file, finding.line, finding.column);
        table.row([place, finding.rule.to_owned(), finding.message.clone()]);
    }
    if findings.is_empty() {
        String::new()
    } else {
        table.markdown() + "\n"
    }
}

fn verdict(unknown: &[Finding], todo: &Todo, allowed: &[Finding]) -> String {
    let known = match todo.total() {
        0 => String::new(),
        known => format!("; {known} known"),
    };
    let allowed = match allowed.len() {
        0 => String::new(),
        allowed => format!("; {allowed} allowed by comments"),
    };
    if unknown.is_empty() {
        format!("{GREEN}no findings{GREEN:#}{known}{allowed}\n")
    } else {
        format!("{}{known}{allowed}\n", counted(unknown.len()))
    }
}

fn counted(number: usize) -> String {
    format!(
        "{number} {}",
        if number == 1 { "finding" } else { "findings" }
    )
}
