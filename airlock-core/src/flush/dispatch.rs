//! Stage 8: hands runs of intents to their executors, in order.

use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use crate::context::OnStage;
use crate::effect::{BoxError, BoxFuture};
use crate::executor::{
    Batch, Delivery, Executor, FailureMode, FlushInProgress, Part, Positions, Receipt, Timer,
};
use crate::flush::Flush;
use crate::flush::delivery::Performing;
use crate::intent::{Decision, Dropped, Failure, Fate, Intent, name_of};
use crate::unwind::{Panicked, catch, catch_async};

/// The intents that one call performs: one, or those of a batch effect. Positions are ascending.
pub(super) struct Unit {
    pub(super) first: usize,
    pub(super) rest: Vec<u32>,
}

impl Unit {
    /// Returns the positions of its intents.
    #[inline]
    pub(super) fn positions(&self) -> impl Iterator<Item = usize> + '_ {
        let rest = self.rest.iter().map(|position| *position as usize);
        std::iter::once(self.first).chain(rest)
    }

    fn into_positions(self) -> Vec<u32> {
        let mut positions = self.rest;
        positions.insert(0, self.first as u32);
        positions
    }
}

impl Flush {
    /// Dispatches everything without awaiting.
    pub(crate) fn dispatch(&mut self) {
        while let Some(range) = self.next_unfinished() {
            self.dispatch_range(range);
        }
    }

    /// Dispatches everything, and awaits async effects.
    pub(crate) async fn dispatch_async(&mut self) {
        while let Some(range) = self.next_unfinished() {
            self.dispatch_range_async(range).await;
        }
    }

    /// Returns the next range to dispatch: first the cascades of effects that were performed already, innermost first,
    /// then the scope's own intents.
    fn next_unfinished(&mut self) -> Option<Range<usize>> {
        self.unfinished.pop().or_else(|| {
            let own = self.own - self.page.entries.len();
            (!std::mem::replace(&mut self.begun, true)).then_some(0..own)
        })
    }

    /// Dispatches the sync effects of the default executor, up to the first intent that has to be awaited or handed
    /// over.
    pub(crate) fn dispatch_ready(&mut self) {
        // Cascades first: later intents must not overtake them.
        while let Some(caused) = self.unfinished.last().cloned() {
            // It stays on `unfinished` meanwhile, beneath the cascades that it causes.
            let beneath = self.unfinished.len() - 1;
            if !self.dispatch_ready_range(caused) {
                return;
            }
            self.unfinished.truncate(beneath);
        }
        let end = self.own - self.page.entries.len();
        self.dispatch_ready_range(0..end);
    }

    /// Dispatches a range like [`dispatch_ready`](Self::dispatch_ready). Returns whether nothing is left of it.
    fn dispatch_ready_range(&mut self, range: Range<usize>) -> bool {
        let mut cursor = range.start;
        while let Some(mut part) = self.next_run(&mut cursor, range.end) {
            if self.routes.executor(part.route).is_some() || !self.perform_ready(&mut part) {
                return false;
            }
        }
        true
    }

    /// Dispatches a range, run by run.
    pub(super) fn dispatch_range(&mut self, range: Range<usize>) {
        let mut cursor = range.start;
        while let Some(mut part) = self.next_run(&mut cursor, range.end) {
            match self.routes.executor(part.route).cloned() {
                None => self.perform_all(&mut part),
                Some(executor) => {
                    // The batch consumes the part. `close` needs a copy to see what the executor left undone.
                    let held = part.copy();
                    let dispatched = catch(|| executor.dispatch(&mut Batch::new(self, part)));
                    self.close(&held, &executor, dispatched.err());
                }
            }
        }
    }

