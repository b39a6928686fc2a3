//! The async variant of `every_interruption`: set-up and invariants may await.

use std::fmt;
use std::marker::PhantomData;
use std::panic::Location;
use std::pin::Pin;

use crate::airlock::AirlockBuilder;
use crate::testing::interruption::Describe;
use crate::testing::interruption::exploration::Exploration;
use crate::testing::interruption::invariant::{Broken, Holds};
use crate::unwind::catch_unwind_async;
use crate::unwind::panic_message;

/// Works like [`every_interruption`](crate::testing::every_interruption), for a state with async access,
/// such as a database: `setup` and the invariants are async. Only the scenario is interrupted.
///
/// ```rust,standalone_crate
/// use airlock::testing::every_interruption_async;
/// use airlock::FlushError;
/// use std::sync::{Arc, Mutex};
///
/// // A fake database.
/// #[derive(Clone, Debug, Default)]
/// struct Db {
///     placed: Arc<Mutex<u32>>,
///     shipped: Arc<Mutex<u32>>,
/// }
///
/// async fn connect() -> Db {
///     Db::default()
/// }
/// async fn count(rows: &Mutex<u32>) -> u32 {
///     *rows.lock().unwrap()
/// }
/// async fn insert(rows: &Mutex<u32>) {
///     *rows.lock().unwrap() += 1;
/// }
///
/// #[airlock::effect]
/// async fn ship(#[resource] db: &Db) {
///     insert(&db.shipped).await;
/// }
///
/// # airlock::__private::block_on(async {
/// let points = every_interruption_async(connect)
///     .airlock(|db, builder| builder.resource(db.clone()))
///     .invariant(async |db: &Db| count(&db.shipped).await <= count(&db.placed).await)
///     .run(async |db: &Db| {
///         let checkout = airlock::scope().run_async(async |_| {
///             airlock::enqueue(ship());
///             insert(&db.placed).await;
///             Ok::<_, FlushError>(())
///         });
///         checkout.await
///     })
///     .await;
/// assert_eq!(points, 4);
/// # });
/// ```
#[track_caller]
pub fn every_interruption_async<'a, S: fmt::Debug + 'a>(
    setup: impl AsyncFn() -> S + 'a,
) -> EveryInterruptionAsync<'a, S> {
    EveryInterruptionAsync {
        setup: Box::new(setup),
        describe: Box::new(|_, builder| builder),
        invariants: Vec::new(),
        show: |state| format!("{state:#?}"),
        place: Location::caller(),
    }
}

/// The configuration of [`every_interruption_async`].
#[must_use = "nothing is tried until it is run"]
pub struct EveryInterruptionAsync<'a, S> {
    setup: Box<dyn Setup<S> + 'a>,
    describe: Box<Describe<'a, S>>,
    invariants: Vec<(Box<dyn Check<S> + 'a>, &'static Location<'static>)>,
    /// Formats a state for the message of a broken invariant.
    show: fn(&S) -> String,
    place: &'static Location<'static>,
}

type Awaited<'a, T> = Pin<Box<dyn Future<Output = T> + 'a>>;

trait Setup<S> {
    fn state(&self) -> Awaited<'_, S>;
}

impl<S, F: AsyncFn() -> S> Setup<S> for F {
    fn state(&self) -> Awaited<'_, S> {
        Box::pin(self())
    }
}

trait Check<S> {
    fn check<'s>(&'s self, state: &'s S) -> Awaited<'s, Result<(), String>>;
}

struct Invariant<F, R>(F, PhantomData<fn() -> R>);

impl<S, R: Holds, F: AsyncFn(&S) -> R> Check<S> for Invariant<F, R> {
    fn check<'s>(&'s self, state: &'s S) -> Awaited<'s, Result<(), String>> {
        Box::pin(async { (self.0)(state).await.holds() })
    }
}

impl<'a, S> EveryInterruptionAsync<'a, S> {
    /// Configures the airlock of each run, like
    /// [`EveryInterruption::airlock`](crate::testing::EveryInterruption::airlock).
    pub fn airlock(mut self, describe: impl Fn(&S, AirlockBuilder) -> AirlockBuilder + 'a) -> Self {
        self.describe = Box::new(describe);
        self
    }

    /// Adds an invariant, which is checked after each run.
    #[track_caller]
    pub fn invariant<R: Holds + 'a>(mut self, check: impl AsyncFn(&S) -> R + 'a) -> Self {
        let check = Box::new(Invariant(check, PhantomData));
        self.invariants.push((check, Location::caller()));
        self
    }

    /// Runs the scenario like [`EveryInterruption::run_async`](crate::testing::EveryInterruption::run_async).
    ///
    /// # Panics
    ///
    /// See [`EveryInterruption::run`](crate::testing::EveryInterruption::run).
    #[must_use = "that no point was found means that nothing was tried: assert how many there are"]
    pub async fn run<T>(self, scenario: impl AsyncFn(&S) -> T) -> usize {
        let mut exploration = Exploration::new(self.place);
        loop {
            let run = exploration.begin(self.setup.state().await, &self.describe);
            let ended = run.drive(&scenario).await;
            exploration.take(&run, ended);
            for (invariant, place) in &self.invariants {
                let wrong = match catch_unwind_async(invariant.check(&run.state)).await {
                    Ok(Ok(())) => continue,
                    Ok(Err(wrong)) => wrong,
                    Err(panic) => panic_message(&*panic),
                };
                exploration.break_off(&Broken { wrong, place }, &(self.show)(&run.state));
            }
            if let Some(points) = exploration.next() {
                return points;
            }
        }
    }
}

impl<S> fmt::Debug for EveryInterruptionAsync<'_, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EveryInterruptionAsync")
            .field("place", &self.place)
            .field("invariants", &self.invariants.len())
            .finish_non_exhaustive()
    }
}
