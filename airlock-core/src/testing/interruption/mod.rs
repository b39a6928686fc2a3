//! Running a scenario once for each point at which it could be interrupted.

mod point;
mod probe;

use std::fmt;
use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, Location, catch_unwind, resume_unwind};
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::thread;

use crate::airlock::{Airlock, AirlockBuilder};
use crate::flush::panic_message;
use crate::scope::catch_unwind_async;
use crate::testing::interruption::point::Point;
use crate::testing::message::in_full;

pub(crate) use self::probe::Probe;

/// How many points a scenario may have.
const LIMIT: usize = 10_000;

/// Runs a scenario once for each point at which it could be interrupted, and checks after each run that
/// what must always hold still does.
///
/// The points are: a panic at each enqueue; for each intent a dispatch that fails, a panic before its
/// effect's body, and one after it, when it has happened and nobody knows; and for async scenarios
/// cancellation at each await that is pending, of the scenario's own and in the midst of a flush. Each
/// run has a state of its own, made by `setup`, and an airlock of its own, so that one run knows
/// nothing of another. One point is interrupted in a run: two misfortunes at a time are not tried.
///
/// What the scenario does in another airlock is not interrupted. What it does on other threads and in
/// spawned tasks has its points only as far as it waits for them: otherwise they change from run to
/// run.
///
/// ```rust,standalone_crate
/// use airlock::testing::every_interruption;
/// use airlock::FlushError;
/// use std::sync::atomic::{AtomicU32, Ordering::SeqCst};
/// use std::sync::Arc;
///
/// #[derive(Clone, Default)]
/// struct Shop {
///     paid: Arc<AtomicU32>,
///     shipped: Arc<AtomicU32>,
/// }
///
/// #[airlock::effect]
/// fn ship(#[resource] shop: &Shop) {
///     shop.shipped.fetch_add(1, SeqCst);
/// }
///
/// #[airlock::boundary]
/// fn checkout(shop: &Shop) -> Result<(), FlushError> {
///     airlock::enqueue(ship());
///     shop.paid.fetch_add(1, SeqCst);
///     Ok(())
/// }
///
/// let points = every_interruption(Shop::default)
///     .airlock(|shop, builder| builder.resource(shop.clone()))
///     .invariant(|shop| shop.shipped.load(SeqCst) <= shop.paid.load(SeqCst))
///     .run(checkout);
/// assert_eq!(points, 4);
/// ```
#[track_caller]
pub fn every_interruption<'a, S>(setup: impl Fn() -> S + 'a) -> EveryInterruption<'a, S> {
    EveryInterruption {
        setup: Box::new(setup),
        describe: Box::new(|_, builder| builder),
        invariants: Vec::new(),
        place: Location::caller(),
    }
}

/// What [`every_interruption`] is to do.
#[must_use = "nothing is tried until it is run"]
pub struct EveryInterruption<'a, S> {
    setup: Box<dyn Fn() -> S + 'a>,
    describe: Box<Describe<'a, S>>,
    invariants: Vec<Box<Invariant<'a, S>>>,
    place: &'static Location<'static>,
}

type Invariant<'a, S> = dyn Fn(&S) -> Result<(), String> + 'a;

type Describe<'a, S> = dyn Fn(&S, AirlockBuilder) -> AirlockBuilder + 'a;

/// What an invariant may return: nothing (then it panics where it does not hold), a `bool`, or a
/// `Result`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not say whether an invariant holds",
    note = "give a `bool` or a `Result<(), impl Display>`, or assert and give nothing"
)]
pub trait Holds {
    /// What is wrong, if something is.
    ///
    /// # Errors
    ///
    /// What is wrong.
    fn holds(self) -> Result<(), String>;
}

impl Holds for () {
    fn holds(self) -> Result<(), String> {
        Ok(())
    }
}

impl Holds for bool {
    fn holds(self) -> Result<(), String> {
        match self {
            true => Ok(()),
            false => Err("it gave `false`".to_owned()),
        }
    }
}

impl<E: fmt::Display> Holds for Result<(), E> {
    fn holds(self) -> Result<(), String> {
        self.map_err(|error| error.to_string())
    }
}

impl<'a, S> EveryInterruption<'a, S> {
    /// Describes the airlock of a run: resources, policies, an executor, who takes what is stranded.
    /// Effects need only those resources that they are performed with.
    pub fn airlock(mut self, describe: impl Fn(&S, AirlockBuilder) -> AirlockBuilder + 'a) -> Self {
        self.describe = Box::new(describe);
        self
    }

    /// Adds something that must hold after each run, however it was interrupted.
    pub fn invariant<R: Holds>(mut self, check: impl Fn(&S) -> R + 'a) -> Self {
        self.invariants
            .push(Box::new(move |state| check(state).holds()));
        self
    }

