//! Reports with the fate of each intent, and snapshots of scopes.

mod error;
mod page;
#[cfg(feature = "serde")]
mod serialize;
mod snapshot;
mod summary;
mod table;

use std::fmt;
use std::sync::Arc;

use crate::intent::{Fate, IntentInfo, Origin, ScopeId};
use crate::lifecycle::{Ending, Outcome};

pub use self::error::FlushError;
pub(crate) use self::error::UnhandledErrorHook;
pub(crate) use self::page::Page;
pub use self::snapshot::{IntentRecord, Snapshot};
pub use self::summary::{ReportSummary, SummaryLine};
pub(crate) use self::table::Table;

/// The maximum number of entries that `Display` shows.
const SHOWN: usize = 50;

/// The fate of each intent of a scope that has ended, and of the intents that they caused.
///
/// `Display` prints it as a table.
#[derive(Clone, Debug)]
pub struct FlushReport {
    pub(crate) page: Page,
}

/// A hook that is called with each flush report.
pub(crate) type ReportHook = Arc<dyn Fn(&FlushReport) + Send + Sync>;

impl FlushReport {
    /// Sets the scope's origin on the entries, which a plain flush leaves out. For callers that
    /// read them.
    pub(crate) fn with_origins(mut self) -> Self {
        let origin = self.page.origin.clone();
        self.page.share_origin(origin.as_ref());
        self
    }

    /// Returns the scope that ended.
    pub fn scope(&self) -> Option<ScopeId> {
        self.page.scope
    }

    /// Returns the scope's name.
    pub fn name(&self) -> Option<&str> {
        self.page.name.as_deref()
    }

    /// Returns where the scope's work came from.
    pub fn origin(&self) -> Option<&Origin> {
        self.page.origin.as_ref()
    }

    /// Returns how the work in the scope ended.
    pub fn outcome(&self) -> Outcome {
        self.page.outcome
    }

    /// Returns what the scope did with its intents then.
    pub fn ending(&self) -> Ending {
        self.page.ending
    }

    /// Returns every intent: those of the buffer in order, then those that effects enqueued while
    /// they were performed.
    pub fn entries(&self) -> &[IntentInfo] {
        &self.page.entries
    }

    /// Returns the intents of the scope's buffer, both its own and captured ones.
    pub fn buffered(&self) -> &[IntentInfo] {
        &self.page.entries[..self.page.own]
    }

    /// Returns the intents that effects enqueued while they were performed, in that order.
    pub fn cascades(&self) -> &[IntentInfo] {
        &self.page.entries[self.page.own..]
    }

    /// Returns the number of intents, cascades included.
    pub fn len(&self) -> usize {
        self.page.entries.len()
    }

    /// Returns `true` if there were no intents.
    pub fn is_empty(&self) -> bool {
        self.page.entries.is_empty()
    }

