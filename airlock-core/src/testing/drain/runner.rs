//! Performs due deliveries in the order of virtual time, until a drain stops.

use std::collections::{BTreeMap, HashMap};
use std::ops::Range;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use crate::effect::{BoxFuture, Payload};
use crate::executor::Delivery;
use crate::report::{FlushError, FlushReport};
use crate::testing::drain::Plan;
use crate::testing::drain::drained::Drained;
use crate::testing::drain::entry::DrainEntry;
use crate::testing::drain::error::{DrainError, Endless};
use crate::testing::drain::left::Left;
use crate::testing::drain::progress::{Progress, Tally};
use crate::testing::drain::queue::Queue;
use crate::testing::drain::stop::Stop;

/// The effects that a drain may perform: sync ones, or all.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Effects {
    Sync,
    All,
}

/// A delivery that is being performed, and its positions in the report.
struct Started {
    performing: BoxFuture<'static, Result<FlushReport, FlushError>>,
    places: Range<usize>,
}

/// A running drain. Only the queue is shared with what it performs.
pub(super) struct Runner<S> {
    queue: Arc<Queue>,
    plan: Plan,
    effects: Effects,
    stop: S,
    entries: Vec<DrainEntry>,
    tally: Tally,
    /// The number of intents that have begun, for the performance limit.
    begun: usize,
    awaited: Option<Started>,
    /// Deliveries that wait for a retry, by wake-up time, then in the order in which they fell asleep.
    asleep: BTreeMap<(Duration, usize), Started>,
    fell_asleep: usize,
    endless: Option<Endless>,
    /// `true` once the [`Stop`] condition is reached.
    reached: bool,
}

impl<S: Stop> Runner<S> {
    /// Creates a drain of the queue. `entries` are those of intents that are not in the queue.
    pub(super) fn new(
        queue: Arc<Queue>,
        plan: Plan,
        (effects, stop): (Effects, S),
        entries: Vec<DrainEntry>,
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

    /// Performs what is due, the earliest first. Returns `Ready` when the drain stops, and `Pending` when
    /// an effect awaits something other than virtual time. Deliveries that have begun take precedence over
    /// those that are due at the same time.
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

    /// Starts or wakes the next delivery. Returns `false` if there is none, or if a limit is reached.
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

    /// Starts a delivery, with its body stubbed if a stub is configured.
    fn start(&mut self, mut delivery: Delivery) -> Started {
        let now = self.queue.now();
        let begins = self.entries.len();
        for intent in delivery.intents_mut() {
            self.begun += 1;
            let mut entry = DrainEntry::performed(intent, now);
            if let Some(stub) = self.plan.stubs.get(intent.effect()) {
                let arguments = std::mem::replace(&mut intent.payload, Payload::gone());
                intent.payload = arguments.stubbed(stub.body.clone());
                entry.set_stubbed();
            }
            self.entries.push(entry);
        }
        let refused = self.effects == Effects::Sync && delivery.intents()[0].needs_await();
        let performing: BoxFuture<'static, _> = match refused {
            true => Box::pin(async { delivery.perform() }), // Fails with `Failure::NeedsAwait`.
            false => Box::pin(delivery.perform_async()),
        };
        Started {
            performing,
            places: begins..self.entries.len(),
        }
    }

    /// Enters the result of a delivery into the report. Returns `true` if the drain stops here.
    fn enter(&mut self, places: Range<usize>, ended: Result<FlushReport, FlushError>) -> bool {
        let report = ended.unwrap_or_else(FlushError::into_report);
        for (entry, reported) in self.entries[places.clone()]
            .iter_mut()
            .zip(report.buffered())
        {
            entry.set_fate_of(reported);
            if entry.is_dispatched() {
                self.tally.add(entry.effect());
            }
        }
        // Dispatched intents are in the queue, or have been performed and entered.
        let cascades = report.cascades().iter();
        let ended = cascades.filter(|entry| !entry.is_dispatched());
        let now = self.queue.now();
        let behind = self.entries.len();
        self.entries
            .extend(ended.map(|entry| DrainEntry::reported(entry, now)));
        if self.endless.is_none() {
            let (these, caused) = (&self.entries[places.clone()], &self.entries[behind..]);
            self.endless = these.iter().chain(caused).find_map(Endless::too_deep);
        }
        let so_far = Progress::new(&self.entries, places, &self.tally, now);
        self.reached = self.stop.is_reached(&so_far);
        self.reached
    }

    /// Returns the result of the drain.
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
            left.extend(intents.map(|intent| DrainEntry::due(intent, at)));
        }
        left.sort_by_key(DrainEntry::at);
        let never_held = self.stop.must_hold().filter(|_| !self.reached);
        let drained = Drained::new(self.entries, Left::new(left));
        // A drain that stops early may not have come to the stubbed effect.
        let stopped_early = self.stop.horizon().is_some() || self.reached;
        let unused = match stopped_early {
            true => None,
            false => self.plan.unused_stub(&drained),
        };
        DrainError::new(self.endless, never_held, unused, drained)
    }

    /// Removes the intents that wait for a retry from the report, since their fate is open.
    fn take_asleep(&mut self) -> Vec<DrainEntry> {
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
