//! The course of one flush.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use crate::airlock::Settings;
use crate::context::{self, Node, Watch};
use crate::executor::{Executor, inline};
use crate::flush::batch::Batch;
use crate::flush::error::{Failure, FlushError};
use crate::flush::report::{Fate, FlushReport, ReportEntry};
use crate::flush::{FailureMode, coalesce, judge, release};
use crate::intent::Intent;
use crate::lifecycle::{Ending, Lifecycle, Outcome};
use crate::options::FireOn;
use crate::scope::{Phase, ScopeCore};

/// A flush under way.
pub(crate) struct Flush {
    /// The node of the scope that dispatches.
    pub(super) node: Arc<Node>,
    pub(super) settings: Arc<Settings>,
    pub(super) mode: FailureMode,
    /// Scope policies judge outwards to this depth.
    pub(super) judged_to: u32,
    outcome: Outcome,
    ending: Ending,
    pub(super) intents: Vec<Intent>,
    pub(super) executors: Vec<Arc<dyn Executor>>,
    /// For each intent its place in `executors`; empty where all have the first.
    pub(super) routes: Vec<u16>,
    /// What effects enqueued while this flush performed them.
    pub(super) cascades: Vec<ReportEntry>,
    /// What failed or was not reached of the cascades.
    pub(super) returned: Vec<Intent>,
    /// Whether a failure has ended it.
    pub(super) stopped: bool,
    /// An effect's scope in which nothing was enqueued, for the next effect.
    pub(super) spare: Option<Arc<Node>>,
    concluded: bool,
}

/// How far a flush has come when it is wrapped up.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Reached {
    End,
    /// Its future was dropped.
    Halfway,
}

/// What the scope's lifecycle says about this outcome.
pub(crate) fn ending(node: &Arc<Node>, outcome: Outcome) -> Ending {
    if outcome == Outcome::Cancelled {
        return Ending::FlushOnFailure;
    }
    let settings = node.settings();
    let own = node.core().and_then(|core| core.lifecycle.as_ref());
    match own.or(settings.lifecycle.as_ref()) {
        Some(lifecycle) => {
            let _watching = context::watching(Watch::Judging);
            lifecycle.end(outcome)
        }
        None => crate::lifecycle::FlushOnSuccess.end(outcome),
    }
}

/// Ends a scope, without awaiting.
pub(crate) fn end(
    node: &Arc<Node>,
    outcome: Outcome,
    ending: Ending,
) -> Result<FlushReport, FlushError> {
    let mut flush = Flush::prepare(node, outcome, ending);
    flush.dispatch();
    flush.conclude()
}

/// Ends a scope, awaiting its effects.
pub(crate) async fn end_async(
    node: &Arc<Node>,
    outcome: Outcome,
    ending: Ending,
) -> Result<FlushReport, FlushError> {
    let mut flush = Flush::prepare(node, outcome, ending);
    flush.dispatch_async().await;
    flush.conclude()
}

/// Takes a flush error that no caller can be given: logged, and shown to whoever asked for it.
pub(crate) fn strand(node: &Arc<Node>, error: FlushError) {
    log_stranded(&error);
    if let Some(take) = &node.settings().on_stranded {
        take(error);
    }
}

impl Flush {
    fn new(node: &Arc<Node>, core: &ScopeCore, intents: Vec<Intent>) -> Self {
        let settings = node.settings().clone();
        Self {
            mode: core.failure_mode.unwrap_or(settings.failure_mode),
            judged_to: core.effect.map_or(node.depth, |effect| effect.judged_to),
            node: node.clone(),
            settings,
            outcome: Outcome::Success,
            ending: Ending::Flush,
            intents,
            executors: Vec::new(),
            routes: Vec::new(),
            cascades: Vec::new(),
            returned: Vec::new(),
            stopped: false,
            spare: None,
            concluded: false,
        }
    }

    /// Takes the buffer of a finished scope and decides what is to be dispatched.
    pub(crate) fn prepare(node: &Arc<Node>, outcome: Outcome, ending: Ending) -> Self {
        let Some(core) = node.core() else {
            unreachable!("only scopes are flushed")
        };
        let intents = {
            let mut state = core.state();
            state.phase = Phase::Ended;
            std::mem::take(&mut state.buffer)
        };
        let mut flush = Self::new(node, core, intents);
        flush.outcome = outcome;
        flush.ending = ending;
        if flush.intents.is_empty() {
            return flush;
        }
        flush.select();
        release::release(&mut flush);
        flush.retire_those_not_due();
        judge::judge(&mut flush);
        coalesce::coalesce(&mut flush.intents);
        flush.fail_those_too_deep();
        flush.route();
        flush
    }

