//! Fault injection: runs a scenario once for each point at which it could be interrupted.

mod asynchronous;
mod exploration;
mod invariant;
mod point;
mod probe;

use std::fmt;
use std::panic::{AssertUnwindSafe, Location, catch_unwind};

use crate::airlock::AirlockBuilder;
use crate::testing::interruption::exploration::{Exploration, Run};
use crate::testing::interruption::invariant::Invariant;

pub use self::asynchronous::{EveryInterruptionAsync, every_interruption_async};
pub use self::invariant::Holds;

/// Runs a scenario once for each point at which it could be interrupted, and checks the invariants after
/// each run.
///
/// The points are:
///
/// - a panic at each enqueue;
/// - for each intent, a failed dispatch, a panic before its effect's body, and a panic after the body has
///   succeeded but before the success is recorded;
/// - in async scenarios, cancellation at each pending await, in the scenario itself and during a flush.
///
/// Each run has a new state, created by `setup`, and a new airlock, so that runs do not affect each
/// other. If an invariant is broken, the message shows the state by its `Debug`. Only one point is interrupted per run; combinations of faults are not tested.
///
/// Work in another airlock is not interrupted. Work on other threads and in spawned tasks is covered only
/// if the scenario waits for it. Otherwise the number of points differs from run to run, which panics.
///
/// ```rust,standalone_crate
/// use airlock::testing::every_interruption;
/// use airlock::FlushError;
/// use std::sync::atomic::{AtomicU32, Ordering::SeqCst};
/// use std::sync::Arc;
///
/// #[derive(Clone, Debug, Default)]
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
pub fn every_interruption<'a, S: fmt::Debug>(
    setup: impl Fn() -> S + 'a,
) -> EveryInterruption<'a, S> {
    EveryInterruption {
        setup: Box::new(setup),
        describe: Box::new(|_, builder| builder),
        invariants: Vec::new(),
        show: |state| format!("{state:#?}"),
        place: Location::caller(),
    }
}

/// The configuration of [`every_interruption`].
#[must_use = "nothing is tried until it is run"]
pub struct EveryInterruption<'a, S> {
    setup: Box<dyn Fn() -> S + 'a>,
    describe: Box<Describe<'a, S>>,
    invariants: Vec<Invariant<'a, S>>,
    /// Formats a state for the message of a broken invariant.
    show: fn(&S) -> String,
    place: &'static Location<'static>,
}

type Describe<'a, S> = dyn Fn(&S, AirlockBuilder) -> AirlockBuilder + 'a;

impl<'a, S> EveryInterruption<'a, S> {
    /// Configures the airlock of each run: resources, policies, an executor, a handler of unhandled flush
    /// errors. Only the effects that are performed need their resources.
    pub fn airlock(mut self, describe: impl Fn(&S, AirlockBuilder) -> AirlockBuilder + 'a) -> Self {
        self.describe = Box::new(describe);
        self
    }

    /// Adds an invariant, which is checked after each run.
    #[track_caller]
    pub fn invariant<R: Holds>(mut self, check: impl Fn(&S) -> R + 'a) -> Self {
        self.invariants.push(Invariant {
            check: Box::new(move |state| check(state).holds()),
            place: Location::caller(),
        });
        self
    }

    /// Runs a sync scenario: once without an interruption, then once for each point, then once more to
    /// check that there are no further points. Ignores the scenario's return value, and its panics in a
    /// run that was interrupted. Returns the number of points, and prints nothing.
    ///
    /// # Panics
    ///
    /// - If an invariant does not hold; the message names the point, the effect, the location that
    ///   enqueued its intent, and the state.
    /// - If the scenario panics without an interruption; its panic is resumed.
    /// - If there are more than 10,000 points.
    /// - If the number of points differs from run to run, so that some cannot be tried.
    #[track_caller]
    #[must_use = "that no point was found means that nothing was tried: assert how many there are"]
    pub fn run<T>(self, scenario: impl Fn(&S) -> T) -> usize {
        let mut exploration = Exploration::new(self.place);
        loop {
            let run = exploration.begin((self.setup)(), &self.describe);
            let ended = catch_unwind(AssertUnwindSafe(|| {
                run.airlock.run(|| drop(scenario(&run.state)));
            }));
            exploration.take(&run, ended);
            self.check(&exploration, &run);
            if let Some(points) = exploration.next() {
                return points;
            }
        }
    }

    /// Works like [`run`](Self::run), for an async scenario.
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
    /// See [`run`](Self::run).
    #[must_use = "that no point was found means that nothing was tried: assert how many there are"]
    pub async fn run_async<T>(self, scenario: impl AsyncFn(&S) -> T) -> usize {
        let mut exploration = Exploration::new(self.place);
        loop {
            let run = exploration.begin((self.setup)(), &self.describe);
            let ended = run.drive(&scenario).await;
            exploration.take(&run, ended);
            self.check(&exploration, &run);
            if let Some(points) = exploration.next() {
                return points;
            }
        }
    }

    #[track_caller]
    fn check(&self, exploration: &Exploration, run: &Run<S>) {
        for invariant in &self.invariants {
            if let Err(broken) = invariant.ask(&run.state) {
                exploration.break_off(&broken, &(self.show)(&run.state));
            }
        }
    }
}

impl<S> fmt::Debug for EveryInterruption<'_, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EveryInterruption")
            .field("place", &self.place)
            .field("invariants", &self.invariants.len())
            .finish_non_exhaustive()
    }
}