    /// Like [`dispatch_range`](Self::dispatch_range), and awaits async effects. Boxed, since it is recursive where an
    /// effect caused intents of other executors.
    pub(super) fn dispatch_range_async(&mut self, range: Range<usize>) -> BoxFuture<'_, ()> {
        Box::pin(async move {
            let mut cursor = range.start;
            while let Some(mut part) = self.next_run(&mut cursor, range.end) {
                match self.routes.executor(part.route).cloned() {
                    None => self.perform_all_in_place(&mut part).await,
                    Some(executor) => {
                        let held = part.copy();
                        let mut batch = Batch::new(self, part);
                        // Called within the async block: `dispatch_async` may panic before it returns a future.
                        let dispatching = async { executor.dispatch_async(&mut batch).await };
                        let dispatched = catch_async(dispatching).await;
                        self.close(&held, &executor, dispatched.err());
                    }
                }
            }
        })
    }

    /// Returns the next run of pending intents for one executor.
    fn next_run(&mut self, cursor: &mut usize, end: usize) -> Option<Part> {
        self.finish_cut_short();
        if self.stopped {
            return None;
        }
        let is_pending = |position: &usize| self.intents[*position].info.is_pending();
        let start = (*cursor..end).find(is_pending)?;
        let route = self.routes.of(start);
        let other = |position: &usize| is_pending(position) && self.routes.of(*position) != route;
        // With one executor the run is the whole range. Otherwise the search ends at the run's end, so that
        // alternating executors cost linear time.
        let end = match self.routes.is_one() {
            true => end,
            false => (start..end).find(other).unwrap_or(end),
        };
        *cursor = end;
        Some(Part {
            positions: Positions::Range(start..end),
            route,
            cursor: start,
        })
    }

    /// Takes the next unit of a part. Units for which the observer injects an error fail here.
    pub(super) fn take_unit(&mut self, part: &mut Part) -> Option<Unit> {
        loop {
            let unit = self.next_pending(part)?;
            let Some(observer) = self.settings().observer.clone() else {
                return Some(unit);
            };
            let failed = unit
                .positions()
                .find_map(|position| observer.dispatches(&self.intents[position]).err());
            let Some(source) = failed else {
                return Some(unit);
            };
            let executor = self.executor_name(part.route);
            self.fail(&unit, Failure::Executor { executor, source });
        }
    }

    /// Finds the next pending unit of a part.
    fn next_pending(&mut self, part: &mut Part) -> Option<Unit> {
        self.finish_cut_short();
        if self.stopped {
            return None;
        }
        let is_pending = |position: &usize| self.intents[*position].info.is_pending();
        let first = match &part.positions {
            Positions::Range(range) => {
                let holds = |position: &usize| {
                    is_pending(position) && self.routes.of(*position) == part.route
                };
                (part.cursor.max(range.start)..range.end).find(holds)
            }
            Positions::Listed(listed) => {
                let from = listed.partition_point(|position| (*position as usize) < part.cursor);
                let listed = listed[from..].iter().map(|position| *position as usize);
                listed.into_iter().find(is_pending)
            }
        };
        let Some(first) = first else {
            part.cursor = usize::MAX;
            return None;
        };
        part.cursor = first;
        let mut rest = Vec::new();
        if self.intents[first].effect().is_batch() {
            let after = self.routes.unit_after(first).iter().copied();
            let listed = |position: &u32| match &part.positions {
                Positions::Range(_) => true,
                Positions::Listed(listed) => listed.binary_search(position).is_ok(),
            };
            rest.extend(after.filter(|it| is_pending(&(*it as usize)) && listed(it)));
        }
        Some(Unit { first, rest })
    }

    /// Returns the name of the executor of a route.
    pub(super) fn executor_name(&self, route: u32) -> String {
        match self.routes.executor(route) {
            None => "inline".to_owned(),
            Some(executor) => name_of("Executor::name", || executor.name()),
        }
    }

    /// Fails all intents of a unit.
    pub(super) fn fail(&mut self, unit: &Unit, failure: Failure) {
        self.fail_where(unit.positions().collect(), failure);
    }

    /// Fails these intents, and stops the flush unless it carries on.
    fn fail_where(&mut self, positions: Vec<usize>, failure: Failure) {
        if positions.is_empty() {
            return;
        }
        let failure = Arc::new(failure);
        for position in positions {
            let failed = Decision::Failed(failure.clone());
            self.intents[position].info.decide(failed);
        }
        self.stopped |= self.terms.mode == FailureMode::Stop;
    }

    /// Returns the positions of the pending intents of a part.
    fn pending(&self, part: &Part) -> Vec<usize> {
        let positions = FlushInProgress::positions(self, part, 0);
        positions
            .filter(|position| self.intents[*position].info.is_pending())
            .collect()
    }

    /// Fails the unit under way, if there is one: it was not decided, so the executor has dropped the attempt.
    fn finish_cut_short(&mut self) {
        if self.under_way.is_empty() {
            return;
        }
        let first = self.under_way[0] as usize;
        let executor = self.executor_name(self.routes.of(first));
        let message = "it dropped the attempt before it completed".to_owned();
        self.cut_short(Failure::LeftUndone { executor, message });
    }

    /// Takes back the arguments, if the delivery returned them, and fails the unit under way.
    pub(super) fn cut_short(&mut self, failure: Failure) {
        let positions = std::mem::take(&mut self.under_way);
        self.take_back(&positions);
        let positions = positions.iter().map(|position| *position as usize);
        self.fail_where(positions.collect(), failure);
    }

    /// Puts back the arguments of a delivery that was dropped before its taker answered.
    fn take_back(&mut self, positions: &[u32]) {
        let returned = self.returns.as_ref().map(|returns| returns.take());
        for intent in returned.into_iter().flatten() {
            // By id: a delivery has no positions, and only those of the unit under way can be in it.
            let here = positions.iter().map(|position| *position as usize);
            let mut here = here.filter(|it| self.intents[*it].info.id == intent.info.id);
            if let Some(position) = here.next() {
                self.intents[position].payload = intent.payload;
            }
        }
    }

    /// Checks what an executor left undone. Fails the unit under way, and the pending intents of the part unless the
    /// flush has stopped.
    fn close(&mut self, part: &Part, executor: &Arc<dyn Executor>, panicked: Option<Panicked>) {
        let message = match panicked {
            Some(Panicked { message }) => format!("it panicked: {message}"),
            None if self.under_way.is_empty() => {
                "it returned without deciding the fate of the intent".to_owned()
            }
            None => "it dropped the attempt before it completed".to_owned(),
        };
        let left = |flush: &Self| flush.under_way.is_empty() && flush.pending(part).is_empty();
        if self.stopped && self.under_way.is_empty() || left(self) {
            return;
        }
        let name = name_of("Executor::name", || executor.name());
        let undone = |message: &String| Failure::LeftUndone {
            executor: name.clone(),
            message: message.clone(),
        };
        if !self.under_way.is_empty() {
            self.cut_short(undone(&message));
        }
        if !self.stopped {
            let pending = self.pending(part);
            self.fail_where(pending, undone(&message));
        }
    }
}