    /// Returns the number of intents whose fate the closure accepts.
    pub fn count(&self, accepts: impl Fn(&Fate<'_>) -> bool) -> usize {
        self.page
            .entries
            .iter()
            .filter(|entry| accepts(&entry.fate()))
            .count()
    }

    /// Counts the intents by effect, fate and policy. Log it after a backfill of many intents.
    ///
    /// ```
    /// # use airlock_core as airlock;
    /// let completed = airlock::scope().run_infallible(|_| { /* enqueue many */ })?;
    /// println!("{}", completed.report.summary());
    /// # assert!(completed.report.summary().lines().is_empty());
    /// # Ok::<(), airlock::FlushError>(())
    /// ```
    pub fn summary(&self) -> ReportSummary {
        ReportSummary::new(self)
    }

    /// Returns the positions of the entries that `Display` shows. These are all entries, unless there
    /// are more than [`SHOWN`]. Then they are the first failed ones, up to half of [`SHOWN`], and
    /// the first of the others.
    fn shown(&self) -> Vec<usize> {
        let entries = self.entries();
        if entries.len() <= SHOWN {
            return (0..entries.len()).collect();
        }
        let is_failed = |position: &usize| matches!(entries[*position].fate(), Fate::Failed(_));
        let failed = (0..entries.len()).filter(is_failed).take(SHOWN / 2);
        let mut shown: Vec<_> = failed.collect();
        let others = (0..entries.len()).filter(|position| !is_failed(position));
        shown.extend(others.take(SHOWN - shown.len()));
        let more_failed = (0..entries.len()).filter(is_failed).skip(SHOWN / 2);
        shown.extend(more_failed.take(SHOWN - shown.len()));
        shown.sort_unstable();
        shown
    }

    /// Returns the name of a scope that captured intents of this one, if it has a name.
    pub fn captor_name(&self, captor: ScopeId) -> Option<&str> {
        let mut captors = self.page.captors.iter();
        let (_, name) = captors.find(|(scope, _)| *scope == captor)?;
        Some(name)
    }

    /// Explains the fate of an entry, with names instead of ids.
    fn why(&self, entry: &IntentInfo) -> String {
        match entry.fate() {
            Fate::Captured(by) => match self.captor_name(by) {
                Some(name) => format!("by scope {name}"),
                None => entry.fate().why(),
            },
            fate => fate.why(),
        }
    }

    /// Returns the intents that were dispatched, in order.
    pub fn dispatched(&self) -> impl Iterator<Item = &IntentInfo> {
        self.page
            .entries
            .iter()
            .filter(|entry| matches!(entry.fate(), Fate::Dispatched))
    }

    /// Returns the intents that a policy dropped, in order.
    pub fn dropped(&self) -> impl Iterator<Item = &IntentInfo> {
        self.page
            .entries
            .iter()
            .filter(|entry| matches!(entry.fate(), Fate::Dropped(_)))
    }

    /// Returns the intents that failed, in order.
    pub fn failed(&self) -> impl Iterator<Item = &IntentInfo> {
        self.page
            .entries
            .iter()
            .filter(|entry| matches!(entry.fate(), Fate::Failed(_)))
    }

    /// Returns the intents that the flush did not reach, in order.
    pub fn not_reached(&self) -> impl Iterator<Item = &IntentInfo> {
        self.page
            .entries
            .iter()
            .filter(|entry| matches!(entry.fate(), Fate::NotReached))
    }
}

/// Prints a line for the scope, then a row for each intent: effect, id, fate and why, where it was
/// enqueued, and what caused it. Of more than 50 intents, it prints at most 50: the first 25 failed
/// ones, and the first of the others. Then it prints the number of the rest.
impl fmt::Display for FlushReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.name(), self.page.scope) {
            (Some(name), _) => write!(f, "scope {name}")?,
            (None, Some(id)) => write!(f, "scope {id}")?,
            (None, None) => f.write_str("scope")?,
        }
        if let Some(origin) = &self.page.origin {
            write!(f, " ({origin})")?;
        }
        let intents = if self.len() == 1 { "intent" } else { "intents" };
        write!(f, ", {}: {} {intents}", self.page.outcome, self.len())?;
        for (count, words) in [
            (self.failed().count(), "failed"),
            (self.not_reached().count(), "not reached"),
        ] {
            if count > 0 {
                write!(f, ", {count} {words}")?;
            }
        }
        writeln!(f)?;
        let mut table = Table::new([
            "effect",
            "intent",
            "fate",
            "why",
            "enqueued at",
            "caused by",
        ]);
        let shown = self.shown();
        for entry in shown.iter().map(|position| &self.page.entries[*position]) {
            table.row([
                entry.effect().id().to_owned(),
                entry.id().to_string(),
                entry.fate().word().to_owned(),
                self.why(entry),
                format!("{}:{}", entry.location().file(), entry.location().line()),
                caused_by(entry),
            ]);
        }
        if self.is_empty() {
            return Ok(());
        }
        write!(f, "{table}")?;
        match self.len() - shown.len() {
            0 => Ok(()),
            more => writeln!(f, "  and {more} more; `summary()` counts them all"),
        }
    }
}

/// Formats the cause of an intent: its chain, or the effect that it was detached from.
pub(crate) fn caused_by(info: &IntentInfo) -> String {
    match (info.cause(), info.detached_from()) {
        (Some(cause), _) => cause.to_string(),
        (None, Some(from)) => format!("detached from {from}"),
        (None, None) => String::new(),
    }
}
