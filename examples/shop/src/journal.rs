//! What became of the last scopes, for people to look at.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use airlock::{Fate, FlushReport, ReportEntry};
use serde::Serialize;

/// How many are kept.
const KEPT: usize = 12;

/// How many wait for the report of the scope that has captured theirs.
const WAITING: usize = 64;

/// The last flush reports, the newest first. Clones share them.
#[derive(Clone, Debug, Default)]
pub struct Journal(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    last: u64,
    reports: VecDeque<JournalReport>,
    /// Of scopes within another one, whose own report is still to come.
    captured: VecDeque<(String, JournalReport)>,
}

/// A flush report, in words: a report itself would keep its scope in memory.
#[derive(Clone, Debug, Serialize)]
pub struct JournalReport {
    /// The first one is 1.
    pub number: u64,
    /// When the scope ended: hours, minutes and seconds in UTC.
    pub time: String,
    /// The scope's id.
    pub scope: String,
    /// The scope's name.
    pub name: Option<String>,
    /// Where the work came from: `POST /orders`.
    pub origin: Option<String>,
    /// How the work ended.
    pub outcome: String,
    /// How it ended, with its flush: a work that succeeded may be followed by a flush that failed.
    pub result: String,
    /// What became of each intent.
    pub intents: Vec<JournalEntry>,
    /// The reports of scopes within it, of which it has captured something.
    pub captured: Vec<JournalReport>,
}

/// What became of one intent.
#[derive(Clone, Debug, Serialize)]
pub struct JournalEntry {
    /// Its number.
    pub intent: u64,
    /// The effect's id.
    pub effect: &'static str,
    /// In one word.
    pub fate: &'static str,
    /// Why, if there is more to say.
    pub why: String,
    /// The intent that is performed in its place.
    pub instead: Option<u64>,
    /// The line that enqueued it.
    pub at: String,
}

impl Journal {
    /// Adds a report, unless nothing was wished. One whose intents a scope around it has captured is
    /// shown within the report of that one.
    pub fn add(&self, report: &FlushReport) {
        if report.is_empty() {
            return;
        }
        let captor = report
            .entries()
            .iter()
            .find_map(|entry| match entry.fate() {
                Fate::Captured(scope) => Some(scope.to_string()),
                _ => None,
            });
        let mut state = self.lock();
        state.last += 1;
        let mut report = read(state.last, report);
        let waiting = std::mem::take(&mut state.captured);
        for (captor, within) in waiting {
            match captor == report.scope {
                true => report.captured.push(within),
                false => state.captured.push_back((captor, within)),
            }
        }
        if let Some(captor) = captor {
            state.captured.push_back((captor, report));
            if state.captured.len() > WAITING {
                state.captured.pop_front();
            }
            return;
        }
        state.reports.push_front(report);
        state.reports.truncate(KEPT);
    }

    /// The last ones, the newest first.
    #[must_use]
    pub fn latest(&self) -> Vec<JournalReport> {
        self.lock().reports.iter().cloned().collect()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn read(number: u64, report: &FlushReport) -> JournalReport {
    let failed = report.failed().count() + report.not_reached().count() > 0;
    let outcome = report.outcome().to_string();
    let result = match failed {
        true if outcome == "success" => "flush failed".to_owned(),
        true => format!("{outcome}, flush failed"),
        false => outcome.clone(),
    };
    JournalReport {
        number,
        time: now(),
        scope: report.scope().map(|id| id.to_string()).unwrap_or_default(),
        name: report.name().map(str::to_owned),
        origin: report.origin().map(ToString::to_string),
        outcome,
        result,
        intents: report.entries().iter().map(entry).collect(),
        captured: Vec::new(),
    }
}

fn entry(entry: &ReportEntry) -> JournalEntry {
    let fate = entry.fate().word();
    let in_full = entry.fate().to_string();
    JournalEntry {
        intent: entry.id().get(),
        effect: entry.effect().id(),
        fate,
        why: in_full
            .strip_prefix(fate)
            .unwrap_or_default()
            .trim()
            .to_owned(),
        instead: match entry.fate() {
            Fate::Coalesced(into) => Some(into.get()),
            _ => None,
        },
        at: format!("{}:{}", entry.location().file(), entry.location().line()),
    }
}

fn now() -> String {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    let seconds = since.map_or(0, |since| since.as_secs()) % (24 * 60 * 60);
    let (hours, minutes) = (seconds / 3_600, seconds / 60 % 60);
    format!("{hours:02}:{minutes:02}:{:02}", seconds % 60)
}