impl Part {
    /// Copies the part, with the cursor at its start.
    fn copy(&self) -> Self {
        Self {
            positions: match &self.positions {
                Positions::Range(range) => Positions::Range(range.clone()),
                Positions::Listed(listed) => Positions::Listed(listed.clone()),
            },
            route: self.route,
            cursor: 0,
        }
    }
}

impl FlushInProgress for Flush {
    fn intent(&self, position: usize) -> &Intent {
        &self.intents[position]
    }

    fn positions<'c>(
        &'c self,
        part: &'c Part,
        from: usize,
    ) -> Box<dyn Iterator<Item = usize> + 'c> {
        match &part.positions {
            Positions::Range(range) => {
                let holds = |position: &usize| self.routes.of(*position) == part.route;
                Box::new((range.start.max(from)..range.end).filter(holds))
            }
            Positions::Listed(listed) => {
                let left = listed.partition_point(|position| (*position as usize) < from);
                Box::new(listed[left..].iter().map(|position| *position as usize))
            }
        }
    }

    fn perform_all(&mut self, part: &mut Part) {
        Flush::perform_all(self, part);
    }

    fn perform_all_async<'c>(&'c mut self, part: &'c mut Part) -> BoxFuture<'c, ()> {
        Box::pin(self.perform_all_in_place(part))
    }

    fn hand_over_next(&mut self, part: &mut Part) -> Option<Delivery> {
        let unit = self.take_unit(part)?;
        let returns = self.returns.get_or_insert_default().clone();
        let mut intents = Vec::with_capacity(1 + unit.rest.len());
        for position in unit.positions() {
            let mut intent = self.intents[position].move_out();
            // The intent moves out, and with it its place. An intent directly in the scope has none yet, and needs one
            // outside of the scope.
            if intent.info.place().is_none() {
                self.terms.around.remember(&mut intent.info);
            }
            intents.push(intent);
        }
        // Noted before the taker gets the delivery: if that panics or is dropped, the unit is known.
        self.under_way = unit.into_positions();
        let performer = self.performer(part.route);
        Some(Delivery::new(intents, performer, &returns))
    }

    fn handed_over(&mut self, part: &Part, taken: Result<(), (Delivery, BoxError)>) {
        let positions = std::mem::take(&mut self.under_way);
        let Err((delivery, source)) = taken else {
            if let Some(first) = positions.first() {
                let first = &self.intents[*first as usize];
                tracing::debug!(
                    target: "airlock",
                    effect = first.effect().id(),
                    intent = first.id().get(),
                    executor = %self.executor_name(part.route),
                    "handed over",
                );
            }
            for position in positions {
                self.intents[position as usize].info.set_dispatched();
            }
            // The delivery has only a weak reference to this. Dropped from now on, it returns nothing: the taker has
            // accepted it.
            self.returns = None;
            return;
        };
        for (position, intent) in positions.iter().zip(delivery.into_intents()) {
            self.intents[*position as usize].payload = intent.payload;
        }
        let executor = self.executor_name(part.route);
        let positions = positions.iter().map(|position| *position as usize);
        self.fail_where(positions.collect(), Failure::Executor { executor, source });
    }

    fn complete(&mut self, part: &Part, receipt: &mut dyn FnMut(&Intent) -> Option<Receipt>) {
        let mut rejected = Vec::new();
        for position in self.pending(part) {
            match receipt(&self.intents[position]) {
                None => {}
                Some(Receipt::Accepted) => self.intents[position].info.set_dispatched(),
                Some(Receipt::Duplicate { reason }) => {
                    let policy = self.executor_name(part.route);
                    let reason = Some(reason);
                    let dropped = Decision::Dropped(Arc::new(Dropped { policy, reason }));
                    self.intents[position].info.decide(dropped);
                }
                Some(Receipt::Rejected(source)) => rejected.push((position, source)),
            }
        }
        for (position, source) in rejected {
            let executor = self.executor_name(part.route);
            self.fail_where(vec![position], Failure::Executor { executor, source });
        }
    }

    fn next_unit(&mut self, part: &mut Part) -> Option<Vec<u32>> {
        Some(self.take_unit(part)?.into_positions())
    }

    fn retry_failed(
        &mut self,
        part: &mut Part,
        should_retry: &mut dyn FnMut(&Intent, &Failure) -> bool,
    ) -> usize {
        self.finish_cut_short();
        let (mut reset, mut stays_failed) = (Vec::new(), false);
        for position in FlushInProgress::positions(self, part, 0) {
            let intent = &self.intents[position];
            let Fate::Failed(failure) = intent.info.fate() else {
                continue;
            };
            if failure.came_from_dispatch()
                && intent.payload.is_present()
                && should_retry(intent, failure)
            {
                reset.push(position);
            } else {
                stays_failed = true;
            }
        }
        if reset.is_empty() || stays_failed && self.terms.mode == FailureMode::Stop {
            return 0;
        }
        for position in &reset {
            self.intents[*position].info.set_pending();
        }
        self.stopped = false;
        part.cursor = 0;
        reset.len()
    }

    fn fail_rest(&mut self, part: &Part, error: BoxError) {
        let executor = self.executor_name(part.route);
        let pending = self.pending(part);
        self.fail_where(
            pending,
            Failure::Executor {
                executor,
                source: error,
            },
        );
    }

    fn time_out(&mut self, part: &Part, limit: Duration) {
        if !self.under_way.is_empty() {
            self.cut_short(Failure::TimedOut { limit });
        }
        let pending = self.pending(part);
        self.fail_where(pending, Failure::TimedOut { limit });
    }

    fn timer(&self) -> &Arc<dyn Timer> {
        &self.terms.settings.timer
    }

    fn may_wait(&self) -> bool {
        self.may_wait
    }
}