    /// Runs a sync scenario: once without an interruption, then once for each point. What it returns
    /// does not matter, nor whether it panics when it was interrupted. Gives how many points were
    /// tried, and prints nothing.
    ///
    /// # Panics
    ///
    /// - If an invariant does not hold; the message names the point, the effect and where its intent was
    ///   enqueued.
    /// - If the scenario panics without an interruption, with its panic.
    /// - If there are more than 10,000 points.
    #[track_caller]
    #[must_use = "that no point was found means that nothing was tried: assert how many there are"]
    pub fn run<T>(self, scenario: impl Fn(&S) -> T) -> usize {
        let mut target = 0;
        loop {
            let run = self.begin(target);
            let ended = catch_unwind(AssertUnwindSafe(|| {
                run.airlock.run(|| drop(scenario(&run.state)));
            }));
            if let Some(points) = self.end(&run, ended, target) {
                return points;
            }
            target += 1;
        }
    }

    /// As [`run`](Self::run), for an async scenario.
    ///
    /// ```rust,standalone_crate
    /// # use airlock::testing::every_interruption;
    /// # airlock::__private::block_on(async {
    /// let points = every_interruption(|| ())
    ///     .invariant(|()| true)
    ///     .run_async(async |()| {
    ///         let mut first = true;
    ///         std::future::poll_fn(|cx| {
    ///             cx.waker().wake_by_ref();
    ///             match std::mem::take(&mut first) {
    ///                 true => std::task::Poll::Pending,
    ///                 false => std::task::Poll::Ready(()),
    ///             }
    ///         })
    ///         .await;
    ///     })
    ///     .await;
    /// assert_eq!(points, 1);
    /// # });
    /// ```
    ///
    /// # Panics
    ///
    /// As [`run`](Self::run).
    #[must_use = "that no point was found means that nothing was tried: assert how many there are"]
    pub async fn run_async<T>(self, scenario: impl AsyncFn(&S) -> T) -> usize {
        let mut target = 0;
        loop {
            let run = self.begin(target);
            let ended = {
                let work = async { drop(scenario(&run.state).await) };
                let mut work = pin!(catch_unwind_async(run.airlock.bind(work)));
                poll_fn(|cx| match work.as_mut().poll(cx) {
                    Poll::Ready(ended) => Poll::Ready(ended),
                    Poll::Pending if run.probe.awaits() || run.probe.reached() > LIMIT => {
                        Poll::Ready(Ok(()))
                    }
                    Poll::Pending => Poll::Pending,
                })
                .await
                // What is dropped here was cancelled.
            };
            if let Some(points) = self.end(&run, ended, target) {
                return points;
            }
            target += 1;
        }
    }

    #[track_caller]
    fn begin(&self, target: usize) -> Run<S> {
        let state = (self.setup)();
        let probe = Arc::new(Probe::new(target));
        let builder = (self.describe)(&state, Airlock::builder());
        match builder.probe(probe.clone()).skip_resource_check().build() {
            Ok(airlock) => Run {
                state,
                probe,
                airlock,
            },
            Err(error) => panic!("no scenario can be tried: {}", in_full(&error)),
        }
    }

    /// Checks what a run has left behind. Gives how many points there are, once all are tried.
    #[track_caller]
    fn end(&self, run: &Run<S>, ended: thread::Result<()>, target: usize) -> Option<usize> {
        if run.probe.reached() > LIMIT {
            self.too_many();
        }
        let hit = run.probe.hit();
        if let (None, Err(panic)) = (&hit, ended) {
            resume_unwind(panic);
        }
        for invariant in &self.invariants {
            let checked = catch_unwind(AssertUnwindSafe(|| invariant(&run.state)));
            let wrong = match checked {
                Ok(Ok(())) => continue,
                Ok(Err(wrong)) => wrong,
                Err(panic) => panic_message(&*panic),
            };
            self.broken(hit.as_ref(), target, &wrong);
        }
        // The first run was not to be interrupted; another one that was not is behind the last point.
        (target > 0 && hit.is_none()).then(|| target - 1)
    }

    #[track_caller]
    fn broken(&self, hit: Option<&Point>, target: usize, wrong: &str) -> ! {
        let place = self.place;
        match hit {
            None => panic!(
                "the invariant of the scenario at {place} does not hold without any interruption: {wrong}"
            ),
            Some(point) => {
                let passed = target - 1;
                panic!(
                    "the invariant of the scenario at {place} does not hold after {point} (point {target}; it held at the {passed} before): {wrong}"
                )
            }
        }
    }

    #[track_caller]
    fn too_many(&self) -> ! {
        let place = self.place;
        panic!(
            "the scenario at {place} has more than {LIMIT} points: it waits for something again and again, or is too long; try a part of it"
        )
    }
}

/// One run.
struct Run<S> {
    state: S,
    probe: Arc<Probe>,
    airlock: Airlock,
}

impl<S> fmt::Debug for EveryInterruption<'_, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EveryInterruption")
            .field("place", &self.place)
            .field("invariants", &self.invariants.len())
            .finish_non_exhaustive()
    }
}
