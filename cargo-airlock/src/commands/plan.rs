//! The command `cargo airlock plan`.

use std::collections::HashSet;
use std::fmt::Write;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::report::{BOLD, BoxError, Report, YELLOW};
use crate::table::Table;

/// The version of the format that `airlock::plan` writes.
const VERSION: u16 = 1;

/// Arguments of `plan`.
#[derive(Args, Clone, Debug)]
pub(crate) struct Plan {
    #[command(subcommand)]
    command: PlanCommand,
}

#[derive(Subcommand, Clone, Debug)]
enum PlanCommand {
    /// Show what a plan would do when it is applied
    Show(Show),
}

/// Arguments of `plan show`.
#[derive(Args, Clone, Debug)]
struct Show {
    /// The file that `airlock::plan` wrote
    file: PathBuf,
    /// Show the intents of this effect only
    #[arg(long, value_name = "ID")]
    effect: Option<String>,
    /// The number of intents to show
    #[arg(long, default_value_t = 20, value_name = "N")]
    limit: usize,
}

/// The first line of a plan.
#[derive(Deserialize)]
struct Header {
    airlock_plan: u16,
    name: String,
    made: String,
    intents: usize,
    summary: Summary,
}

#[derive(Deserialize)]
struct Summary {
    effects: Vec<Planned>,
    dropped: Vec<Dropped>,
}

#[derive(Deserialize)]
struct Planned {
    effect: String,
    count: usize,
    first: String,
    last: String,
}

#[derive(Deserialize)]
struct Dropped {
    effect: String,
    policy: String,
    reason: Option<String>,
    count: usize,
}

/// One intent of a plan.
#[derive(Deserialize)]
struct Intent {
    effect: String,
    args: Map<String, Value>,
    id: String,
    #[serde(default)]
    at: String,
    run_at: Option<String>,
    queue: Option<String>,
    key: Option<String>,
}

/// An error in a plan.
#[derive(Debug, thiserror::Error)]
enum PlanError {
    #[error("cannot read {}", .0.display())]
    Io(PathBuf, #[source] std::io::Error),
    #[error("{} is not a plan: write one by `airlock::plan::Plan`", .0.display())]
    NotAPlan(PathBuf, #[source] serde_json::Error),
    #[error("the plan has the format {0}, and this version of cargo-airlock reads {VERSION}")]
    Version(u16),
    #[error("line {line} of the plan is not an intent")]
    Line {
        line: usize,
        #[source]
        source: serde_json::Error,
    },
}

impl Plan {
    /// Shows a plan.
    ///
    /// # Errors
    ///
    /// If the file cannot be read, or is no plan.
    pub(crate) fn run(&self) -> Result<Report, BoxError> {
        let PlanCommand::Show(show) = &self.command;
        Ok(show.run()?)
    }
}

impl Show {
    fn run(&self) -> Result<Report, PlanError> {
        let io = |error| PlanError::Io(self.file.clone(), error);
        let file = std::fs::File::open(&self.file).map_err(io)?;
        let mut lines = BufReader::new(file).lines();
        let first = lines.next().transpose().map_err(io)?.unwrap_or_default();
        let header: Header = serde_json::from_str(&first)
            .map_err(|error| PlanError::NotAPlan(self.file.clone(), error))?;
        if header.airlock_plan != VERSION {
            return Err(PlanError::Version(header.airlock_plan));
        }
        let done = done(&self.file).map_err(io)?;
        let mut intents = Table::new(["intent", "state", "options", "enqueued at"]);
        let (mut found, mut selected) = (0, 0);
        for (text, line) in lines.zip(2..) {
            let intent: Intent = serde_json::from_str(&text.map_err(io)?)
                .map_err(|source| PlanError::Line { line, source })?;
            found += 1;
            if self.effect.as_ref().is_some_and(|id| *id != intent.effect) {
                continue;
            }
            selected += 1;
            if selected <= self.limit {
                intents.row(intent.row(&done));
            }
        }
        let mut report = Report {
            text: header.text(done.len()),
            ..Report::default()
        };
        if selected > 0 && self.limit > 0 {
            report.text.push('\n');
            report.text.push_str(&intents.text());
            if selected > self.limit {
                let more = selected - self.limit;
                let _ = writeln!(report.text, "  and {more} more; --limit shows them");
            }
        }
        if found != header.intents {
            report.findings.push(format!(
                "the plan announces {} intents and has {found}: it is incomplete, so make it again",
                header.intents
            ));
        }
        Ok(report)
    }
}

impl Header {
    /// Formats what the plan contains.
    fn text(&self, done: usize) -> String {
        let mut text = format!("{BOLD}{}{BOLD:#}, made {}\n", self.name, self.made);
        if done > 0 {
            let _ = writeln!(
                text,
                "{YELLOW}applied in part{YELLOW:#}: {done} of {} intents are done",
                self.intents
            );
        }
        let mut planned = Table::new(["effect", "intents", "first", "last", "dropped by"]);
        for it in &self.summary.effects {
            let last = match it.last == it.first {
                true => String::new(),
                false => it.last.clone(),
            };
            let count = it.count.to_string();
            planned.row([
                it.effect.clone(),
                count,
                it.first.clone(),
                last,
                String::new(),
            ]);
        }
        for it in &self.summary.dropped {
            let by = match &it.reason {
                Some(reason) => format!("{}: {reason}", it.policy),
                None => it.policy.clone(),
            };
            let count = it.count.to_string();
            planned.row([it.effect.clone(), count, String::new(), String::new(), by]);
        }
        text.push_str(&planned.text());
        text
    }
}

impl Intent {
    fn row(&self, done: &HashSet<String>) -> [String; 4] {
        let state = match done.contains(&self.id) {
            true => "done",
            false => "",
        };
        let named = |name: &str, value: &Option<String>| {
            value.as_ref().map(|value| format!("{name} {value}"))
        };
        let options = [
            named("at", &self.run_at),
            named("queue", &self.queue),
            named("key", &self.key),
        ];
        let options: Vec<_> = options.into_iter().flatten().collect();
        [
            format!("{}({})", self.effect, arguments(&self.args)),
            state.to_owned(),
            options.join(", "),
            self.at.clone(),
        ]
    }
}

/// Formats arguments: `order: 7, card: <sealed>`.
fn arguments(arguments: &Map<String, Value>) -> String {
    let shown = arguments.iter().map(|(name, value)| {
        let is_sealed = value
            .as_object()
            .is_some_and(|it| it.contains_key("$sealed"));
        match is_sealed {
            true => format!("{name}: <sealed>"),
            false => format!("{name}: {value}"),
        }
    });
    shown.collect::<Vec<_>>().join(", ")
}

/// Returns the ids of the intents that were applied. They are recorded beside the plan.
fn done(plan: &Path) -> std::io::Result<HashSet<String>> {
    let mut path = plan.as_os_str().to_owned();
    path.push(".done");
    match std::fs::read_to_string(path) {
        Ok(text) => Ok(text.lines().map(str::to_owned).collect()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(HashSet::new()),
        Err(error) => Err(error),
    }
}
