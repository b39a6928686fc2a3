//! Drains: performing captured intents and their cascades in virtual time.

mod clock;
mod drained;
mod endless;
mod entry;
mod error;
mod left;
mod progress;
mod queue;
mod runner;
mod stop;

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::future::poll_fn;
use std::panic::Location;
use std::sync::Arc;

use crate::__private::block_on;
use crate::airlock::Airlock;
use crate::context::{Around, Place};
use crate::dry_run::reparent;
use crate::effect::{BoxError, Effect, EffectDescriptor, Stub};
use crate::intent::Intent;
use crate::report::FlushError;
use crate::scope::OpenScope;
use crate::settings::Settings;
use crate::testing::Captured;
use crate::testing::drain::clock::Clock;
use crate::testing::drain::queue::{Collect, Queue};
use crate::testing::drain::runner::{Effects, Runner};
use crate::testing::drain::stop::{Idle, Stop};

pub use self::drained::Drained;
pub use self::entry::DrainEntry;
pub use self::error::DrainError;
pub use self::left::Left;
pub use self::progress::Progress;

/// The default of [`Captured::performance_limit`].
const PERFORMANCE_LIMIT: usize = 10_000;

/// The configuration of a drain.
pub(super) struct Plan {
    stubs: HashMap<&'static EffectDescriptor, PlannedStub>,
    performance_limit: usize,
}

/// A stub of one effect, and the location that set it.
#[derive(Clone)]
pub(super) struct PlannedStub {
    body: Stub,
    location: &'static Location<'static>,
}

impl Default for Plan {
    fn default() -> Self {
        Self {
            stubs: HashMap::new(),
            performance_limit: PERFORMANCE_LIMIT,
        }
    }
}

impl<T> Captured<T> {
    /// Replaces the body of one effect in the drain, including intents enqueued by other effects. The
    /// effect's resources are not needed, and a stubbed async effect needs no await. Intents that the
    /// closure enqueues are part of the cascade.
    ///
    /// ```rust,standalone_crate
    /// use airlock::testing::{Assertions, capture};
    /// use airlock::Airlock;
    ///
    /// struct Bank;
    ///
    /// #[airlock::effect]
    /// async fn charge_card(#[resource] bank: &Bank, order: u64) -> Result<(), String> {
    ///     unimplemented!("there is no bank in a test")
    /// }
    /// #[airlock::effect]
    /// fn pay(order: u64) {
    ///     airlock::enqueue(charge_card(order));
    /// }
    ///
    /// let captured = capture(|| airlock::enqueue(pay(7))).stub::<ChargeCard>(|_| Ok(()));
    /// let drained = captured.drain(&Airlock::builder().skip_resource_check().build()?)?;
    /// drained.assert_count::<ChargeCard>(1);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// A drain that performs everything fails with [`DrainError::UnusedStub`] if the effect was not due.
    #[must_use = "the stub stands in when this is drained"]
    #[track_caller]
    pub fn stub<E: Effect>(
        mut self,
        body: impl Fn(&E) -> Result<(), BoxError> + Send + Sync + 'static,
    ) -> Self {
        let stub = PlannedStub {
            body: Arc::new(move |intent| intent.downcast_ref().map_or(Ok(()), &body)),
            location: Location::caller(),
        };
        self.plan.stubs.insert(E::DESCRIPTOR, stub);
        self
    }

    /// Sets the number of intents after which [`drain`](Self::drain), [`drain_for`](Self::drain_for)
    /// or [`drain_until`](Self::drain_until) gives up. The default is 10,000.
    #[must_use = "it holds when this is drained"]
    pub fn performance_limit(mut self, limit: usize) -> Self {
        self.plan.performance_limit = limit;
        self
    }