    /// A flush of intents that were judged before, all for one executor.
    pub(super) fn of_delivery(
        node: &Arc<Node>,
        executor: Arc<dyn Executor>,
        mode: FailureMode,
        judged_to: u32,
        intents: Vec<Intent>,
    ) -> Self {
        let Some(core) = node.core() else {
            unreachable!("only scopes dispatch")
        };
        let mut flush = Self::new(node, core, intents);
        flush.mode = mode;
        flush.judged_to = judged_to;
        flush.executors.push(executor);
        flush
    }

    /// Whether nothing is left to dispatch.
    pub(crate) fn is_settled(&self) -> bool {
        self.stopped || !self.intents.iter().any(Intent::is_pending)
    }

    pub(super) fn outcome(&self) -> Outcome {
        self.outcome
    }

    /// Discards what does not leave under this ending.
    fn select(&mut self) {
        if self.ending == Ending::Flush {
            return;
        }
        let failed = self.outcome != Outcome::Success;
        for intent in &mut self.intents {
            let leaves = match (self.ending, intent.fire_on()) {
                (Ending::FlushOnFailure, FireOn::Always) => true,
                (Ending::FlushOnFailure, FireOn::Failure) => failed,
                _ => false,
            };
            if !leaves {
                intent.facts.fate = Fate::Discarded;
            }
        }
    }

    /// No ancestor holds them: what waits for a failure that did not happen is done with.
    fn retire_those_not_due(&mut self) {
        if self.outcome != Outcome::Success {
            return;
        }
        for intent in &mut self.intents {
            if intent.is_pending() && intent.fire_on() == FireOn::Failure {
                intent.facts.fate = Fate::NotDue;
            }
        }
    }

    /// An endless cascade ends here, after the policies that could have broken its loop.
    fn fail_those_too_deep(&mut self) {
        let limit = self.settings.depth_limit;
        for intent in self.intents.iter_mut().filter(|intent| intent.is_pending()) {
            if let Some(cause) = intent.cause().filter(|cause| cause.depth() > limit) {
                let chain = format!("{cause} -> {}", intent.effect().id());
                intent.facts.fate = Fate::Failed(Arc::new(Failure::TooDeep { limit, chain }));
                self.stopped |= self.mode == FailureMode::Stop;
            }
        }
    }

    /// Finds the executor of each intent: the nearest, from its enqueue outwards, that is named.
    fn route(&mut self) {
        let mut last: Option<(*const Node, u16)> = None;
        let mut routes = Vec::new();
        for position in 0..self.intents.len() {
            let node = self.intents[position]
                .facts
                .node
                .as_ref()
                .unwrap_or(&self.node);
            let route = match last {
                Some((same, route)) if same == Arc::as_ptr(node) => route,
                _ => {
                    let executor = executor_of(node);
                    let known = self
                        .executors
                        .iter()
                        .position(|known| Arc::ptr_eq(known, &executor));
                    let route = known.unwrap_or_else(|| {
                        self.executors.push(executor);
                        self.executors.len() - 1
                    });
                    // More than 65,535 executors in one flush are not to be had in earnest.
                    u16::try_from(route).unwrap_or(u16::MAX)
                }
            };
            last = Some((Arc::as_ptr(node), route));
            if route > 0 && routes.is_empty() {
                routes.resize(position, 0);
            }
            if route > 0 || !routes.is_empty() {
                routes.push(route);
            }
        }
        self.routes = routes;
    }

    pub(super) fn route_of(&self, position: usize) -> u16 {
        self.routes.get(position).copied().unwrap_or(0)
    }

    /// The next run of intents for one executor.
    fn next_run(&mut self) -> Option<(Arc<dyn Executor>, Batch<'_>)> {
        if self.stopped {
            return None;
        }
        let start = self.intents.iter().position(Intent::is_pending)?;
        let route = self.route_of(start);
        let end = if self.routes.is_empty() {
            self.intents.len()
        } else {
            let other = |position: &usize| {
                self.intents[*position].is_pending() && self.route_of(*position) != route
            };
            (start..self.intents.len())
                .find(other)
                .unwrap_or(self.intents.len())
        };
        let executor = self.executors[usize::from(route)].clone();
        Some((executor, Batch::new(self, start..end, route)))
    }

