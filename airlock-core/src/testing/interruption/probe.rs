//! Counting the points of a run, and interrupting it at one of them.

use std::collections::HashSet;
use std::panic::resume_unwind;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

use crate::effect::{BoxError, BoxFuture};
use crate::intent::{Intent, IntentId};
use crate::observer::Observer;
use crate::testing::interruption::point::{At, Point, Which};

/// What an instrumented airlock asks at each point at which something could go wrong.
pub(crate) struct Probe {
    /// The number of the point at which it does, from 1; 0 for none.
    target: usize,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    reached: usize,
    awaits: usize,
    /// Whose dispatch has had its turn: a wrapper hands one on to another executor.
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

    /// Where the run was interrupted.
    pub(super) fn hit(&self) -> Option<Point> {
        self.state().hit.clone()
    }

    /// How many points the run has come to.
    pub(super) fn reached(&self) -> usize {
        self.state().reached
    }

    /// Whether it is to go wrong here.
    fn reach(&self, at: At, which: Option<Which>) -> bool {
        let mut state = self.state();
        state.reached += 1;
        if state.reached != self.target {
            return false;
        }
        state.hit = Some(Point { at, which });
        true
    }

    /// Panics as a body would, and prints nothing.
    fn panic_at(&self, at: At, which: Which) {
        // A panic while another one unwinds would abort the process.
        if !thread::panicking() && self.reach(at, Some(which)) {
            resume_unwind(Box::new(format!("every_interruption: {at}")));
        }
    }

    /// The scenario awaits something; whether it is to be cancelled now.
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
    /// An intent is about to be buffered.
    fn enqueues(&self, intent: &Intent) {
        self.panic_at(At::Enqueue, Which::new(intent));
    }

    /// An intent is about to be performed or handed over; gives the error to fail it with.
    fn dispatches(&self, intent: &Intent) -> Result<(), BoxError> {
        let first = self.state().dispatched.insert(intent.id());
        if first && self.reach(At::Dispatch, Some(Which::new(intent))) {
            return Err("every_interruption lets this dispatch fail".into());
        }
        Ok(())
    }

    /// A body is about to begin.
    fn begins(&self, intent: &Intent) {
        self.panic_at(At::BeforeBody, Which::new(intent));
    }

    /// A body has ended well, which nobody knows yet.
    fn ended(&self, intent: &Intent) {
        self.panic_at(At::AfterBody, Which::new(intent));
    }

    /// A body that is awaited, observed.
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

/// A body that is awaited: it may complete, panic, or be dropped.
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