impl Flush {
    /// Returns what performs the deliveries of a route. Shared by all of them, since it copies the terms.
    fn performer(&mut self, route: u32) -> Arc<Performing> {
        match &self.performer {
            Some(performer) if performer.route == route => performer.clone(),
            _ => {
                let performer = Arc::new(Performing {
                    terms: self.terms.clone(),
                    executor: self.routes.executor(route).cloned(),
                    route,
                });
                self.performer = Some(performer.clone());
                performer
            }
        }
    }

    /// Performs the units of a part, each in its own scope, with their cascades.
    pub(super) fn perform_all(&mut self, part: &mut Part) {
        let mut stage = None;
        let mut cascades: Vec<Part> = Vec::new();
        if let Some(caused) = self.perform_plain_ones(part)
            && let Some(others) = self.enter_cascade(caused, &mut cascades)
        {
            self.dispatch_range(others);
        }
        while let Some(unit) = self.next_of(part, &mut cascades) {
            if let Some(caused) = self.perform_unit(&unit, &mut stage)
                && let Some(others) = self.enter_cascade(caused, &mut cascades)
            {
                stage = None; // Left before executors run.
                self.dispatch_range(others);
            }
        }
    }

    /// Like [`perform_all`](Self::perform_all), and awaits async effects.
    pub(super) async fn perform_all_in_place(&mut self, part: &mut Part) {
        let mut cascades: Vec<Part> = Vec::new();
        if let Some(caused) = self.perform_plain_ones(part)
            && let Some(others) = self.enter_cascade(caused, &mut cascades)
        {
            self.dispatch_range_async(others).await;
        }
        while let Some(unit) = self.next_of(part, &mut cascades) {
            let caused = match self.is_ready(&unit) {
                true => self.perform_unit(&unit, &mut None),
                false => self.perform_unit_async(&unit).await,
            };
            if let Some(caused) = caused
                && let Some(others) = self.enter_cascade(caused, &mut cascades)
            {
                self.dispatch_range_async(others).await;
            }
        }
    }