    pub(crate) fn dispatch(&mut self) {
        while let Some((executor, mut batch)) = self.next_run() {
            let dispatched = catch_unwind(AssertUnwindSafe(|| executor.dispatch(&mut batch)));
            batch.close(&*executor, dispatched.err().as_deref());
        }
    }

    pub(crate) async fn dispatch_async(&mut self) {
        while let Some((executor, mut batch)) = self.next_run() {
            let dispatching = executor.dispatch_async(&mut batch);
            let dispatched = crate::scope::catch_unwind_async(dispatching).await;
            batch.close(&*executor, dispatched.err().as_deref());
        }
    }

    /// Turns what happened into a report, or an error that hands back what did not.
    pub(crate) fn conclude(mut self) -> Result<FlushReport, FlushError> {
        self.wrap_up(Reached::End)
    }

    fn wrap_up(&mut self, reached: Reached) -> Result<FlushReport, FlushError> {
        self.concluded = true;
        let mut returned = Vec::new();
        let mut failed = false;
        for intent in &mut self.intents {
            if intent.is_pending() {
                intent.facts.fate = Fate::NotReached;
            }
            match &intent.facts.fate {
                Fate::Failed(failure) => {
                    failed = true;
                    log_failure(intent, failure);
                }
                Fate::NotReached => {}
                _ => continue,
            }
            if intent.payload.is_present() {
                returned.push(intent.move_out());
            }
        }
        failed |= self
            .cascades
            .iter()
            .any(|entry| matches!(entry.fate(), Fate::Failed(_)));
        returned.append(&mut self.returned);
        failed |= reached == Reached::Halfway && !returned.is_empty();
        let core = self.node.core();
        let report = FlushReport {
            scope: core.map(|core| core.id),
            name: core.and_then(|core| core.name.clone()),
            origin: self.node.origin(),
            outcome: self.outcome,
            ending: self.ending,
            own: self.intents.len(),
            entries: {
                let own = std::mem::take(&mut self.intents)
                    .into_iter()
                    .map(ReportEntry::of);
                let mut entries: Vec<_> = own.collect();
                entries.append(&mut self.cascades);
                entries
            },
        };
        self.announce(&report);
        if failed {
            Err(FlushError::new(report, returned))
        } else {
            Ok(report)
        }
    }

    fn announce(&self, report: &FlushReport) {
        let Some(core) = self.node.core() else { return };
        if core.effect.is_some() {
            return; // Its entries stand in the report of the flush that performs the effect.
        }
        tracing::debug!(
            target: "airlock",
            scope = core.id.get(),
            outcome = %report.outcome,
            dispatched = report.count(|fate| matches!(fate, Fate::Dispatched)),
            of = report.len(),
            "scope ended",
        );
        if let Some(show) = &core.on_report {
            show(report);
        }
        if let Some(show) = &self.settings.on_report {
            show(report);
        }
    }
}

impl Drop for Flush {
    /// Dropped half-way: the future that flushed was cancelled, or never polled.
    fn drop(&mut self) {
        if self.concluded {
            return;
        }
        let node = self.node.clone();
        if let Err(error) = self.wrap_up(Reached::Halfway) {
            strand(&node, error);
        }
    }
}

fn executor_of(node: &Arc<Node>) -> Arc<dyn Executor> {
    node.executor().cloned().unwrap_or_else(inline)
}

fn log_failure(intent: &Intent, failure: &Failure) {
    tracing::error!(
        target: "airlock",
        effect = intent.effect().id(),
        intent = intent.id().get(),
        at = %intent.location(),
        origin = intent.origin().map(tracing::field::display),
        error = %failure.in_full(),
        "effect failed",
    );
}

impl Intent {
    pub(super) fn is_pending(&self) -> bool {
        matches!(self.facts.fate, Fate::Pending)
    }
}

/// [`strand`], where the code that runs is all that is known.
pub(crate) fn strand_here(error: FlushError) {
    match context::current() {
        Some(node) => strand(&node, error),
        None => log_stranded(&error),
    }
}

fn log_stranded(error: &FlushError) {
    tracing::error!(
        target: "airlock",
        error = %error,
        "a flush failed and nobody was there to take its error",
    );
}
