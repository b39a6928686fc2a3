//! The state that a run shares with its effects, executors and hooks.

use std::collections::HashMap;
use std::fmt;
use std::panic::resume_unwind;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use airlock::executor::Delivery;
use airlock::intent::IntentId;
use airlock::intent::IntentInfo;
use airlock::scope::ScopeId;
use airlock::{Failure, FailureMode, Fate, FlushError, FlushReport, Intent, Scope};

use crate::ledger::{self, Event, Reporter, Violation, check};
use crate::program::{Kind, Later, Plan};

/// The payload of planned panics. Any other panic is a fault.
pub(crate) struct Planned;

/// Panics without printing a message.
pub(crate) fn planned_panic() -> ! {
    resume_unwind(Box::new(Planned))
}

/// The receiver of a flush error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ErrorSource {
    /// The caller of a flush that ran to its end.
    Returned,
    /// The hook `on_unhandled_error`.
    Stranded,
}

/// A handle to the shared state of one run.
#[derive(Clone)]
pub(crate) struct World {
    mode: FailureMode,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    events: Vec<Event>,
    kinds: Vec<Kind>,
    plans: Vec<Arc<Plan>>,
    attempts: Vec<u8>,
    numbers: HashMap<IntentId, u32>,
    /// The failed flushes whose error has not been received yet.
    unhandled: Vec<(Option<ScopeId>, Vec<IntentId>)>,
    kept: Vec<(Delivery, Later)>,
    handles: Vec<Scope>,
    faults: Vec<Violation>,
    reports: Vec<String>,
}

impl World {
    /// Creates the state of a run. The mode applies to scopes that set none.
    pub(crate) fn new(mode: Option<FailureMode>) -> Self {
        Self {
            mode: mode.unwrap_or_default(),
            state: Arc::default(),
        }
    }