    /// Performs the captured intents and their cascades until nothing is due any more. It uses the
    /// resources, the policies and the depth limit of this airlock, and performs sync effects only.
    ///
    /// First, the policies around the capture judge the intents, as in a flush after a success. Then each
    /// intent is performed when it is due, the earliest first. Configured executors are ignored. An effect
    /// that fails does not stop the others.
    ///
    /// Time is virtual: the clock jumps for delays and between the attempts of a retry, and nothing sleeps.
    /// [`SystemTime`](std::time::SystemTime) is not virtual, and the airlock's timer measures timeouts.
    ///
    /// # Errors
    ///
    /// - [`DrainError::Failed`] if an effect failed.
    /// - [`DrainError::Endless`] if a cascade does not end: it is deeper than
    ///   [`AirlockBuilder::depth_limit`](crate::AirlockBuilder::depth_limit), or exceeds
    ///   [`performance_limit`](Self::performance_limit). The message shows the chain. Drain work that is
    ///   endless on purpose with [`drain_for`](Self::drain_for) or [`drain_until`](Self::drain_until).
    /// - [`DrainError::UnusedStub`] if a [`stub`](Self::stub) never replaced a body.
    ///
    /// # Examples
    ///
    /// ```rust,standalone_crate
    /// # use airlock::prelude::*;
    /// use airlock::testing::{Assertions, all_in_order, capture};
    /// use airlock::Airlock;
    /// use std::time::Duration;
    ///
    /// #[airlock::effect]
    /// fn remind(order: u64) {}
    /// #[airlock::effect]
    /// fn pay(order: u64) {
    ///     airlock::enqueue(remind(order).after(Duration::from_secs(3600)));
    ///     airlock::enqueue(ship(order));
    /// }
    /// #[airlock::effect]
    /// fn ship(order: u64) {}
    ///
    /// let airlock = Airlock::builder().skip_resource_check().build()?;
    /// let drained = capture(|| airlock::enqueue(pay(7))).drain(&airlock)?;
    /// drained.assert_exactly(all_in_order![Pay, Ship { order: 7 }, Remind]);
    /// assert_eq!(drained.entries()[2].at(), Duration::from_secs(3600));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn drain(self, airlock: &Airlock) -> Result<Drained, DrainError> {
        block_on(self.perform(airlock, Effects::Sync, Idle))
    }

    /// Works like [`drain`](Self::drain), for async effects too. One effect is awaited at a time; while it
    /// waits for a retry, other due effects are performed.
    ///
    /// # Errors
    ///
    /// See [`drain`](Self::drain).
    pub async fn drain_async(self, airlock: &Airlock) -> Result<Drained, DrainError> {
        self.perform(airlock, Effects::All, Idle).await
    }

    async fn perform(
        self,
        airlock: &Airlock,
        effects: Effects,
        stop: impl Stop,
    ) -> Result<Drained, DrainError> {
        let (queue, plan, (open, entries)) = self.queue(airlock);
        let _emptied = queue::Emptied(&queue);
        let entries = judged(open, entries);
        let mut runner = Runner::new(queue.clone(), plan, (effects, stop), entries);
        poll_fn(|cx| runner.poll(cx)).await;
        runner.conclude()
    }

    fn queue(self, airlock: &Airlock) -> (Arc<Queue>, Plan, (OpenScope, Vec<DrainEntry>)) {
        let Self {
            mut buffer, plan, ..
        } = self;
        let queue = Queue::new(airlock);
        let intents: Vec<Intent> = std::mem::take(&mut buffer.intents);
        let performed = |intent| DrainEntry::performed(intent, queue.now());
        let entries = intents.iter().map(performed).collect();
        let root = (airlock.place(), root(airlock, &queue));
        let executor = Collect(queue.clone());
        let open = reparent(intents, &buffer.around, root, "drain", executor);
        (queue, plan, (open, entries))
    }
}

/// Flushes the scope of a drain, so that the policies judge the intents. Intents that pass go to the queue.
/// Returns the entries of the others.
fn judged(open: OpenScope, mut entries: Vec<DrainEntry>) -> Vec<DrainEntry> {
    let report = open.flush().unwrap_or_else(FlushError::into_report);
    for (entry, reported) in entries.iter_mut().zip(report.buffered()) {
        entry.set_fate_of(reported);
    }
    entries.retain(|entry| !entry.is_dispatched());
    entries
}

/// Returns the given airlock with the clock of the drain, and without executor, lifecycle and `on_report`.
fn root(airlock: &Airlock, queue: &Arc<Queue>) -> Around {
    let unhandled = airlock.settings().on_unhandled_error.clone().map(|take| {
        let queue = queue.clone();
        let take = move |error| {
            // An intent that waits for a retry when the drain stops is left, not unhandled.
            if !queue.has_stopped() {
                take(error);
            }
        };
        Arc::new(take) as _
    });
    Around::Within(Place::airlock(Settings {
        timer: Arc::new(Clock(queue.clone())),
        executor: None,
        lifecycle: None,
        on_report: None,
        on_unhandled_error: unhandled,
        ..airlock.settings().clone()
    }))
}

impl Plan {
    /// Returns the first stub that replaced no body, by the location that set it.
    fn unused_stub(&self, drained: &Drained) -> Option<UnusedStub> {
        let stubbed = drained.entries().iter().filter(|entry| entry.is_stubbed());
        let used: HashSet<_> = stubbed.map(|entry| entry.effect()).collect();
        let unused = self
            .stubs
            .iter()
            .filter(|(effect, _)| !used.contains(*effect));
        let first =
            unused.min_by_key(|(_, stub)| (stub.location.line(), stub.location.column()))?;
        Some((*first.0, first.1.location))
    }
}

/// The effect of a stub that replaced no body, and the location that set the stub.
type UnusedStub = (&'static EffectDescriptor, &'static Location<'static>);

impl fmt::Debug for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Plan")
            .field("stubs", &self.stubs.keys())
            .field("performance_limit", &self.performance_limit)
            .finish()
    }
}
