//! What is still to be performed, and when.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::{Duration, SystemTime};

use crate::airlock::Airlock;
use crate::effect::{BoxFuture, EffectDescriptor};
use crate::effect::{Payload, Stub};
use crate::executor::{Batch, Delivery};
use crate::executor::{Executor, Timer};
use crate::report::{FlushError, FlushReport};
use crate::testing::drain::Plan;
use crate::testing::drain::error::{DrainError, Endless};
use crate::testing::drain::performed::{Drained, Performed};

/// What a drain shares with its executor and its clock.
pub(super) struct Queue {
    stubs: HashMap<&'static EffectDescriptor, Stub>,
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

/// What has begun and not ended.
#[derive(Default)]
pub(super) struct UnderWay {
    awaited: Option<Started>,
    /// What waits to be tried again, as the due ones: by time, then in the order in which it fell asleep.
    asleep: BTreeMap<(Duration, usize), Started>,
    fell_asleep: usize,
}

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
            timer: airlock.settings().timer.clone(),
            state: Mutex::default(),
        })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn now(&self) -> Duration {
        self.state().now
    }

    pub(super) fn jump(&self, to: Duration) {
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

    fn next_due(&self) -> Option<Duration> {
        let state = self.state();
        state.due.first_key_value().map(|((due, _), _)| *due)
    }

    /// The delivery that is due next, its body stubbed if it is to be. The clock jumps.
    fn next(&self) -> Option<(Delivery, Range<usize>)> {
        let mut state = self.state();
        let ((due, _), mut delivery) = state.due.pop_first()?;
        if state.performed >= self.settle_limit {
            state.endless = Some(Endless::unsettled(self.settle_limit, &delivery));
            drop(state);
            drop((Emptied(self), delivery));
            return None;
        }
        state.now = state.now.max(due);
        let begins = state.entries.len();
        for intent in delivery.intents_mut() {
            state.performed += 1;
            let mut entry = Performed::of(intent, state.now);
            if let Some(stub) = self.stubs.get(intent.effect()) {
                let arguments = std::mem::replace(&mut intent.payload, Payload::gone());
                intent.payload = arguments.stubbed(stub.clone());
                entry.set_stubbed();
            }
            state.entries.push(entry);
        }
        Some((delivery, begins..state.entries.len()))
    }

    /// Enters what became of a delivery into the report.
    fn enter(&self, places: Range<usize>, ended: Result<FlushReport, FlushError>) {
        let report = ended.unwrap_or_else(FlushError::into_report);
        let mut state = self.state();
        for (place, entry) in places.zip(report.buffered()) {
            state.entries[place].set_fate_of(entry);
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

    /// Performs all, the earliest due first, or goes on until something has to be awaited that is not
    /// virtual time. What has begun goes before what is due at the same time.
    pub(super) fn poll(
        &self,
        under_way: &mut UnderWay,
        effects: Effects,
        cx: &mut Context<'_>,
    ) -> Poll<()> {
        loop {
            if let Some(mut one) = under_way.awaited.take() {
                self.state().sleeps = None;
                match one.performing.as_mut().poll(cx) {
                    Poll::Ready(ended) => self.enter(one.places, ended),
                    Poll::Pending => {
                        let sleeps = self.state().sleeps;
                        let Some(until) = sleeps else {
                            under_way.awaited = Some(one);
                            return Poll::Pending;
                        };
                        under_way.put_to_sleep(one, until);
                    }
                }
                continue;
            }
            let (due, wakes) = (self.next_due(), under_way.next_to_wake());
            under_way.awaited = match (due, wakes) {
                (None, None) => return Poll::Ready(()),
                (due, Some(wakes)) if due.is_none_or(|due| wakes <= due) => {
                    self.jump(wakes);
                    under_way.wake_next()
                }
                _ => self.next().map(|next| Started::of(next, effects)),
            };
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

impl Started {
    fn of((delivery, places): (Delivery, Range<usize>), effects: Effects) -> Self {
        let refused = effects == Effects::Sync && delivery.intents()[0].needs_await();
        let performing: BoxFuture<'static, _> = match refused {
            true => Box::pin(async { delivery.perform() }), // It fails, and says why.
            false => Box::pin(delivery.perform_async()),
        };
        Self { performing, places }
    }
}

impl UnderWay {
    fn put_to_sleep(&mut self, one: Started, until: Duration) {
        self.asleep.insert((until, self.fell_asleep), one);
        self.fell_asleep += 1;
    }

    fn next_to_wake(&self) -> Option<Duration> {
        let ((wakes, _), _) = self.asleep.first_key_value()?;
        Some(*wakes)
    }

    fn wake_next(&mut self) -> Option<Started> {
        self.asleep.pop_first().map(|(_, one)| one)
    }
}
