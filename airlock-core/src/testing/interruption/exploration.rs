//! The sequence of runs of a scenario: the next point to interrupt, and the panics for what went wrong.

use std::future::poll_fn;
use std::panic::{Location, resume_unwind};
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::thread;

use crate::airlock::{Airlock, AirlockBuilder};
use crate::testing::interruption::invariant::Broken;
use crate::testing::interruption::point::Point;
use crate::testing::interruption::probe::Probe;
use crate::unwind::catch_unwind_async;

/// The maximum number of points of a scenario.
const LIMIT: usize = 10_000;

/// The progress through the runs of a scenario.
pub(super) struct Exploration {
    place: &'static Location<'static>,
    /// The point at which the run is interrupted, from 1; 0 in the first run. The last run targets one
    /// past the last point, to check that there are no further points.
    target: usize,
    /// The number of points in the first run.
    points: usize,
    hit: Option<Point>,
}

/// One run of a scenario.
pub(super) struct Run<S> {
    pub(super) state: S,
    pub(super) airlock: Airlock,
    probe: Arc<Probe>,
}

impl Exploration {
    pub(super) fn new(place: &'static Location<'static>) -> Self {
        Self {
            place,
            target: 0,
            points: 0,
            hit: None,
        }
    }

    #[track_caller]
    pub(super) fn begin<S>(
        &self,
        state: S,
        describe: &dyn Fn(&S, AirlockBuilder) -> AirlockBuilder,
    ) -> Run<S> {
        let probe = Arc::new(Probe::new(self.target));
        let builder = describe(&state, Airlock::builder());
        match builder
            .observer(probe.clone())
            .skip_resource_check()
            .build()
        {
            Ok(airlock) => Run {
                state,
                airlock,
                probe,
            },
            Err(error) => panic!(
                "could not build the airlock of a run: {}",
                crate::intent::in_full(&error)
            ),
        }
    }

    /// Records how a run ended. Panics if the run failed without an interruption, or if the number of
    /// points is over the limit or differs from the first run.
    #[track_caller]
    pub(super) fn take<S>(&mut self, run: &Run<S>, ended: thread::Result<()>) {
        let (place, target, reached) = (self.place, self.target, run.probe.reached());
        assert!(
            reached <= LIMIT,
            "the scenario at {place} has more than {LIMIT} points: it polls in a loop, or is too long; test a part of it"
        );
        self.hit = run.probe.hit();
        if let (None, Err(panic)) = (&self.hit, ended) {
            resume_unwind(panic);
        }
        if target == 0 {
            self.points = reached;
        }
        let points = self.points;
        let differs = match self.hit {
            None if target > 0 && target <= points => {
                format!("only {reached} in the run that should be interrupted at point {target}")
            }
            Some(_) if target > points => "more in a later one".to_owned(),
            _ => return,
        };
        panic!(
            "the scenario at {place} had {points} points in its first run and {differs}: it differs from run to run, so not every point can be tried"
        );
    }

    /// Advances to the next point. Returns the number of points once all runs are done.
    pub(super) fn next(&mut self) -> Option<usize> {
        self.target += 1;
        (self.target > self.points + 1).then_some(self.points)
    }

    /// Panics because an invariant does not hold after this run.
    #[track_caller]
    pub(super) fn break_off(&self, broken: &Broken, state: &str) -> ! {
        let (invariant, scenario, wrong) = (broken.place, self.place, &broken.wrong);
        let after = match &self.hit {
            None => "without any interruption".to_owned(),
            Some(point) => {
                let (target, passed) = (self.target, self.target - 1);
                format!("after {point} (point {target}; it held at the {passed} before)")
            }
        };
        panic!(
            "the invariant at {invariant} of the scenario at {scenario} does not hold {after}: {wrong}\nstate: {state}"
        )
    }
}

impl<S> Run<S> {
    /// Awaits an async scenario. Drops it if the target is one of its pending awaits.
    pub(super) async fn drive<T>(&self, scenario: &impl AsyncFn(&S) -> T) -> thread::Result<()> {
        let work = async { drop(scenario(&self.state).await) };
        let mut work = pin!(catch_unwind_async(self.airlock.bind(work)));
        poll_fn(|cx| match work.as_mut().poll(cx) {
            Poll::Ready(ended) => Poll::Ready(ended),
            Poll::Pending if self.probe.awaits() || self.probe.reached() > LIMIT => {
                Poll::Ready(Ok(()))
            }
            Poll::Pending => Poll::Pending,
        })
        .await
    }
}
