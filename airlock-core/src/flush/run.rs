//! The course of one flush.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread;

use crate::airlock::Settings;
use crate::context::{self, Node, Watch};
use crate::executor::{Executor, inline};
use crate::flush::batch::Batch;
use crate::flush::error::{Failure, FlushError, guarded};
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
    /// Whether one of them needs more than to be performed.
    pub(super) special: bool,
    pub(super) executors: Vec<Arc<dyn Executor>>,
    /// For each intent its place in `executors`; empty where all have the first.
    pub(super) routes: Vec<u16>,
    /// What has been performed and reported already, in front of `intents`.
    pub(super) done: Vec<ReportEntry>,
    /// What the last of `done` caused, which has to be dispatched next.
    caused: Option<Box<Flush>>,
    /// What effects enqueued while this flush performed them.
    pub(super) cascades: Vec<ReportEntry>,
    /// What failed or was not reached of the cascades.
    pub(super) returned: Vec<Intent>,
    /// Whether a failure has ended it.
    pub(super) stopped: bool,
    /// Whether it performs what another flush has handed over.
    delivered: bool,
    concluded: bool,
}

/// What the scope's lifecycle says about this outcome.
pub(crate) fn ending(node: &Arc<Node>, outcome: Outcome) -> Ending {
    let settings = node.settings();
    let own = node.core().and_then(|core| core.lifecycle());
    let default = || crate::lifecycle::FlushOnSuccess.end(outcome);
    let Some(lifecycle) = own.or(settings.lifecycle.as_ref()) else {
        return default();
    };
    let _watching = context::watching(Watch::Judging);
    let ending = guarded("Lifecycle::end", || lifecycle.end(outcome)).unwrap_or_else(default);
    match (outcome, ending) {
        // R6: what a dropped future leaves behind is not what its work wanted.
        (Outcome::Cancelled, Ending::Flush) => Ending::FlushOnFailure,
        (_, ending) => ending,
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

impl Flush {
    fn new(node: &Arc<Node>, core: &ScopeCore, intents: Vec<Intent>, special: bool) -> Self {
        let settings = node.settings().clone();
        Self {
            mode: core.failure_mode().unwrap_or(settings.failure_mode),
            judged_to: core
                .effect
                .as_ref()
                .map_or(node.depth, |effect| effect.judged_to()),
            node: node.clone(),
            settings,
            outcome: Outcome::Success,
            ending: Ending::Flush,
            intents,
            special,
            executors: Vec::new(),
            routes: Vec::new(),
            done: Vec::new(),
            caused: None,
            cascades: Vec::new(),
            returned: Vec::new(),
            stopped: false,
            delivered: false,
            concluded: false,
        }
    }

    /// Takes the buffer of a finished scope and decides what is to be dispatched.
    pub(crate) fn prepare(node: &Arc<Node>, outcome: Outcome, ending: Ending) -> Self {
        let Some(core) = node.core() else {
            unreachable!("only scopes are flushed")
        };
        assert!(
            context::watch() != Watch::Inspecting || thread::panicking(),
            "a scope cannot end within `Scope::inspect`: end it after the closure has returned"
        );
        let (intents, special) = {
            let mut state = core.state();
            state.phase = Phase::Ended;
            (std::mem::take(&mut state.buffer), state.special)
        };
        let mut flush = Self::new(node, core, intents, special);
        flush.outcome = outcome;
        flush.ending = ending;
        if flush.intents.is_empty() {
            context::return_buffer(std::mem::take(&mut flush.intents));
            return flush;
        }
        flush.select();
        release::release(&mut flush);
        if flush.special {
            flush.retire_those_not_due();
        }
        if !core.is_exempt() {
            judge::judge(&mut flush);
        }
        if flush.special {
            coalesce::coalesce(&mut flush);
            flush.fail_those_too_deep();
            flush.route();
        } else if let Some(executor) = node.executor() {
            flush.executors.push(executor.clone());
        }
        flush
    }

    /// Where nothing stands in the way, performs simple effects at once, and gives the others an executor.
    pub(crate) fn dispatch_ready(&mut self) {
        if self.executors.is_empty() && !self.intents.is_empty() {
            if self.settings.probe.is_none() {
                self.caused = self.perform_simple_ones().map(Box::new);
            }
            if !self.intents.is_empty() {
                self.executors.push(inline());
            }
        }
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
        let mut flush = Self::new(node, core, intents, true);
        flush.mode = mode;
        flush.judged_to = judged_to;
        flush.delivered = true;
        flush.executors.push(executor);
        flush
    }

    /// Whether nothing is left to dispatch.
    pub(crate) fn is_settled(&self) -> bool {
        self.caused.is_none() && (self.stopped || !self.intents.iter().any(Intent::is_pending))
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
            let node = self.intents[position].facts.node().unwrap_or(&self.node);
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

    #[inline]
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
        self.dispatch_ready();
        if let Some(cascade) = self.caused.take() {
            self.follow(*cascade);
        }
        while let Some((executor, mut batch)) = self.next_run() {
            let dispatched = catch_unwind(AssertUnwindSafe(|| executor.dispatch(&mut batch)));
            batch.close(&*executor, dispatched.err().as_deref());
        }
    }

    pub(crate) async fn dispatch_async(&mut self) {
        self.dispatch_ready();
        if let Some(cascade) = self.caused.take() {
            self.follow_async(*cascade).await;
        }
        while let Some((executor, mut batch)) = self.next_run() {
            // It may panic before there is a future, too.
            let dispatching = async { executor.dispatch_async(&mut batch).await };
            let dispatched = crate::scope::catch_unwind_async(dispatching).await;
            batch.close(&*executor, dispatched.err().as_deref());
        }
    }

    /// Turns what happened into a report, or an error that hands back what did not.
    pub(crate) fn conclude(mut self) -> Result<FlushReport, FlushError> {
        self.wrap_up()
    }

    /// The same, where the scope is known to nobody any more.
    pub(crate) fn conclude_and_retire(mut self) -> Result<FlushReport, FlushError> {
        let concluded = self.wrap_up();
        Node::retire(&mut self.node);
        concluded
    }

    /// Ends a flush that has nothing to tell.
    pub(super) fn forget(mut self) {
        self.concluded = true;
    }

    fn wrap_up(&mut self) -> Result<FlushReport, FlushError> {
        self.concluded = true;
        if let Some(cascade) = self.caused.take() {
            self.merge(*cascade);
        }
        let mut returned = Vec::new();
        let mut failed = false;
        let own = self.done.len() + self.intents.len();
        // Not collected in place: to shrink so large a buffer costs more than a new one.
        let mut entries = std::mem::take(&mut self.done);
        entries.reserve_exact(own - entries.len() + self.cascades.len());
        let mut intents = std::mem::take(&mut self.intents);
        for intent in &mut intents {
            if intent.is_pending() {
                intent.facts.fate = Fate::NotReached;
            }
            if let Fate::Failed(_) | Fate::NotReached = intent.facts.fate {
                // Also where none failed: a flush that was cancelled hands back what it left.
                failed = true;
                if let Fate::Failed(failure) = &intent.facts.fate {
                    log_failure(intent, failure);
                }
                if intent.payload.is_present() {
                    returned.push(intent.move_out());
                }
            }
            entries.push(ReportEntry::of(intent));
        }
        failed |= self
            .cascades
            .iter()
            .any(|entry| matches!(entry.fate(), Fate::Failed(_) | Fate::NotReached));
        entries.append(&mut self.cascades);
        returned.append(&mut self.returned);
        let core = self.node.core();
        let report = FlushReport {
            scope: core.map(|core| core.id),
            name: core.and_then(ScopeCore::name),
            origin: self.node.origin().cloned(),
            outcome: self.outcome,
            ending: self.ending,
            own,
            entries,
        };
        self.announce(&report);
        if failed {
            Err(FlushError::new(report, self.settings.clone(), returned))
        } else {
            Ok(report)
        }
    }

    fn announce(&self, report: &FlushReport) {
        let Some(core) = self.node.core() else { return };
        if core.effect.is_some() || self.delivered {
            // What an effect enqueues stands in the report of the flush that performs it, and a
            // delivery's scope has been reported when it ended.
            return;
        }
        tracing::debug!(
            target: "airlock",
            scope = core.id.get(),
            outcome = %report.outcome,
            dispatched = report.count(|fate| matches!(fate, Fate::Dispatched)),
            of = report.len(),
            "scope ended",
        );
        let hooks = [core.on_report(), self.settings.on_report.as_ref()];
        for show in hooks.into_iter().flatten() {
            guarded("on_report", || show(report));
        }
    }
}

impl Drop for Flush {
    /// Dropped half-way: the future that flushed was cancelled, or never polled.
    fn drop(&mut self) {
        if self.concluded {
            return;
        }
        if let Err(error) = self.wrap_up() {
            error.strand();
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
    #[inline]
    pub(super) fn is_pending(&self) -> bool {
        matches!(self.facts.fate, Fate::Pending)
    }
}