    /// Performs units up to the first that has to be awaited. Returns whether nothing is left.
    fn perform_ready(&mut self, part: &mut Part) -> bool {
        let mut stage: Option<OnStage> = None;
        let mut cascades: Vec<Part> = Vec::new();
        if let Some(caused) = self.perform_plain_ones(part) {
            self.unfinished.push(caused);
            return false;
        }
        while let Some(unit) = self.next_of(part, &mut cascades) {
            let others = match self.is_ready(&unit) {
                true => match self.perform_unit(&unit, &mut stage) {
                    Some(caused) => self.enter_cascade(caused, &mut cascades),
                    None => None,
                },
                // An empty cascade: it only ends the loop. The unit is still pending, and is found again.
                false => Some(unit.first..unit.first),
            };
            if let Some(others) = others {
                // Later intents must not overtake the cascades, so these are finished first.
                let cascades = cascades.into_iter().map(|cascade| match cascade.positions {
                    Positions::Range(range) => range,
                    // `enter_cascade` makes ranges only.
                    Positions::Listed(_) => 0..0,
                });
                self.unfinished.extend(cascades.chain([others]));
                return false;
            }
        }
        true
    }

    /// Takes the next unit of the innermost cascade under way, or of the part.
    fn next_of(&mut self, part: &mut Part, cascades: &mut Vec<Part>) -> Option<Unit> {
        while let Some(cascade) = cascades.last_mut() {
            match self.take_unit(cascade) {
                Some(unit) => return Some(unit),
                None => cascades.pop(),
            };
        }
        self.take_unit(part)
    }

    /// Dispatches a cascade before anything else.
    ///
    /// A cascade that is performed in place as a whole is pushed to `cascades`: a loop performs it, since recursion
    /// would overflow the stack on a long chain. Otherwise the range is returned for a nested dispatch.
    fn enter_cascade(
        &mut self,
        caused: Range<usize>,
        cascades: &mut Vec<Part>,
    ) -> Option<Range<usize>> {
        let first = self.routes.of(caused.start);
        let mut routes = caused.clone().map(|position| self.routes.of(position));
        if routes.all(|route| route == first) && self.routes.is_in_place(first) {
            cascades.push(Part {
                cursor: caused.start,
                positions: Positions::Range(caused),
                route: first,
            });
            return None;
        }
        Some(caused)
    }
}
