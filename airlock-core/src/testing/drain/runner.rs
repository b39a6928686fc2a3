//! Performing what is due, in the order of virtual time, until a drain stops.

use std::collections::{BTreeMap, HashMap};
use std::ops::Range;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use crate::effect::{BoxFuture, Payload};
use crate::executor::Delivery;
use crate::report::{FlushError, FlushReport};
use crate::testing::drain::Plan;
use crate::testing::drain::error::{DrainError, Endless};
use crate::testing::drain::left::{Due, Left};
use crate::testing::drain::performed::{Drained, Performed};
use crate::testing::drain::progress::{Progress, Tally};
use crate::testing::drain::queue::Queue;
use crate::testing::drain::stop::Stop;

/// Whether a drain may await effects.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Effects {
    Sync,
    All,
}

/// A delivery that is being performed, and its places in the report.
struct Started {
    performing: BoxFuture<'static, Result<FlushReport, FlushError>>,
    places: Range<usize>,
}

/// A drain under way. Only the queue is shared with what it performs.
pub(super) struct Runner<S> {
    queue: Arc<Queue>,
    plan: Plan,
    effects: Effects,
    stop: S,
    entries: Vec<Performed>,
    tally: Tally,
    /// How many intents have begun, for the settle limit.
    begun: usize,
    awaited: Option<Started>,
    /// What waits to be tried again: by time, then in the order in which it fell asleep.
    asleep: BTreeMap<(Duration, usize), Started>,
    fell_asleep: usize,
    endless: Option<Endless>,
    /// Whether the drain was told to stop by its [`Stop`].
    reached: bool,
}

impl<S: Stop> Runner<S> {
    /// A drain of what is in the queue. The entries are those of intents that are not.
    pub(super) fn new(
        queue: Arc<Queue>,
        plan: Plan,
        (effects, stop): (Effects, S),
        entries: Vec<Performed>,
    ) -> Self {
        Self {
            queue,
            plan,
            effects,
            stop,
            endless: entries.iter().find_map(Endless::too_deep),
            entries,
            tally: Tally::default(),
            begun: 0,
            awaited: None,
            asleep: BTreeMap::new(),
            fell_asleep: 0,
            reached: false,
        }
    }

    /// Performs what is due, the earliest first, until the drain stops, or goes on until something has
    /// to be awaited that is not virtual time. What has begun goes before what is due at the same time.
    pub(super) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        loop {
            if let Some(mut one) = self.awaited.take() {
                self.queue.take_sleep();
                match one.performing.as_mut().poll(cx) {
                    Poll::Ready(ended) => {
                        if self.enter(one.places, ended) {
                            return Poll::Ready(());
                        }
                    }
                    Poll::Pending => {
                        let Some(until) = self.queue.take_sleep() else {
                            self.awaited = Some(one);
                            return Poll::Pending;
                        };
                        self.asleep.insert((until, self.fell_asleep), one);
                        self.fell_asleep += 1;
                    }
                }
                continue;
            }
            if !self.go_on() {
                return Poll::Ready(());
            }
        }
    }

    /// Starts or wakes what comes next. Returns `false` if nothing does.
    fn go_on(&mut self) -> bool {
        let due = self.queue.next_due();
        let wakes = self.asleep.first_key_value().map(|((at, _), _)| *at);
        let Some(next) = due.into_iter().chain(wakes).min() else {
            return false;
        };
        if self.stop.horizon().is_some_and(|horizon| next > horizon) {
            return false;
        }
        if wakes == Some(next) {
            self.queue.jump(next);
            self.awaited = self.asleep.pop_first().map(|(_, one)| one);
            return true;
        }
        if self.begun >= self.plan.performance_limit {
            return false;
        }
        self.awaited = self.queue.next().map(|delivery| self.start(delivery));
        true
    }

    /// Starts a delivery, its body stubbed if it is to be.
    fn start(&mut self, mut delivery: Delivery) -> Started {
        let now = self.queue.now();
        let begins = self.entries.len();
        for intent in delivery.intents_mut() {
            self.begun += 1;
            let mut entry = Performed::new(intent, now);
            if let Some(stub) = self.plan.stubs.get(intent.effect()) {
                let arguments = std::mem::replace(&mut intent.payload, Payload::gone());
                intent.payload = arguments.stubbed(stub.clone());
                entry.set_stubbed();
            }
            self.entries.push(entry);
        }
        let refused = self.effects == Effects::Sync && delivery.intents()[0].needs_await();
        let performing: BoxFuture<'static, _> = match refused {
            true => Box::pin(async { delivery.perform() }), // It fails, and says why.
            false => Box::pin(delivery.perform_async()),
        };
        Started {
            performing,
            places: begins..self.entries.len(),
        }
    }

    /// Enters what became of a delivery into the report. Returns whether the drain stops here.
    fn enter(&mut self, places: Range<usize>, ended: Result<FlushReport, FlushError>) -> bool {
        let report = ended.unwrap_or_else(FlushError::into_report);
        for (entry, reported) in self.entries[places.clone()]
            .iter_mut()
            .zip(report.buffered())
        {
            entry.set_fate_of(reported);
            if entry.is_dispatched() {
                self.tally.add(entry.entry().effect());
            }
        }
        // What was dispatched is in the queue, or has been performed.
        let cascades = report.cascades().iter();
        let ended = cascades.filter(|entry| !entry.data.is_dispatched());
        let now = self.queue.now();
        let behind = self.entries.len();
        self.entries
            .extend(ended.map(|entry| Performed::without_arguments(entry, now)));
        if self.endless.is_none() {
            let (these, caused) = (&self.entries[places.clone()], &self.entries[behind..]);
            self.endless = these.iter().chain(caused).find_map(Endless::too_deep);
        }
        let so_far = Progress::new(&self.entries, places, &self.tally, now);
        self.reached = self.stop.is_reached(&so_far);
        self.reached
    }

    /// Turns what happened into the result of the drain.
    pub(super) fn conclude(mut self) -> Result<Drained, DrainError> {
        let due = self.queue.stop();
        if self.begun >= self.plan.performance_limit
            && !self.reached
            && let Some(((at, _), next)) = due.first_key_value()
            && self.stop.horizon().is_none_or(|horizon| *at <= horizon)
        {
            let endless = Endless::new(self.begun, next, *at, &self.stop);
            self.endless.get_or_insert(endless);
        }
        let mut left = self.take_asleep();
        for ((at, _), delivery) in due {
            let intents = delivery.into_intents().into_iter();
            left.extend(intents.map(|intent| Due::new(intent, at)));
        }
        left.sort_by_key(Due::at);
        let never_held = self.stop.must_hold().filter(|_| !self.reached);
        let drained = Drained::new(self.entries, Left::new(left));
        DrainError::new(self.endless, never_held, drained)
    }

    /// Takes those that wait to be tried again out of the report: their fate is open.
    fn take_asleep(&mut self) -> Vec<Due> {
        let mut places = HashMap::new();
        for ((wakes, _), one) in std::mem::take(&mut self.asleep) {
            places.extend(one.places.clone().map(|place| (place, wakes)));
        }
        if places.is_empty() {
            return Vec::new();
        }
        let mut left = Vec::with_capacity(places.len());
        let all = std::mem::take(&mut self.entries);
        for (place, entry) in all.into_iter().enumerate() {
            match places.get(&place) {
                Some(wakes) => left.push(entry.into_due(*wakes)),
                None => self.entries.push(entry),
            }
        }
        left
    }
}
