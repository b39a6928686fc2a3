//! The outcomes of the last scopes, in readable form.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use airlock::intent::IntentInfo;
use airlock::scope::ScopeId;
use airlock::{FlushReport, Scope};
use serde::Serialize;

/// The number of reports that are kept.
const KEPT: usize = 16;

/// The name of the scopes in which a worker performs effects.
const WORKER: &str = "worker";

/// The maximum number of remembered transactions whose report has not yet arrived.
const UNDER_WAY: usize = 256;

/// The last flush reports, newest first. Clones share them.
#[derive(Clone, Debug, Default)]
pub struct Journal(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    last: u64,
    reports: VecDeque<JournalReport>,
    /// The scope of each transaction, with the scope of its request.
    requests: VecDeque<(ScopeId, ScopeId)>,
}

/// A flush report as text. A `FlushReport` itself would keep its scope in memory.
#[derive(Clone, Debug, Serialize)]
pub struct JournalReport {
    /// Its number, from 1.
    pub number: u64,
    /// The time when the scope ended: hours, minutes and seconds in UTC.
    pub time: String,
    /// The scope's id.
    pub scope: String,
    /// The scope of the request that it was part of; its own id if there was no outer scope.
    pub request: String,
    /// The scope's name.
    pub name: Option<String>,
    /// The origin of the work: `POST /orders`.
    pub origin: Option<String>,
    /// The outcome of the work.
    pub outcome: String,
    /// The result of work and flush: successful work may be followed by a flush that failed.
    pub result: String,
    /// The fate of each intent.
    pub intents: Vec<JournalEntry>,
}

/// The fate of one intent.
#[derive(Clone, Debug, Serialize)]
pub struct JournalEntry {
    /// Its number.
    pub intent: u64,
    /// The effect's id.
    pub effect: &'static str,
    /// Its fate, in one word.
    pub fate: &'static str,
    /// The reason, if there is one.
    pub why: String,
    /// The line that enqueued it.
    pub at: String,
}

impl Journal {
    /// Remembers which request the current scope is part of, since a report contains only its own scope.
    pub(crate) fn note_request(&self) {
        let Some(scope) = airlock::current() else {
            return;
        };
        let around = |scope: &Scope| scope.parent();
        let Some(request) = std::iter::successors(scope.parent(), around).last() else {
            return;
        };
        let mut state = self.lock();
        state.requests.push_front((scope.id(), request.id()));
        state.requests.truncate(UNDER_WAY);
    }

    /// Adds a report, unless it is empty. Skips the worker's reports, whose effects are shown as jobs.
    pub fn add(&self, report: &FlushReport) {
        if report.is_empty() || report.name() == Some(WORKER) {
            return;
        }
        let mut state = self.lock();
        let of_scope = |(scope, _): &(ScopeId, ScopeId)| Some(*scope) == report.scope();
        let found = state.requests.iter().position(of_scope);
        let request = found.and_then(|index| state.requests.remove(index));
        state.last += 1;
        let mut read = read(state.last, report);
        if let Some((_, request)) = request {
            read.request = request.to_string();
        }
        state.reports.push_front(read);
        state.reports.truncate(KEPT);
    }

    /// Returns the last reports, newest first.
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
    let scope = report.scope().map(|id| id.to_string()).unwrap_or_default();
    JournalReport {
        number,
        time: now(),
        request: scope.clone(),
        scope,
        name: report.name().map(str::to_owned),
        origin: report.origin().map(ToString::to_string),
        outcome,
        result,
        intents: report.entries().iter().map(entry).collect(),
    }
}

fn entry(entry: &IntentInfo) -> JournalEntry {
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
        at: format!("{}:{}", entry.location().file(), entry.location().line()),
    }
}

fn now() -> String {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    let seconds = since.map_or(0, |since| since.as_secs()) % (24 * 60 * 60);
    let (hours, minutes) = (seconds / 3_600, seconds / 60 % 60);
    format!("{hours:02}:{minutes:02}:{:02}", seconds % 60)
}
