//! What became of the last scopes, for people to look at.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use airlock::{FlushReport, ReportEntry};
use serde::Serialize;

/// How many are kept.
const KEPT: usize = 12;

/// The last flush reports, the newest first. Clones share them.
#[derive(Clone, Debug, Default)]
pub struct Journal(Arc<Mutex<VecDeque<JournalReport>>>);

/// A flush report, in words: a report itself would keep its scope in memory.
#[derive(Clone, Debug, Serialize)]
pub struct JournalReport {
    /// Where the work came from: `POST /orders`.
    pub origin: Option<String>,
    /// How the work ended.
    pub outcome: String,
    /// What became of each intent.
    pub intents: Vec<JournalEntry>,
}

/// What became of one intent.
#[derive(Clone, Debug, Serialize)]
pub struct JournalEntry {
    /// The effect's id.
    pub effect: &'static str,
    /// In one word.
    pub fate: &'static str,
    /// Why, if there is more to say.
    pub why: String,
    /// The line that enqueued it.
    pub at: String,
}

impl Journal {
    /// Adds a report, unless nothing was wished.
    pub fn add(&self, report: &FlushReport) {
        if report.is_empty() {
            return;
        }
        let mut reports = self.lock();
        reports.push_front(JournalReport {
            origin: report.origin().map(ToString::to_string),
            outcome: report.outcome().to_string(),
            intents: report.entries().iter().map(entry).collect(),
        });
        reports.truncate(KEPT);
    }

    /// The last ones, the newest first.
    #[must_use]
    pub fn latest(&self) -> Vec<JournalReport> {
        self.lock().iter().cloned().collect()
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<JournalReport>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn entry(entry: &ReportEntry) -> JournalEntry {
    let fate = entry.fate().word();
    let in_full = entry.fate().to_string();
    JournalEntry {
        effect: entry.effect().id(),
        fate,
        why: in_full
            .strip_prefix(fate)
            .unwrap_or_default()
            .trim()
            .to_owned(),
        at: format!("{}:{}", entry.location().file(), entry.location().line()),
    }
}
