//! Drains for work that is endless on purpose.

use std::panic::Location;
use std::time::Duration;

use crate::__private::block_on;
use crate::airlock::Airlock;
use crate::testing::drain::runner::Effects;
use crate::testing::drain::stop::{Once, Within};
use crate::testing::{Captured, DrainError, Drained, Progress};

impl<T> Captured<T> {
    /// Performs the captured intents and their cascades for this long in virtual time. An intent that is
    /// due exactly at the end is performed; intents that are due later are [`left`](Drained::left).
    /// Otherwise it works like [`drain`](Self::drain).
    ///
    /// This is for endless work, such as a poller that enqueues itself again with
    /// [`detached`](crate::IntoIntent::detached) and [`after`](crate::IntoIntent::after).
    ///
    /// # Errors
    ///
    /// - [`DrainError::Failed`] if an effect failed. An intent that waits for a later retry has not failed:
    ///   it is left.
    /// - [`DrainError::Endless`] if a chain is deeper than the airlock's depth limit, or more than
    ///   [`performance_limit`](Self::performance_limit) intents are due within the time.
    ///
    /// # Examples
    ///
    /// ```rust,standalone_crate
    /// # use airlock::prelude::*;
    /// use airlock::testing::{Assertions, all_in_order, capture};
    /// use airlock::Airlock;
    /// use std::time::Duration;
    ///
    /// const MINUTE: Duration = Duration::from_secs(60);
    ///
    /// #[airlock::effect]
    /// fn poll() {
    ///     airlock::enqueue(poll().detached().after(MINUTE));
    /// }
    ///
    /// let airlock = Airlock::builder().skip_resource_check().build()?;
    /// let drained = capture(|| airlock::enqueue(poll())).drain_for(&airlock, 59 * MINUTE)?;
    /// drained.assert_count::<Poll>(60); // at once, then after each minute
    /// drained.left().assert_exactly(all_in_order![Poll]);
    /// assert_eq!(drained.left().entries()[0].at(), 60 * MINUTE);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn drain_for(self, airlock: &Airlock, duration: Duration) -> Result<Drained, DrainError> {
        block_on(self.perform(airlock, Effects::Sync, Within(duration)))
    }

    /// Works like [`drain_for`](Self::drain_for), for async effects too.
    ///
    /// # Errors
    ///
    /// See [`drain_for`](Self::drain_for).
    pub async fn drain_for_async(
        self,
        airlock: &Airlock,
        duration: Duration,
    ) -> Result<Drained, DrainError> {
        self.perform(airlock, Effects::All, Within(duration)).await
    }

    /// Performs the captured intents and their cascades until the predicate returns `true`. Intents that
    /// are still due then are [`left`](Drained::left). Otherwise it works like [`drain`](Self::drain).
    ///
    /// The predicate is called after each performed intent, or call of a batch effect, whether it
    /// succeeded or failed. Its argument is the progress of the drain; it may also inspect anything else,
    /// such as the records of a fake.
    ///
    /// # Errors
    ///
    /// - [`DrainError::NeverHeld`] if nothing is due any more and the predicate never held. It names the
    ///   location of this call.
    /// - [`DrainError::Failed`] if an effect failed before the predicate held.
    /// - [`DrainError::Endless`] if a chain is deeper than the airlock's depth limit, or the predicate
    ///   has not held after [`performance_limit`](Self::performance_limit) intents.
    ///
    /// # Examples
    ///
    /// ```rust,standalone_crate
    /// # use airlock::prelude::*;
    /// use airlock::testing::{Assertions, capture};
    /// use airlock::Airlock;
    /// use std::time::Duration;
    ///
    /// #[airlock::effect]
    /// fn poll(page: u64) {
    ///     if page == 3 {
    ///         airlock::enqueue(import(page));
    ///     }
    ///     airlock::enqueue(poll(page + 1).detached().after(Duration::from_secs(60)));
    /// }
    /// #[airlock::effect]
    /// fn import(page: u64) {}
    ///
    /// let airlock = Airlock::builder().skip_resource_check().build()?;
    /// let drained = capture(|| airlock::enqueue(poll(0)))
    ///     .drain_until(&airlock, |so_far| so_far.count::<Import>() == 1)?;
    /// drained.assert_enqueued::<Import>(|it| it.page == 3);
    /// drained.left().assert_enqueued::<Poll>(|it| it.page == 4);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[track_caller]
    pub fn drain_until(
        self,
        airlock: &Airlock,
        predicate: impl FnMut(&Progress<'_>) -> bool,
    ) -> Result<Drained, DrainError> {
        let location = Location::caller();
        let stop = Once {
            predicate,
            location,
        };
        block_on(self.perform(airlock, Effects::Sync, stop))
    }

    /// Works like [`drain_until`](Self::drain_until), for async effects too.
    ///
    /// # Errors
    ///
    /// See [`drain_until`](Self::drain_until).
    #[track_caller]
    pub fn drain_until_async(
        self,
        airlock: &Airlock,
        predicate: impl FnMut(&Progress<'_>) -> bool,
    ) -> impl Future<Output = Result<Drained, DrainError>> {
        let location = Location::caller();
        let stop = Once {
            predicate,
            location,
        };
        self.perform(airlock, Effects::All, stop)
    }
}
