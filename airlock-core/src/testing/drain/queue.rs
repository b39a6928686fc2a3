//! The pending deliveries of a drain and its virtual clock.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use crate::airlock::Airlock;
use crate::executor::{Batch, Delivery, Executor, Timer};

/// The time at which a delivery is due, then its order of arrival.
type Turn = (Duration, usize);

/// The deliveries and the virtual clock that a drain shares with its executor and its timer.
pub(super) struct Queue {
    start: SystemTime,
    /// The airlock's timer, used for timeouts.
    pub(super) timer: Arc<dyn Timer>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    now: Duration,
    due: BTreeMap<Turn, Delivery>,
    taken: usize,
    /// The time until which the future that was polled last sleeps.
    sleeps: Option<Duration>,
    stopped: bool,
}

/// An executor that hands everything to the queue.
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

/// A guard that empties the queue when it is dropped, also on panic. This breaks a reference cycle: the
/// deliveries hold a reference to the queue.
pub(super) struct Emptied<'a>(pub(super) &'a Queue);

impl Drop for Emptied<'_> {
    fn drop(&mut self) {
        drop(self.0.stop()); // Outside of the lock: destructors of arguments may access the queue.
    }
}

impl Queue {
    pub(super) fn new(airlock: &Airlock) -> Arc<Self> {
        Arc::new(Self {
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

    /// Records until when the polled effect sleeps. Returns `true` if that time has passed.
    pub(super) fn sleep(&self, until: Duration) -> bool {
        let mut state = self.state();
        let over = state.now >= until;
        state.sleeps = (!over).then_some(until);
        over
    }

    /// Takes the time recorded by [`sleep`](Self::sleep).
    pub(super) fn take_sleep(&self) -> Option<Duration> {
        self.state().sleeps.take()
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

    pub(super) fn next_due(&self) -> Option<Duration> {
        let state = self.state();
        state.due.first_key_value().map(|((due, _), _)| *due)
    }

    /// Takes the delivery that is due next, and advances the clock to its time.
    pub(super) fn next(&self) -> Option<Delivery> {
        let mut state = self.state();
        let ((due, _), delivery) = state.due.pop_first()?;
        state.now = state.now.max(due);
        Some(delivery)
    }

    /// Marks the drain as stopped. Returns the deliveries that are still due.
    pub(super) fn stop(&self) -> BTreeMap<Turn, Delivery> {
        let mut state = self.state();
        state.stopped = true;
        std::mem::take(&mut state.due)
    }

    pub(super) fn has_stopped(&self) -> bool {
        self.state().stopped
    }
}
