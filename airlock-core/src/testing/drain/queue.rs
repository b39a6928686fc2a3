//! What is still to be performed, and when.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::{Duration, SystemTime};

use crate::airlock::Airlock;
use crate::effect::BoxFuture;
use crate::executor::{Executor, Timer};
use crate::flush::{Batch, Delivery, FlushError, FlushReport};
use crate::payload::{Payload, Stub};
use crate::testing::drain::Plan;
use crate::testing::drain::error::{DrainError, Endless};
use crate::testing::drain::performed::{Drained, Performed};

/// How many sync effects may wait to be tried again at a time while others are performed; each of
/// them has its place on the stack.
const WAITING_LIMIT: usize = 64;

/// What a drain shares with its executor and its clock.
pub(super) struct Queue {
    stubs: HashMap<&'static str, Stub>,
    settle_limit: usize,
    start: SystemTime,
    /// The airlock's own, which measures timeouts.
    pub(super) timer: Arc<dyn Timer>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    now: Duration,
    /// By the time when they are due, then in the order in which they came.
    due: BTreeMap<(Duration, usize), Delivery>,
    taken: usize,
    entries: Vec<Performed>,
    performed: usize,
    /// How many sync effects wait to be tried again.
    waiting: usize,
    /// Until when what is polled now sleeps.
    sleeps: Option<Duration>,
    endless: Option<Endless>,
}

/// Hands everything to the queue.
pub(super) struct Collect(pub(super) Arc<Queue>);

impl Executor for Collect {
    fn dispatch(&self, batch: &mut Batch<'_>) {
        batch.hand_over(|delivery| {
            self.0.take(delivery);
            Ok(())
        });
    }

    fn name(&self) -> Cow<'static, str> {
        "drain".into()
    }
}

/// A delivery that is being performed, and its places in the report.
struct Started {
    performing: BoxFuture<'static, Result<FlushReport, FlushError>>,
    places: std::ops::Range<usize>,
    sleeps: Option<Duration>,
}

/// The async effects that have begun; all but one of them wait to be tried again.
#[derive(Default)]
pub(super) struct UnderWay(Vec<Started>);

/// Empties the queue at the end, whatever that is: its deliveries know the queue.
pub(super) struct Emptied<'a>(pub(super) &'a Queue);

impl Drop for Emptied<'_> {
    fn drop(&mut self) {
        let left = std::mem::take(&mut self.0.state().due);
        drop(left); // Arguments may have destructors that look at the queue.
    }
}

