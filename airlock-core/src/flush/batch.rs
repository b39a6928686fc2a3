//! What an executor is given.

use std::any::Any;
use std::fmt;
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use crate::airlock::Settings;
use crate::catalogue::EffectDescriptor;
use crate::effect::BoxError;
use crate::executor::Executor;
use crate::flush::FailureMode;
use crate::flush::delivery::Delivery;
use crate::flush::error::{Failure, panic_message};
use crate::flush::report::Fate;
use crate::flush::run::Flush;
use crate::intent::Intent;
use crate::testing::Probe;

/// The intents that one flush hands to one executor, in order.
///
/// An executor either performs them here ([`perform_all`](Self::perform_all)), or hands each over
/// to something else ([`hand_over`](Self::hand_over)). After a failure both stop, unless the scope
/// asked to [carry on](crate::FailureMode::CarryOn). What an executor leaves undone fails.
///
/// Intents of a batch effect form one unit, in the place of the first of them.
pub struct Batch<'a> {
    flush: &'a mut Flush,
    range: Range<usize>,
    route: u16,
    /// Set for one unit of a batch effect, whose intents need not stand side by side.
    only: Option<&'static EffectDescriptor>,
    /// Everything before it is decided.
    cursor: usize,
}

/// Intents that are performed by one call: one, or all of a batch effect. Positions, ascending.
pub(super) struct Unit {
    pub(super) first: usize,
    pub(super) rest: Vec<usize>,
}

/// What has to be awaited next.
enum Waits {
    Unit(Unit),
    Cascade(Box<Flush>),
    Nothing,
}

impl Unit {
    pub(super) fn of(first: usize) -> Self {
        Self {
            first,
            rest: Vec::new(),
        }
    }

    #[inline]
    pub(super) fn positions(&self) -> impl Iterator<Item = usize> + '_ {
        std::iter::once(self.first).chain(self.rest.iter().copied())
    }
}

impl<'a> Batch<'a> {
    pub(super) fn new(flush: &'a mut Flush, range: Range<usize>, route: u16) -> Self {
        let cursor = range.start;
        Self {
            flush,
            range,
            route,
            only: None,
            cursor,
        }
    }

    #[inline]
    fn holds(&self, position: usize) -> bool {
        let effect = self.flush.intents[position].effect();
        self.flush.route_of(position) == self.route && self.only.is_none_or(|only| only == effect)
    }

    fn positions(&self) -> Vec<usize> {
        self.range
            .clone()
            .filter(|position| self.holds(*position))
            .collect()
    }

    /// The intents that are still to be dispatched, in order.
    pub fn intents(&self) -> impl Iterator<Item = &Intent> {
        let positions = (self.cursor..self.range.end).filter(|position| self.holds(*position));
        let intents = positions.map(|position| &self.flush.intents[position]);
        intents.filter(|intent| intent.is_pending())
    }

    /// How many those are.
    pub fn len(&self) -> usize {
        self.intents().count()
    }

    /// Whether nothing is left to do.
    pub fn is_empty(&self) -> bool {
        self.intents().next().is_none()
    }

    /// The intents of this batch that have failed so far, with the reason.
    pub fn failed(&self) -> impl Iterator<Item = (&Intent, &Failure)> {
        let positions = self.range.clone().filter(|position| self.holds(*position));
        positions.filter_map(|position| {
            let intent = &self.flush.intents[position];
            match &intent.facts.fate {
                Fate::Failed(failure) => Some((intent, &**failure)),
                _ => None,
            }
        })
    }

    /// Performs every intent here and now, each in a scope of its own, with what it causes. Async
    /// effects fail with [`Failure::NeedsAwait`].
    pub fn perform_all(&mut self) {
        let mut stage = None;
        while let Some(unit) = self.next_unit() {
            self.flush.perform_unit(&unit, &mut stage);
        }
    }