    pub(crate) fn mode(&self) -> FailureMode {
        self.mode
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Assigns a number to a new intent.
    pub(crate) fn number(&self, kind: Kind, plan: &Plan) -> u32 {
        let mut state = self.state();
        state.kinds.push(kind);
        state.plans.push(Arc::new(plan.clone()));
        state.attempts.push(0);
        u32::try_from(state.kinds.len() - 1).unwrap_or(u32::MAX)
    }

    pub(crate) fn accepted(&self, id: IntentId, number: u32) {
        let mut state = self.state();
        state.numbers.insert(id, number);
        state.events.push(Event::Accepted(number));
    }

    pub(crate) fn number_of(&self, id: IntentId) -> Option<u32> {
        self.state().numbers.get(&id).copied()
    }

    pub(crate) fn plan(&self, number: u32) -> Arc<Plan> {
        self.state().plans[number as usize].clone()
    }

    /// Records the start of an attempt. Returns the number of attempts, including this one.
    pub(crate) fn begin(&self, number: u32) -> u8 {
        let mut state = self.state();
        state.events.push(Event::Begun(number));
        let attempts = &mut state.attempts[number as usize];
        *attempts = attempts.saturating_add(1);
        *attempts
    }

    pub(crate) fn succeed(&self, number: u32) {
        self.state().events.push(Event::Succeeded(number));
    }

    pub(crate) fn offered(&self, delivery: &Delivery) {
        self.note(delivery.intents(), Event::Offered);
    }

    pub(crate) fn lost(&self, delivery: &Delivery) {
        self.note(delivery.intents(), Event::Lost);
    }

    pub(crate) fn keep(&self, delivery: Delivery, later: Later) {
        self.note(delivery.intents(), Event::HandedOver);
        self.state().kept.push((delivery, later));
    }

    pub(crate) fn take_kept(&self) -> Vec<(Delivery, Later)> {
        std::mem::take(&mut self.state().kept)
    }

    pub(crate) fn keep_handle(&self, scope: Scope) {
        self.state().handles.push(scope);
    }

    pub(crate) fn last_handle(&self) -> Option<Scope> {
        self.state().handles.last().cloned()
    }

    pub(crate) fn take_handles(&self) -> Vec<Scope> {
        std::mem::take(&mut self.state().handles)
    }

    /// Records the report of a scope that has ended.
    pub(crate) fn report(&self, report: &FlushReport) {
        self.show(report, Reporter::Flush);
        if report.count(is_failure) > 0 {
            let ids = ids(report);
            self.state().unhandled.push((report.scope(), ids));
        }
    }

    /// Records the report of a delivery that was performed.
    pub(crate) fn delivered(&self, report: &FlushReport) {
        self.show(report, Reporter::Delivery);
    }

    /// Records a flush error, and returns the intents it hands back. If no scope has reported the
    /// failure, the error comes from a delivery.
    pub(crate) fn error(&self, error: FlushError, given: ErrorSource) -> Vec<Intent> {
        let interrupted = |entry: &&IntentInfo| matches!(entry.fate(), Fate::Failed(failure) if matches!(failure, Failure::Interrupted));
        let interrupted = error.report().buffered().iter().find(interrupted);
        if let (ErrorSource::Returned, Some(entry)) = (given, interrupted) {
            self.fault(
                "a flush that was not cancelled reports an intent as interrupted",
                format!("{entry:?}"),
            );
        }
        let failed = (error.report().scope(), ids(error.report()));
        let announced = {
            let mut state = self.state();
            let position = state.unhandled.iter().position(|known| *known == failed);
            position.map(|position| state.unhandled.swap_remove(position))
        };
        if announced.is_none() {
            self.delivered(error.report());
        }
        let intents = error.into_intents();
        self.note(&intents, Event::HandedBack);
        intents
    }

    pub(crate) fn fault(&self, rule: &'static str, about: String) {
        self.state().faults.push(Violation { rule, about });
    }

    /// Checks the finished run.
    pub(crate) fn verdict(&self) -> Result<(), Violation> {
        let state = self.state();
        if let Some(fault) = state.faults.first() {
            return Err(fault.clone());
        }
        check(&state.events, &state.kinds)?;
        match state.unhandled.first() {
            None => Ok(()),
            Some((scope, _)) => Err(Violation {
                rule: "a flush failed, and nobody was given its error",
                about: format!("scope {scope:?}"),
            }),
        }
    }

    /// Returns the events and reports as text.
    pub(crate) fn history(&self) -> String {
        let state = self.state();
        let events = state.events.iter().map(|event| format!("  {event:?}\n"));
        format!(
            "events:\n{}reports:\n{}",
            events.collect::<String>(),
            state.reports.join("\n")
        )
    }

    fn show(&self, report: &FlushReport, by: Reporter) {
        let own = report.buffered().len();
        for (position, entry) in report.entries().iter().enumerate() {
            let Some(intent) = self.number_of(entry.id()) else {
                self.fault(
                    "a report shows an intent that nobody enqueued",
                    entry.id().to_string(),
                );
                continue;
            };
            let by = if position < own { by } else { Reporter::Flush };
            let fate = fate(entry.fate());
            self.state()
                .events
                .push(Event::Reported { intent, fate, by });
        }
        self.state().reports.push(report.to_string());
    }

    fn note(&self, intents: &[Intent], event: fn(u32) -> Event) {
        for intent in intents {
            match self.number_of(intent.id()) {
                Some(number) => self.state().events.push(event(number)),
                None => self.fault(
                    "an intent appears that nobody enqueued",
                    format!("{intent:?}"),
                ),
            }
        }
    }
}

fn ids(report: &FlushReport) -> Vec<IntentId> {
    report
        .entries()
        .iter()
        .map(airlock::intent::IntentInfo::id)
        .collect()
}

fn is_failure(fate: &Fate<'_>) -> bool {
    matches!(fate, Fate::Failed(_) | Fate::NotReached)
}

fn fate(fate: Fate<'_>) -> ledger::Fate {
    let failure = match fate {
        Fate::Failed(failure) => Some(name(failure)),
        _ => None,
    };
    ledger::Fate {
        word: fate.word(),
        failure,
    }
}

fn name(failure: &Failure) -> &'static str {
    match failure {
        Failure::Effect(_) => "Effect",
        Failure::Panicked { .. } => "Panicked",
        Failure::NeedsAwait => "NeedsAwait",
        Failure::TimedOut { .. } => "TimedOut",
        Failure::Executor { .. } => "Executor",
        Failure::LeftUndone { .. } => "LeftUndone",
        Failure::PolicyPanicked { .. } => "PolicyPanicked",
        Failure::AncestorEnded { .. } => "AncestorEnded",
        Failure::TooDeep { .. } => "TooDeep",
        Failure::Interrupted => "Interrupted",
        _ => "another",
    }
}

impl fmt::Debug for World {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("World")
    }
}