impl Queue {
    pub(super) fn new(plan: Plan, airlock: &Airlock) -> Arc<Self> {
        Arc::new(Self {
            stubs: plan.stubs,
            settle_limit: plan.settle_limit,
            start: SystemTime::now(),
            timer: airlock.node().settings().timer.clone(),
            state: Mutex::default(),
        })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn now(&self) -> Duration {
        self.state().now
    }

    fn jump(&self, to: Duration) {
        let mut state = self.state();
        state.now = state.now.max(to);
    }

    /// Notes until when the effect that is polled sleeps; whether that is over.
    pub(super) fn sleep(&self, until: Duration) -> bool {
        let mut state = self.state();
        let over = state.now >= until;
        state.sleeps = (!over).then_some(until);
        over
    }

    pub(super) fn note(&self, entries: impl IntoIterator<Item = Performed>) {
        self.state().entries.extend(entries);
    }

    fn take(&self, delivery: Delivery) {
        let mut state = self.state();
        let now = self.start + state.now;
        let intents = delivery.intents().iter();
        let delay = intents
            .map(|intent| intent.schedule().delay_from(now))
            .max();
        let due = (state.now + delay.unwrap_or_default(), state.taken);
        state.taken += 1;
        state.due.insert(due, delivery);
    }

    /// The next delivery that is due by then, its body stubbed if it is to be. The clock jumps.
    fn next(&self, until: Option<Duration>) -> Option<(Delivery, std::ops::Range<usize>)> {
        let mut state = self.state();
        let (due, _) = *state.due.first_key_value()?.0;
        if until.is_some_and(|until| due > until) {
            return None;
        }
        let (_, mut delivery) = state.due.pop_first()?;
        if state.performed >= self.settle_limit {
            state.endless = Some(Endless::unsettled(self.settle_limit, &delivery));
            drop(state);
            drop((Emptied(self), delivery));
            return None;
        }
        state.now = state.now.max(due);
        let begins = state.entries.len();
        for intent in &mut delivery.intents {
            state.performed += 1;
            let mut entry = Performed::of(intent, state.now);
            if let Some(stub) = self.stubs.get(intent.effect().id()) {
                let arguments = std::mem::replace(&mut intent.payload, Payload::gone());
                intent.payload = arguments.stubbed(stub.clone());
                entry.set_stubbed();
            }
            state.entries.push(entry);
        }
        Some((delivery, begins..state.entries.len()))
    }

    /// Enters what became of a delivery into the report.
    fn enter(&self, places: std::ops::Range<usize>, ended: Result<FlushReport, FlushError>) {
        let report = ended.unwrap_or_else(FlushError::into_report);
        let mut state = self.state();
        for (place, entry) in places.zip(report.buffered()) {
            state.entries[place].set_fate(entry.fate().clone());
        }
        let now = state.now;
        let cascades = report.cascades().iter();
        // What was dispatched stands in the queue, or has been performed.
        let ended = cascades.map(|entry| Performed::without_arguments(entry, now));
        state
            .entries
            .extend(ended.filter(|entry| !entry.is_dispatched()));
        if let Some(endless) = state.entries.iter().find_map(Endless::too_deep) {
            state.endless.get_or_insert(endless);
        }
    }

    /// Performs what is due by then, the earliest first; all if no time is given.
    pub(super) fn perform_until(&self, until: Option<Duration>) {
        while let Some((delivery, places)) = self.next(until) {
            let ended = delivery.perform();
            self.enter(places, ended);
        }
    }

    /// A sync effect waits to be tried again: what is due meanwhile is performed.
    pub(super) fn wait(&self, duration: Duration) {
        let (until, nests) = {
            let mut state = self.state();
            state.waiting += 1;
            (state.now + duration, state.waiting <= WAITING_LIMIT)
        };
        if nests {
            self.perform_until(Some(until));
        }
        self.jump(until);
        self.state().waiting -= 1;
    }

    /// Goes on until all is performed, or something has to be awaited that is not virtual time.
    pub(super) fn poll(&self, under_way: &mut UnderWay, cx: &mut Context<'_>) -> Poll<()> {
        let UnderWay(started) = under_way;
        loop {
            let now = self.now();
            let awake = |one: &Started| one.sleeps.is_none_or(|until| until <= now);
            if let Some(position) = started.iter().position(awake) {
                let one = &mut started[position];
                self.state().sleeps = None;
                match one.performing.as_mut().poll(cx) {
                    Poll::Ready(ended) => {
                        let one = started.remove(position);
                        self.enter(one.places, ended);
                    }
                    Poll::Pending => {
                        one.sleeps = self.state().sleeps;
                        if one.sleeps.is_none() {
                            return Poll::Pending;
                        }
                    }
                }
                continue;
            }
            let wakes = started.iter().filter_map(|one| one.sleeps).min();
            match (self.next(wakes), wakes) {
                (Some((delivery, places)), _) => started.push(Started {
                    performing: Box::pin(delivery.perform_async()),
                    places,
                    sleeps: None,
                }),
                (None, Some(wakes)) => self.jump(wakes),
                (None, None) => return Poll::Ready(()),
            }
        }
    }

    pub(super) fn conclude(&self) -> Result<Drained, DrainError> {
        let mut state = self.state();
        let drained = Drained::new(std::mem::take(&mut state.entries));
        let endless = state.endless.take();
        drop(state);
        DrainError::of(endless, drained)
    }
}
