//! Reports: what became of each intent, and what a scope holds at a moment.

mod error;
mod page;
#[cfg(feature = "serde")]
mod serialize;
mod snapshot;
mod summary;
mod table;

use std::fmt;
use std::panic::Location;
use std::sync::Arc;

use crate::effect::{Effect, EffectDescriptor};
use crate::intent::{Cause, Fate, IntentData, IntentId, Origin, ScopeId};
use crate::lifecycle::{Ending, Outcome};

pub use self::error::FlushError;
pub(crate) use self::error::UnhandledErrorHook;
pub(crate) use self::page::Page;
pub use self::snapshot::{Snapshot, SnapshotLine};
pub use self::summary::{ReportSummary, SummaryLine};
pub(crate) use self::table::Table;

/// The most entries that `Display` shows.
const SHOWN: usize = 50;

/// One intent in a report. Its arguments are not kept.
#[derive(Clone)]
pub struct ReportEntry {
    pub(crate) data: IntentData,
}

impl ReportEntry {
    /// The effect.
    pub fn effect(&self) -> &'static EffectDescriptor {
        self.data.effect
    }

    /// Whether it is an intent of this effect.
    pub fn is<E: Effect>(&self) -> bool {
        self.data.effect == E::DESCRIPTOR
    }

    /// The intent's id.
    pub fn id(&self) -> IntentId {
        self.data.id
    }

    /// Where it was enqueued.
    pub fn location(&self) -> &'static Location<'static> {
        self.data.location
    }

    /// The scope that it was enqueued in.
    pub fn scope(&self) -> Option<ScopeId> {
        self.data.scope
    }

    /// The chain of effects that led to it.
    pub fn cause(&self) -> Option<&Cause> {
        self.data.cause().map(Arc::as_ref)
    }

    /// Where the work that enqueued it came from; see [`Intent::origin`](crate::Intent::origin).
    pub fn origin(&self) -> Option<&Origin> {
        self.data.origin()
    }

    /// Whether the scope that ended had captured it from a nested one.
    pub fn is_captured(&self) -> bool {
        self.data.was_captured()
    }

    /// The effect whose body enqueued it as the start of a new chain.
    pub fn detached_from(&self) -> Option<&Cause> {
        self.data.detached_from()
    }

    /// What became of it.
    pub fn fate(&self) -> Fate<'_> {
        self.data.fate()
    }
}

impl fmt::Debug for ReportEntry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}: {}", self.effect().id(), self.id(), self.fate())
    }
}

/// What became of each intent of a scope that has ended, and of what they caused.
///
/// `Display` prints it as a table.
#[derive(Clone, Debug)]
pub struct FlushReport {
    pub(crate) page: Page,
}

/// A closure that is shown each flush report.
pub(crate) type ReportHook = Arc<dyn Fn(&FlushReport) + Send + Sync>;

impl FlushReport {
    /// The report of a plain flush, for whoever looks at its entries.
    pub(crate) fn with_origins(mut self) -> Self {
        let origin = self.page.origin.clone();
        self.page.share_origin(origin.as_ref());
        self
    }

    /// The scope that ended.
    pub fn scope(&self) -> Option<ScopeId> {
        self.page.scope
    }

    /// The scope's name.
    pub fn name(&self) -> Option<&str> {
        self.page.name.as_deref()
    }

    /// Where the scope's work came from.
    pub fn origin(&self) -> Option<&Origin> {
        self.page.origin.as_ref()
    }

    /// How the work in the scope had ended.
    pub fn outcome(&self) -> Outcome {
        self.page.outcome
    }

    /// What the scope did then.
    pub fn ending(&self) -> Ending {
        self.page.ending
    }

    /// Every intent: those of the buffer in order, then what effects enqueued while they were
    /// performed.
    pub fn entries(&self) -> &[ReportEntry] {
        &self.page.entries
    }

    /// The intents of the scope's buffer, its own and captured ones.
    pub fn buffered(&self) -> &[ReportEntry] {
        &self.page.entries[..self.page.own]
    }

    /// What effects enqueued while they were performed, in the order of that.
    pub fn cascades(&self) -> &[ReportEntry] {
        &self.page.entries[self.page.own..]
    }

    /// How many intents there were, cascades included.
    pub fn len(&self) -> usize {
        self.page.entries.len()
    }

    /// Whether there were none.
    pub fn is_empty(&self) -> bool {
        self.page.entries.is_empty()
    }

    /// How many intents have a fate that the closure accepts.
    pub fn count(&self, accepts: impl Fn(&Fate<'_>) -> bool) -> usize {
        self.page
            .entries
            .iter()
            .filter(|entry| accepts(&entry.fate()))
            .count()
    }

    /// Counts the intents by effect, fate and policy: what a program logs after a back-fill of many intents.
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

    /// Returns the positions of the entries that `Display` shows: all, or of very many the first ones and those that
    /// failed.
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
        shown.sort_unstable();
        shown
    }

    /// The name of a scope that captured intents of this one, if it has a name.
    pub fn captor_name(&self, captor: ScopeId) -> Option<&str> {
        let mut captors = self.page.captors.iter();
        let (_, name) = captors.find(|(scope, _)| *scope == captor)?;
        Some(name)
    }

    /// Why an entry of this report has its fate, with names instead of ids.
    fn why(&self, entry: &ReportEntry) -> String {
        match entry.fate() {
            Fate::Captured(by) => match self.captor_name(by) {
                Some(name) => format!("by scope {name}"),
                None => entry.fate().why(),
            },
            fate => fate.why(),
        }
    }

    /// Those that were dispatched, in order.
    pub fn dispatched(&self) -> impl Iterator<Item = &ReportEntry> {
        self.page
            .entries
            .iter()
            .filter(|entry| matches!(entry.fate(), Fate::Dispatched))
    }

    /// Those that a policy dropped, in order.
    pub fn dropped(&self) -> impl Iterator<Item = &ReportEntry> {
        self.page
            .entries
            .iter()
            .filter(|entry| matches!(entry.fate(), Fate::Dropped(_)))
    }

    /// Those that failed, in order.
    pub fn failed(&self) -> impl Iterator<Item = &ReportEntry> {
        self.page
            .entries
            .iter()
            .filter(|entry| matches!(entry.fate(), Fate::Failed(_)))
    }

    /// Those whose turn never came, in order.
    pub fn not_reached(&self) -> impl Iterator<Item = &ReportEntry> {
        self.page
            .entries
            .iter()
            .filter(|entry| matches!(entry.fate(), Fate::NotReached))
    }
}

/// A line for the scope, then a row for each intent: effect, id, fate and why, where it was
/// enqueued, and what caused it. Of more than 50 intents it shows the first and the failed ones, and says how many more
/// there are.
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
        writeln!(f, ", {}: {} {intents}", self.page.outcome, self.len())?;
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
                caused_by(&entry.data),
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

/// What caused an intent, for people: the chain, or where a new chain started.
pub(crate) fn caused_by(data: &IntentData) -> String {
    match (data.cause(), data.detached_from()) {
        (Some(cause), _) => cause.to_string(),
        (None, Some(from)) => format!("detached from {from}"),
        (None, None) => String::new(),
    }
}