    /// As [`perform_all`](Self::perform_all), awaiting async effects.
    pub async fn perform_all_async(&mut self) {
        loop {
            match self.perform_what_is_ready() {
                Waits::Unit(unit) => self.flush.perform_unit_async(&unit).await,
                Waits::Cascade(cascade) => self.flush.follow_async(*cascade).await,
                Waits::Nothing => return,
            }
        }
    }

    /// Performs what need not be awaited, up to the first that has to.
    fn perform_what_is_ready(&mut self) -> Waits {
        let mut stage = None;
        while let Some(unit) = self.next_unit() {
            if !self.flush.is_ready(&unit) {
                return Waits::Unit(unit);
            }
            if let Some(cascade) = self.flush.perform_ready(&unit, &mut stage) {
                return Waits::Cascade(Box::new(cascade));
            }
        }
        Waits::Nothing
    }

    /// Hands each unit to something that will perform it elsewhere or later, without awaiting.
    ///
    /// `take` gives an error together with the delivery if it could not take it.
    pub fn hand_over(
        &mut self,
        mut take: impl FnMut(Delivery) -> Result<(), (Delivery, BoxError)>,
    ) {
        while let Some(unit) = self.next_unit() {
            let taken = take(self.pack(&unit));
            self.settle(&unit, taken);
        }
    }

    /// As [`hand_over`](Self::hand_over), awaiting the taker. If the flush is cancelled meanwhile,
    /// the delivery under way counts as failed.
    pub async fn hand_over_async(
        &mut self,
        mut take: impl AsyncFnMut(Delivery) -> Result<(), (Delivery, BoxError)>,
    ) {
        while let Some(unit) = self.next_unit() {
            let delivery = self.pack(&unit);
            let taken = take(delivery).await;
            self.settle(&unit, taken);
        }
    }

    /// Makes the intents that failed here pending again where `again` says so and their arguments are
    /// still there, for another attempt. Gives how many those are.
    pub fn retry_failed(&mut self, mut again: impl FnMut(&Intent, &Failure) -> bool) -> usize {
        let mut reset = 0;
        for position in self.positions() {
            let intent = &mut self.flush.intents[position];
            let Fate::Failed(failure) = &intent.facts.fate else {
                continue;
            };
            if failure.came_from_dispatch() && intent.payload.is_present() && again(intent, failure)
            {
                intent.facts.fate = Fate::Pending;
                reset += 1;
            }
        }
        if reset > 0 {
            self.flush.stopped = false;
            self.cursor = self.range.start;
        }
        reset
    }

