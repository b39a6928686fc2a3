//! An observer that counts the points of a run and interrupts it at one of them.

use std::collections::HashSet;
use std::panic::resume_unwind;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

use crate::effect::{BoxError, BoxFuture};
use crate::intent::{Intent, IntentId};
use crate::observer::Observer;
use crate::testing::interruption::point::{At, Point, Which};

/// The observer of a run's airlock, which is called at each point that could be interrupted.
pub(crate) struct Probe {
    /// The number of the point to interrupt, from 1; 0 for none.
    target: usize,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    reached: usize,
    awaits: usize,
    /// The intents whose dispatch was counted already. An executor that wraps another dispatches an
    /// intent more than once.
    dispatched: HashSet<IntentId>,
    under_way: Vec<(IntentId, Which)>,
    hit: Option<Point>,
}

impl Probe {
    pub(super) fn new(target: usize) -> Self {
        Self {
            target,
            state: Mutex::default(),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns the point at which the run was interrupted.
    pub(super) fn hit(&self) -> Option<Point> {
        self.state().hit.clone()
    }

    /// Returns the number of points that the run has reached.
    pub(super) fn reached(&self) -> usize {
        self.state().reached
    }

    /// Counts a point. Returns `true` if the run is to be interrupted there.
    fn reach(&self, at: At, which: Option<Which>) -> bool {
        let mut state = self.state();
        state.reached += 1;
        if state.reached != self.target {
            return false;
        }
        state.hit = Some(Point { at, which });
        true
    }

    /// Counts a point, and panics if it is the target. Does not call the panic hook, so nothing is
    /// printed.
    fn panic_at(&self, at: At, which: Which) {
        // A panic during unwinding would abort the process.
        if !thread::panicking() && self.reach(at, Some(which)) {
            resume_unwind(Box::new(format!("every_interruption: {at}")));
        }
    }

    /// Counts a pending await of the scenario. Returns `true` if the scenario is to be cancelled there.
    pub(super) fn awaits(&self) -> bool {
        let (nth, which) = {
            let mut state = self.state();
            state.awaits += 1;
            (
                state.awaits,
                state.under_way.last().map(|(_, which)| *which),
            )
        };
        self.reach(At::Await(nth), which)
    }
}

impl Observer for Probe {
    /// Called before an intent is buffered.
    fn enqueues(&self, intent: &Intent) {
        self.panic_at(At::Enqueue, Which::new(intent));
    }

    /// Called before an intent is performed or handed over. An error fails the dispatch.
    fn dispatches(&self, intent: &Intent) -> Result<(), BoxError> {
        let first = self.state().dispatched.insert(intent.id());
        if first && self.reach(At::Dispatch, Some(Which::new(intent))) {
            return Err("every_interruption lets this dispatch fail".into());
        }
        Ok(())
    }

    /// Called before a body begins.
    fn begins(&self, intent: &Intent) {
        self.panic_at(At::BeforeBody, Which::new(intent));
    }

    /// Called after a body has succeeded, before the success is recorded.
    fn ended(&self, intent: &Intent) {
        self.panic_at(At::AfterBody, Which::new(intent));
    }

    /// Wraps the future of a body: notes it as running, and counts the point after it.
    fn observe<'a>(
        self: Arc<Self>,
        intent: &Intent,
        body: BoxFuture<'a, Result<(), BoxError>>,
    ) -> BoxFuture<'a, Result<(), BoxError>> {
        let (probe, id, which) = (self, intent.id(), Which::new(intent));
        Box::pin(async move {
            probe.state().under_way.push((id, which));
            let ended = UnderWay { probe: &probe, id };
            let result = body.await;
            drop(ended);
            if result.is_ok() {
                probe.panic_at(At::AfterBody, which);
            }
            result
        })
    }
}

/// A guard for a body that is being awaited. Dropped when the body completes, panics or is cancelled.
struct UnderWay<'a> {
    probe: &'a Probe,
    id: IntentId,
}

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        self.probe
            .state()
            .under_way
            .retain(|(id, _)| *id != self.id);
    }
}
