//! Keeping what would have been performed.

use std::borrow::Cow;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::effect::{Effect, Repeatable};
use crate::executor::Executor;
use crate::flush::{Batch, Delivery};
use crate::intent::Intent;
use crate::snapshot::Snapshot;

/// Takes every intent and performs none: for tests. Clones share what they recorded.
///
/// What it holds knows the scopes that it came from, and they know it: they keep each other alive until
/// [`take`](Self::take) or [`clear`](Self::clear). Where nothing is to happen and nobody looks, the
/// policy [`drop_all`](crate::policy::drop_all) does it.
///
/// ```
/// # use airlock_core as airlock;
/// use airlock::executor::Recorder;
///
/// let recorder = Recorder::new();
/// airlock::scope().executor(recorder.clone()).run_infallible(|_| { /* .. */ })?;
/// assert!(recorder.is_empty());
/// # Ok::<(), airlock::FlushError>(())
/// ```
#[derive(Clone, Default)]
pub struct Recorder {
    deliveries: Arc<Mutex<Vec<Delivery>>>,
}

impl Recorder {
    /// One that has recorded nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// The intents of one effect that it recorded, in order.
    pub fn recorded<E: Repeatable>(&self) -> Vec<E> {
        let deliveries = self.lock();
        let intents = deliveries.iter().flat_map(Delivery::intents);
        intents
            .filter_map(|intent| intent.downcast_ref::<E>()?.repeat())
            .collect()
    }

    /// How many intents of one effect it recorded.
    pub fn count<E: Effect>(&self) -> usize {
        let deliveries = self.lock();
        deliveries
            .iter()
            .flat_map(Delivery::intents)
            .filter(|intent| intent.is::<E>())
            .count()
    }

    /// How many intents it recorded.
    pub fn len(&self) -> usize {
        self.lock()
            .iter()
            .map(|delivery| delivery.intents().len())
            .sum()
    }

    /// Whether it recorded none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// What it recorded, in a form that prints as a table.
    pub fn snapshot(&self) -> Snapshot {
        self.lock().iter().flat_map(Delivery::intents).collect()
    }

    /// Takes out what it recorded, to perform it after all. What that enqueues is recorded again.
    pub fn take(&self) -> Vec<Delivery> {
        std::mem::take(&mut *self.lock())
    }

    /// Forgets what it recorded.
    pub fn clear(&self) {
        drop(self.take());
    }

    pub(crate) fn look<T>(&self, look: impl FnOnce(&mut dyn Iterator<Item = &Intent>) -> T) -> T {
        look(&mut self.lock().iter().flat_map(Delivery::intents))
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Delivery>> {
        self.deliveries
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl Executor for Recorder {
    fn dispatch(&self, batch: &mut Batch<'_>) {
        batch.hand_over(|delivery| {
            self.lock().push(delivery);
            Ok(())
        });
    }

    fn name(&self) -> Cow<'static, str> {
        "recorder".into()
    }
}

impl fmt::Debug for Recorder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Recorder").field(&*self.lock()).finish()
    }
}