    /// The next unit alone, as a batch of its own; nothing if none is left.
    pub fn next_alone(&mut self) -> Option<Batch<'_>> {
        let unit = self.next_unit()?;
        let end = unit.rest.last().copied().unwrap_or(unit.first) + 1;
        let only = (!unit.rest.is_empty()).then(|| self.flush.intents[unit.first].effect());
        let range = unit.first..end;
        Some(Batch {
            flush: self.flush,
            range,
            route: self.route,
            only,
            cursor: unit.first,
        })
    }

    /// Fails every intent that is still to be dispatched, as when a broker cannot be reached.
    pub fn fail_rest(&mut self, error: impl Into<BoxError>) {
        let executor = self.executor_name();
        self.fail_where(
            Intent::is_pending,
            Failure::Executor {
                executor,
                source: error.into(),
            },
        );
    }

    /// Fails what an attempt that was dropped has not finished.
    pub(crate) fn time_out(&mut self, limit: Duration) {
        let unfinished = |intent: &Intent| match &intent.facts.fate {
            Fate::Failed(failure) => matches!(**failure, Failure::Interrupted),
            fate => matches!(fate, Fate::Pending),
        };
        self.fail_where(unfinished, Failure::TimedOut { limit });
    }

    fn executor_name(&self) -> String {
        let executor = &self.flush.executors[usize::from(self.route)];
        executor.name().into_owned()
    }

    fn fail_where(&mut self, which: impl Fn(&Intent) -> bool, failure: Failure) {
        let failure = Arc::new(failure);
        let mut found = false;
        for position in self.positions() {
            let intent = &mut self.flush.intents[position];
            if which(intent) {
                intent.facts.fate = Fate::Failed(failure.clone());
                found = true;
            }
        }
        self.flush.stopped |= found && self.flush.mode == FailureMode::Stop;
    }

    pub(crate) fn settings(&self) -> &Arc<Settings> {
        &self.flush.settings
    }

    #[inline]
    fn next_unit(&mut self) -> Option<Unit> {
        match self.flush.settings.probe.clone() {
            None => self.next_pending(),
            Some(probe) => self.next_probed(&probe),
        }
    }

    /// As [`next_pending`](Self::next_pending), where a test may let the dispatch fail.
    #[cold]
    fn next_probed(&mut self, probe: &Probe) -> Option<Unit> {
        loop {
            let unit = self.next_pending()?;
            let failed = unit.positions().find_map(|position| {
                let dispatched = probe.dispatches(&self.flush.intents[position]);
                dispatched.err()
            });
            let Some(source) = failed else {
                return Some(unit);
            };
            let executor = self.executor_name();
            self.flush
                .fail(&unit, Failure::Executor { executor, source });
        }
    }

    #[inline]
    fn next_pending(&mut self) -> Option<Unit> {
        if self.flush.stopped {
            return None;
        }
        let next =
            |position: &usize| self.flush.intents[*position].is_pending() && self.holds(*position);
        let first = (self.cursor..self.range.end).find(next);
        self.cursor = first.unwrap_or(self.range.end);
        let first = first?;
        let intents = &self.flush.intents;
        let effect = intents[first].effect();
        let mut rest = Vec::new();
        if effect.is_batch() {
            let same = |position: &usize| {
                let intent = &intents[*position];
                intent.is_pending()
                    && intent.effect() == effect
                    && self.flush.route_of(*position) == self.route
            };
            rest.extend((first + 1..intents.len()).filter(same));
        }
        Some(Unit { first, rest })
    }

    fn pack(&mut self, unit: &Unit) -> Delivery {
        let flush = &mut *self.flush;
        let mut intents = Vec::with_capacity(1 + unit.rest.len());
        for position in unit.positions() {
            let intent = &mut flush.intents[position];
            let mut taken = intent.move_out();
            taken.facts.keep_node(&flush.node);
            intents.push(taken);
            // Stands if the flush is cancelled before the taker answers.
            intent.facts.fate = Fate::Failed(Arc::new(Failure::Interrupted));
        }
        Delivery {
            intents,
            node: flush.node.clone(),
            executor: flush.executors[usize::from(self.route)].clone(),
            mode: flush.mode,
            judged_to: flush.judged_to,
        }
    }

    fn settle(&mut self, unit: &Unit, taken: Result<(), (Delivery, BoxError)>) {
        let Err((delivery, source)) = taken else {
            let first = &self.flush.intents[unit.first];
            tracing::debug!(
                target: "airlock",
                effect = first.effect().id(),
                intent = first.id().get(),
                executor = %self.flush.executors[usize::from(self.route)].name(),
                "handed over",
            );
            for position in unit.positions() {
                self.flush.intents[position].facts.fate = Fate::Dispatched;
            }
            return;
        };
        for (position, intent) in unit.positions().zip(delivery.intents) {
            self.flush.intents[position].payload = intent.payload;
        }
        let executor = self.executor_name();
        self.flush
            .fail(unit, Failure::Executor { executor, source });
    }

    /// Holds the executor to its contract: nothing is left undone in silence.
    pub(super) fn close(mut self, executor: &dyn Executor, panic: Option<&(dyn Any + Send)>) {
        if self.flush.stopped || self.is_empty() {
            return;
        }
        let message = match panic {
            Some(panic) => format!("it panicked: {}", panic_message(panic)),
            None => "it returned without deciding".to_owned(),
        };
        let executor = executor.name().into_owned();
        self.fail_where(
            Intent::is_pending,
            Failure::LeftUndone { executor, message },
        );
    }
}

impl fmt::Debug for Batch<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.intents()).finish()
    }
}
